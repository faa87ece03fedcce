"""Chroma is told of a large document in slices: others write in between, nobody sees a half."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index.protocols import VectorRow
from index.schema import LoadedDocument
from index.search.searcher import Searcher
from index.store.catalog_state import owes_purge
from index.store.chroma_queue import has_queue
from index.store.chroma_vectors import ChromaVectors
from index.store.fresh_vectors import FreshVectors
from index.store.write_lock import VECTORS_LOCK_FILE, write_lock
from index.sync import builds, chroma_slices, indexer
from index.sync.additions import Addition
from tests.doubles.homes import Home, exact_contents, open_home, synchroniser, write_documents
from tests.doubles.traces import marked_word, traces

ROOT = Path(__file__).parents[3]
REAL = chroma_slices.AT_ONCE
AT_ONCE = 64
"""Passages in a slice of these tests: as many slices as of a long text, of a short one."""
PASSAGES = 2 * AT_ONCE + 1


def cut_at(size: int, patch: pytest.MonkeyPatch) -> None:
    """Have slices of so many passages."""
    for module in (chroma_slices, builds, indexer):
        patch.setattr(module, "AT_ONCE", size)


@pytest.fixture(autouse=True)
def slices(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many passages a slice has."""
    size: int = getattr(request, "param", AT_ONCE)
    cut_at(size, monkeypatch)
    return size


def story(version: str, passages: int = PASSAGES) -> str:
    """Return a text of so many passages, each with words of this version only."""
    rng = random.Random(version)
    said = (
        f"The {version} fox {n} saw {marked_word(rng.randrange(10**12))}." for n in range(passages)
    )
    return "\n\n".join(f"# Part {n}\n\n{each}" for n, each in enumerate(said))


LONGER = 2 * PASSAGES
"""So many that a cut to half of them makes Chroma begin anew, which takes several slices."""


def large(version: str, passages: int = PASSAGES) -> Addition:
    """Return a version of one document that takes several slices."""
    text = story(version, passages)
    return Addition("large", LoadedDocument(text=text, title="Foxes", mime="text/markdown"))


