"""A folder that is watched is read once it rests, and a file that is being written not half."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.schema import SyncReport
from index.sync.folder_watch import FolderWatch
from index.sync.unchanged import unchanged
from tests.doubles.homes import Home, open_home, put


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    put(tmp_path / "docs" / "fox.txt", "The red fox.")
    put(tmp_path / "docs" / "owl.txt", "The owl hoots.")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        opened.sync()
        yield opened


def follow(home: Home, *, rest: float = 3600.0) -> SyncReport:
    """Bring the index in step with what has not changed for an hour."""
    return home.synchroniser.sync_folder("documents", home.documents, rest=rest)


def states(home: Home) -> dict[str, str]:
    return {entry.uri: entry.state for entry in home.catalog.sources("documents")}


def test_what_is_still_being_written_waits_and_the_rest_goes_on(home: Home) -> None:
    (home.documents / "fox.txt").write_text("The shy fo")
    (home.documents / "new.txt").write_text("Half a sen")
    (home.documents / "owl.txt").unlink()
    report = follow(home)
    assert (report.waiting, report.removed, report.added, report.updated) == (2, 1, 0, 0)
    assert states(home) == {"fox.txt": "indexing", "new.txt": "indexing"}
    fox = next(each for each in home.catalog.sources("documents") if each.uri == "fox.txt")
    assert home.catalog.source(fox.id).text == "The red fox."
    assert unchanged(home.path, home.documents, model="hashing", cut="test/40") is None
    report = follow(home, rest=0.0)
    assert (report.waiting, report.added, report.updated) == (0, 1, 1)
    assert states(home) == {"fox.txt": "ready", "new.txt": "ready"}


def test_a_renamed_file_is_whole_and_does_not_wait(home: Home) -> None:
    before = {entry.id for entry in home.catalog.sources("documents")}
    (home.documents / "fox.txt").rename(home.documents / "vixen.txt")
    report = follow(home)
    assert (report.waiting, report.removed, report.added, report.updated) == (0, 0, 0, 1)
    assert set(states(home)) == {"vixen.txt", "owl.txt"}
    assert {entry.id for entry in home.catalog.sources("documents")} == before


def test_a_time_in_the_future_keeps_no_file_waiting_for_ever(home: Home) -> None:
    path = home.documents / "fox.txt"
    path.write_text("The shy fox.")
    os.utime(path, (time.time() + 10**6, time.time() + 10**6))
    time.sleep(0.05)
    assert follow(home, rest=0.01).updated == 1


def until_it_changed(watch: FolderWatch) -> int:
    """Return the number of looks after which the folder has changed and rests."""
    for look in range(1, 1000):
        if watch.has_changed():
            return look
        time.sleep(0.02)
    raise AssertionError("it never does")


def test_a_change_is_told_once_it_rests_and_until_it_is_taken(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "a")
    watch = FolderWatch(tmp_path, settle=0.1, pause=0.0)
    assert until_it_changed(watch) > 1
    assert watch.has_changed()
    watch.take(waiting=False)
    assert not any(watch.has_changed() for _ in range(20))
    put(tmp_path / "b.txt", "b")
    assert not watch.has_changed()
    assert until_it_changed(watch) > 1
    watch.take(waiting=True)
    assert until_it_changed(watch) >= 1, "what waited is looked at again"
    watch.take(waiting=False)
    assert not watch.has_changed()
    (tmp_path / "b.txt").unlink()
    until_it_changed(watch)


def test_a_folder_that_vanishes_or_is_slow_is_watched_on(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path / "docs", settle=0.05, pause=0.001)
    until_it_changed(watch)
    watch.take(waiting=False)
    assert not watch.has_changed()
    put(tmp_path / "docs" / "a.txt", "a")
    until_it_changed(watch)
    for number in range(300):
        (tmp_path / "docs" / f"{number}.txt").write_text("a")
    watch.has_changed()
    assert watch.pause > 0.001, "looking takes a small part of the time only"
