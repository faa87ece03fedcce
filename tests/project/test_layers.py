import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS, Commands, cli

ROOT = Path(__file__).parents[2]
HEAVY = ("chromadb", "onnxruntime", "llama_index", "discord", "rich", "numpy", "pydantic")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("bot", "index", "prompts")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__main__.py"
)


def test_imports_go_down_the_layers() -> None:
    # In a process of its own: import-linter sets up logging, and switches other loggers off.
    code = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def loaded(code: str, folder: Path) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_importing_the_command_line_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded("import bot.cli.main", tmp_path).isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["sources", "stats"])
def test_looking_at_the_index_loads_no_model(command: str, tmp_path: Path) -> None:
    code = (
        "from bot.cli.main import cli\n"
        f"try: cli.main([{command!r}])\n"
        "except SystemExit as end: assert not end.code, end.code"
    )
    assert loaded(code, tmp_path).isdisjoint({"chromadb", "onnxruntime", "llama_index", "discord"})


def test_every_module_can_be_imported_with_an_empty_environment(tmp_path: Path) -> None:
    code = "import importlib\n" + "\n".join(
        f"importlib.import_module({name!r})" for name in MODULES
    )
    assert "bot" in loaded(code, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_under_index_is_asynchronous() -> None:
    for path in (ROOT / "index").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
        assert not found, path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_helped_and_stands_in_the_readme(name: str) -> None:
    assert isinstance(cli, Commands)
    module, summary = COMMANDS[name]
    command = getattr(importlib.import_module(module), name)
    assert (command.help or "").partition("\n")[0] == summary
    for parameter in command.params:
        assert parameter.param_type_name == "argument" or getattr(parameter, "help", None)
    assert f"`quoth {name}" in (ROOT / "README.md").read_text(encoding="utf-8")
