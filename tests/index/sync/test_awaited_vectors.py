"""Words answer as soon as a text is read; vectors follow, whoever is killed, cancelled or late."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot.answering.coverage_notice import coverage_text
from index.embed.inputs import embedding_input
from index.errors import EmbeddingError
from index.protocols import EmbeddingInput, PassageVectors
from index.schema import Coverage
from index.search.searcher import Findings, Searcher
from index.store.catalog import Catalog
from index.store.catalog_format import ADDITIONS_FILE, CATALOG_FILE
from index.store.catalog_state import owes_purge, serving_builds
from index.store.fresh_vectors import FreshVectors
from index.store.home_backup import restored_backup, write_backup
from index.store.segment_words import SegmentWords
from index.sync.time_budget import TimeBudget
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.full_text_words import write_full_text
from tests.doubles.homes import (
    Home,
    contents,
    open_home,
    put,
    synchroniser,
)
from tests.doubles.traces import marked_word, traces
from tests.index.sync.test_kill import change, check_like_new, text

ROOT = Path(__file__).parents[3]
LATER = TimeBudget(embedding=0.0, most=0)
"""Of those who leave all embedding to others."""


def story(word: str, parts: int = 40) -> str:
    """Return a text of so many passages."""
    return "\n\n".join(f"# Part {n}\n\nThe {word} {n} has a bend." for n in range(parts))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of two files whose words are in it, and none of whose vectors are."""
    put(tmp_path / "docs" / "owl.md", "# Owl\n\nAn owl.")
    put(tmp_path / "docs" / "rivers.md", story("river"))
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        report = sync_words(opened)
        assert (report["added"], report["awaiting"]) == (2, 41)
        assert opened.embedder.passages == []
        yield opened


def sync_words(home: Home, **budget: float) -> dict[str, int]:
    """Bring the folder in step without embedding anything."""
    given = TimeBudget(embedding=0.0, most=0, **budget)
    report = home.synchroniser.sync_folder("documents", home.documents, budget=given)
    return report.model_dump(include={"added", "awaiting", "unread", "passages", "embedded"})


def find(home: Home, question: str, *, embedder: HashingEmbedder | None = None) -> Findings:
    """Search as the product does."""
    with closing(FreshVectors(home.catalog, home.path, url=None)) as vectors:
        searcher = Searcher(
            catalog=home.catalog,
            vectors=vectors,
            embedder=embedder or home.embedder,
            passage_input=embedding_input,
        )
        return searcher.find(question, collections=["documents"])


def assert_like_new(home: Home, embedder: HashingEmbedder | None = None) -> None:
    """Compare with an index that was never interrupted."""
    home.vectors.follow(home.catalog.generation())
    with open_home(home.path.with_name("fresh"), home.documents, embedder=embedder) as fresh:
        fresh.sync()
        assert contents(home) == contents(fresh)
    shutil.rmtree(home.path.with_name("fresh"))
    assert home.catalog.coverage(["documents"]) is None
    assert not owes_purge(home.catalog.connection())


def test_words_answer_before_anything_is_embedded_and_the_note_goes(home: Home) -> None:
    found = find(home, "Which river has a bend?")
    assert found.ranked[0].source.uri == "rivers.md"
    assert not found.words_only, "it does not say that the vectors are broken"
    assert found.coverage == Coverage(passages=41, embedded=0, documents=2, read=2)
    assert coverage_text(found.coverage) == (
        "Not all documents are searched by meaning yet: 0 of 41 passages are."
    )
    assert not (home.path / "unchanged").exists(), "the next sync has something to do"
    assert home.synchroniser.embed_some(60.0)
    assert find(home, "Which river has a bend?").coverage is None
    assert len(home.embedder.passages) >= 41
    home.embedder.passages.clear()
    assert home.sync() == {"unchanged": 2, "passages": 41}
    assert home.embedder.passages == []
    assert_like_new(home)


def test_an_edit_awaits_vectors_only_of_what_is_new(home: Home) -> None:
    home.sync()
    put(home.documents / "rivers.md", story("river") + "\n\n# More\n\nA heron.")
    (home.documents / "owl.md").rename(home.documents / "bird.md")
    assert sync_words(home) == {
        "added": 0, "awaiting": 1, "unread": 0, "passages": 42, "embedded": 0,
    }  # fmt: skip
    assert find(home, "heron").ranked[0].passage.text.endswith("A heron.")
    home.embedder.passages.clear()
    home.sync()
    assert ["heron" in each.text for each in home.embedder.passages] == [True]
    assert_like_new(home)


