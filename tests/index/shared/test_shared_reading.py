"""Indexers that share a database and have the same folder read its documents together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from index.errors import IndexLocked, LoadError
from index.load.folder_walk import scan
from index.schema import LoadedDocument, SyncReport
from index.store.catalog import Catalog
from index.store.catalog_rows import FileState
from index.store.fresh_vectors import FreshVectors
from index.store.postgres_address import PostgresAddress
from index.store.write_lock import FOLDER_LOCK_FILE
from index.sync.preparer import Load
from index.sync.shared_files import SharedFiles, ToRead
from index.sync.synchroniser import load_any
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, contents, open_home, put, synchroniser
from tests.doubles.postgres_server import PostgresServer
from tests.index.shared.test_homes_of_one_database import ROOT, files_with

SECONDS = 30.0
"""How long one waits for the other: much longer than either takes."""


@dataclass
class Reader:
    """Loads documents, and waits before the how manieth for what `holds` says."""

    holds: dict[int, Callable[[], object]] = field(default_factory=dict)
    fails: frozenset[str] = frozenset()
    read: list[str] = field(default_factory=list)

    def __call__(self, data: bytes, name: str) -> LoadedDocument:
        self.read.append(name)
        if (hold := self.holds.get(len(self.read))) is not None:
            until(hold)
        if name in self.fails:
            raise LoadError(name, "It is not read today.")
        return load_any(data, name)


Open: TypeAlias = Callable[..., Home]


@pytest.fixture
def open_one(tmp_path: Path, database_url: str, chroma: ChromaServer) -> Iterator[Open]:
    """Open homes on one database, by name, each with a folder of documents."""
    for number in range(24):
        text = "\n\n".join(f"Version {number}.{part} of a red fox." for part in range(20))
        put(tmp_path / "docs" / f"{number:02}.md", f"# Mandate {number}\n\n{text}")
    with ExitStack() as opened:

        def opening(name: str, **given: object) -> Home:
            made = opened_home(tmp_path, name, database_url, chroma.url, **given)  # type: ignore[arg-type]
            return opened.enter_context(made)

        yield opening


@contextmanager
def opened_home(
    folder: Path,
    name: str,
    url: str,
    chroma_url: str,
    *,
    load: Load = load_any,
    tokens: int = 40,
    lock_seconds: float = 30.0,
    documents: str = "docs",
) -> Iterator[Home]:
    catalog = Catalog(folder / name, address=PostgresAddress.of(url))
    vectors = FreshVectors(catalog, folder / name, url=chroma_url, rest=0.0)
    embedder = HashingEmbedder()
    try:
        writer = synchroniser(
            catalog, vectors, embedder, load=load, tokens=tokens, lock_seconds=lock_seconds
        )
        yield Home(folder / name, folder / documents, catalog, vectors, embedder, writer)
    finally:
        vectors.close()
        catalog.close()


def sync(home: Home) -> SyncReport:
    return home.synchroniser.sync_folder("documents", home.documents)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever leads look before each document whether anybody helps."""
    monkeypatch.setattr("index.sync.shared_files._LOOK", 0.0)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def until(done: Callable[[], object]) -> None:
    ends = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < ends
        time.sleep(0.01)


def helpers(home: Home) -> int:
    return len(home.catalog.rows("SELECT 1 FROM work.workers WHERE stamp <> ''"))


def led_by(pool: ThreadPoolExecutor, home: Home, reads: Reader) -> Future[SyncReport]:
    """Have a home begin, and wait until it reads."""
    leading = pool.submit(sync, home)
    until(lambda: reads.read or leading.done())
    return leading


NAMES = [f"{number:02}.md" for number in range(24)]


def test_two_that_read_at_once_make_the_index_of_one(
    tmp_path: Path, open_one: Open, pool: ThreadPoolExecutor
) -> None:
    helps = Reader()
    leads = Reader({1: lambda: helpers(helper), 2: lambda: helps.read})
    leader, helper = open_one("leader", load=leads), open_one("helper", load=helps)
    leading = led_by(pool, leader, leads)
    helped = pool.submit(sync, helper).result(SECONDS)
    led = leading.result(SECONDS)
    assert led.added == helped.unchanged == 24
    assert helped.helped == len(helps.read) > 0
    assert sorted(leads.read + helps.read) == NAMES
    assert led.embedded + helped.embedded == led.passages == helped.passages
    with open_home(tmp_path / "alone", tmp_path / "docs") as alone:
        alone.sync()
        assert contents(leader) == contents(alone)
    assert is_left_clean(leader)


