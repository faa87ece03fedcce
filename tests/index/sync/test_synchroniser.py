"""Synchronising a folder: afterwards the index is what a fresh build would be."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.errors import (
    EmbeddingError,
    IndexMismatch,
    LoadError,
    SourceNotFound,
    StoreError,
)
from index.load.folder_walk import LEADS_OUT
from index.load.loaders import load_bytes
from index.protocols import EmbeddingInput, PassageVectors, VectorRow
from index.schema import LoadedDocument, Passage, Source, source_id
from index.store.chroma_vectors import ChromaVectors
from index.sync.additions import Addition
from index.sync.synchroniser import Synchroniser
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import (
    Home,
    age,
    contents,
    open_home,
    put,
    synchroniser,
    total_changes,
    write_documents,
)

STORY = "The red fox crossed the river. It was late.\n\nThe agreement on the river holds still."


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of three files that is in step."""
    yield from opened_in_step(tmp_path, None)


@pytest.fixture(params=["file", "database"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """The same, in files of its own or in a database."""
    is_shared = request.param == "database"
    yield from opened_in_step(
        tmp_path, request.getfixturevalue("database_url") if is_shared else None
    )


def opened_in_step(folder: Path, database_url: str | None) -> Iterator[Home]:
    write_documents(folder / "docs", a=STORY, b="Mandate, version 7.", sub__c="Last words.")
    with open_home(folder / "home", folder / "docs", database_url=database_url) as opened:
        assert opened.sync() == {"added": 3, "passages": 3}
        opened.embedder.passages.clear()
        yield opened


def assert_like_new(home: Home) -> None:
    """Compare with an index that is built from scratch, and check that a rerun writes nothing."""
    with open_home(home.path.parent / "fresh", home.documents) as fresh:
        fresh.sync()
        assert contents(home) == contents(fresh)
        assert contents(home)["in chroma"] == contents(home)["not in chroma"] == set()
    shutil.rmtree(home.path.parent / "fresh")
    generation = home.catalog.generation()
    home.sync()
    assert home.catalog.generation() == generation


def changes_of(home: Home) -> int:
    """Return how many rows of any table have been written through this connection."""
    return total_changes(home.catalog)


def test_nothing_changed_writes_nothing(home: Home) -> None:
    before, generation = changes_of(home), home.catalog.generation()
    assert home.sync() == {"unchanged": 3, "passages": 3}
    assert (changes_of(home), home.catalog.generation()) == (before, generation)
    assert home.embedder.passages == []


def change_text(folder: Path) -> None:
    put(folder / "a.txt", STORY.replace("late", "early"))


def change_text_of_equal_length(folder: Path) -> None:
    put(folder / "a.txt", STORY.replace("red", "shy"))


def add_file(folder: Path) -> None:
    put(folder / "new/d.md", "# A heading\n\nThe version 7 mandate.")


def delete_file(folder: Path) -> None:
    (folder / "b.txt").unlink()


def rename_file(folder: Path) -> None:
    (folder / "b.txt").rename(folder / "sub" / "renamed.txt")


def rename_beside_a_new_one(folder: Path) -> None:
    (folder / "b.txt").rename(folder / "sub" / "renamed.txt")
    put(folder / "b2.txt", "Mandate, version 8.")


def change_case(folder: Path) -> None:
    (folder / "b.txt").rename(folder / "B.TXT")


def rename_folder(folder: Path) -> None:
    (folder / "sub").rename(folder / "other")


def swap_names(folder: Path) -> None:
    (folder / "a.txt").rename(folder / "t.txt")
    (folder / "b.txt").rename(folder / "a.txt")
    (folder / "t.txt").rename(folder / "b.txt")


def duplicate(folder: Path) -> None:
    for name in ("copy.txt", "sub/a.txt"):
        shutil.copy2(folder / "a.txt", folder / name)


def everything(folder: Path) -> None:
    for change in (change_text, add_file, delete_file, rename_folder, duplicate_a):
        change(folder)


def duplicate_a(folder: Path) -> None:
    shutil.copy2(folder / "a.txt", folder / "copy.txt")


@pytest.mark.parametrize(
    ("change", "report"),
    [
        (change_text, {"updated": 1, "unchanged": 2, "passages": 3}),
        (change_text_of_equal_length, {"updated": 1, "unchanged": 2, "passages": 3}),
        (add_file, {"added": 1, "unchanged": 3, "passages": 4}),
        (delete_file, {"unchanged": 2, "removed": 1, "passages": 2}),
        (rename_file, {"updated": 1, "unchanged": 2, "passages": 3}),
        (rename_folder, {"updated": 1, "unchanged": 2, "passages": 3}),
        (change_case, {"updated": 1, "unchanged": 2, "passages": 3}),
        (rename_beside_a_new_one, {"added": 1, "updated": 1, "unchanged": 2, "passages": 4}),
        (swap_names, {"updated": 2, "unchanged": 1, "passages": 3}),
        (duplicate, {"added": 2, "unchanged": 3, "passages": 5}),
        (everything, {"added": 2, "updated": 2, "removed": 1, "passages": 4}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_change_leaves_an_index_like_new(
    either: Home, change: object, report: dict[str, int]
) -> None:
    assert callable(change)
    change(either.documents)
    assert either.sync() == report
    assert_like_new(either)


def test_a_touched_file_is_unchanged_and_only_its_time_is_noted(home: Home) -> None:
    age(home.documents / "a.txt", time.time_ns() - 5_000_000_001)
    generation = home.catalog.generation()
    assert home.sync() == {"unchanged": 3, "passages": 3}
    assert home.catalog.generation() == generation
    before = changes_of(home)
    home.sync()
    assert changes_of(home) == before


def rewrite(path: Path, text: str) -> None:
    """Change a file but neither its size nor the time it says it was changed."""
    before = path.stat()
    path.write_text(text)
    age(path, before.st_mtime_ns)


def test_a_rewritten_file_of_the_same_size_and_time_is_read_again(home: Home) -> None:
    rewrite(home.documents / "a.txt", STORY.replace("red", "shy"))
    assert home.sync()["updated"] == 1
    assert_like_new(home)


def test_a_file_written_in_the_same_instant_is_read_again(home: Home) -> None:
    path = home.documents / "a.txt"
    for word in ("one", "two", "six"):
        rewrite(path, STORY.replace("red", word))
        home.synchroniser.sync_folder("documents", home.documents)
        assert len(home.catalog.match("documents", word, 5)) == 1


def test_only_the_passages_that_changed_are_embedded(either: Home) -> None:
    paragraphs = [f"Paragraph {n} tells of the river and the fox. " * 4 for n in range(9)]
    put(either.documents / "long.txt", "\n\n".join(paragraphs))
    either.sync()
    either.embedder.passages.clear()
    put(either.documents / "long.txt", "\n\n".join([*paragraphs[:4], "New.", *paragraphs[5:]]))
    either.sync()
    assert 1 <= len(either.embedder.passages) <= 2
    assert any("New." in given.text for given in either.embedder.passages)
    assert_like_new(either)


class Recording(ChromaVectors):
    """Remembers which rows were written with their vectors."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.path, current=home.catalog.chroma_name)
        self.written: list[str] = []

    def upsert(self, collection: str, rows: Sequence[VectorRow]) -> None:
        self.written += [row.text for row in rows]
        super().upsert(collection, rows)


def test_an_edit_writes_the_vectors_of_what_changed_and_tells_how_many(home: Home) -> None:
    paragraphs = [
        " ".join(f"Paragraph {n} tells {part} of the river." for part in range(4)) for n in range(9)
    ]
    put(home.documents / "long.txt", "\n\n".join(paragraphs))
    report = home.synchroniser.sync_folder("documents", home.documents)
    assert (report.embedded, report.kept) == (report.passages - 3, 3)
    put(home.documents / "long.txt", "\n\n".join(["Quite new.", *paragraphs]))
    recording = Recording(home)
    writer = synchroniser(home.catalog, recording, home.embedder)
    time.sleep(0.025)
    report = writer.sync_folder("documents", home.documents)
    recording.close()
    home.vectors.follow(home.catalog.generation())
    assert 1 <= report.embedded <= 2
    assert report.kept == report.passages - report.embedded
    assert len(recording.written) == report.embedded
    assert all("new" in text or "Paragraph 0" in text for text in recording.written)
    assert_like_new(home)
    again = home.synchroniser.sync_folder("documents", home.documents)
    assert (again.embedded, again.kept) == (0, again.passages)


def test_what_a_killed_writer_did_not_tell_chroma_is_told_by_the_next(either: Home) -> None:
    class Dying(ChromaVectors):
        def describe(self, *_: object) -> None:
            raise StoreError("The disk is full. Free some space and try again.")

    put(either.documents / "a.txt", STORY + "\n\n" + "Another river. " * 40)
    either.sync()
    put(either.documents / "a.txt", "New. " * 40 + "\n\n" + STORY + "\n\n" + "Another river. " * 40)
    dying = Dying(either.path, current=either.catalog.chroma_name)
    with pytest.raises(StoreError, match="disk is full"):
        synchroniser(either.catalog, dying, either.embedder).sync_folder(
            "documents", either.documents
        )
    dying.close()
    either.sync()
    assert_like_new(either)


def ids_by_uri(home: Home) -> dict[str, str]:
    return {entry.uri: entry.id for entry in home.catalog.sources("documents")}


def test_a_renamed_file_stays_the_source_that_it_was(either: Home) -> None:
    put(either.documents / "guide.md", "# Guide\n\nTurn the key twice.")
    either.sync()
    before = ids_by_uri(either)
    either.embedder.passages.clear()
    (either.documents / "guide.md").rename(either.documents / "sub" / "manual.md")
    (either.documents / "a.txt").rename(either.documents / "b2.txt")
    either.sync()
    after = ids_by_uri(either)
    assert after["sub/manual.md"] == before["guide.md"]
    assert after["b2.txt"] == before["a.txt"]
    assert not [each for each in either.embedder.passages if each.context == "Guide"]
    assert_like_new(either)
    put(either.documents / "a.txt", "Somebody else under the old name.")
    either.sync()
    assert ids_by_uri(either)["b2.txt"] == before["a.txt"]
    assert len(set(ids_by_uri(either).values())) == 5
    put(either.documents / "a.txt", "Somebody else, edited.")
    assert either.sync()["updated"] == 1
    (either.documents / "a.txt").unlink()
    assert either.sync()["removed"] == 1
    assert_like_new(either)


@pytest.mark.parametrize("copies", [("x.txt", "y.txt"), ("x.txt",)])
def test_which_of_several_was_renamed_is_not_guessed(home: Home, copies: Sequence[str]) -> None:
    if len(copies) == 1:
        shutil.copy2(home.documents / "b.txt", home.documents / "b2.txt")
        home.sync()
        (home.documents / "b2.txt").unlink()
    before = set(ids_by_uri(home).values())
    for name in copies:
        shutil.copy2(home.documents / "b.txt", home.documents / name)
    (home.documents / "b.txt").unlink()
    home.sync()
    assert not before & {ids_by_uri(home)[name] for name in copies}
    assert_like_new(home)


def test_copies_are_embedded_once(home: Home) -> None:
    for number in range(5):
        put(home.documents / str(number) / "same.txt", "The same words everywhere.")
    home.sync()
    assert len(home.embedder.passages) == 1
    assert_like_new(home)


def test_passages_are_embedded_under_title_and_headings(home: Home) -> None:
    put(home.documents / "guide.md", "# Guide\n\n## Setting up\n\nTurn the key twice.")
    home.sync()
    contexts = [given.context for given in home.embedder.passages if "key" in given.text]
    assert contexts == ["Guide > Setting up"]


def test_chroma_rows_say_where_they_come_from_where_they_are_to(home: Home) -> None:
    with open_home(home.path, home.documents, texts=True) as told:
        told.sync()
    with told.vectors._client() as client:
        (found,) = client.list_collections()
        row = found.get(where={"uri": "b.txt"})
    (metadata,) = row["metadatas"]
    assert row["documents"] == ["Mandate, version 7."]
    assert (metadata["title"], metadata["start"], metadata["end"]) == ("b", 0, 19)


FAILURES = [
    pytest.param(b"", "a.txt", id="empty"),
    pytest.param(b"\x00\x01\x02" * 500, "a.txt", id="binary"),
    pytest.param(b"%PDF-1.7 nonsense", "broken.pdf", id="corrupt PDF"),
]


@pytest.mark.parametrize(("content", "name"), FAILURES)
def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(
    home: Home, content: bytes, name: str
) -> None:
    put(home.documents / name, content)
    put(home.documents / "zz.txt", "After the broken one.")
    report = home.sync()
    assert [failure["source"] for failure in report["failed"]] == [name]
    assert report["added"] == 1
    again = home.sync()
    assert again["failed"] == report["failed"]


def test_a_file_that_breaks_keeps_its_old_version_until_it_is_mended(either: Home) -> None:
    put(either.documents / "a.txt", b"\x00\x01" * 400)
    (failure,) = either.sync()["failed"]
    assert len(either.catalog.match("documents", "fox", 5)) == 1
    entry = either.catalog.sources("documents")[0]
    assert (entry.uri, entry.state, entry.failure) == ("a.txt", "stale", failure["reason"])
    put(either.documents / "a.txt", STORY)
    assert either.sync() == {"unchanged": 3, "passages": 3}
    assert_like_new(either)


def test_a_file_that_vanishes_during_the_run_is_named_and_forgotten(home: Home) -> None:
    put(home.documents / "a.txt", "New text about the fox.")

    def vanish(done: int, total: int, name: str) -> None:
        (home.documents / "a.txt").unlink(missing_ok=True)

    report = home.synchroniser.sync_folder("documents", home.documents, vanish)
    assert [each.source for each in report.failed] == ["a.txt"]
    assert (report.removed, report.unchanged) == (1, 2)
    assert home.sync() == {"unchanged": 2, "passages": 2}
    assert_like_new(home)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_folder_keeps_what_is_known_of_it(home: Home) -> None:
    (home.documents / "sub").chmod(0)
    try:
        report = home.sync()
    finally:
        (home.documents / "sub").chmod(0o755)
    assert report["passages"] == 3
    assert [failure["source"] for failure in report["failed"]] == ["sub"]


def test_a_link_to_nothing_keeps_what_it_led_to(home: Home, tmp_path: Path) -> None:
    elsewhere = home.documents / ".hidden" / "elsewhere.txt"
    put(elsewhere, "Linked words.")
    (home.documents / "link.txt").symlink_to(elsewhere)
    assert home.sync()["added"] == 1
    elsewhere.unlink()
    report = home.sync()
    assert [failure["source"] for failure in report["failed"]] == ["link.txt"]
    assert len(home.catalog.match("documents", "linked", 5)) == 1


def test_what_a_link_out_of_the_folder_leads_to_is_not_read(home: Home, tmp_path: Path) -> None:
    put(home.documents / "link.txt", "Words of our own.")
    assert home.sync()["added"] == 1
    (home.documents / "link.txt").unlink()
    put(tmp_path / "secret.txt", "Secret words.")
    (home.documents / "link.txt").symlink_to(tmp_path / "secret.txt")
    report = home.sync()
    assert (report["removed"], report["failed"]) == (
        1,
        ({"source": "link.txt", "reason": LEADS_OUT},),
    )
    assert home.catalog.match("documents", "own", 5) == []


def test_progress_runs_from_nothing_to_all(home: Home) -> None:
    for number in range(3):
        put(home.documents / f"n{number}.txt", f"Number {number}.")
    calls: list[tuple[int, int, str]] = []
    home.synchroniser.sync_folder("documents", home.documents, lambda *call: calls.append(call))
    assert calls == [(0, 3, "n0.txt"), (1, 3, "n1.txt"), (2, 3, "n2.txt"), (3, 3, "n2.txt")]


def test_a_file_that_changes_while_it_is_read_is_stored_under_the_hash_of_what_was_read(
    tmp_path: Path,
) -> None:
    def load(data: bytes, name: str) -> LoadedDocument:
        put(tmp_path / "docs" / name, "What it says now.")
        return load_bytes(data, name=name)

    write_documents(tmp_path / "docs", a="What it said.")
    with open_home(tmp_path / "home", tmp_path / "docs", load=load) as home:
        for expected in ("What it said.", "What it says now."):
            home.sync()
            stored = home.catalog.source(source_id("documents", "a.txt"))
            assert stored.sha256 == hashlib.sha256(stored.text.encode()).hexdigest()
            assert stored.text == expected


def test_warnings_of_documents_that_were_indexed_are_told_once(tmp_path: Path) -> None:
    def load(data: bytes, name: str) -> LoadedDocument:
        loaded = load_bytes(data, name=name)
        return loaded.model_copy(update={"warnings": ("Page 2 has no text.",)})

    write_documents(tmp_path / "docs", a=STORY)
    with open_home(tmp_path / "home", tmp_path / "docs", load=load) as home:
        report = home.synchroniser.sync_folder("documents", home.documents)
        assert [(each.source, each.reason) for each in report.warnings] == [
            ("a.txt", "Page 2 has no text.")
        ]
        assert home.synchroniser.sync_folder("documents", home.documents).warnings == ()


class Failing(HashingEmbedder):
    """Fails from the n-th call on, until it is mended."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        self.at -= 1
        if self.at <= 0:
            raise EmbeddingError("The model is out of order. Try again.")
        return super().embed_passages(passages)


def test_an_embedder_that_fails_leaves_what_was_done(tmp_path: Path) -> None:
    for number in range(8):
        sentences = [f"River {number} has bend {bend} and the red fox." for bend in range(99)]
        put(tmp_path / "docs" / f"{number}.txt", "\n\n".join(sentences))
    failing = Failing(at=7)
    with open_home(tmp_path / "home", tmp_path / "docs", embedder=failing) as home:
        with pytest.raises(EmbeddingError, match="out of order"):
            home.sync()
        assert {entry.state for entry in home.catalog.sources("documents")} == {"ready"}
        passages = len(home.catalog.match("documents", "fox", 1000))
        embedded = len(home.embedder.passages)
        assert len(home.catalog.embedded_ids("documents")) == embedded == 6 * 32
        failing.at = 10**9
        assert home.sync() == {"unchanged": 8, "passages": passages}
        assert len(home.embedder.passages) == passages
        assert_like_new(home)


def test_documents_are_added_replaced_and_removed_by_hand(either: Home) -> None:
    def add(text: str) -> dict[str, object]:
        loaded = LoadedDocument(text=text, title="Page", mime="text/html", url="https://x.org/p")
        addition = Addition(uri="https://x.org/p", document=loaded, added_by="Ada")
        return either.synchroniser.add("documents", [addition]).model_dump(
            include={"added", "updated", "unchanged", "passages"}
        )

    assert add("An owl.") == {"added": 1, "updated": 0, "unchanged": 0, "passages": 4}
    assert add("An owl.") == {"added": 0, "updated": 0, "unchanged": 1, "passages": 4}
    assert add("Two owls.") == {"added": 0, "updated": 1, "unchanged": 0, "passages": 4}
    assert either.sync() == {"unchanged": 3, "passages": 4}, "the folder leaves it alone"
    assert either.catalog.find_source(["documents"], "Page").added_by == "Ada"
    assert either.synchroniser.remove("documents", "https://x.org/p").removed == 1
    with pytest.raises(SourceNotFound):
        either.synchroniser.remove("documents", "https://x.org/p")
    assert_like_new(either)


def test_files_are_added_by_hand_from_anywhere(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "owl.txt", "An owl.")
    additions = [
        Addition(uri=str(path), document=path)
        for path in (tmp_path / "owl.txt", tmp_path / "missing.txt")
    ]
    report = home.synchroniser.add("board", additions)
    assert (report.added, report.passages) == (1, 1)
    assert [failure.source for failure in report.failed] == [str(tmp_path / "missing.txt")]
    assert home.synchroniser.add("board", additions).unchanged == 1
    assert home.catalog.match("documents", "owl", 5) == []


def test_a_file_of_the_folder_that_was_removed_by_hand_comes_back(home: Home) -> None:
    home.synchroniser.remove("documents", "b.txt")
    assert home.catalog.match("documents", "mandate", 5) == []
    assert home.sync() == {"added": 1, "unchanged": 2, "passages": 3}
    assert_like_new(home)


def test_a_file_of_the_folder_that_was_replaced_by_hand_comes_back(home: Home) -> None:
    loaded = LoadedDocument(text="Something else.", title="b", mime="text/plain")
    home.synchroniser.add("documents", [Addition(uri="b.txt", document=loaded)])
    assert home.sync() == {"updated": 1, "unchanged": 2, "passages": 3}
    assert_like_new(home)


def test_a_removed_collection_leaves_nothing(either: Home, tmp_path: Path) -> None:
    put(tmp_path / "owl.txt", "An owl.")
    either.synchroniser.add("board", [Addition(uri="owl", document=tmp_path / "owl.txt")])
    either.synchroniser.remove_collection("board")
    either.synchroniser.remove_collection("never was")
    assert [each.collection for each in either.catalog.builds()] == ["documents"]
    with either.vectors._client() as client:
        assert len(client.list_collections()) == 1
    assert either.sync() == {"unchanged": 3, "passages": 3}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"embedder": HashingEmbedder(model="other")}, id="another model"),
        pytest.param({"embedder": HashingEmbedder(dimension=32)}, id="another dimension"),
        pytest.param({"tokens": 32}, id="cut otherwise"),
    ],
)
def test_an_index_built_otherwise_is_rebuilt(home: Home, changes: dict[str, Any]) -> None:
    put(home.documents.parent / "owl.txt", "An owl.")
    home.synchroniser.add(
        "board", [Addition(uri="owl", document=home.documents.parent / "owl.txt")]
    )
    with open_home(home.path, home.documents, **changes) as other:
        assert other.synchroniser.mismatched() == ["board", "documents"]
        with pytest.raises(IndexMismatch, match="Run `quoth sync`"):
            other.synchroniser.add("documents", [])
        assert other.sync()["unchanged"] == 3
        other.synchroniser.rebuild("board")
        assert other.synchroniser.mismatched() == []
        (board, documents) = other.catalog.builds()
        assert documents.model == other.embedder.model
        assert other.vectors.ids("documents") == other.catalog.passage_ids("documents")
        with other.vectors._client() as client:
            assert {each.name for each in client.list_collections()} == {
                board.chroma,
                documents.chroma,
            }


def test_the_old_build_serves_while_the_new_one_is_filled(home: Home) -> None:
    with open_home(home.path, home.documents) as reader:
        served: list[int] = []

        def look(done: int, total: int, name: str) -> None:
            found = reader.vectors.query("documents", HashingEmbedder().embed(["fox"])[0], 5)
            matched = reader.catalog.match("documents", "fox", 5)
            known = reader.catalog.passages([id for id, _ in [*found, *matched]])
            served.append(len(found) + len(matched) + len(known))

        with open_home(home.path, home.documents, embedder=HashingEmbedder(model="other")) as other:
            other.synchroniser.rebuild("documents", look)
    assert served == [7, 7, 7]


def test_without_an_embedder_words_are_indexed_and_vectors_come_later(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs", a=STORY)
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        words_only = synchroniser(home.catalog, home.vectors, None)
        words_only.sync_folder("documents", home.documents)
        assert len(home.catalog.match("documents", "fox", 5)) == 1
        assert not (home.path / "chroma").exists()
        assert home.sync() == {"unchanged": 1, "passages": 1}
        assert_like_new(home)


def test_an_embedder_that_is_away_for_a_while_is_caught_up_with(home: Home) -> None:
    words_only = synchroniser(home.catalog, home.vectors, None)
    change_text(home.documents)
    add_file(home.documents)
    for _ in range(2):
        words_only.sync_folder("documents", home.documents)
        assert len(home.catalog.match("documents", "early", 5)) == 1
        assert not (home.path / "unchanged").exists()
    assert len(home.vectors.ids("documents")) == 2
    assert words_only.repair() == 0
    assert home.sync() == {"unchanged": 4, "passages": 4}
    assert len(home.embedder.passages) == 2
    assert_like_new(home)


def test_a_lost_chroma_folder_is_filled_again(home: Home) -> None:
    home.vectors.close()
    shutil.rmtree(home.path / "chroma")
    assert home.sync() == {"unchanged": 3, "passages": 3}
    assert_like_new(home)


def test_stray_and_missing_vectors_are_repaired(home: Home) -> None:
    ids = sorted(home.catalog.passage_ids("documents"))
    (row,) = home.vectors.vectors("documents", ids[:1]).values()
    home.vectors.upsert("documents", [VectorRow("stray", row, "stray", {"uri": "x"})])
    home.vectors.delete("documents", ids[:1])
    with home.catalog.transaction() as connection:
        connection.execute("UPDATE builds SET dirty = 1")
    assert home.synchroniser.repair() == 1
    assert_like_new(home)


def test_a_store_that_fails_leaves_an_index_that_is_repaired(home: Home) -> None:
    class Full(ChromaVectors):
        def delete(self, collection: str, ids: Sequence[str]) -> None:
            raise StoreError("The disk is full. Free some space and try again.")

    put(home.documents / "a.txt", "A new fox.")
    full = Full(home.path, current=home.catalog.chroma_name)
    broken: Synchroniser = synchroniser(home.catalog, full, home.embedder)
    with pytest.raises(StoreError, match="disk is full"):
        broken.sync_folder("documents", home.documents)
    full.close()
    home.sync()
    assert_like_new(home)


def test_a_file_that_cannot_be_cut_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_documents(tmp_path / "docs", a="fine", b="strange")
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        cut = home.synchroniser._preparer.cut

        def fussy(source: Source) -> Sequence[Passage]:
            if "strange" in source.text:
                raise ZeroDivisionError
            return cut(source)

        picky = Synchroniser(home.catalog, home.vectors, home.embedder, chunk=fussy)
        report = picky.sync_folder("documents", home.documents)
    assert (report.added, [each.source for each in report.failed]) == (1, ["b.txt"])
    assert "ZeroDivisionError" in caplog.text


def test_a_loader_that_refuses_names_the_file(tmp_path: Path) -> None:
    def refuse(data: bytes, name: str) -> LoadedDocument:
        raise LoadError(name, "It is encrypted; save it without a password.")

    write_documents(tmp_path / "docs", a="fine")
    with open_home(tmp_path / "home", tmp_path / "docs", load=refuse) as home:
        assert home.sync() == {
            "failed": (
                {"source": "a.txt", "reason": "It is encrypted; save it without a password."},
            )
        }
