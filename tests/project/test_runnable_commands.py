"""The commands that the pages show are run, and say what the pages say that they do.

A block of `console` below the comment `<!-- runs -->` is run: each line behind `$ ` by a shell, in
a folder with the sample documents that a page has for itself. Below it stands what it prints: a
line of `…` stands for any lines, and `…` within a line for any characters. With the comment
`<!-- runs: long -->` it is run with the long forms only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^<!-- runs(: long)? -->\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A command of a page, and what it prints."""

    command: str
    printed: str


def steps(page: Path, *, long: bool) -> list[Step]:
    """Return what a page runs, in its order."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [step for kind, text in found if bool(kind) == long for step in _cut(text)]


def _cut(block: str) -> Iterator[Step]:
    _, *pieces = re.split(r"^\$ ", block, flags=re.MULTILINE)
    for piece in pieces:
        lines = piece.splitlines(keepends=True)
        end = 1
        while _is_open("".join(lines[:end])):
            end += 1
        yield Step("".join(lines[:end]).rstrip("\n"), "".join(lines[end:]))


def _is_open(command: str) -> bool:
    """Say whether a command goes on in the next line, as within quotation marks."""
    return command.count('"') % 2 == 1


def pattern(printed: str) -> str:
    """Return what must match what is printed."""
    lines = [
        r"(?:.*\n)*?" if line == "…\n" else re.escape(line).replace("…", ".*")
        for line in printed.splitlines(keepends=True)
    ]
    return "".join(lines)


def _pages(*, long: bool) -> list[Path]:
    return [page for page in sorted((ROOT / "docs").glob("*.md")) if steps(page, long=long)]


@pytest.mark.parametrize("page", _pages(long=False), ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page: Path, copied_folder: Path) -> None:
    _run(steps(page, long=False), copied_folder)


@pytest.mark.long
@pytest.mark.limit(600)  # a page asks several questions, each in a process of its own
@pytest.mark.parametrize("page", _pages(long=True), ids=lambda page: page.name)
def test_its_slow_commands_do_too(page: Path, copied_folder: Path) -> None:
    _run(steps(page, long=True), copied_folder)


def _run(asked: list[Step], folder: Path) -> None:
    tools = folder.parent / "tools"
    tools.mkdir()
    for name, called in {"quoth": "-m bot ", "python": ""}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {called}"$@"\n')
        (tools / name).chmod(0o755)
    for step in asked:
        done = subprocess.run(
            ["sh", "-c", step.command], cwd=folder, stdin=subprocess.DEVNULL,
            env={
                "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
                "HOME": str(folder), "COLUMNS": "200",
                "QUOTH_MODELS": os.environ["QUOTH_MODELS"],
            },
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        expected = pattern(step.printed)
        assert re.fullmatch(expected, done.stdout), f"{step.command}\n{done.stdout}"


def test_what_a_page_leaves_open_is_left_open_and_nothing_else() -> None:
    one = pattern("You get … days.\n…\nexit code 1\n")
    assert re.fullmatch(one, "You get 25 days.\nReally.\n\nexit code 1\n")
    assert re.fullmatch(one, "You get 25 days.\nexit code 1\n")
    assert not re.fullmatch(one, "You get 25 days.\nexit code 2\n")
    assert not re.fullmatch(one, "You get none.\nexit code 1\n")
    (step,) = _cut('$ python -c "\nprint(1)\n"\n1\n')
    assert step == Step('python -c "\nprint(1)\n"', "1\n")