def is_left_clean(home: Home) -> bool:
    """Say whether nothing is left of the work, not even where it stood."""
    rows = home.catalog.rows
    tables = ("documents", "workers", "claimed_passages")
    left = [row for table in tables for row in rows(f"SELECT * FROM work.{table}")]
    return not left and rows("SELECT pg_relation_size('work.documents')") == [(0,)]


def test_what_cannot_be_read_where_it_is_tried_first_is_read_by_the_leader(
    open_one: Open, pool: ThreadPoolExecutor
) -> None:
    helps = Reader(fails=frozenset(NAMES))
    leads = Reader({1: lambda: helpers(helper), 2: lambda: helps.read}, fails=frozenset(NAMES[-1:]))
    leader, helper = open_one("leader", load=leads), open_one("helper", load=helps)
    leading = led_by(pool, leader, leads)
    helped = pool.submit(sync, helper)
    led = leading.result(SECONDS)
    assert led.added == 23
    assert [(each.source, each.reason) for each in led.failed] == [
        ("23.md", "It is not read today.")
    ]
    assert sorted(leads.read) == NAMES
    assert helped.result(SECONDS).helped == 0


@pytest.mark.parametrize("holds", ["nothing", "others"])
def test_one_that_does_not_have_the_files_leaves_them_to_others(
    tmp_path: Path, open_one: Open, pool: ThreadPoolExecutor, holds: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name in NAMES if holds == "others" else ():
        put(tmp_path / "elsewhere" / name, "Of another kind.")
    assert_does_not_read(open_one, pool, documents="elsewhere")


def test_one_that_cuts_otherwise_reads_nothing_for_others(
    open_one: Open, pool: ThreadPoolExecutor
) -> None:
    assert_does_not_read(open_one, pool, tokens=32)


def assert_does_not_read(open_one: Open, pool: ThreadPoolExecutor, **other: object) -> None:
    """Have one wait for a leader who queues documents, until it waits in vain."""
    helps, gave_up = Reader(), threading.Event()
    leads = Reader({1: lambda: helpers(helper), 2: gave_up.is_set})
    leader = open_one("leader", load=leads)
    helper = open_one("helper", load=helps, lock_seconds=1.0, **other)
    leading = led_by(pool, leader, leads)
    with pytest.raises(IndexLocked, match="is being written by process"):
        sync(helper)
    gave_up.set()
    assert leading.result(SECONDS).added == 24
    assert helps.read == []
    assert sorted(leads.read) == NAMES
    assert is_left_clean(leader)


INDEXER = """
import sys
from pathlib import Path
from index.sync.shared_files import SharedFiles, ToRead
from index.sync.synchroniser import load_any
from tests.index.shared.test_shared_reading import Reader, helpers, opened_home, sync
folder, name, url, chroma, hold = sys.argv[1:]
def until_killed():
    print("holding", flush=True)
    sys.stdin.readline()
def until_handed_in():
    return home.catalog.rows("SELECT 1 FROM work.documents WHERE result IS NOT NULL")
holds = {
    "helper": {1: until_killed},
    "leader": {1: lambda: helpers(home), 2: until_handed_in, 3: until_killed},
}[name]
with opened_home(Path(folder), name, url, chroma, load=Reader(holds)) as home:
    print("begins", flush=True)
    sync(home)
"""


@dataclass
class Indexer:
    """An indexer in a process of its own, which waits somewhere in the middle to be killed."""

    process: subprocess.Popen[str]

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        while (said := self.process.stdout.readline()) != f"{line}\n":
            assert said

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
        assert self.process.returncode == -signal.SIGKILL


@pytest.fixture
def run_apart(
    tmp_path: Path, database_url: str, chroma: ChromaServer
) -> Iterator[Callable[[str], Indexer]]:
    """Run one in a process of its own: a `leader`, or a `helper`."""
    running = list[Indexer]()

    def run(name: str) -> Indexer:
        arguments = [str(tmp_path), name, database_url, chroma.url, ""]
        process = subprocess.Popen(
            [sys.executable, "-c", INDEXER, *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(Indexer(process))
        return running[-1]

    yield run
    for each in running:
        each.process.kill()
        each.process.communicate()


def test_what_a_helper_was_at_that_was_killed_is_read_by_the_leader(
    tmp_path: Path,
    open_one: Open,
    pool: ThreadPoolExecutor,
    run_apart: Callable[[str], Indexer],
) -> None:
    killed = threading.Event()
    leads = Reader({1: lambda: helpers(leader), 23: killed.is_set})
    leader = open_one("leader", load=leads)
    leading = led_by(pool, leader, leads)
    helper = run_apart("helper")
    helper.wait_for("holding")
    helper.kill()
    killed.set()
    assert leading.result(SECONDS).added == 24
    assert sorted(leads.read) == NAMES
    assert leader.catalog.rows("SELECT * FROM work.documents") == []


def test_what_a_leader_left_that_was_killed_is_finished_by_its_helper(
    tmp_path: Path, open_one: Open, pool: ThreadPoolExecutor, run_apart: Callable[[str], Indexer]
) -> None:
    leader, helper = run_apart("leader"), open_one("helper")
    leader.wait_for("begins")
    until(lambda: helper.catalog.is_locked(FOLDER_LOCK_FILE))
    helping = pool.submit(sync, helper)
    leader.wait_for("holding")
    leader.kill()
    report = helping.result(SECONDS)
    assert report.helped > 0
    assert report.added == 24  # nothing was written yet
    with open_home(tmp_path / "alone", tmp_path / "docs") as alone:
        alone.sync()
        assert contents(helper) == contents(alone)
    assert is_left_clean(helper)


def test_what_a_killed_leader_left_is_gone_though_nothing_is_to_be_read(open_one: Open) -> None:
    home = open_one("one")
    home.sync()
    home.catalog.rows(
        "INSERT INTO work.documents (run, number, uri, sha256, stamp, result) "
        "VALUES (0, 0, 'removed.md', '', '', 'an owl')"
    )
    assert not is_left_clean(home)
    home.sync()
    assert is_left_clean(home)


def test_what_is_lost_of_the_queue_is_read_by_the_leader(
    open_one: Open, pool: ThreadPoolExecutor
) -> None:
    with open_one("other").catalog.work().worker("alike"):  # type: ignore[union-attr]
        leader = open_one("leader")
        with leader.catalog.lock(seconds=1, file=FOLDER_LOCK_FILE):
            queue = leader.catalog.led_queue("alike")
            assert queue is not None
            files = [ToRead(each, FILE) for each in scan(leader.documents).files]
            order = SharedFiles(queue, {}).order(files)
            first = next(order)
            assert len(queue.left()) == 7
            leader.catalog.rows("TRUNCATE work.documents")
            assert sorted([first, *order]) == sorted(files)


FILE = FileState(0, 0, 0, None)


def test_a_text_that_was_handed_in_is_in_no_file_of_the_database_once_it_is_removed(
    open_one: Open, pool: ThreadPoolExecutor, postgres_server: PostgresServer
) -> None:
    helps = Reader()
    leads = Reader({1: lambda: helpers(helper), 2: lambda: len(helps.read) >= 7})
    leader, helper = open_one("leader", load=leads), open_one("helper", load=helps)
    word = "xylophonist"
    put(leader.documents / "06.md", f"The {word} meets at noon. " * 400)
    leading = led_by(pool, leader, leads)
    pool.submit(sync, helper).result(SECONDS)
    assert leading.result(SECONDS).added == 24
    assert "06.md" in helps.read
    postgres_server.run("CHECKPOINT")
    assert files_with(postgres_server, word)
    (leader.documents / "06.md").unlink()
    leader.sync(forget="all")
    postgres_server.run("CHECKPOINT")
    assert files_with(postgres_server, word) == []
