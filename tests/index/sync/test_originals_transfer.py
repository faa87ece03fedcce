"""Files of added documents are moved to their address, shown from there, and deleted there."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import pytest

from bot.settings import load_settings
from index.errors import PictureUnavailable
from index.library import Library, open_library
from index.store.files_address import FilesAddress
from index.store.home_backup import restored_backup, write_backup
from tests.doubles.s3_server import SECRET, S3Server, s3_variables
from tests.index.sync.test_kept_originals import FORMATS, LIONS, SETTINGS, TIDES, named, pdf, quote

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["s3", "file"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    return tmp_path_factory.mktemp("files").as_uri()


@contextmanager
def opened(folder: Path, address: str = "", **more: str) -> Iterator[Library]:
    settings = SETTINGS | {"QUOTH_FILES": address} | more
    with open_library(load_settings(settings, folder).index) as library:
        yield library


def there(address: str) -> list[str]:
    return sorted(FilesAddress(address).sizes())


def here(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".quoth").glob("originals/*"))


def test_a_file_is_kept_at_the_address_as_long_as_its_document(
    own_folder: Path, address: str
) -> None:
    with opened(own_folder, address) as library:
        library.add_file("zoo", "tides.pdf", TIDES)
        library.add_file("sea", "the same.pdf", TIDES)
        library.add_file("zoo", "lions.pdf", LIONS)
        assert (there(address), here(own_folder)) == (named(TIDES, LIONS), [])
        stats = library.stats()
        assert (stats.originals, stats.original_bytes) == (2, len(TIDES) + len(LIONS))
    with opened(own_folder, address) as library:
        lions = library.find("lions.pdf", ["zoo"])
        shown = library.page_picture(quote(lions, "Lions sleep"))
        assert shown is not None and shown.is_marked
        library.remove(library.find("tides.pdf", ["zoo"]).id)
        assert there(address) == named(TIDES, LIONS)  # another collection has it
        library.add_file("zoo", "lions.pdf", pdf("Lions hunt in the evening."))
        assert there(address) == named(TIDES, pdf("Lions hunt in the evening."))
        library.remove_collection("zoo")
        library.remove_collection("sea")
        assert (there(address), here(own_folder)) == ([], [])


def test_files_of_before_are_moved_and_off_deletes_them(own_folder: Path, address: str) -> None:
    with opened(own_folder) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
    assert here(own_folder) == named(LIONS)
    with opened(own_folder, address) as library:
        library.sync("documents")
        assert (there(address), here(own_folder)) == (named(LIONS), [])
        library.add_file("zoo", "lions.pdf", LIONS)
        assert here(own_folder) == []  # it is there already
    with opened(own_folder, address, QUOTH_KEEP_ORIGINALS="off") as library:
        library.sync("documents")
        assert there(address) == []


def test_while_the_store_is_away_files_stay_in_the_home_and_are_moved_later(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = S3Server()
    for name, value in s3_variables(server.url).items():
        monkeypatch.setenv(name, value)
    address = "s3://papers/team"
    with opened(own_folder, address) as library:
        library.add_file("zoo", "tides.pdf", TIDES)
        library.add_file("zoo", "lions.pdf", LIONS)
        assert library.page_picture(quote(library.find("lions.pdf", ["zoo"]), "Lions")) is not None
        library.remove(library.find("tides.pdf", ["zoo"]).id)
        assert here(own_folder) == named(LIONS)
    assert caplog.text.count("'s3://papers/team' cannot be used") == 1
    assert f"Until then they stay in '{own_folder / '.quoth'}'." in caplog.text
    server.start()
    try:
        with opened(own_folder, address) as library:
            library.carry_originals()
            assert (there(address), here(own_folder)) == (named(LIONS), [])
    finally:
        server.kill()
    caplog.clear()
    with opened(own_folder, address) as library:
        lions = library.find("lions.pdf", ["zoo"])
        found = library.searcher.find("When do lions sleep?", collections=["zoo"])
        assert found.hits[0].passage.source_id == lions.id
        with pytest.raises(PictureUnavailable, match="cannot be fetched at the moment") as raised:
            library.page_picture(quote(lions, "sleep all"))
        assert "papers" not in str(raised.value)
        library.remove(lions.id)
    assert "'s3://papers/team' cannot be used: nothing answers there. Check" in caplog.text
    assert SECRET not in caplog.text


def test_a_removal_that_the_store_did_not_take_is_made_up_for(
    own_folder: Path, s3: str, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(own_folder, s3) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", S3Server().url)
    with opened(own_folder, s3) as library:
        library.remove(library.find("lions.pdf", ["zoo"]).id)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.url)
    assert there(s3) == named(LIONS)
    with opened(own_folder, s3) as library:
        assert library.bring_in_step() is not None
        assert there(s3) == []


KILLED = """
import os, sys
from pathlib import Path
from bot.settings import load_settings
from index.library import open_library
from index.store.files_address import FilesAddress

def die(*_):
    os._exit(9)

point, when, lions = sys.argv[1], sys.argv[2], Path(sys.argv[3])
work = getattr(FilesAddress, point)

def done(*arguments):
    if when == "after":
        work(*arguments)
    die()

