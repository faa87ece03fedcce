"""A folder that lost most of its files: what the commands say of it, and what they keep."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.test_folder_trust import on_terminal
from tests.doubles.cli_fakes import run

QUESTION = ("ask", "what are the UN prerequisites?")
MARK = "not found at the last look at the folder"


def quoth(folder: Path, *arguments: str) -> Result:
    """Run a command with the models that only find."""
    return run(folder, *arguments, QUOTH_QUALITY="fast", QUOTH_READER="off")


@pytest.fixture
def lost(copied_folder: Path) -> Path:
    """A folder whose documents are all gone, as when a disk is not mounted."""
    quoth(copied_folder, "sync")
    (copied_folder / "documents").rename(copied_folder / "away")
    (copied_folder / "documents").mkdir()
    return copied_folder


def uris(folder: Path) -> dict[str, bool]:
    """Return the sources, and whether they are missing."""
    listed = json.loads(quoth(folder, "sources", "--json").stdout)
    return {entry["source"]: entry["missing"] for entry in listed}


@pytest.mark.parametrize(
    "there",
    [pytest.param(True, id="empty", marks=pytest.mark.long), pytest.param(False, id="no folder")],
)
def test_the_old_answer_stands_and_is_marked(lost: Path, there: bool) -> None:
    if not there:
        (lost / "documents").rmdir()
    for _ in range(2):
        done = quoth(lost, *QUESTION)
        assert (done.exit_code, done.stdout[:24]) == (0, "The UN prerequisites for")
        assert MARK in done.stdout
        assert "documents folder" in done.stderr
    answered = json.loads(quoth(lost, *QUESTION, "--json").stdout)
    assert {cited["missing"] for cited in answered["citations"]} == {True}
    assert MARK in quoth(lost, "search", "prerequisites").stdout
    assert set(uris(lost).values()) == {True}
    assert quoth(lost, "sources").stdout.count(MARK) == 4


def test_sync_says_what_is_missing_and_only_yes_forgets_it(lost: Path) -> None:
    (lost / "documents" / "new.md").write_text("# Herons\n\nHerons stand still.")
    done = quoth(lost, "sync")
    assert done.exit_code == 1
    assert done.stdout.startswith("1 added, 4 missing; ")
    assert "4 indexed documents were not found" in done.stderr
    assert "`quoth sync --yes`" in done.stderr
    report = json.loads(quoth(lost, "sync", "--json").stdout)
    assert (report["missing"], report["removed"], report["unchanged"]) == (4, 0, 1)
    assert uris(lost) == {
        "new.md": False, **{path.name: True for path in (lost / "away").iterdir()},
    }  # fmt: skip
    done = quoth(lost, "sync", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert uris(lost) == {"new.md": False}


def test_a_folder_that_is_not_there_is_forgotten_by_yes_only(lost: Path) -> None:
    (lost / "documents").rmdir()
    done = quoth(lost, "sync")
    assert (done.exit_code, "4 indexed documents" in done.stderr) == (1, True)
    assert len(uris(lost)) == 4
    assert quoth(lost, "sync", "--yes").exit_code == 0
    assert uris(lost) == {}


def test_a_sub_folder_is_named(copied_folder: Path) -> None:
    board = copied_folder / "documents" / "board"
    board.mkdir()
    for number in range(3):
        (board / f"{number}.md").write_text(f"Minutes number {number}.")
    quoth(copied_folder, "sync")
    shutil.rmtree(board)
    done = quoth(copied_folder, "sync")
    assert (done.exit_code, "(board/: 3)" in done.stderr) == (1, True)


def test_what_comes_back_is_as_before(lost: Path) -> None:
    quoth(lost, *QUESTION)
    (lost / "documents").rmdir()
    (lost / "away").rename(lost / "documents")
    done = quoth(lost, *QUESTION)
    assert (done.exit_code, done.stderr) == (0, "")
    assert MARK not in done.stdout
    assert set(uris(lost).values()) == {False}


def test_doctor_names_the_loss(lost: Path) -> None:
    quoth(lost, *QUESTION)
    (line,) = [each for each in quoth(lost, "doctor").stdout.splitlines() if " documents " in each
               and each.startswith("problem")]  # fmt: skip
    assert "4 indexed documents were not found" in line


def test_on_a_terminal_sync_asks(lost: Path) -> None:
    assert "Remove them from the index now?" in on_terminal(lost, b"n\n", "sync")
    assert len(uris(lost)) == 4
    on_terminal(lost, b"y\n", "sync")
    assert uris(lost) == {}


def test_one_of_two_files_is_deleted_as_ever(copied_folder: Path) -> None:
    documents = copied_folder / "documents"
    for path in sorted(documents.iterdir())[2:]:
        path.unlink()
    quoth(copied_folder, "sync")
    min(documents.iterdir()).unlink()
    done = quoth(copied_folder, "sync")
    assert (done.exit_code, done.stdout.split(";")[0]) == (0, "1 unchanged, 1 removed")


def test_the_folder_of_an_evaluation_is_as_it_is_named(lost: Path) -> None:
    (lost / "q.jsonl").write_text('{"qid": "1", "question": "What are the UN prerequisites?"}\n')
    kept = json.loads(quoth(lost, "eval", "q.jsonl", "--documents", "away", "--json").stdout)
    for path in (lost / "away").iterdir():
        path.unlink()
    (lost / "away" / "new.md").write_text("# Herons\n\nHerons stand still.")
    now = json.loads(quoth(lost, "eval", "q.jsonl", "--documents", "away", "--json").stdout)
    assert kept["metrics"] != now["metrics"]
