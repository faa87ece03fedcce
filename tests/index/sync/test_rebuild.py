"""An index is built anew for another model while others write, remove and ask."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import Cancelled, StoreError
from index.protocols import EmbeddingInput, PassageVectors
from index.search.searcher import Findings, Searcher
from index.store.catalog_state import owes_purge, stray_builds
from index.store.chroma_queue import has_queue
from index.store.fresh_vectors import FreshVectors
from index.store.write_lock import write_lock
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, contents, exact_contents, open_home, put, write_documents
from tests.doubles.traces import marked_word, traces

ROOT = Path(__file__).parents[3]
DOCUMENTS = {
    f"file{n}": " ".join(f"The river {n} has bend {k}." for k in range(120)) + f" {marked_word(n)}."
    for n in range(12)
}
"""Several batches of passages."""


class Other(HashingEmbedder):
    """Another model, which embeds a slice when it is let."""

    def __init__(self) -> None:
        super().__init__(model="other")
        self.reached, self.let = threading.Semaphore(0), threading.Semaphore(0)
        self.open = False

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        if not self.open and any("river" in passage.text for passage in passages):
            self.reached.release()
            assert self.let.acquire(timeout=100)
        return super().embed_passages(passages)

    def go_on(self) -> None:
        """Let everything through."""
        self.open = True
        self.let.release()


class Rebuilding(threading.Thread):
    """Builds the documents anew with another model."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self.home = home
        self.model = home.embedder
        assert isinstance(self.model, Other)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.home.synchroniser.rebuild("documents")
        except BaseException as error:
            self.error = error

    def until_it_embeds(self) -> None:
        """Start, and return when the first slice is at hand."""
        self.start()
        assert isinstance(self.model, Other)
        assert self.model.reached.acquire(timeout=100)

    def end(self) -> None:
        """Let it go on to its end."""
        assert isinstance(self.model, Other)
        self.model.go_on()
        self.join(100)
        assert not self.is_alive()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of an old model, open with another one."""
    write_documents(tmp_path / "docs", **DOCUMENTS)
    with open_home(tmp_path / "home", tmp_path / "docs") as old:
        old.sync()
        old.add("/by/hand", of=f"A heron. {marked_word(77)}.")
        old.add("owl", to="guild-2")
    with open_home(tmp_path / "home", tmp_path / "docs", embedder=Other()) as opened:
        yield opened


def check_like_new(home: Home) -> None:
    """Compare with an index of the other model from the start; no byte is left of what is gone."""
    embedder = Other()
    embedder.open = True
    kept = [home.catalog.source(each.id) for each in home.catalog.sources("documents")]
    with open_home(home.path.with_name("fresh"), home.documents, embedder=embedder) as fresh:
        fresh.sync()
        for key in home.added_versions():
            if key[0] == "documents":
                (text,) = (each.text for each in kept if each.uri == key[1])
                fresh.add(key[1], of=text)
        assert exact_contents(home) == exact_contents(fresh)
    connection = home.catalog.connection()
    assert (has_queue(connection), owes_purge(connection)) == (False, False)
    assert stray_builds(connection) == []
    assert traces(home.path, but=[each.text for each in kept]) == {}


def test_others_write_and_the_old_build_answers_meanwhile(home: Home) -> None:
    with open_home(home.path, home.documents) as old:
        before = contents(old)
        rebuilding = Rebuilding(home)
        rebuilding.until_it_embeds()
        with write_lock(home.path, seconds=1):  # nobody holds it
            pass
        old.add("small", to="guild-2")
        assert contents(old) == before
        assert [each.uri for each in home.catalog.sources("guild-2")] == ["owl", "small"]
        rebuilding.end()
    assert rebuilding.error is None
    assert "documents" not in home.synchroniser.mismatched()
    check_like_new(home)


def findings(home: Home, collection: str = "documents") -> Findings:
    """Return what a question finds with the model that is configured now."""
    with closing(FreshVectors(home.catalog, home.path, url=None)) as vectors:
        searcher = Searcher(catalog=home.catalog, vectors=vectors, embedder=home.embedder)
        return searcher.find("Where has river 3 its bend 7?", collections=[collection])


@pytest.mark.parametrize("dimension", [64, 32])
def test_until_then_words_alone_find_and_that_is_said(home: Home, dimension: int) -> None:
    model = HashingEmbedder(model="other", dimension=dimension)
    with open_home(home.path, home.documents, embedder=model) as other:
        found = findings(other)
        assert found.words_only
        assert {each.vectors is None for each in found.ranked} == {True}
        assert found.ranked[0].source.uri == "file3.txt"
        other.synchroniser.rebuild("documents")
        found = findings(other)
        assert not found.words_only
        assert found.ranked[0].dense_rank is not None


def test_what_is_only_cut_otherwise_answers_as_before(home: Home) -> None:
    with open_home(home.path, home.documents, tokens=32) as other:
        assert "documents" in other.synchroniser.mismatched()
        found = findings(other)
        assert not found.words_only
        assert found.ranked[0].dense_rank is not None


def test_what_changes_meanwhile_is_in_the_new_build(home: Home) -> None:
    rebuilding = Rebuilding(home)
    rebuilding.until_it_embeds()
    rebuilding.model.let.release()  # type: ignore[attr-defined]
    assert rebuilding.model.reached.acquire(timeout=100)  # type: ignore[attr-defined]
    assert stray_builds(home.catalog.connection())  # some documents are in it already
    with open_home(home.path, home.documents) as old:
        put(home.documents / "file0.txt", f"A lake instead. {marked_word(1000)}.")
        put(home.documents / "file11.txt", f"Another lake. {marked_word(1001)}.")
        put(home.documents / "new.txt", f"A pond. {marked_word(1002)}.")
        (home.documents / "file1.txt").unlink()
        (home.documents / "file10.txt").unlink()
        old.sync()
        old.synchroniser.remove("documents", "/by/hand")
        old.add("/by/hand/too", of=f"A stork. {marked_word(1003)}.")
    rebuilding.end()
    assert rebuilding.error is None
    check_like_new(home)


def test_a_collection_that_is_removed_meanwhile_does_not_come_back(home: Home) -> None:
    rebuilding = Rebuilding(home)
    rebuilding.until_it_embeds()
    with open_home(home.path, home.documents) as old:
        old.synchroniser.remove_collection("documents")
    rebuilding.end()
    assert isinstance(rebuilding.error, StoreError)
    home.synchroniser.repair()
    assert home.catalog.sources("documents") == []
    assert stray_builds(home.catalog.connection()) == []
    assert traces(home.path) == {}


def cancel_rebuild(home: Home) -> None:
    """Begin a rebuild, and cancel it when some of it is embedded."""
    embedder = home.embedder
    assert isinstance(embedder, Other)
    embedder.open = True

    def step(done: int, total: int) -> None:
        if len(embedder.passages) > 150:
            raise Cancelled

    with pytest.raises(Cancelled):
        home.synchroniser.rebuild("documents", steps=step)


def test_one_that_is_cancelled_is_gone_on_with(home: Home) -> None:
    cancel_rebuild(home)
    embedded = len(home.embedder.passages)
    assert "documents" in home.synchroniser.mismatched()
    home.synchroniser.remove("documents", "/by/hand")  # which was built anew already
    home.synchroniser.rebuild("documents")
    again = len(home.embedder.passages) - embedded
    assert 0 < again < home.catalog.passage_count("documents")
    check_like_new(home)


def test_one_that_is_not_wanted_any_more_goes(home: Home) -> None:
    cancel_rebuild(home)
    assert len(stray_builds(home.catalog.connection())) == 1
    with open_home(home.path, home.documents) as old:  # QUOTH_EMBEDDINGS was set back
        old.sync()
        assert stray_builds(home.catalog.connection()) == []


WRITER = """
import json, os, signal, sys
from pathlib import Path
from index.store.sqlite_file import SqliteFile
from tests.doubles.homes import open_home
from tests.index.sync.test_rebuild import Other