setattr(FilesAddress, point, done)
with open_library(load_settings(os.environ, Path.cwd()).index) as library:
    if point == "delete":
        library.remove(library.find("lions.pdf", ["zoo"]).id)
    else:
        library.add_file("zoo", "lions.pdf", lions.read_bytes())
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["put", "delete"])
def test_what_a_killed_process_left_is_finished_by_the_next(
    own_folder: Path, s3: str, point: str, when: str
) -> None:
    (own_folder / "lions").write_bytes(LIONS)
    if point == "delete":
        with opened(own_folder, s3) as library:
            library.add_file("zoo", "lions.pdf", LIONS)
    environ = {name: os.environ[name] for name in os.environ if name.startswith(("AWS_", "QUOTH_"))}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, point, when, str(own_folder / "lions")],
        cwd=own_folder,
        env=environ | SETTINGS | {"QUOTH_FILES": s3, "PYTHONPATH": str(ROOT), "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    assert there(s3) == (named(LIONS) if (point, when) in _THERE else [])
    with opened(own_folder, s3) as library:
        library.sync("documents")
        lives = point == "put"
        assert (there(s3), here(own_folder)) == (named(LIONS) if lives else [], [])
        assert [entry.uri for entry in library.sources("zoo")] == (["lions.pdf"] if lives else [])
        library.remove_collection("zoo")
        assert there(s3) == []


_THERE = {("put", "after"), ("delete", "before")}


def test_the_files_of_another_index_are_left_alone(
    own_folder: Path,
    address: str,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with opened(own_folder, address) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
    other = tmp_path_factory.mktemp("other")
    (other / ".quoth").mkdir()
    (other / ".quoth" / "models").symlink_to(own_folder / ".quoth" / "models")
    (other / "documents").mkdir()
    with opened(other, address) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
        library.add_file("zoo", "tides.pdf", TIDES)
        library.remove(library.find("lions.pdf", ["zoo"]).id)
        assert (there(address), here(other)) == (named(LIONS), named(TIDES))
        tides = library.find("tides.pdf", ["zoo"])
        assert library.page_picture(quote(tides, "pulls the sea")) is not None
    assert caplog.text.count("holds the files of another index") == 1
    assert "Give QUOTH_FILES an address of its own." in caplog.text


def test_the_catalog_may_be_thrown_away_and_the_address_stays_ours(
    own_folder: Path, address: str
) -> None:
    with opened(own_folder, address) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
    for name in ("catalog.sqlite", "vectors.sqlite"):
        (own_folder / ".quoth" / name).unlink()
    with opened(own_folder, address) as library:
        library.sync("documents")
        library.add_file("zoo", "tides.pdf", TIDES)
        assert there(address) == named(LIONS, TIDES)
        library.remove_collection("zoo")
        assert there(address) == []


def test_a_home_that_was_restored_deletes_nothing_that_came_later(
    own_folder: Path, address: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup = tmp_path_factory.mktemp("backup") / "backup.zip"
    with opened(own_folder, address) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
        write_backup(library.config.home, backup, version="1")
        library.add_file("zoo", "tides.pdf", TIDES)
    standby = tmp_path_factory.mktemp("standby")
    (standby / "documents").mkdir()
    with restored_backup(backup, standby / ".quoth", replace=False, formats=FORMATS):
        pass
    (standby / ".quoth" / "models").symlink_to(own_folder / ".quoth" / "models")
    with opened(standby, address) as library:
        library.sync("documents")
        lions = library.find("lions.pdf", ["zoo"])
        assert library.page_picture(quote(lions, "Lions sleep")) is not None
        assert there(address) == named(LIONS, TIDES)
        state = library.files_state()
        assert state is not None
        assert (state.kept, state.missing, state.unknown, state.waiting) == (1, 0, 1, 0)


def test_a_new_address_is_told_with_the_one_of_before(
    own_folder: Path, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    with opened(own_folder, first.as_uri()) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
    caplog.set_level(logging.WARNING)
    with opened(own_folder, second.as_uri()) as library:
        library.add_file("zoo", "tides.pdf", TIDES)
        state = library.files_state()
        assert state is not None and (state.kept, state.missing) == (1, 1)
    assert f"1 were put at '{first.as_uri()}'" in caplog.text


def test_a_damaged_file_at_the_address_is_not_shown(own_folder: Path, s3: str) -> None:
    with opened(own_folder, s3) as library:
        library.add_file("zoo", "lions.pdf", LIONS)
        fsspec.filesystem("s3", skip_instance_cache=True).pipe_file(
            f"{s3}/originals/{named(LIONS)[0]}", TIDES
        )
        with pytest.raises(PictureUnavailable, match="cannot be fetched"):
            library.page_picture(quote(library.find("lions.pdf", ["zoo"]), "Lions"))


def test_those_who_add_and_remove_and_those_who_move_do_not_harm_each_other(
    own_folder: Path, address: str
) -> None:
    is_done = threading.Event()
    failed: list[BaseException] = []

    def move() -> None:
        try:
            with opened(own_folder, address) as library:
                while not is_done.is_set():
                    library.carry_originals()
        except BaseException as error:
            failed.append(error)

    movers = [threading.Thread(target=move) for _ in range(2)]
    for mover in movers:
        mover.start()
    try:
        with opened(own_folder, address) as library:
            for _ in range(5):
                library.add_file("zoo", "lions.pdf", LIONS)
                library.remove(library.find("lions.pdf", ["zoo"]).id)
            library.add_file("zoo", "lions.pdf", LIONS)
    finally:
        is_done.set()
        for mover in movers:
            mover.join()
    assert failed == []
    with opened(own_folder, address) as library:
        library.carry_originals()
        assert (there(address), here(own_folder)) == (named(LIONS), [])
