"""What the documentation says is true: its code runs, and its paths and names exist."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.access.token_records import TOKENS_FILE
from bot.cli.main import COMMANDS
from bot.signing_key import KEY_FILE
from index.store import catalog_format
from tests.conftest import ROOT

LIBRARY = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
DESCRIBED = ("docs/architecture.md", "docs/library.md", "CONTRIBUTING.md")
"""Documents whose paths and names are held against the tree."""
CODE = sorted(
    file.relative_to(ROOT).as_posix()
    for room in ("bot", "index", "prompts", "tests", "benchmarks")
    for file in (ROOT / room).rglob("*.py")
)
PLACE = r"(?:bot|index|prompts|tests|benchmarks)(?:\.\w+)+"
"""The dotted name of a module of the repository, or of what one defines."""


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_examples_for_other_applications_run(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "mission.md").write_text(blocks(LIBRARY, "markdown")[0])
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks(LIBRARY, "python"))],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)}
        | {"QUOTH_MODELS": os.environ["QUOTH_MODELS"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    counted, best, *rest = done.stdout.splitlines()
    assert counted == "1 document, 2 passages"
    assert re.fullmatch(r"0\.\d\d The mission \(1, 9\)", best)
    assert rest == [
        "The mission [1, 9] 0",
        "0 119 The mission > What it needs",
        "121 181 The mission > What it costs",
        "384 dimensions",
        "['The mission']",
    ]


def test_the_tables_name_every_command_extra_and_file_of_a_home() -> None:
    def lacking(page: str, names: Iterable[str]) -> list[str]:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
        return [name for name in names if not re.search(rf"`{re.escape(name)}[`/ ]", rows)]

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    files = {value for name, value in vars(catalog_format).items() if name.endswith("_FILE")}
    assert lacking("start.md", extras["optional-dependencies"]) == []
    assert lacking("command-line.md", [f"quoth {name}" for name in COMMANDS]) == []
    assert lacking("operating.md", sorted({*files, TOKENS_FILE, KEY_FILE})) == []


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_path_and_name_in_the_documentation_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    paths = {one for one in named if re.fullmatch(r"[\w.]+(?:/[\w.*]+)+/?|\w+/", one)}
    places = {one for one in named if re.fullmatch(PLACE, one)}
    assert [path for path in sorted(paths) if not list(ROOT.glob(path))] == []
    assert [place for place in sorted(places) if not _is_defined(place)] == []


def test_every_module_that_the_code_points_to_exists() -> None:
    named = {
        (file, place)
        for file in CODE
        for place in re.findall(rf"`({PLACE})`", (ROOT / file).read_text(encoding="utf-8"))
    }
    assert len(named) > 40
    assert [place for place in sorted(named) if not _is_defined(place[1])] == []


def _is_defined(place: str) -> bool:
    """Say whether a dotted name is a module, or something that a module defines."""
    path = ROOT / place.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, _, last = place.rpartition(".")
    file = ROOT / f"{module.replace('.', '/')}.py"
    if not file.is_file():
        return "." in module and _is_defined(module) and _holds(module, last)
    return last in _defined(file.read_text(encoding="utf-8"))


def _holds(place: str, attribute: str) -> bool:
    """Say whether the class at `place` defines an attribute."""
    module, _, name = place.rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    return bool(found) and attribute in _names(found[0].body)


def _defined(code: str) -> set[str]:
    return _names(ast.parse(code).body)


def _names(body: list[ast.stmt]) -> set[str]:
    """Return the names that statements define."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names
