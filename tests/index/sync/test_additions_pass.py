"""What people added is never lost: not with the catalog, not in a crash, not to the folder."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import EmbeddingError, SourceNotFound, StoreError
from index.protocols import EmbeddingInput, PassageVectors
from index.schema import Coverage, LoadedDocument, Place, Source, source_id
from index.store.catalog_format import ADDITIONS_FILE
from index.sync.additions import Addition, named_additions, text_addition
from index.sync.indexer import Indexer
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import Home, contents, open_home, put, write_documents

OWL = "https://example.org/owl"


class KilledError(BaseException):
    """Stands for the end of the process."""


def _die(*_: object) -> None:
    raise KilledError


def _fail(*_: object) -> None:
    raise StoreError("The disk is full.")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index of one file and one added page."""
    write_documents(tmp_path / "docs", a="The red fox crossed the river.")
    with open_home(tmp_path / "home", tmp_path / "docs") as opened:
        opened.sync()
        opened.add(OWL)
        yield opened


def kept(home: Home) -> dict[tuple[str, str], Source]:
    """What people added, as it stands in its file."""
    with closing(home.catalog.open_added()) as added:
        return {key: added.source(key) for key in added.versions()}


def indexed(home: Home) -> dict[tuple[str, str], Source]:
    """What people added, as the catalog has it."""
    return {key: home.catalog.source(source_id(*key)) for key in home.added_versions()}


def assert_nothing_to_do(home: Home) -> None:
    """The two agree, and the next session writes nothing."""
    assert indexed(home) == kept(home)
    generation = home.catalog.generation()
    home.synchroniser.repair()
    assert home.catalog.generation() == generation


def lose_catalog(home: Home) -> None:
    home.vectors.close()
    home.catalog.close()
    for file in home.path.glob("catalog.sqlite*"):
        file.unlink()


@pytest.mark.parametrize("to", ["documents", "board"])
def test_an_addition_comes_back_into_a_new_catalog_as_it_was(home: Home, to: str) -> None:
    home.add("owl", to=to, of="A barn owl hunts at night.")
    before, found = indexed(home), contents(home, to)
    lose_catalog(home)
    with open_home(home.path, home.documents) as again:
        assert again.sync() == {"added": 1, "passages": len(again.catalog.passage_ids("documents"))}
        assert indexed(again) == before
        assert contents(again, to) == found
        assert_nothing_to_do(again)


def test_a_collection_without_documents_comes_back_too(home: Home) -> None:
    home.add("owl", to="board")
    home.synchroniser.remove("board", "owl")
    lose_catalog(home)
    with open_home(home.path, home.documents) as again:
        again.sync()
        assert [each.collection for each in again.catalog.builds()] == ["board", "documents"]


def test_when_and_by_whom_it_was_first_added_stays(home: Home) -> None:
    before = indexed(home)["documents", OWL]
    home.add(OWL, of="Two owls.")
    after = kept(home)["documents", OWL]
    assert (after.text, after.added_at, after.added_by) == ("Two owls.", before.added_at, "Ada")
    assert_nothing_to_do(home)


def test_it_is_kept_before_it_is_indexed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("A second page.", "Another version of the second page."):
        with monkeypatch.context() as patched:
            patched.setattr(Indexer, "_put", _die)
            with pytest.raises(KilledError):
                home.add("second", of=text)
        assert indexed(home).get(("documents", "second")) != kept(home)["documents", "second"]
        home.sync()
        assert indexed(home)["documents", "second"].text == text
        assert_nothing_to_do(home)


class Refusing(HashingEmbedder):
    """Cannot embed what speaks of tigers."""

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        if any("tiger" in passage.text for passage in passages):
            raise EmbeddingError("The provider refuses this text.")
        return super().embed_passages(passages)


