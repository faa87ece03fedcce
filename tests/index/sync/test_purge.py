"""Removed means gone: no byte of a removed text is in any file of the home."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.protocols import VectorRow
from index.store.catalog_state import owes_purge, serving_builds
from index.store.chroma_state import is_settled
from index.store.chroma_vectors import ChromaVectors
from index.store.segment_words import SegmentWords
from index.sync import vector_repair
from tests.doubles.damage import Damage, gone, overwritten, zeroed
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.full_text_words import write_full_text
from tests.doubles.homes import Home, contents, open_home, put
from tests.doubles.traces import marked_word, traces

ROOT = Path(__file__).parents[3]
SECRET = marked_word(1)
NAME = marked_word(2)
SECRETS = f"The {SECRET} crossed the river. It was late, and the {NAME} was red."


def paragraphs(count: int, *, seed: int = 0) -> str:
    """Return paragraphs that are unlike each other."""
    rng = random.Random(seed)
    words = ("red", "fox", "river", "agreement", "mandate", "council", "late", "harbour")
    return "\n\n".join(
        f"Number {at}: " + " ".join(rng.choices(words, k=25)) + "." for at in range(count)
    )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An index in which a file and an added document hold secrets, among others."""
    put(tmp_path / "docs" / "secret.txt", SECRETS)
    put(tmp_path / "docs" / "long.md", f"# Guide\n\n{paragraphs(30)}")
    with open_home(tmp_path / "home", tmp_path / "docs", busy_seconds=0.05, texts=True) as opened:
        opened.sync()
        opened.add("/by/hand", of=f"Added by hand: {SECRETS}")
        opened.add("/by/hand", to="board", of=f"On the board: {SECRETS}")
        yield opened


def remove_all_but_the_file(home: Home) -> None:
    home.synchroniser.remove("documents", "/by/hand")
    home.synchroniser.remove_collection("board")


def delete_file(home: Home) -> None:
    (home.documents / "secret.txt").unlink()
    home.sync()


def edit_file(home: Home) -> None:
    put(home.documents / "secret.txt", "The fox crossed the river. It was late.")
    home.sync()


def edit_file_in_the_middle(home: Home) -> None:
    put(home.documents / "secret.txt", f"{paragraphs(9)}\n\n{SECRETS}\n\n{paragraphs(9, seed=2)}")
    home.sync()
    put(home.documents / "secret.txt", f"{paragraphs(9)}\n\n{paragraphs(9, seed=2)}")
    home.sync()


def break_file(home: Home) -> None:
    put(home.documents / "secret.txt", b"\x00\x01" * 400)
    home.sync()
    delete_file(home)


@pytest.mark.parametrize("change", [delete_file, edit_file, edit_file_in_the_middle, break_file])
def test_a_removed_text_is_gone_from_every_file(home: Home, change: Callable[[Home], None]) -> None:
    assert len(traces(home.path)) >= 3, "they are not found where they are"
    remove_all_but_the_file(home)
    change(home)
    assert traces(home.path) == {}
    home.vectors.close()
    home.catalog.close()
    assert traces(home.path) == {}


def test_no_trigram_of_chromas_full_text_table_is_left(home: Home) -> None:
    def holding() -> list[str]:
        end_of_trigram = "ŷẑ".encode()  # the beginning may be shared with the one before
        return [
            p.name for p in home.path.rglob("*") if p.is_file() and end_of_trigram in p.read_bytes()
        ]

    home.add("/odd", of="The ŵŷẑ crossed the river.")
    assert "chroma.sqlite3" in holding()
    home.synchroniser.remove("documents", "/odd")
    assert holding() == []


def test_a_removed_collection_leaves_no_vectors(home: Home) -> None:
    home.synchroniser.remove_collection("board")
    folders = [path for path in (home.path / "chroma").iterdir() if path.is_dir()]
    assert len(folders) == len(home.catalog.builds()) == 1


