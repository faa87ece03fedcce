"""A large document keeps nobody waiting, and nobody sees a half of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from index.errors import Cancelled, SourceNotFound, StoreError
from index.protocols import EmbeddingInput, PassageVectors
from index.schema import Coverage, LoadedDocument, SyncReport
from index.store.write_lock import write_lock
from index.sync.additions import Addition
from index.sync.pace import FairTurns
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, contents, open_home, put, write_documents

LARGE = "\n\n".join(f"# Part {n}\n\nThe river {n} has a bend, and a red fox." for n in range(300))
"""Several slices of passages."""


class Gated(HashingEmbedder):
    """Embeds what speaks of rivers one slice at a time, when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Semaphore(0)
        self.let = threading.Semaphore(0)
        self.open = False

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        if not self.open and any("river" in passage.text for passage in passages):
            self.reached.release()
            assert self.let.acquire(timeout=60)
        return super().embed_passages(passages)

    def go_on(self) -> None:
        """Let everything through."""
        self.open = True
        self.let.release()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of one file, with an embedder that waits."""
    write_documents(tmp_path / "docs", a="An owl.")
    with open_home(tmp_path / "home", tmp_path / "docs", embedder=Gated()) as opened:
        opened.sync()
        yield opened


def gate(home: Home) -> Gated:
    """Return the embedder of a home."""
    assert isinstance(home.embedder, Gated)
    return home.embedder


def until_one_waits(home: Home) -> None:
    """Return once somebody waits for a turn behind the large document."""
    while not home.synchroniser._turns._waiting:
        time.sleep(0.005)


def large(uri: str = "large", text: str = LARGE) -> Addition:
    """Return a document that takes long."""
    return Addition(uri, LoadedDocument(text=text, title="Rivers", mime="text/markdown"))


class Adding(threading.Thread):
    """Adds a large document beside everything else."""

    def __init__(self, home: Home, to: str = "guild-1") -> None:
        super().__init__(daemon=True)
        self.home, self.to = home, to
        self.report: SyncReport | None = None
        self.steps: list[tuple[int, int]] = []
        self.error: BaseException | None = None
        self.cancelled = False

    def run(self) -> None:
        try:
            self.report = self.home.synchroniser.add(self.to, [large()], steps=self.step)
        except Exception as error:
            self.error = error

    def step(self, done: int, total: int) -> None:
        """Note how far it is."""
        if self.cancelled:
            raise Cancelled
        self.steps.append((done, total))


def test_others_write_while_a_large_document_is_embedded(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    with write_lock(home.path, seconds=1):  # nobody holds it
        pass
    gate(home).let.release()
    assert gate(home).reached.acquire(timeout=60)
    assert len(home.catalog.match("guild-1", "river", 1000)) == 300, "its words answer meanwhile"
    coverage = home.catalog.coverage(["guild-1"])
    assert coverage == Coverage(passages=300, embedded=0, documents=1, read=1)
    gate(home).go_on()
    adding.join(60)
    assert adding.report is not None
    assert adding.report.added == 1
    assert adding.steps[0] == (0, 300)
    assert adding.steps[-1] == (300, 300)
    assert home.catalog.coverage(["guild-1"]) is None


def test_a_small_document_elsewhere_is_added_between_two_slices(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    small = threading.Thread(target=home.add, args=("small",), kwargs={"to": "guild-2"})
    small.start()
    until_one_waits(home)
    gate(home).let.release()  # this slice ends; the small document is next
    small.join(60)
    assert not small.is_alive()
    assert [each.uri for each in home.catalog.sources("guild-2")] == ["small"]
    assert home.catalog.coverage(["guild-2"]) is None
    assert len(home.catalog.embedded_ids("guild-1")) == 32
    gate(home).go_on()
    adding.join(60)
    assert adding.error is None
    assert [each.uri for each in home.catalog.sources("guild-1")] == ["large"]


def test_the_folder_is_followed_while_a_large_document_is_embedded(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    put(home.documents / "b.txt", "A heron.")
    followed = threading.Thread(target=home.sync)
    followed.start()
    until_one_waits(home)
    gate(home).let.release()
    give_up = time.monotonic() + 60
    while len(home.catalog.sources("documents")) < 2:  # by its words: the model is busy
        assert time.monotonic() < give_up
        time.sleep(0.01)
    gate(home).go_on()
    followed.join(60)
    adding.join(60)
    assert home.sync() == {"unchanged": 2, "passages": 2}


def test_readers_see_the_new_version_whole_by_its_words_while_it_is_embedded(home: Home) -> None:
    home.synchroniser.add("guild-1", [large(text="# One\n\nA heron.")])
    adding = Adding(home)
    adding.start()
    for _ in range(3):
        assert gate(home).reached.acquire(timeout=60)
        assert home.catalog.match("guild-1", "heron", 5) == []
        assert len(home.catalog.match("guild-1", "river", 1000)) == 300
        gate(home).let.release()
    gate(home).go_on()
    adding.join(60)
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.synchroniser.add("guild-1", [large()])
        assert contents(home, "guild-1") == contents(fresh, "guild-1")


def test_what_is_replaced_while_it_is_embedded_is_not_embedded_further(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    with open_home(home.path, home.documents) as other:
        stork = [large(text="# Another\n\nA stork.")]
        replacing = threading.Thread(target=other.synchroniser.add, args=("guild-1", stork))
        replacing.start()
        while not home.catalog.match("guild-1", "stork", 5):  # by words, before its turn
            time.sleep(0.01)
        for _ in range(10):
            gate(home).let.release()
        replacing.join(60)
    gate(home).go_on()
    adding.join(60)
    assert adding.error is None
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.synchroniser.add("guild-1", stork)
        assert contents(home, "guild-1") == contents(fresh, "guild-1")


def test_cancelled_work_is_found_by_words_and_embedded_later(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    adding.cancelled = True
    gate(home).go_on()
    adding.join(60)
    assert adding.error is None and adding.report is not None
    assert adding.report.added == 1
    assert home.synchroniser.embed_some(60.0)
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.synchroniser.add("guild-1", [large()])
        assert contents(home, "guild-1") == contents(fresh, "guild-1")


def test_a_collection_that_is_deleted_meanwhile_does_not_come_back(home: Home) -> None:
    adding = Adding(home)
    adding.start()
    assert gate(home).reached.acquire(timeout=60)
    home.synchroniser.remove_collection("guild-1")
    gate(home).go_on()
    adding.join(60)
    assert isinstance(adding.error, StoreError)
    assert home.catalog.sources("guild-1") == []
    with pytest.raises(SourceNotFound):
        home.synchroniser.remove("guild-1", "large")


def test_one_share_after_the_other_has_its_turn() -> None:
    turns, order, waiting = FairTurns(), list[str](), list[threading.Thread]()

    def work(share: str, name: str) -> None:
        with turns.turn(share):
            order.append(name)

    with turns.turn("a"):
        for share, name in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1")]:
            thread = threading.Thread(target=work, args=(share, name))
            thread.start()
            waiting.append(thread)
            while sum(map(len, turns._waiting.values())) < len(waiting):
                time.sleep(0.001)
    for thread in waiting:
        thread.join(10)
    assert order == ["a1", "b1", "c1", "a2", "a3"]
