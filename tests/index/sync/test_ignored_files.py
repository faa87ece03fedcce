"""What an ignore file leaves out goes from the index as if it were deleted, and comes back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.sync.unchanged import UnchangedSummary, unchanged
from tests.doubles.homes import Home, contents, open_home, put


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of five files, four of them in one sub-folder, that is in step."""
    for number in range(4):
        put(tmp_path / "docs" / "drafts" / f"{number}.txt", f"Draft number {number}.")
    put(tmp_path / "docs" / "rules.txt", "The board has five members.")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        assert opened.sync()["added"] == 5
        yield opened


def check(home: Home) -> UnchangedSummary | None:
    """Ask whether anything changed, once the clock has moved past what was just written."""
    time.sleep(0.025)
    return unchanged(home.path, home.documents, "documents", model="hashing", cut="test/40")


@pytest.mark.parametrize("name", [".quothignore", ".gitignore"])
def test_a_folder_that_becomes_ignored_is_no_loss(home: Home, name: str) -> None:
    before = contents(home)
    assert check(home) is not None
    if name == ".gitignore":
        put(home.documents / name, "drafts/\n")
        assert home.sync() == {"unchanged": 5, "passages": 5}
        assert check(home) is not None
        (home.documents.parent / ".git").mkdir()
        assert check(home) is None
    put(home.documents / name, "drafts/\n")
    assert check(home) is None
    assert home.sync() == {"unchanged": 1, "removed": 4, "ignored": 1, "passages": 1}
    assert home.catalog.missing("documents") == set()
    assert [entry.uri for entry in home.catalog.left_out("documents")] == ["drafts"]
    summary = check(home)
    assert summary is not None
    assert (summary.unchanged, summary.ignored) == (1, 1)
    put(home.documents / name, "drafts/*\n!drafts/2.txt\n")
    assert home.sync() == {"added": 1, "unchanged": 1, "ignored": 3, "passages": 2}
    (home.documents / name).unlink()
    assert check(home) is None
    home.sync()
    assert contents(home) == before
    assert home.catalog.left_out("documents") == []


def test_all_may_be_ignored(home: Home) -> None:
    put(home.documents / ".quothignore", "*\n")
    assert home.sync() == {"removed": 5, "ignored": 2}


def test_what_was_lost_before_it_was_ignored_stays_lost(home: Home) -> None:
    (home.documents / "drafts").rename(home.documents.with_name("away"))
    put(home.documents / ".quothignore", "drafts/\n")
    assert home.sync()["missing"] == 4
    home.documents.with_name("away").rename(home.documents / "drafts")
    assert home.sync() == {"unchanged": 1, "removed": 4, "ignored": 1, "passages": 1}
