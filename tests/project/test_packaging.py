import importlib.metadata
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_command_leads_to_main() -> None:
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="quoth")
    assert entry.value == "bot.__main__:main"
    assert callable(entry.load())


def test_packages_are_listed_so_that_nothing_else_gets_into_the_wheel() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["bot", "index", "prompts"]


def test_the_wheel_holds_every_module_with_its_data() -> None:
    builder = WheelBuilder(str(ROOT))
    held = {file.distribution_path for file in builder.recurse_included_files()}
    there = {
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "index", "prompts")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there
    assert {"prompts/answer.md", "index/embed/reader_adapter/reader.safetensors"} <= held


def test_every_requirement_has_bounds_and_a_reason_above_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    above = ""
    for line in map(str.strip, listed.splitlines()[1:]):
        if line.startswith('"'):
            assert above.startswith("# "), line
            assert ">=" in line
            assert "<" in line
        above = line


def test_every_package_folder_is_a_package() -> None:
    for package in ("bot", "index", "prompts"):
        for folder in (ROOT / package).rglob("*"):
            if folder.is_dir() and any(folder.glob("*.py")):
                assert (folder / "__init__.py").exists(), folder


def test_the_version_is_that_of_the_tag_and_without_git_the_newest_release(
    tmp_path: Path,
) -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changes.index("## [Unreleased]") < changes.index("## [0.")
    newest = re.findall(r"^## \[(\d.*?)\] - \d{4}-\d\d-\d\d$", changes, re.MULTILINE)[0]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert _version(tmp_path) == newest
    for *command, words in (
        ["init", "--quiet"],
        ["add", "pyproject.toml"],
        ["-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "--message=One"],
        ["tag", "v7.8.9"],
    ):
        subprocess.run(["git", *command, words], cwd=tmp_path, check=True)
    assert _version(tmp_path) == "7.8.9"


def _version(folder: Path) -> str:
    return str(ProjectMetadata(str(folder), PluginManager()).version)


def test_a_source_distribution_holds_what_a_wheel_is_built_from_and_nothing_else() -> None:
    held = {
        Path(file.distribution_path).parts[0]
        for file in SdistBuilder(str(ROOT)).recurse_included_files()
    }
    assert held == {"bot", "index", "prompts", "CHANGELOG.md"}


def test_the_workflows_run_what_everybody_runs_and_hold_no_secret() -> None:
    folder = ROOT / ".github" / "workflows"
    flows = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in folder.glob("*.yml")}
    assert flows.keys() == {"checks", "release", "site"}
    for name in ("checks", "release"):
        (first, *_) = flows[name]["jobs"].values()
        assert {"run": ".ci/run"} in first["steps"]
    for file in folder.glob("*.yml"):
        assert "secrets." not in file.read_text("utf-8")
    allowed = {
        job: given["permissions"]
        for job, given in flows["release"]["jobs"].items()
        if "permissions" in given
    }
    assert (flows["release"]["permissions"], allowed) == (
        {"contents": "read"},
        {"publish": {"id-token": "write"}},
    )