def test_a_replaced_addition_is_gone(home: Home) -> None:
    delete_file(home)
    home.add("/by/hand", of="Something else.")
    home.add("/by/hand", to="board", of="Something else again.")
    assert traces(home.path) == {}


def test_what_was_renamed_is_gone_under_its_old_name(home: Home) -> None:
    remove_all_but_the_file(home)
    delete_file(home)
    put(home.documents / f"{SECRET}.txt", "The fox.")
    home.sync()
    (home.documents / f"{SECRET}.txt").rename(home.documents / "plain.txt")
    home.sync()
    assert traces(home.path) == {}


def test_every_edit_leaves_only_what_the_document_says(home: Home) -> None:
    remove_all_but_the_file(home)
    delete_file(home)
    for seed in range(8):
        said = [f"{marked_word(100 * seed + at)} {paragraphs(1, seed=at)}" for at in range(20)]
        put(home.documents / "long.md", "\n\n".join(random.Random(seed).sample(said, 15)))
        put(home.documents / "new.md", f"{marked_word(999 - seed)} and the fox.")
        home.sync()
        texts = [path.read_text() for path in home.documents.iterdir()]
        assert traces(home.path, but=texts) == {}


def test_a_rebuilt_index_holds_nothing_of_the_old_one(home: Home) -> None:
    remove_all_but_the_file(home)
    delete_file(home)
    with open_home(home.path, home.documents, tokens=32, texts=True) as other:
        other.sync()
        assert traces(home.path) == {}


READER = """
import sys
from pathlib import Path
from tests.doubles.fakes import HashingEmbedder
from tests.doubles.homes import open_home
with open_home(Path(sys.argv[1]), Path(sys.argv[2])) as opened:
    question = HashingEmbedder().embed(["red fox"])[0]
    for line in sys.stdin:
        opened.vectors.follow(opened.catalog.generation())
        found = [id for id, _ in opened.vectors.query("documents", question, 100)]
        print(len(found), len(opened.catalog.passages(found)), flush=True)
"""


def test_readers_that_have_the_stores_open_do_not_keep_it(home: Home) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home.path), str(home.documents)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def look() -> str:
        assert reader.stdin is not None and reader.stdout is not None
        print("look", file=reader.stdin, flush=True)
        return reader.stdout.readline()

    before = len(home.catalog.passage_ids("documents"))
    assert look() == f"{before} {before}\n"
    remove_all_but_the_file(home)
    delete_file(home)
    assert traces(home.path) == {}
    assert look() == f"{before - 2} {before - 2}\n"
    put(home.documents / "more.txt", "The red fox once more.")
    home.sync()
    assert look() == f"{before - 1} {before - 1}\n"
    reader.communicate()
    assert traces(home.path) == {}