def test_what_has_no_vector_yet_is_not_ranked_behind_all_that_has(home: Home) -> None:
    home.sync()
    put(home.documents / "delta.md", "# Deltas\n\nThe delta of the Okavango ends in a desert.")
    sync_words(home)
    found = find(home, "Where does the delta of the Okavango end?")
    assert found.ranked[0].source.uri == "delta.md"
    assert found.ranked[0].vectors is not None, "it was embedded while the question waited"
    first = [(c.passage.id, c.score) for c in find(home, "Okavango delta").ranked[:1]]
    home.sync()
    (again,) = [(c.passage.id, c.score) for c in find(home, "Okavango delta").ranked[:1]]
    assert again[0] == first[0][0]
    assert again[1] == pytest.approx(first[0][1], abs=1e-3)


class Broken(HashingEmbedder):
    """Embeds questions, and no passages."""

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        raise EmbeddingError("The model is out of order.")


def test_search_by_words_is_what_it_is_without_a_model(home: Home) -> None:
    words = Searcher(catalog=home.catalog, vectors=None, embedder=None)
    for question in ("river 3", "bend of the owl", "which part has river 12?"):
        alone = words.find(question, collections=["documents"])
        found = find(home, question, embedder=Broken())
        assert [c.passage.id for c in found.ranked] == [c.passage.id for c in alone.ranked]
        assert [c.score for c in found.ranked] == [c.score for c in alone.ranked]


def test_removed_texts_are_gone_while_they_await_vectors(home: Home) -> None:
    put(home.documents / "secret.md", f"# Secret\n\nThe {marked_word(5)} and the fox.")
    put(home.documents / "edited.md", f"# Edited\n\nThe {marked_word(6)} and the owl.")
    sync_words(home)
    (home.documents / "secret.md").unlink()
    put(home.documents / "edited.md", "# Edited\n\nThe owl alone.")
    sync_words(home)
    assert traces(home.path) == {}
    home.sync()
    assert traces(home.path) == {}
    assert_like_new(home)


def test_a_home_whose_vectors_are_awaited_is_built_anew_for_another_model(home: Home) -> None:
    home.synchroniser.embed_some(0.0)
    other = HashingEmbedder(model="other", dimension=32)
    with open_home(home.path, home.documents, embedder=other) as opened:
        assert opened.catalog.awaits_vectors()
        opened.sync()
        assert not opened.catalog.awaits_vectors()
        assert_like_new(opened, embedder=HashingEmbedder(model="other", dimension=32))


def test_a_backup_holds_what_is_awaited(home: Home, tmp_path: Path) -> None:
    write_backup(home.path, tmp_path / "home.zip", version="1")
    formats = {ADDITIONS_FILE: 99, CATALOG_FILE: 99}
    with (
        restored_backup(tmp_path / "home.zip", tmp_path / "other", replace=False, formats=formats),
        open_home(tmp_path / "other", home.documents) as other,
    ):
        assert other.catalog.coverage(["documents"]) == home.catalog.coverage(["documents"])
        other.synchroniser.repair()
        assert_like_new(other)


def test_reading_stops_in_time_and_goes_on(home: Home) -> None:
    time.sleep(0.05)  # files younger than the clock is fine are read again
    sync_words(home)
    for number in range(6):
        put(home.documents / f"z{number}.txt", f"Heron {number}.")
    time.sleep(0.05)
    report = sync_words(home, reading=0.0)
    assert (report["added"], report["unread"]) == (1, 5)
    patient = TimeBudget(reading=0.0, embedding=60.0)
    asked = home.synchroniser.sync_folder("documents", home.documents, budget=patient)
    assert (asked.added, asked.unread, asked.embedded) == (1, 4, 0), "nobody waits for more"
    coverage = home.catalog.coverage(["documents"])
    assert coverage is not None
    assert (coverage.documents, coverage.read) == (8, 4)
    assert coverage_text(coverage).startswith("4 of 8 documents are read so far. ")
    (home.documents / "owl.md").unlink()
    (home.documents / "z5.txt").rename(home.documents / "y5.txt")
    assert sync_words(home, reading=0.0)["unread"] == 3
    assert home.catalog.match("documents", "owl", 5) == [], "what is deleted is gone at once"
    home.sync()
    assert_like_new(home)


def test_renamed_files_that_are_not_read_in_time_stay_what_they_were(home: Home) -> None:
    for name in "abcd":
        put(home.documents / f"{name}.md", f"# Part {name}\n\nHeron {name}.")
    home.sync()
    home.embedder.passages.clear()
    before = {entry.id for entry in home.catalog.sources("documents")}
    (home.documents / "sub").mkdir()
    for path in sorted(home.documents.glob("*.md")):
        path.rename(home.documents / "sub" / path.name)
    assert sync_words(home, reading=0.0)["unread"] == 5
    assert home.catalog.missing("documents") == set()
    assert len(home.catalog.match("documents", "heron", 9)) == 4
    home.sync()
    assert {entry.id for entry in home.catalog.sources("documents")} == before
    assert home.embedder.passages == []
    assert_like_new(home)