home, documents, left = json.loads(sys.argv[1])
original = SqliteFile.transaction

def transaction(self):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self)

SqliteFile.transaction = transaction
embedder = Other()
embedder.open = True
with open_home(Path(home), Path(documents), embedder=embedder) as opened:
    opened.synchroniser.rebuild("documents")
"""


def rebuild_elsewhere(home: Home, *, steps: int = -1) -> subprocess.Popen[bytes]:
    """Build anew in a process of its own, which is killed after so many transactions."""
    given = json.dumps([str(home.path), str(home.documents), steps])
    return subprocess.Popen([sys.executable, "-c", WRITER, given], cwd=ROOT)


@pytest.mark.parametrize(
    "steps", [4, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 2, 3, 5, 6, 7, 8))]
)
@pytest.mark.limit(600)
def test_one_that_is_killed_is_gone_on_with(home: Home, steps: int) -> None:
    assert isinstance(home.embedder, Other)
    home.embedder.open = True
    assert rebuild_elsewhere(home, steps=steps).wait() == -signal.SIGKILL
    home.synchroniser.rebuild("documents")
    assert "documents" not in home.synchroniser.mismatched()
    check_like_new(home)


@pytest.mark.limit(600)
def test_two_processes_that_build_anew_do_it_once(home: Home) -> None:
    both = [rebuild_elsewhere(home) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    check_like_new(home)
