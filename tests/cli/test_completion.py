"""What shells offer after Tab: asked by the shells themselves."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_process import environ
from tests.doubles.cli_fakes import run

BASH = """\
eval "$(_QUOTH_COMPLETE=bash_source ./quoth)"
while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    _quoth_completion "$PWD/quoth"
    (IFS='|'; echo "${COMPREPLY[*]}")
done
"""
"""Completes each line that it reads, as readline would have it done."""


@pytest.fixture
def named_folder(own_folder: Path) -> Path:
    """A folder with documents whose names a shell would cut."""
    documents = own_folder / "documents"
    (documents / "Travel costs.md").write_text("# Travel\n\nTrains are paid.\n")
    (documents / "it's.md").write_text("# It's\n\nThe fox has a den.\n")
    (own_folder / "a:b.md").write_text("# Minutes\n\nThe treasurer signs.\n")
    command = own_folder / "quoth"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n')
    command.chmod(0o755)
    assert run(own_folder, "sync").exit_code == 0
    assert run(own_folder, "add", "a:b.md", "--collection", "board").exit_code == 0
    return own_folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_names_as_they_stand_in_a_line(named_folder: Path) -> None:
    added = f"{named_folder}/a"
    offered = {
        "quoth show 'Travel c": "Travel costs.md",
        "quoth ask x --source documents/it": r"documents/it\'s.md",
        "quoth chat --collection b": "board",
        f"quoth show --collection board {added}:": "b.md",
    }
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH], input="\n".join(offered) + "\n", cwd=named_folder,
        env=environ(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert dict(zip(offered, done.stdout.splitlines(), strict=True)) == offered, done.stderr


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_completes_names_with_their_titles(named_folder: Path) -> None:
    script = '_QUOTH_COMPLETE=fish_source quoth | source; complete -C "quoth show T"'
    path = f"{named_folder}:{environ()['PATH']}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=named_folder,
        env=environ() | {"PATH": path, "HOME": str(named_folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "Travel costs.md\tTravel\n", done.stderr


def test_what_cannot_be_read_offers_nothing_and_says_nothing(own_folder: Path) -> None:
    (own_folder / ".quoth" / "catalog.sqlite").write_bytes(b"no database")
    done = subprocess.run(
        [sys.executable, "-m", "bot"], cwd=own_folder, capture_output=True, text=True, check=False,
        env=environ(_QUOTH_COMPLETE="bash_complete", COMP_LINE="quoth show "),
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