class Gated(ChromaVectors):
    """Writes one slice when it is let; opens with `go_on`."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.path, current=home.catalog.chroma_name)
        self.reached, self.let = threading.Semaphore(0), threading.Semaphore(0)
        self.open = False

    def upsert(self, collection: str, rows: Sequence[VectorRow]) -> None:
        if not self.open and len(rows) > AT_ONCE // 4:
            self.reached.release()
            assert self.let.acquire(timeout=100)
        super().upsert(collection, rows)

    def go_on(self) -> None:
        """Let everything through."""
        self.open = True
        self.let.release()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    write_documents(tmp_path / "docs", a="An owl.")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        opened.sync()
        yield opened


class Writing(threading.Thread):
    """Cuts a document that was longer to what it is elsewhere, through a gate."""

    def __init__(self, home: Home, version: str) -> None:
        super().__init__(daemon=True)
        self.gate = Gated(home)
        self._synchroniser = synchroniser(home.catalog, self.gate, home.embedder)
        self._version = version
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._synchroniser.add("guild-1", [large(self._version)])
        except BaseException as error:
            self.error = error

    def end(self) -> None:
        """Let it go on to its end."""
        self.gate.go_on()
        self.join(100)
        self.gate.close()
        assert not self.is_alive()
        assert self.error is None


def check_like_new(home: Home, version: str) -> None:
    """Compare the collection with one that is built anew."""
    home.vectors.follow(home.catalog.generation())
    with open_home(home.path.with_name("fresh"), home.documents) as fresh:
        fresh.synchroniser.add("guild-1", [large(version)])
        assert exact_contents(home, "guild-1") == exact_contents(fresh, "guild-1")
    shutil.rmtree(home.path.with_name("fresh"))
    assert not has_queue(home.catalog.connection())
    assert not owes_purge(home.catalog.connection())
    assert traces(home.path, but=[story(version)]) == {}


def versions_found(home: Home) -> set[str]:
    """Return the versions of the passages that a question finds, by meaning and by words."""
    with closing(FreshVectors(home.catalog, home.path, url=None)) as vectors:
        searcher = Searcher(catalog=home.catalog, vectors=vectors, embedder=home.embedder)
        found = searcher.find("Which fox saw something?", collections=["guild-1"], limit=20)
        assert not found.words_only
        embedded = len(home.catalog.embedded_ids("guild-1"))
        assert sum(each.dense_rank is not None for each in found.ranked) >= min(20, embedded)
        return set(re.findall(r"The (\w+) fox", " ".join(e.passage.text for e in found.ranked)))


def test_others_write_between_two_slices(home: Home) -> None:
    home.synchroniser.add("guild-1", [large("red", LONGER)])
    writing = Writing(home, "red")
    writing.start()
    assert writing.gate.reached.acquire(timeout=100)
    small = threading.Thread(target=home.add, args=("small",), kwargs={"to": "guild-2"})
    small.start()
    while small.is_alive():  # one slice after the other, until it had its turn
        writing.gate.let.release()
        writing.gate.reached.acquire(timeout=0.2)
    assert [each.uri for each in home.catalog.sources("guild-2")] == ["small"]
    assert has_queue(home.catalog.connection()), "it waited until all of the other was written"
    writing.end()
    check_like_new(home, "red")


def last_part_found(home: Home) -> int:
    """Return the highest number among the parts that questions find, by meaning and by words."""
    with closing(FreshVectors(home.catalog, home.path, url=None)) as vectors:
        searcher = Searcher(catalog=home.catalog, vectors=vectors, embedder=home.embedder)
        question = f"Which fox saw part {LONGER - 1}?"
        found = searcher.find(question, collections=["guild-1"], limit=20)
        assert not found.words_only
        assert sum(each.dense_rank is not None for each in found.ranked) >= 20
        return max(int(each.passage.heading[0].split()[1]) for each in found.ranked)


def test_readers_see_one_version_whole_at_every_moment(home: Home) -> None:
    home.synchroniser.add("guild-1", [large("red", LONGER)])
    assert last_part_found(home) == LONGER - 1
    writing = Writing(home, "red")
    writing.start()
    for _ in range(3):
        assert writing.gate.reached.acquire(timeout=100)
        assert last_part_found(home) < PASSAGES
        writing.gate.let.release()
    writing.end()
    check_like_new(home, "red")


def test_an_edit_of_a_large_document_tells_where_its_passages_stand(home: Home) -> None:
    home.synchroniser.add("guild-1", [large("red")])
    embedded = len(home.embedder.passages)
    text = "# Before\n\nA heron.\n\n" + story("red")
    edited = Addition("large", LoadedDocument(text=text, title="Foxes", mime="text/markdown"))
    home.synchroniser.add("guild-1", [edited])
    assert len(home.embedder.passages) == embedded + 1
    with open_home(home.path.with_name("fresh"), home.documents) as fresh:
        fresh.synchroniser.add("guild-1", [edited])
        assert exact_contents(home, "guild-1") == exact_contents(fresh, "guild-1")


def test_a_document_is_removed_while_chroma_is_told_of_it(home: Home) -> None:
    home.synchroniser.add("guild-1", [large("red", LONGER)])
    writing = Writing(home, "red")
    writing.start()
    assert writing.gate.reached.acquire(timeout=100)
    removing = threading.Thread(target=home.synchroniser.remove, args=("guild-1", "large"))
    removing.start()
    while removing.is_alive():
        writing.gate.let.release()
        writing.gate.reached.acquire(timeout=0.2)
    writing.end()
    assert home.catalog.sources("guild-1") == []
    assert home.vectors.ids("guild-1") == set()
    assert traces(home.path) == {}


@pytest.mark.parametrize("slices", [REAL], indirect=True)  # past 1,000, Chroma's graph has files
def test_a_large_document_is_removed_in_slices_and_gone_at_once(home: Home, slices: int) -> None:
    home.add("kept", to="guild-1", of=story("blue"))
    home.synchroniser.add("guild-1", [large("red", 2 * slices + 1)])
    with write_lock(home.path, seconds=1, file=VECTORS_LOCK_FILE):
        home.synchroniser.remove("guild-1", "large")
        assert has_queue(home.catalog.connection())
        assert versions_found(home) == {"blue"}
    home.add("small", to="guild-2")
    assert not has_queue(home.catalog.connection())
    assert home.vectors.ids("guild-1") == home.catalog.passage_ids("guild-1")
    assert traces(home.path, but=[story("blue")]) == {}


def test_who_finds_somebody_at_it_leaves_it_to_them(home: Home) -> None:
    home.synchroniser.add("guild-1", [large("red", LONGER)])
    with write_lock(home.path, seconds=1, file=VECTORS_LOCK_FILE):
        home.synchroniser.add("guild-1", [large("red")])
        assert has_queue(home.catalog.connection())
        assert versions_found(home) == {"red"}
    home.add("small", to="guild-2")
    check_like_new(home, "red")


def test_a_document_of_the_folder_is_told_in_slices_too(home: Home) -> None:
    write_documents(home.documents, large=story("red"))
    home.sync()
    write_documents(home.documents, large=story("blue"))
    home.sync()
    assert not has_queue(home.catalog.connection())
    assert home.sync() == {"unchanged": 2, "passages": home.catalog.passage_count("documents")}
    with open_home(home.path.with_name("fresh"), home.documents) as fresh:
        fresh.sync()
        assert exact_contents(home) == exact_contents(fresh)
    assert traces(home.path, but=[story("blue")]) == {}


WRITER = """
import json, os, signal, sys
from pathlib import Path
from index.store.chroma_vectors import ChromaVectors
from index.store.sqlite_file import SqliteFile
from tests.doubles.homes import open_home
import pytest
from tests.index.sync.test_chroma_slices import AT_ONCE, cut_at, large

