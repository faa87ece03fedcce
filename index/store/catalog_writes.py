"""Changes to the catalog. Each function runs inside a transaction that the caller has opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from index.protocols import Vectors
from index.schema import Passage, Source
from index.store.awaited_passages import await_no_longer, await_vector, note_first_awaited
from index.store.catalog_rows import (
    REPLACE_VERSION,
    FileState,
    LeftOut,
    passage_columns,
    passage_row,
    source_row,
)
from index.store.database import Connection
from index.store.passage_bytes import byte_spans
from index.store.sqlite_file import Row
from index.store.vector_file import put_row
from index.store.word_index import PassageWords, word_index_of
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
    words: tuple[str, str] | None = None
    """What `words_of` says of it, where that was asked before the transaction."""


def words_of(source: Source, passage: Passage) -> tuple[str, str]:
    """Return the prepared terms of a passage's title and headings, and of its text."""
    above = " ".join((source.title, *passage.heading))
    return " ".join(terms(above)), " ".join(terms(passage.text))


def move_generation(connection: Connection) -> int:
    """Tell readers that something changed; returns the new generation."""
    connection.execute("UPDATE meta SET value = CAST(value AS BIGINT) + 1 WHERE key = 'generation'")
    return int(connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def owe_purge(connection: Connection, *, owed: bool = True) -> None:
    """Record that texts were deleted of which the files may still hold bytes, or hold none."""
    connection.execute("UPDATE meta SET value = ? WHERE key = 'purge'", (int(owed),))


def note_texts(connection: Connection, *, kept: bool) -> None:
    """Record whether Chroma is made to hold texts."""
    connection.execute("UPDATE meta SET value = ? WHERE key = 'chroma_texts'", (int(kept),))


def count_deleted(connection: Connection, build: int, vectors: int) -> None:
    """Record that the Chroma collection of a build loses vectors."""
    connection.execute("UPDATE builds SET deleted = deleted + ? WHERE build = ?", (vectors, build))


def forget_deleted(connection: Connection, build: int) -> None:
    """Record that the Chroma collection of a build is begun anew."""
    connection.execute("UPDATE builds SET deleted = 0 WHERE build = ?", (build,))


def name_spare(connection: Connection, build: int, spare: str) -> None:
    """Record a Chroma collection that a build does not use."""
    connection.execute("UPDATE builds SET spare = ? WHERE build = ?", (spare, build))


def swap_chroma(connection: Connection, build: int) -> None:
    """Let the spare Chroma collection of a build hold its vectors, and the other be the spare."""
    connection.execute(
        "UPDATE builds SET chroma = spare, spare = chroma, deleted = 0 WHERE build = ?", (build,)
    )


def add_build(
    connection: Connection, collection: str, *, model: str, dimension: int, recipe: str
) -> int:
    """Record an empty build, unfinished and not serving; returns its number."""
    made = connection.execute(
        "INSERT INTO builds (collection, model, dimension, recipe, chroma, dirty) "
        "VALUES (?, ?, ?, ?, '', 1) RETURNING build",
        (collection, model, dimension, recipe),
    )
    build = int(made.fetchone()[0])
    word_index_of(connection).create(connection, build)
    return build


def name_chroma(connection: Connection, build: int, chroma: str) -> None:
    """Record which Chroma collection holds the vectors of a build."""
    connection.execute("UPDATE builds SET chroma = ? WHERE build = ?", (chroma, build))


def serve_build(connection: Connection, collection: str, build: int) -> None:
    """Let a build serve its collection from now on."""
    connection.execute(
        "INSERT INTO collections VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET build = excluded.build",
        (collection, build),
    )


def set_dirty(connection: Connection, build: int, dirty: bool) -> None:
    """Record that vectors of a build are about to change, or that all of it is done."""
    connection.execute("UPDATE builds SET dirty = ? WHERE build = ?", (int(dirty), build))


def drop_build(connection: Connection, build: int) -> None:
    """Delete a build that does not serve, with its passages and words."""
    if connection.execute("SELECT 1 FROM passages WHERE build = ? LIMIT 1", (build,)).fetchone():
        owe_purge(connection)
    word_index_of(connection).drop(connection, build)
    connection.execute("DELETE FROM builds WHERE build = ?", (build,))


def drop_collection(connection: Connection, collection: str) -> None:
    """Delete a collection with its sources; its builds are left to `drop_build`."""
    for table in ("files", "folders", "left_out", "missing", "sources"):
        gone = connection.execute(f"DELETE FROM {table} WHERE collection = ?", (collection,))
    if gone.rowcount:
        owe_purge(connection)
    connection.execute("DELETE FROM collections WHERE name = ?", (collection,))


def put_source(
    connection: Connection, build: int, source: Source, passages: Sequence[IndexedPassage]
) -> set[str]:
    """Write a source in place of any earlier version; returns the passage ids that are gone."""
    row = source_row(source)
    if connection.execute("SELECT 1 FROM sources WHERE id = ?", (source.id,)).fetchone():
        owe_purge(connection)
    connection.execute(
        f"INSERT INTO sources VALUES ({','.join('?' * len(row))}) "
        f"ON CONFLICT (id) {REPLACE_VERSION}, characters = excluded.characters",
        row,
    )
    _clear_elsewhere(connection, build, source.id)
    before = _known_passages(connection, build, source.id)
    stay = {each.passage.id for each in passages} & before.keys()
    gone = before.keys() - stay
    _delete_passages(connection, build, [before[id][0] for id in gone])
    staying = [each for each in passages if each.passage.id in stay]
    for each, span in zip(staying, _byte_spans(source, staying), strict=True):
        _move_passage(connection, before[each.passage.id], each, span)
    put_passages(connection, build, source, [p for p in passages if p.passage.id not in stay])
    return gone


_PLACE = ("ordinal", "start", "end", "page", "sentences")
"""Columns of a passage that an edit elsewhere in its document changes, besides its bytes."""


def _byte_spans(source: Source, passages: Sequence[IndexedPassage]) -> list[tuple[int, int]]:
    return byte_spans(source.text, [(each.passage.start, each.passage.end) for each in passages])


def _known_passages(connection: Connection, build: int, source: str) -> dict[str, Row]:
    """Return (key, whether it lacks vectors, `_PLACE`, bytes) of each passage by id."""
    rows = connection.execute(
        'SELECT id, key, slot IS NULL, ordinal, start, "end", page, sentences, byte_start, '
        "byte_end FROM passages WHERE source = ? AND build = ?",
        (source, build),
    )
    return {id: tuple(row) for id, *row in rows}


def _move_passage(
    connection: Connection, before: Row, each: IndexedPassage, span: tuple[int, int]
) -> None:
    """Write where a passage stands now, if that or its sentence vectors are new."""
    key, bare, *place = before
    now = (*passage_columns(each.passage, _PLACE), *span)
    if bare and each.sentences is not None:
        put_row(connection, key, None, each.sentences)
    if tuple(place) != now:
        connection.execute(
            'UPDATE passages SET ordinal = ?, start = ?, "end" = ?, page = ?, sentences = ?, '
            "byte_start = ?, byte_end = ? WHERE key = ?",
            (*now, key),
        )


def put_passages(
    connection: Connection, build: int, source: Source, passages: Sequence[IndexedPassage]
) -> None:
    """Write the passages of a source, and their words, into a build."""
    prepared = []
    if any(each.vector is None for each in passages):
        note_first_awaited(connection, build)
    spans = _byte_spans(source, passages)
    for span, (passage, digest, sentences, vector, words) in zip(spans, passages, strict=True):
        made = connection.execute(
            'INSERT INTO passages (id, source, ordinal, start, "end", page, heading, kind, '
            "sentences, build, input, byte_start, byte_end) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING key",
            (*passage_row(passage), build, digest, *span),
        )
        key = int(made.fetchone()[0])
        if vector is not None or sentences is not None:
            put_row(connection, key, vector, sentences)
        if vector is None:
            await_vector(connection, build, key)
        prepared.append(PassageWords(key, *(words or words_of(source, passage))))
    if prepared:
        word_index_of(connection).put(connection, build, prepared)


def keep_vectors(connection: Connection, build: int, vectors: Mapping[str, Vectors]) -> None:
    """Write the vectors of passages that are there already, by their ids."""
    for id, vector in vectors.items():
        _put_vectors(connection, build, id, vector, None)


def put_sentences(connection: Connection, build: int, indexed: IndexedPassage) -> None:
    """Write the vectors of a passage that is there already, and of its sentences."""
    _put_vectors(connection, build, indexed.passage.id, indexed.vector, indexed.sentences)


def _put_vectors(
    connection: Connection,
    build: int,
    id: str,
    vector: Vectors | None,
    sentences: Vectors | None,
) -> None:
    row = connection.execute(
        "SELECT key FROM passages WHERE build = ? AND id = ?", (build, id)
    ).fetchone()
    if row is None:
        return
    put_row(connection, row[0], vector, sentences)
    if vector is not None:
        await_no_longer(connection, row[0])


def clear_passages(connection: Connection, build: int, source: str) -> set[str]:
    """Delete the passages of a source and their words from a build; returns their ids."""
    known = _known_passages(connection, build, source)
    _delete_passages(connection, build, [row[0] for row in known.values()])
    return set(known)


def _clear_elsewhere(connection: Connection, build: int, source: str) -> None:
    """Delete the passages of a source from a build that is being filled beside this one."""
    others = connection.execute(
        "SELECT DISTINCT build FROM passages WHERE source = ? AND build != ?", (source, build)
    )
    for (other,) in others.fetchall():
        clear_passages(connection, other, source)


def _delete_passages(connection: Connection, build: int, keys: Sequence[int]) -> None:
    """Delete passages of a build by their keys, and their words."""
    word_index_of(connection).delete(connection, build, keys)
    connection.executemany("DELETE FROM passages WHERE key = ?", [(key,) for key in keys])


def remove_source(connection: Connection, build: int, source: str) -> set[str]:
    """Delete a source; returns the ids of its passages."""
    gone = clear_passages(connection, build, source)
    _clear_elsewhere(connection, build, source)
    connection.execute("DELETE FROM sources WHERE id = ?", (source,))
    owe_purge(connection)
    return gone


def put_file(connection: Connection, collection: str, uri: str, state: FileState) -> None:
    """Record a file of the documents folder as it was seen."""
    connection.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (collection, uri) DO UPDATE SET "
        "size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, "
        "failure = excluded.failure",
        (collection, uri, *state),
    )
    unmark_missing(connection, collection, [uri])
    connection.execute("DELETE FROM left_out WHERE collection = ? AND uri = ?", (collection, uri))


