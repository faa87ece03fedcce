"""The rules of the house that a machine can check."""

import ast
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted(path for package in ("bot", "index") for path in (ROOT / package).rglob("*.py"))
PACKAGES = [path for path in MODULES if path.name == "__init__.py"]
SHARED_NAMES = {"__init__", "schema", "errors", "providers", "ask", "sources", "discord"}
"""File names that may occur twice: one thing in two places, or a user's own word."""
NOUNS_IN_ING = {"chosen_reading"}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def test_a_file_name_occurs_once() -> None:
    names = Counter(path.stem for path in MODULES)
    assert {name for name, times in names.items() if times > 1} <= SHARED_NAMES


def test_no_module_is_called_by_a_gerund() -> None:
    assert {path.stem for path in MODULES if path.stem.endswith("ing")} <= NOUNS_IN_ING


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_a_package_begins_with_its_charter_and_nothing_else(path: Path) -> None:
    (charter,) = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(charter, ast.Expr)
    assert isinstance(charter.value, ast.Constant)
    assert isinstance(charter.value.value, str)


def test_the_layers_are_few_and_have_no_exceptions() -> None:
    layers = [one for one in CONTRACTS if one["type"] == "layers"]
    bot, index = (len(one["layers"]) for one in layers)
    assert bot <= 9
    assert index <= 5
    assert not any("ignore_imports" in one for one in CONTRACTS)


def test_every_folder_of_tests_is_a_package() -> None:
    # Without it two test files of one name hide each other.
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
