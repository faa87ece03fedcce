"""Eight questions over the sample documents: every screen, whole, as a person sees it in a pipe.

After a change that is meant to show, read what `python -m tests.cli.test_transcripts` writes before
you commit it.
"""

import shlex
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import load_settings
from index.library import open_library
from tests.doubles.cli_fakes import run

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "transcripts" / "sample_documents.txt"
PROMPT = "$ quoth "


def screens() -> Iterator[tuple[str, str]]:
    """Yield each recorded command with its screen."""
    for block in FILE.read_text(encoding="utf-8").split(PROMPT)[1:]:
        command, _, screen = block.partition("\n")
        yield command, screen


def play(command: str, folder: Path) -> str:
    """Run a command and return its screen with the exit code below it."""
    result = run(folder, *shlex.split(command))
    return f"{result.stderr}{result.stdout}[exit {result.exit_code}]\n\n"


SCREENS = list(screens())


@pytest.mark.parametrize(("command", "screen"), SCREENS, ids=[command for command, _ in SCREENS])
def test_a_question_gets_this_screen(command: str, screen: str, indexed_folder: Path) -> None:
    assert play(command, indexed_folder) == screen


def test_there_are_eight_questions() -> None:
    assert sum(command.startswith("ask ") for command, _ in SCREENS) == 8


def test_the_readme_shows_the_first_screen() -> None:
    command, screen = SCREENS[0]
    shown = screen.partition("[exit")[0].rstrip()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"uv run quoth {command}" in readme
    assert f"```text\n{shown}\n```" in readme


def record() -> None:
    """Write every screen anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "documents", folder / "documents")
        with open_library(load_settings({}, folder).index) as library:
            library.bring_in_step()
        blocks = [f"{PROMPT}{command}\n{play(command, folder)}" for command, _ in SCREENS]
    FILE.write_text("".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    record()