def forget_files(connection: Connection, collection: str, uris: Iterable[str]) -> None:
    """Forget files of the documents folder."""
    uris = list(uris)
    connection.executemany(
        "DELETE FROM files WHERE collection = ? AND uri = ?", [(collection, uri) for uri in uris]
    )
    unmark_missing(connection, collection, uris)


def mark_missing(connection: Connection, collection: str, uris: Iterable[str]) -> None:
    """Record that these documents, and no others, are kept although their files are gone."""
    connection.execute("DELETE FROM missing WHERE collection = ?", (collection,))
    connection.executemany("INSERT INTO missing VALUES (?, ?)", [(collection, uri) for uri in uris])


def unmark_missing(connection: Connection, collection: str, uris: Iterable[str]) -> None:
    """Record that the files of these documents are there again, or the documents are not."""
    connection.executemany(
        "DELETE FROM missing WHERE collection = ? AND uri = ?", [(collection, uri) for uri in uris]
    )


def put_left_out(connection: Connection, collection: str, files: Mapping[str, LeftOut]) -> None:
    """Record that these files, and no others, are left out; by uri."""
    connection.execute("DELETE FROM left_out WHERE collection = ?", (collection,))
    connection.executemany(
        "INSERT INTO left_out VALUES (?, ?, ?, ?)",
        [(collection, uri, *each) for uri, each in files.items()],
    )


def put_folder(connection: Connection, collection: str, folder: str, device: int) -> None:
    """Record which folder a collection is kept in step with, and the volume it is on."""
    connection.execute(
        "INSERT INTO folders VALUES (?, ?, ?) ON CONFLICT (collection) DO UPDATE SET "
        "folder = excluded.folder, device = excluded.device",
        (collection, folder, device),
    )