cut_at(AT_ONCE, pytest.MonkeyPatch())
home, documents, version, left = json.loads(sys.argv[1])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(owner, name):
    original = getattr(owner, name)
    def call(*given, **named):
        step()
        result = original(*given, **named)
        step()
        return result
    setattr(owner, name, call)

for name in ("upsert", "describe", "delete", "drop", "purge", "settle"):
    counted(ChromaVectors, name)

with open_home(Path(home), Path(documents)) as opened:
    opened.synchroniser.add("guild-1", [large(version)])
"""


def write_elsewhere(home: Home, version: str, *, steps: int = -1) -> subprocess.Popen[bytes]:
    """Write a version in a process of its own, which is killed after so many steps."""
    given = json.dumps([str(home.path), str(home.documents), version, steps])
    return subprocess.Popen([sys.executable, "-c", WRITER, given], cwd=ROOT, env=dict(os.environ))


@pytest.mark.parametrize(
    "steps", [17, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 28, 3))]
)
@pytest.mark.limit(600)
def test_what_a_killed_writer_did_not_tell_the_next_one_tells(home: Home, steps: int) -> None:
    home.synchroniser.add("guild-1", [large("red")])
    assert write_elsewhere(home, "blue", steps=steps).wait() == -signal.SIGKILL
    (version,) = versions_found(home)
    home.add("small", to="guild-2")  # of another server
    assert home.synchroniser.embed_some(60.0)
    check_like_new(home, version)
    home.synchroniser.add("guild-1", [large("blue")])
    check_like_new(home, "blue")


@pytest.mark.limit(600)
def test_two_processes_that_write_one_document_do_not_mix(home: Home) -> None:
    both = [write_elsewhere(home, version) for version in ("red", "blue")]
    assert [each.wait() for each in both] == [0, 0]
    (version,) = versions_found(home)
    check_like_new(home, version)
