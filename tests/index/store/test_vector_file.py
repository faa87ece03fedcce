from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.store.catalog import Catalog
from index.store.catalog_schema import BEFORE_VECTOR_FILE, CATALOG_MIGRATIONS
from index.store.catalog_state import kept_vectors, serving_builds
from index.store.fresh_vectors import FreshVectors
from index.store.kept_vectors import HeldVectors, KeptVectors
from index.store.sqlite_file import SqliteFile
from index.store.vector_file import is_behind, sentences_blob, sentences_of, vector_blob
from tests.doubles.full_text_words import write_full_text
from tests.doubles.homes import Home, contents, open_home, put, write_documents

WORDS = ("fox", "owl", "elk", "ant", "bee", "cod", "cat", "hen", "jay", "koi")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Home]:
    texts = {word: f"The {word} sleeps here. It wakes at {n}." for n, word in enumerate(WORDS)}
    write_documents(tmp_path / "docs", **texts)
    with open_home(tmp_path / "home", tmp_path / "docs") as home:
        home.sync()
        yield home


def test_a_home_that_is_made_is_its_owners_alone(filled: Home) -> None:
    made = [filled.path, *filled.path.glob("*.sqlite*")]
    assert "vectors.sqlite" in {path.name for path in made}
    assert {path.name for path in made if path.stat().st_mode & 0o077} == set()


def rows_of(home: Home) -> dict[int, tuple[bytes, bytes]]:
    rows = home.catalog.rows("SELECT slot, vector, sentences FROM vector_file.vectors")
    return {slot: (vector, sentences) for slot, vector, sentences in rows}


def bytes_of(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.glob("*.sqlite*")))


