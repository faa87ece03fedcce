"""What the index knows of files that are no sources: written once, true at every moment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.schema import LoadedDocument
from index.sync.synchroniser import load_any
from tests.doubles.homes import Home, contents, open_home, put, total_changes


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of two files, one of them in a sub-folder, that is in step."""
    put(tmp_path / "docs" / "fox.txt", "The red fox.")
    put(tmp_path / "docs" / "board" / "rules.txt", "The board has five members.")
    put(tmp_path / "docs" / "logo.gif", b"\x89PNG")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        opened.sync()
        yield opened


def states(home: Home) -> dict[str, str]:
    entries = (*home.catalog.sources("documents"), *home.catalog.left_out("documents"))
    return {entry.uri: entry.state for entry in entries}


def test_a_second_look_writes_nothing(home: Home) -> None:
    assert states(home) == {
        "fox.txt": "ready", "board/rules.txt": "ready", "logo.gif": "unread",
    }  # fmt: skip
    before = home.catalog.connection().execute("PRAGMA data_version").fetchone()
    total = total_changes(home.catalog)
    home.sync()
    assert home.catalog.connection().execute("PRAGMA data_version").fetchone() == before
    assert total_changes(home.catalog) == total


def test_what_waits_to_be_read_is_indexing(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "fox.txt", "The red fox.")
    put(tmp_path / "docs" / "owl.txt", "The owl.")
    seen: list[dict[str, str]] = []
    opened: list[Home] = []

    def load(data: bytes, name: str) -> LoadedDocument:
        seen.append(states(opened[0]))
        return load_any(data, name)

    with open_home(tmp_path / "home", tmp_path / "docs", load=load) as home:
        opened.append(home)
        home.sync()
        assert seen == [{"fox.txt": "indexing", "owl.txt": "indexing"}] * 2
        put(tmp_path / "docs" / "owl.txt", "The owl hoots.")
        home.sync()
        assert seen[2:] == [{"fox.txt": "ready", "owl.txt": "indexing"}]
        assert states(home) == {"fox.txt": "ready", "owl.txt": "ready"}


def test_what_failed_is_tried_again_and_stays_failed(home: Home) -> None:
    put(home.documents / "empty.txt", "")
    home.sync()
    for number in range(2):
        assert states(home)["empty.txt"] == "failed"
        put(home.documents / "fox.txt", f"The fox number {number}.")
        assert home.sync()["updated"] == 1
    put(home.documents / "fox.txt", "")
    home.sync()
    put(home.documents / "empty.txt", "No longer empty.")
    home.sync()
    assert states(home)["fox.txt"] == "stale"
    total = total_changes(home.catalog)
    home.sync()
    assert total_changes(home.catalog) == total


def test_a_document_out_of_sight_is_stale_and_comes_back(home: Home) -> None:
    """A link in a circle is out of sight for everybody, also for root."""
    board, before = home.documents / "board", contents(home)
    board.rename(home.documents.with_name("away"))
    board.symlink_to("board")
    for _ in range(2):
        (failed,) = home.sync()["failed"]
        assert failed["source"] == "board"
    assert states(home) == {
        "fox.txt": "ready", "board": "failed", "board/rules.txt": "stale", "logo.gif": "unread",
    }  # fmt: skip
    (entry,) = [each for each in home.catalog.sources("documents") if each.state == "stale"]
    assert entry.failure == failed["reason"]
    assert home.catalog.source(entry.id).stale
    board.unlink()
    home.documents.with_name("away").rename(board)
    home.embedder.passages.clear()
    assert home.sync()["unchanged"] == 2
    assert home.embedder.passages == []
    assert contents(home) == before
    assert set(states(home).values()) == {"ready", "unread"}


def test_a_collection_that_is_removed_takes_the_record_along(home: Home) -> None:
    home.synchroniser.remove_collection("documents")
    assert home.catalog.left_out("documents") == []
    assert home.catalog.not_read("documents") == {}