def test_a_catalog_of_the_format_before_awaits_what_has_no_vectors(home: Home) -> None:
    with home.catalog.transaction() as connection:
        for build in serving_builds(connection):
            SegmentWords().drop(connection, build.number)
            write_full_text(connection, build.number)
    with closing(sqlite3.connect(home.path / "catalog.sqlite")) as file:
        for table in ("awaited_vectors", "freed_slots"):
            file.execute(f"DROP TABLE {table}")
        file.execute("DROP TRIGGER passages_free_slot")
        for column in ("slot", "mark", "byte_start", "byte_end"):
            file.execute(f"ALTER TABLE passages DROP COLUMN {column}")
        file.execute("ALTER TABLE passages ADD COLUMN text TEXT NOT NULL DEFAULT ''")
        file.execute("DELETE FROM meta WHERE key IN ('slots', 'chroma_texts')")
        file.execute("CREATE TABLE passage_vectors (key INTEGER PRIMARY KEY, vector BLOB)")
        file.execute("PRAGMA user_version = 9")
        file.commit()
    with closing(Catalog(home.path)) as upgraded:
        assert upgraded.coverage(["documents"]) == Coverage(
            passages=41, embedded=0, documents=2, read=2
        )
    home.sync()
    assert_like_new(home)


class Failing(HashingEmbedder):
    """Fails at the n-th call, and at every other after it."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._calls = calls

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        self._calls -= 1
        if self._calls < 0:
            raise EmbeddingError("The model is out of order.")
        return super().embed_passages(passages)


def stop_reading(home: Home, rng: random.Random) -> None:
    sync_words(home, reading=rng.choice([0.0, 0.002]))


def stop_before_embedding(home: Home, rng: random.Random) -> None:
    sync_words(home)


def fail_while_embedding(home: Home, rng: random.Random) -> None:
    failing = Failing(rng.randint(0, 2))
    writer = synchroniser(home.catalog, home.vectors, failing)
    try:
        writer.sync_folder("documents", home.documents)
    except EmbeddingError:
        assert failing._calls < 0


def be_without_a_model(home: Home, rng: random.Random) -> None:
    synchroniser(home.catalog, home.vectors, None).sync_folder("documents", home.documents)


def embed_one_slice(home: Home, rng: random.Random) -> None:
    home.synchroniser.embed_some(0.001)


INTERRUPTED: tuple[Callable[[Home, random.Random], None], ...] = (
    stop_reading,
    stop_before_embedding,
    fail_while_embedding,
    be_without_a_model,
    embed_one_slice,
)


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(60), marks=pytest.mark.long)])
@pytest.mark.limit(1200)
def test_whatever_was_left_undone_a_sync_ends_like_one_that_was_not_interrupted(
    tmp_path: Path, seeds: range
) -> None:
    for seed in seeds:
        rng, place = random.Random(seed), tmp_path / str(seed)
        change(place / "docs", rng)
        put(place / "docs" / "large.txt", "\n\n".join(text(rng) for _ in range(12)))
        for _ in range(4):
            with open_home(place / "home", place / "docs") as opened:
                rng.choice(INTERRUPTED)(opened, rng)
            change(place / "docs", rng)
        check_like_new(place / "home", place / "docs")
        with open_home(place / "home", place / "docs") as opened:
            assert opened.catalog.coverage(["documents"]) is None


EMBEDDER = """
import sys
from pathlib import Path
from tests.doubles.homes import open_home
with open_home(Path(sys.argv[1]), Path(sys.argv[2])) as opened:
    opened.vectors.count("documents")
    print("ready", flush=True)
    sys.stdin.readline()
    opened.synchroniser.embed_some(60.0)
    print(len(opened.embedder.passages), flush=True)
"""


def test_two_processes_embed_each_passage_once(home: Home) -> None:
    put(home.documents / "foxes.md", story("fox", 900))
    sync_words(home)
    command = [sys.executable, "-c", EMBEDDER, str(home.path), str(home.documents)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()
        home.synchroniser.embed_some(60.0)
        theirs = int(other.stdout.readline())
    assert theirs + len(home.embedder.passages) == 941
    home.vectors.follow(home.catalog.generation())
    assert home.vectors.ids("documents") == home.catalog.embedded_ids("documents")
    assert home.catalog.coverage(["documents"]) is None