def test_sentences_are_kept_to_a_thousandth_of_a_cosine() -> None:
    rng = np.random.default_rng(1)
    vectors, questions = rng.standard_normal((2, 50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    questions /= np.linalg.norm(questions, axis=1, keepdims=True)
    found = sentences_of(sentences_blob(vectors), 384)
    assert found is not None
    assert found.shape == vectors.shape
    assert np.abs(found @ questions.T - vectors @ questions.T).max() < 2e-3
    assert sentences_of(sentences_blob(vectors[:0]), 384) is None


def test_a_removal_overwrites_its_rows_and_moves_no_other(filled: Home) -> None:
    before = rows_of(filled)
    (filled.documents / "fox.txt").unlink()
    put(filled.documents / "owl.txt", "The owl wakes at nine. It sleeps by day.")
    filled.sync()
    after = rows_of(filled)
    gone = [slot for slot, (vector, _) in after.items() if not any(vector)]
    assert len(gone) == 2
    assert len(after) == len(before) + 1
    assert all(after[slot] == row for slot, row in before.items() if slot not in gone)
    held = bytes_of(filled.path)
    for slot in gone:
        assert before[slot][0] not in held
        assert before[slot][1] not in held
        assert not any(after[slot][1])
    kept = next(row for slot, row in after.items() if slot not in gone)
    assert (filled.path / "vectors.sqlite").read_bytes().count(kept[0]) == 1


def test_a_file_of_many_overwritten_rows_is_written_anew(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.store.vector_file._SPARE", 2)
    for word in WORDS[:6]:
        (filled.documents / f"{word}.txt").unlink()
        filled.sync()
    rows = rows_of(filled)
    assert len(rows) < len(WORDS)
    assert not is_behind(filled.catalog.connection())
    write_documents(filled.documents, dog="The dog barks.")
    filled.sync()
    (build,) = serving_builds(filled.catalog.connection())
    ids = sorted(filled.catalog.passage_ids("documents"))
    assert set(kept_vectors(filled.catalog.connection(), build, ids)) == set(ids)


@pytest.mark.parametrize("lost", ["all", "the last change", "all but the log"])
def test_vectors_that_are_lost_are_embedded_again(
    filled: Home, tmp_path: Path, lost: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = filled.path / "vectors.sqlite"
    filled.catalog.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    old = file.read_bytes()
    put(filled.documents / "fox.txt", "The fox wakes at nine. It sleeps by day.")
    filled.sync()
    before = contents(filled)
    filled.catalog.close()
    filled.vectors.close()
    for suffix in ("-wal", "-shm"):
        file.with_name(f"{file.name}{suffix}").unlink(missing_ok=True)
    if lost == "the last change":
        file.write_bytes(old)
    elif lost == "all":
        file.unlink()
    else:
        file.write_bytes(b"")
    with open_home(filled.path, filled.documents) as again:
        ids = again.catalog.passage_ids("documents")
        assert is_behind(again.catalog.connection())
        found = again.catalog.found_passages(sorted(ids), vectors=True).values()
        known = [each for each in found if each.vectors is not None]
        assert len(known) == (9 if "change" in lost else 0)
        put(again.documents / "new.txt", "New.")
        (again.documents / "new.txt").unlink()
        again.synchroniser.repair()
        again.sync()
        again.vectors.follow(again.catalog.generation())
        assert contents(again) == before
        assert len(again.embedder.passages) == (1 if "change" in lost else 10)
        assert not is_behind(again.catalog.connection())
    assert "embedded again" in caplog.text


def write_old_home(home: Path, passages: int) -> dict[str, tuple[bytes, bytes]]:
    """Write a catalog of the format before; returns vectors and sentence vectors by passage id."""
    rng = np.random.default_rng(2)
    made = {}
    # The file of vectors is a matter of `Catalog`: the last migration is the only one to read it.
    with (
        closing(
            SqliteFile(home / "catalog.sqlite", CATALOG_MIGRATIONS[:BEFORE_VECTOR_FILE])
        ) as old,
        old.transaction() as file,
    ):
        file.execute("INSERT INTO builds VALUES (1, 'documents', 'm', 8, 'r', 'c', 0, 0, '')")
        file.execute("INSERT INTO collections VALUES ('documents', 1)")
        file.execute(
            "INSERT INTO sources (id, collection, uri, title, mime, sha256, pages, added_at, "
            "warnings, characters, text) VALUES ('s', 'documents', 'a', 'A', 't', 'x', '[]', "
            "'2025-01-01T00:00:00+00:00', '[]', 1, 'x')"
        )
        for n in range(passages):
            vectors = rng.standard_normal((3, 8)).astype(np.float32)
            whole, parts = vectors[0].astype("<f4"), vectors[1:].astype("<f2")
            file.execute(
                'INSERT INTO passages (id, build, source, ordinal, start, "end", heading, '
                "kind, sentences, text, input, vectors) "
                "VALUES (?, 1, 's', ?, 0, 1, '[]', 'list', '[]', 'x', ?, ?)",
                (f"p{n}", n, os.urandom(16), parts.tobytes()),
            )
            file.execute(
                "INSERT INTO passage_vectors VALUES (last_insert_rowid(), ?)",
                (whole.tobytes(),),
            )
            made[f"p{n}"] = vector_blob(whole), sentences_blob(parts.astype(np.float32))
        write_full_text(file, 1)
    return made


def moved(catalog: Catalog) -> dict[str, tuple[bytes, bytes]]:
    rows = catalog.rows(
        "SELECT p.id, v.vector, v.sentences FROM passages p JOIN vector_file.vectors v "
        "ON v.slot = p.slot AND v.mark = p.mark"
    )
    return {id: (vector, sentences) for id, vector, sentences in rows}


def test_vectors_of_an_older_catalog_move_out_of_it(tmp_path: Path) -> None:
    made = write_old_home(tmp_path, 50)
    with closing(Catalog(tmp_path)) as catalog:
        assert moved(catalog) == made
        assert not is_behind(catalog.connection())
        assert not catalog.awaits_vectors()
        assert catalog.row("SELECT value FROM meta WHERE key = 'purge'") == (1,)
        assert catalog.row("SELECT count(*) FROM passages WHERE vectors IS NOT NULL") == (0,)
        assert len(catalog.nearest("documents", np.ones(8, np.float32), 5)) == 5


KILLED = """
import os, signal, sys
from pathlib import Path
from index.store import catalog_schema, vector_file
from index.store.catalog import Catalog

left = int(sys.argv[2])

def trace(event, *_):
    global left
    if event in ("sqlite3.connect",):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

from index.store import sqlite_file, vector_move
for module, name in (
    (vector_move, "_rows"), (vector_move, "sentences_blob"), (catalog_schema, "script"),
    (sqlite_file, "_version"),
):
    def counted(original):
        def call(*given, **named):
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*given, **named)
        return call
    setattr(module, name, counted(getattr(module, name)))
sys.addaudithook(trace)
Catalog(Path(sys.argv[1])).close()
"""


def test_a_kill_while_vectors_move_loses_none(tmp_path: Path) -> None:
    made = write_old_home(tmp_path, 20)
    codes = []
    for left in range(1, 60, 3):
        done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(left)], check=False)
        codes.append(done.returncode)
        with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as file:
            moved_out = file.execute("PRAGMA user_version").fetchone() != (BEFORE_VECTOR_FILE,)
        if moved_out:
            break
    assert codes[0] == -signal.SIGKILL
    assert len(codes) > 5
    with closing(Catalog(tmp_path)) as catalog:
        assert moved(catalog) == made
        assert not catalog.awaits_vectors()


@pytest.mark.parametrize(
    ("passages", "of_all", "is_opened"),
    [(2000, 48_000, False), (9, 9, True), (9, 48_000, False)],
    ids=["small", "the middle, and too many", "the middle"],
)
def test_few_vectors_are_compared_without_opening_chroma(
    filled: Home, monkeypatch: pytest.MonkeyPatch, passages: int, of_all: int, is_opened: bool
) -> None:
    question = filled.embedder.embed(["the fox sleeps"])[0]
    monkeypatch.setattr("index.store.fresh_vectors._SMALL", passages)
    monkeypatch.setattr("index.store.fresh_vectors._ALL_MIDDLE", of_all)
    with closing(FreshVectors(filled.catalog, filled.path, url=None)) as fresh:
        assert len(fresh.query("documents", question, 3)) == 3
        assert fresh.is_open_at(filled.catalog.generation()) is is_opened


def test_what_is_compared_is_what_chroma_finds(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = filled.embedder.embed(["the fox sleeps"])[0]
    with closing(FreshVectors(filled.catalog, filled.path, url=None)) as fresh:
        compared = fresh.query("documents", question, 3)
        assert not fresh.is_open_at(filled.catalog.generation())
        monkeypatch.setattr("index.store.fresh_vectors._SMALL", 9)
        monkeypatch.setattr("index.store.fresh_vectors._MIDDLE", 9)
        found = fresh.query("documents", question, 3)
        assert fresh.is_open_at(filled.catalog.generation())
    assert [id for id, _ in compared] == [id for id, _ in found]
    assert [one for _, one in compared] == pytest.approx([one for _, one in found], abs=1e-5)


def test_vectors_are_held_of_the_collections_asked_last(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, generation = filled.catalog.connection(), filled.catalog.generation()
    (build,) = filled.catalog.builds()
    held = HeldVectors()

    def lent(number: int) -> KeptVectors:
        (found,) = held.of(connection, build._replace(number=number), generation)
        return found

    connection.execute(
        "INSERT INTO builds (build, collection, model, dimension, recipe, chroma) "
        "SELECT build + 1, 'other', model, dimension, recipe, 'other' FROM builds"
    )
    connection.execute(
        'INSERT INTO passages (id, build, source, ordinal, start, "end", heading, kind, '
        "sentences, input, slot, mark, byte_start, byte_end) SELECT id, build + 1, source, "
        'ordinal, start, "end", heading, kind, sentences, input, slot, mark, byte_start, byte_end '
        "FROM passages"
    )
    first, other = lent(build.number), lent(build.number + 1)
    assert lent(build.number) is first and lent(build.number + 1) is other
    monkeypatch.setattr("index.store.kept_vectors._ALL_HELD", len(first.names))
    assert lent(build.number) is first
    assert lent(build.number) is first and lent(build.number + 1) is not other
    assert lent(build.number) is not first