def test_what_a_reader_holds_on_to_is_purged_when_it_lets_go(home: Home) -> None:
    remove_all_but_the_file(home)
    with closing(sqlite3.connect(home.catalog.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sources").fetchone()
        delete_file(home)
        assert owes_purge(home.catalog.connection())
        assert not (home.path / "unchanged").exists()
        reader.execute("COMMIT")
    assert home.sync() == {"unchanged": 1, "passages": len(home.catalog.passage_ids("documents"))}
    assert not owes_purge(home.catalog.connection())
    assert traces(home.path) == {}


def test_other_applications_still_read_texts(home: Home) -> None:
    remove_all_but_the_file(home)
    edit_file(home)
    ids = home.catalog.passage_ids("documents")
    with home.vectors._client() as client:
        (collection,) = client.list_collections()
        rows = collection.get(ids=sorted(ids))
    assert dict(zip(rows["ids"], rows["documents"], strict=True)) == {
        id: passage.text for id, passage in home.catalog.passages(sorted(ids)).items()
    }


def texts_in_chroma(home: Home) -> dict[str, str]:
    """Return what Chroma says that passages say, for those of which it says something."""
    with home.vectors._client() as client:
        found = [each.get() for each in client.list_collections()]
    return {
        id: text
        for rows in found
        for id, text in zip(rows["ids"], rows["documents"], strict=True)
        if text is not None
    }


def test_texts_go_from_chroma_and_come_back_as_they_are_wanted(home: Home) -> None:
    with_texts, embedded = texts_in_chroma(home), len(home.embedder.passages)
    assert with_texts
    for wanted in (False, True):
        home.vectors.close()
        with open_home(home.path, home.documents, texts=wanted) as other:
            other.sync()
            other.add("/by/hand", of=f"Added by hand: {SECRETS}")
            assert texts_in_chroma(other) == (with_texts if wanted else {})
            assert other.vectors.ids("documents") == other.catalog.passage_ids("documents")
            assert not other.embedder.passages
            assert not owes_purge(other.catalog.connection())
        chroma = (home.path / "chroma" / "chroma.sqlite3").read_bytes()
        assert (b"Number 1: " in chroma) == wanted
    assert len(home.embedder.passages) == embedded


def test_a_home_that_held_each_text_four_times_is_upgraded_without_embedding(home: Home) -> None:
    before = home.catalog.passages(sorted(home.catalog.passage_ids("documents")))
    with home.catalog.transaction() as connection:  # as format 11 had it
        for build in serving_builds(connection):
            SegmentWords().drop(connection, build.number)
            write_full_text(connection, build.number)
    home.vectors.close()
    home.catalog.close()
    catalog, chroma = home.path / "catalog.sqlite", home.path / "chroma" / "chroma.sqlite3"
    with closing(sqlite3.connect(catalog)) as file:
        for column in ("byte_start", "byte_end"):
            file.execute(f"ALTER TABLE passages DROP COLUMN {column}")
        file.execute("ALTER TABLE passages ADD COLUMN text TEXT NOT NULL DEFAULT ''")
        file.execute(
            "UPDATE passages AS p SET text = "
            'substr(s.text, p.start + 1, p."end" - p.start) FROM sources s WHERE s.id = p.source'
        )
        file.execute("DELETE FROM meta WHERE key = 'chroma_texts'")
        file.execute("PRAGMA user_version = 11")
        file.commit()
    assert b"Number 1: " in chroma.read_bytes()
    with open_home(home.path, home.documents) as upgraded:
        assert upgraded.sync() == {"unchanged": 2, "passages": len(before)}
        assert upgraded.catalog.passages(sorted(before)) == before
        assert upgraded.vectors.ids("documents") == before.keys()
        assert not upgraded.embedder.passages
        assert not owes_purge(upgraded.catalog.connection())
    assert b"Number 1: " not in chroma.read_bytes()
    assert catalog.read_bytes().count(b"Number 1: ") == 1


@pytest.mark.parametrize("step", ["queue_all", "drop", "note_texts"])
def test_texts_come_to_chroma_though_a_writer_fails_on_the_way(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    wanted = texts_in_chroma(home)
    home.vectors.close()
    with open_home(home.path, home.documents) as other:
        other.sync()
        assert texts_in_chroma(other) == {}

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with open_home(home.path, home.documents, texts=True) as other:
        with monkeypatch.context() as broken:
            broken.setattr(ChromaVectors if step == "drop" else vector_repair, step, fail)
            with pytest.raises(KeyboardInterrupt):
                other.sync()
        other.sync()
        assert texts_in_chroma(other) == wanted
        assert not other.embedder.passages


def test_a_purge_is_paid_for_once(home: Home) -> None:
    delete_file(home)
    generation = home.catalog.generation()
    opened = home.vectors._opened
    home.sync()
    put(home.documents / "more.txt", "The red fox once more.")
    home.sync()
    assert home.vectors._opened is opened or opened is None
    assert home.catalog.generation() == generation + 2  # its words, and its vectors


def size_of(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("rounds", [20, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.limit(1200)
def test_rounds_of_edits_leave_a_home_of_about_its_first_size(tmp_path: Path, rounds: int) -> None:
    folder = tmp_path / "docs"
    said = {f"{name}.txt": paragraphs(30, seed=ord(name)).split("\n\n") for name in "abcdef"}
    for name, texts in said.items():
        put(folder / name, "\n\n".join(texts))
    with open_home(tmp_path / "home", folder, embedder=HashingEmbedder(dimension=384)) as home:
        home.sync()
        rng = random.Random(rounds)
        for number in range(rounds):
            for name in rng.sample(sorted(said), 2):
                for place in rng.sample(range(30), 25):
                    said[name][place] = paragraphs(1, seed=rng.randrange(10**9))
                put(folder / name, "\n\n".join(said[name]))
            assert home.sync()["updated"] == 2, number
        kept = contents(home)
    with open_home(tmp_path / "fresh", folder, embedder=HashingEmbedder(dimension=384)) as fresh:
        fresh.sync()
        assert contents(fresh) == kept
    print(size_of(tmp_path / "home") / size_of(tmp_path / "fresh"))
    assert size_of(tmp_path / "home") <= 1.5 * size_of(tmp_path / "fresh")


def test_what_only_chroma_ever_held_is_purged_with_its_repair(home: Home) -> None:
    remove_all_but_the_file(home)
    delete_file(home)
    (vector,) = home.embedder.embed([SECRETS])
    home.vectors.upsert("documents", [VectorRow("stray", vector, SECRETS, {"uri": NAME})])
    home.sync()
    assert traces(home.path) == {}


DAMAGED = [("*/data_level0.bin", overwritten), ("chroma.sqlite3", zeroed), ("", gone)]
"""Files below Chroma's folder, or all of it, and what happens to them."""


def do_damage(home: Home, pattern: str, damage: Damage) -> None:
    home.vectors.close()
    chroma = home.path / "chroma"
    for file in list(chroma.glob(pattern)) if pattern else [chroma]:
        damage(file)


@pytest.mark.parametrize(("pattern", "damage"), DAMAGED)
def test_what_is_removed_after_chroma_was_made_again_is_gone(
    home: Home, pattern: str, damage: Damage
) -> None:
    remove_all_but_the_file(home)
    embedded = len(home.embedder.passages)
    do_damage(home, pattern, damage)
    home.sync()
    assert "chroma/chroma.sqlite3" in traces(home.path), "the text is not there again"
    assert len(home.embedder.passages) == embedded
    delete_file(home)
    assert traces(home.path) == {}
    assert is_settled(str(home.path))


@pytest.mark.parametrize(("pattern", "damage"), DAMAGED)
def test_what_was_removed_does_not_come_back_when_chroma_is_made_again(
    home: Home, pattern: str, damage: Damage
) -> None:
    remove_all_but_the_file(home)
    text = (home.documents / "long.md").read_text()
    put(home.documents / "long.md", text.replace("# Guide\n", "# Guide\n\nA new beginning.\n"))
    delete_file(home)  # and passages move that keep their ids
    before, embedded = contents(home), len(home.embedder.passages)
    (build,) = (one for one in home.catalog.builds() if one.collection == "documents")
    assert build.deleted > 0
    do_damage(home, pattern, damage)
    home.sync()
    assert contents(home) == before
    assert len(home.embedder.passages) == embedded
    assert traces(home.path) == {}
    assert is_settled(str(home.path))
    (build,) = (one for one in home.catalog.builds() if one.collection == "documents")
    assert (build.deleted, build.dirty) == (0, 0)
    with open_home(home.path.with_name("fresh"), home.documents, texts=True) as fresh:
        fresh.sync()
        assert contents(fresh) == before


def test_chroma_is_read_after_a_purge_without_being_written_to(home: Home) -> None:
    delete_file(home)
    home.vectors.close()
    files = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    (vector,) = home.embedder.embed(["red fox"])
    with closing(ChromaVectors(home.path, current=home.catalog.chroma_name)) as reader:
        assert reader.query("documents", vector, 5)
        assert reader.ids("documents") == home.catalog.passage_ids("documents")
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == files
    assert not owes_purge(home.catalog.connection())
    assert is_settled(str(home.path))