def test_what_cannot_be_embedded_is_found_by_words_and_stops_nobody(home: Home) -> None:
    with open_home(home.path, home.documents, embedder=Refusing()) as picky:
        for uri in ("second", OWL):
            with pytest.raises(EmbeddingError, match="refuses"):
                picky.add(uri, of="A tiger.")
        assert kept(picky) == indexed(picky)
        assert {source.text for source in kept(picky).values()} == {"A tiger."}
        assert len(picky.catalog.match("documents", "tiger", 5)) == 2
        assert picky.add("heron", to="guild-1", of="A heron.").awaiting == 0
        herons = "\n\n".join(f"Heron {n} sees the others. " * 6 for n in range(20))
        with pytest.raises(EmbeddingError, match="refuses"):
            picky.add("herons", of=f"{herons} a tiger.")
        passages = picky.catalog.passage_count("documents")
        assert passages > 12
        assert picky.catalog.coverage(["documents"]) == Coverage(
            passages=passages, embedded=passages - 3, documents=4, read=4
        )
    assert home.sync() == {"unchanged": 1, "passages": passages}
    assert_nothing_to_do(home)


def test_what_cannot_be_indexed_is_not_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Indexer, "_put", _fail)
        for uri in ("second", OWL):
            with pytest.raises(StoreError):
                home.add(uri, of="A tiger.")
    assert kept(home) == indexed(home)
    assert [source.text for source in kept(home).values()] == ["An owl."]
    assert home.sync() == {"unchanged": 1, "passages": 2}


def test_a_removal_that_was_killed_is_finished(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Indexer, "remove", _die)
        with pytest.raises(KilledError):
            home.synchroniser.remove("documents", OWL)
    assert (kept(home), len(indexed(home))) == ({}, 1)
    home.sync()
    assert indexed(home) == {}
    assert home.catalog.match("documents", "owl", 5) == []
    assert contents(home)["in chroma"] == set()
    assert_nothing_to_do(home)


