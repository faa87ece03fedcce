"""Changes to the catalog. Each function runs inside a transaction that the caller has opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from index.protocols import Vectors
from index.schema import Passage, Source
from index.store.catalog_rows import (
    REPLACE_VERSION,
    FileState,
    passage_row,
    source_row,
    vector_blob,
    vectors_blob,
)
from index.store.catalog_schema import create_words, drop_words, words_table
from index.text.words import terms


class IndexedPassage(NamedTuple):
    """A passage with what its embedding left behind."""

    passage: Passage
    input: bytes
    """Hash of what was embedded: the same input has the same vector."""
    sentences: Vectors | None
    """Sentence vectors, shape (sentences, dimension), or None."""
    vector: Vectors | None = None
    """Its own vector, shape (dimension,), or None."""


def move_generation(connection: sqlite3.Connection) -> int:
    """Tell readers that something changed; returns the new generation."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
    return int(connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def add_build(
    connection: sqlite3.Connection, collection: str, *, model: str, dimension: int, recipe: str
) -> int:
    """Record an empty build, unfinished and not serving; returns its number."""
    made = connection.execute(
        "INSERT INTO builds (collection, model, dimension, recipe, chroma, dirty) "
        "VALUES (?, ?, ?, ?, '', 1)",
        (collection, model, dimension, recipe),
    )
    build = int(made.lastrowid or 0)
    create_words(connection, build)
    return build


def name_chroma(connection: sqlite3.Connection, build: int, chroma: str) -> None:
    """Record which Chroma collection holds the vectors of a build."""
    connection.execute("UPDATE builds SET chroma = ? WHERE build = ?", (chroma, build))


def serve_build(connection: sqlite3.Connection, collection: str, build: int) -> None:
    """Let a build serve its collection from now on."""
    connection.execute(
        "INSERT INTO collections VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET build = excluded.build",
        (collection, build),
    )


def set_dirty(connection: sqlite3.Connection, build: int, dirty: bool) -> None:
    """Record that vectors of a build are about to change, or that all of it is done."""
    connection.execute("UPDATE builds SET dirty = ? WHERE build = ?", (int(dirty), build))


def drop_build(connection: sqlite3.Connection, build: int) -> None:
    """Delete a build that does not serve, with its passages and words."""
    drop_words(connection, build)
    connection.execute("DELETE FROM builds WHERE build = ?", (build,))


def drop_collection(connection: sqlite3.Connection, collection: str) -> None:
    """Delete a collection with its sources; its builds are left to `drop_build`."""
    for table in ("files", "folders", "sources"):
        connection.execute(f"DELETE FROM {table} WHERE collection = ?", (collection,))
    connection.execute("DELETE FROM collections WHERE name = ?", (collection,))


def put_source(
    connection: sqlite3.Connection, build: int, source: Source, passages: Sequence[IndexedPassage]
) -> set[str]:
    """Write a source in place of any earlier version; returns the passage ids that are gone."""
    row = source_row(source)
    gone = clear_passages(connection, build, source.id)
    connection.execute(
        f"INSERT INTO sources VALUES ({','.join('?' * len(row))}) "
        f"ON CONFLICT (id) {REPLACE_VERSION}, characters = excluded.characters",
        row,
    )
    put_passages(connection, build, source, passages)
    return gone - {each.passage.id for each in passages}


def put_passages(
    connection: sqlite3.Connection, build: int, source: Source, passages: Sequence[IndexedPassage]
) -> None:
    """Write the passages of a source, and their words, into a build."""
    for passage, digest, sentences, vector in passages:
        made = connection.execute(
            'INSERT INTO passages (id, source, ordinal, start, "end", page, heading, kind, '
            "sentences, text, build, input, vectors) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (*passage_row(passage), build, digest, vectors_blob(sentences)),
        )
        if vector is not None:
            _put_vector(connection, int(made.lastrowid or 0), vector)
        above = " ".join((source.title, *passage.heading))
        connection.execute(
            f"INSERT INTO {words_table(build)} (rowid, title, body) VALUES (?, ?, ?)",
            (made.lastrowid, " ".join(terms(above)), " ".join(terms(passage.text))),
        )


def _put_vector(connection: sqlite3.Connection, key: int, vector: Vectors) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO passage_vectors VALUES (?, ?)", (key, vector_blob(vector))
    )


def keep_vectors(
    connection: sqlite3.Connection, build: int, vectors: Mapping[str, Vectors]
) -> None:
    """Write the vectors of passages that are there already, by their ids."""
    for id, vector in vectors.items():
        row = connection.execute(
            "SELECT key FROM passages WHERE build = ? AND id = ?", (build, id)
        ).fetchone()
        if row is not None:
            _put_vector(connection, row[0], vector)


def put_sentences(connection: sqlite3.Connection, build: int, indexed: IndexedPassage) -> None:
    """Write the vectors of a passage that is there already, and of its sentences."""
    if indexed.vector is not None:
        keep_vectors(connection, build, {indexed.passage.id: indexed.vector})
    connection.execute(
        "UPDATE passages SET vectors = ? WHERE build = ? AND id = ?",
        (vectors_blob(indexed.sentences), build, indexed.passage.id),
    )


def clear_passages(connection: sqlite3.Connection, build: int, source: str) -> set[str]:
    """Delete the passages of a source and their words from a build; returns their ids."""
    where = "source = ? AND build = ?"
    rows = connection.execute(f"SELECT key, id FROM passages WHERE {where}", (source, build))
    keys = dict(rows)
    connection.executemany(
        f"DELETE FROM {words_table(build)} WHERE rowid = ?", [(key,) for key in keys]
    )
    connection.execute(f"DELETE FROM passages WHERE {where}", (source, build))
    return set(keys.values())


def remove_source(connection: sqlite3.Connection, build: int, source: str) -> set[str]:
    """Delete a source; returns the ids of its passages."""
    gone = clear_passages(connection, build, source)
    connection.execute("DELETE FROM sources WHERE id = ?", (source,))
    return gone


def put_file(connection: sqlite3.Connection, collection: str, uri: str, state: FileState) -> None:
    """Record a file of the documents folder as it was seen."""
    connection.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
        (collection, uri, *state),
    )


def forget_files(connection: sqlite3.Connection, collection: str, uris: Iterable[str]) -> None:
    """Forget files of the documents folder."""
    connection.executemany(
        "DELETE FROM files WHERE collection = ? AND uri = ?", [(collection, uri) for uri in uris]
    )


def put_folder(connection: sqlite3.Connection, collection: str, folder: str, device: int) -> None:
    """Record which folder a collection is kept in step with, and the volume it is on."""
    connection.execute(
        "INSERT OR REPLACE INTO folders VALUES (?, ?, ?)", (collection, folder, device)
    )