def test_a_removal_of_a_collection_that_was_killed_is_finished(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.add("owl", to="board")
    with monkeypatch.context() as patched:
        patched.setattr(type(home.synchroniser._builds), "drop", _die)
        with pytest.raises(KilledError):
            home.synchroniser.remove_collection("board")
    home.sync()
    assert [each.collection for each in home.catalog.builds()] == ["documents"]
    assert_nothing_to_do(home)


def test_a_file_of_the_folder_that_is_added_by_hand_is_the_folders(home: Home) -> None:
    put(home.documents / "b.txt", "Mandate, version 7.")
    home.synchroniser.add("documents", _named(home, "b.txt"))
    assert list(kept(home)) == [("documents", OWL)]
    assert home.sync() == {"unchanged": 2, "passages": 3}
    (home.documents / "b.txt").unlink()
    assert home.sync() == {"unchanged": 1, "removed": 1, "passages": 2}
    assert_nothing_to_do(home)


def test_one_that_is_deleted_before_the_folder_is_looked_at_is_gone(home: Home) -> None:
    put(home.documents / "b.txt", "Mandate, version 7.")
    home.synchroniser.add("documents", _named(home, "b.txt"))
    (home.documents / "b.txt").unlink()
    assert home.sync() == {"unchanged": 1, "removed": 1, "passages": 2}
    assert_nothing_to_do(home)


def test_a_file_of_the_folder_that_is_replaced_by_hand_is_the_folders_still(home: Home) -> None:
    home.add("a.txt", of="Something else.")
    assert list(kept(home)) == [("documents", OWL)]
    assert home.sync() == {"updated": 1, "passages": 2}
    assert_nothing_to_do(home)


def test_a_file_takes_the_name_of_an_addition(home: Home) -> None:
    home.add("b.txt", of="By hand.")
    put(home.documents / "b.txt", "From the folder.")
    home.sync()
    home.sync()
    assert list(kept(home)) == [("documents", OWL)]
    (home.documents / "b.txt").unlink()
    home.sync()
    assert home.catalog.match("documents", "hand folder", 5) == []
    assert_nothing_to_do(home)


def _named(home: Home, name: str) -> Sequence[Addition]:
    found = named_additions([str(home.documents / name)], inside=home.documents)
    return [each for each in found if isinstance(each, Addition)]


def test_a_lost_file_of_additions_begins_with_what_is_indexed(home: Home) -> None:
    before = indexed(home)
    for file in home.path.glob("additions.sqlite*"):
        file.unlink()
    home.sync()
    assert indexed(home) == kept(home) == before
    assert_nothing_to_do(home)


def test_additions_wait_for_the_rebuild_of_their_collection(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Indexer, "_put", _die)
        with pytest.raises(KilledError):
            home.add("second")
    with open_home(home.path, home.documents, embedder=HashingEmbedder(model="other")) as other:
        other.sync()
        assert indexed(other) == kept(other)
        assert len(indexed(other)) == 2


def test_progress_tells_what_is_indexed_again(home: Home) -> None:
    lose_catalog(home)
    with open_home(home.path, home.documents) as again:
        told: list[str] = []
        again.synchroniser.sync_folder(
            "documents", again.documents, lambda done, total, name: told.append(name)
        )
    assert told[0] == OWL


def test_a_session_with_nothing_to_do_leaves_the_additions_alone(home: Home) -> None:
    put(home.documents / "b.txt", "Mandate.")
    before = (home.path / "additions.sqlite").stat().st_mtime_ns
    home.sync()
    assert (home.path / "additions.sqlite").stat().st_mtime_ns == before
    assert not (home.path / "additions.sqlite-wal").exists()


@pytest.mark.parametrize("way", ["one", "collection", "file of the folder"])
def test_a_removed_text_is_in_no_sqlite_file_any_more(home: Home, way: str) -> None:
    secret = "Quarterly zebra numbers. " * 400
    if way == "file of the folder":
        put(home.documents / "z.txt", secret)
        home.sync()
        (home.documents / "z.txt").unlink()
    else:
        home.add("zebra", to="board", of=secret)
    assert _files_that_hold(home, "zebra numbers")
    if way == "one":
        home.synchroniser.remove("board", "zebra")
    elif way == "collection":
        home.synchroniser.remove_collection("board")
    else:
        home.sync()
    assert _files_that_hold(home, "zebra numbers") == []


def _files_that_hold(home: Home, text: str) -> list[str]:
    files = [path for path in home.path.iterdir() if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


def test_a_removal_deletes_the_backups_that_may_hold_the_text(home: Home) -> None:
    shutil.copy2(home.path / "additions.sqlite", home.path / "additions.sqlite.before-2")
    home.synchroniser.remove("documents", OWL)
    assert not list(home.path.glob("*.before-*"))


def test_removing_an_unknown_document_keeps_the_others(home: Home) -> None:
    with pytest.raises(SourceNotFound):
        home.synchroniser.remove("documents", "never was")
    assert list(kept(home)) == [("documents", OWL)]


def test_a_text_with_half_a_character_is_added_all_the_same() -> None:
    added = text_addition("note.txt", "An owl \ud83e sleeps.", title="Owls")
    assert isinstance(added, Addition)
    assert isinstance(added.document, LoadedDocument)
    assert added.document.text == "An owl ? sleeps."


def test_a_file_of_the_format_before_places_is_brought_to_todays(home: Home) -> None:
    """And what is added anew keeps its places, also from a catalog that outlived the file."""
    before = kept(home)
    with closing(sqlite3.connect(home.path / ADDITIONS_FILE)) as file:
        for table in ("readers", "crawl_queue", "web_pages", "sites"):  # of later formats
            file.execute(f"DROP TABLE {table}")
        file.execute("ALTER TABLE documents DROP COLUMN places")
        file.execute("PRAGMA user_version = 1")
        file.commit()
    assert kept(home) == before
    places = (Place(start=0, label="slide", number=1, fragment="slide="),)
    placed = {key: source.model_copy(update={"places": places}) for key, source in before.items()}
    with closing(home.catalog.open_added()) as added:
        added.put(list(placed.values()))
    assert kept(home) == placed
