"""The vectors beside the catalog: a file of their own, attached to every connection of it.

A row is written once, behind all others, and never moved: when its passage goes, it is overwritten
where it stands. So no copy of it is left elsewhere in the file, and a removal costs the rows that
go, not the file. A passage names its row by slot and *mark*, a random name: a file that lags
behind the catalog, or is of another day, lacks a passage's vectors, but never gives it others'.

Whatever changes both files is one transaction for whoever reads them. A process that is killed just
between the two ends of it leaves this file behind, which `is_behind` tells; what it lacks then is
embedded again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np

from index.protocols import Vectors
from index.store.catalog_format import VECTORS_FILE
from index.store.database import Connection
from index.store.private_files import make_file
from index.store.read_only_file import connect_to_read, is_read_only

_PAGE_BYTES = 16384
"""Several passages fit on a page, which holds whole rows."""

_ROWS = """
CREATE TABLE IF NOT EXISTS {schema}.vectors (
    slot INTEGER PRIMARY KEY, mark BLOB NOT NULL, vector BLOB NOT NULL, sentences BLOB NOT NULL
)
"""
"""The vector of a passage, in half floats, and those of its sentences (`sentences_blob`)."""

JOIN_VECTORS = "JOIN vector_file.vectors v ON v.slot = p.slot AND v.mark = p.mark"
"""Gives the passages `p` their vectors, and leaves out those that have none."""

_MARK_BYTES = 8
BLANK = b"\0" * _MARK_BYTES
"""The mark of a row that is overwritten."""

_SPARE = 300
"""Overwritten rows that are always borne with: 1 MB, and few are written anew with them."""

_SCALE_BYTES = 4


def attach_vectors(connection: sqlite3.Connection, catalog: Path, busy_seconds: float) -> None:
    """Attach the file of vectors of a catalog, which is made where there is none."""
    if is_read_only(catalog):
        attach_vectors_to_read(connection, catalog, busy_seconds)
        return
    path = catalog.with_name(VECTORS_FILE)
    _make(path, busy_seconds)
    connection.execute("ATTACH ? AS vector_file", (str(path),))
    connection.execute("PRAGMA vector_file.synchronous = FULL")
    connection.execute("PRAGMA vector_file.secure_delete = ON")
    connection.execute("PRAGMA vector_file.cache_size = -16000")
    connection.execute("PRAGMA vector_file.journal_size_limit = 33554432")


def attach_vectors_to_read(
    connection: sqlite3.Connection, catalog: Path, busy_seconds: float
) -> None:
    """Attach the file of vectors to a connection that only reads; an empty one if there is none."""
    path = catalog.with_name(VECTORS_FILE)
    log = path.with_name(f"{VECTORS_FILE}-wal")
    is_copy = not connection.execute("PRAGMA database_list").fetchone()[2]
    has_log = log.exists() and log.stat().st_size
    if path.exists() and not has_log and not is_copy:
        connection.execute("ATTACH ? AS vector_file", (f"{path.absolute().as_uri()}?immutable=1",))
        return
    connection.execute("ATTACH ':memory:' AS vector_file")
    connection.execute(_ROWS.format(schema="vector_file"))
    if path.exists():
        with closing(connect_to_read(path, busy_seconds)) as file:
            connection.executemany(
                "INSERT INTO vector_file.vectors VALUES (?, ?, ?, ?)",
                file.execute("SELECT slot, mark, vector, sentences FROM vectors"),
            )


def _make(path: Path, busy_seconds: float) -> None:
    """Make the file where there is none, or an empty one."""
    if path.exists() and path.stat().st_size:
        return
    make_file(path)
    with closing(sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)) as file:
        file.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        file.execute(_ROWS.format(schema="main"))
        file.execute("PRAGMA journal_mode = WAL")


def put_row(
    connection: Connection, key: int, vector: Vectors | None, sentences: Vectors | None
) -> None:
    """Write vectors of the passage of a key, beside what it has already; in a transaction."""
    row = connection.execute("SELECT slot, mark FROM passages WHERE key = ?", (key,)).fetchone()
    kept = connection.execute(
        "SELECT vector, sentences FROM vector_file.vectors WHERE slot = ? AND mark = ?", row
    ).fetchone() or (b"", b"")
    if row[0] is not None:
        connection.execute(
            "INSERT INTO freed_slots (slot) VALUES (?) ON CONFLICT DO NOTHING", (row[0],)
        )
    slot, mark = _next_slot(connection), os.urandom(_MARK_BYTES)
    connection.execute(
        "INSERT INTO vector_file.vectors VALUES (?, ?, ?, ?)",
        (
            slot,
            mark,
            kept[0] if vector is None else vector_blob(vector),
            kept[1] if sentences is None else sentences_blob(sentences),
        ),
    )
    connection.execute("UPDATE meta SET value = ? WHERE key = 'slots'", (slot,))
    connection.execute(
        "UPDATE passages SET slot = ?, mark = ? WHERE key = ?",
        (slot, mark, key),
    )


def _next_slot(connection: Connection) -> int:
    """Return a slot behind all that were ever given, so that rows are only added at the end."""
    return 1 + max(_last_slot(connection), _slots_given(connection))


def _last_slot(connection: Connection) -> int:
    found = connection.execute("SELECT max(slot) FROM vector_file.vectors").fetchone()
    return int(found[0] or 0)


def _slots_given(connection: Connection) -> int:
    return int(connection.execute("SELECT value FROM meta WHERE key = 'slots'").fetchone()[0])


def is_behind(connection: Connection) -> bool:
    """Say whether the file is not the one that the catalog was last written with."""
    return _last_slot(connection) != _slots_given(connection)


def forget_lost(connection: Connection) -> None:
    """Make the catalog say which vectors there are, and have the others overwritten.

    In a transaction, after which builds are to be repaired and a purge is owed.
    """
    connection.execute(
        "UPDATE passages AS p SET slot = NULL, mark = NULL WHERE slot IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM vector_file.vectors v WHERE v.slot = p.slot AND v.mark = p.mark)"
    )
    connection.execute(
        "INSERT INTO freed_slots (slot) SELECT slot FROM vector_file.vectors WHERE mark != ? "
        "AND slot NOT IN (SELECT slot FROM passages WHERE slot IS NOT NULL) "
        "ON CONFLICT DO NOTHING",
        (BLANK,),
    )
    connection.execute("UPDATE meta SET value = ? WHERE key = 'slots'", (_last_slot(connection),))


def blank_freed(connection: Connection) -> None:
    """Overwrite the rows of passages that are gone, where they stand; in a transaction."""
    connection.execute(
        "UPDATE vector_file.vectors SET mark = zeroblob(length(mark)), "
        "vector = zeroblob(length(vector)), sentences = zeroblob(length(sentences)) "
        "WHERE slot IN (SELECT slot FROM freed_slots WHERE blank = 0)"
    )
    connection.execute("UPDATE freed_slots SET blank = 1 WHERE blank = 0")


def is_worn(connection: Connection) -> bool:
    """Say whether a good part of the file is rows that were overwritten."""
    (blank,) = connection.execute("SELECT count(*) FROM freed_slots").fetchone()
    return bool(blank > _SPARE and blank * 5 > _last_slot(connection) - blank)


def drop_blank(connection: Connection) -> None:
    """Delete the rows that were overwritten, but for the last; the file is to be written anew."""
    connection.execute(
        "DELETE FROM vector_file.vectors WHERE slot < ? "
        "AND slot IN (SELECT slot FROM freed_slots WHERE blank = 1)",
        (_last_slot(connection),),
    )


def vector_blob(vector: Vectors) -> bytes:
    """Pack the vector of a passage as half floats: a cosine is off by 0.0001 at most."""
    return vector.astype("<f2").tobytes()


def as_kept(vector: Vectors) -> Vectors:
    """Return the vector of a passage as it is kept, so that Chroma is told the very same."""
    return vector_of(vector_blob(vector))


def vector_of(blob: bytes) -> Vectors:
    """Unpack the vector of a passage, shape (dimension,)."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)


def sentences_blob(vectors: Vectors) -> bytes:
    """Pack sentence vectors as bytes, each under a scale of its own: a cosine is off by 0.001."""
    if not len(vectors):
        return b""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12).astype("<f4") / 127
    packed = np.rint(vectors / scales[:, None]).astype(np.int8)
    found: bytes = scales.tobytes() + packed.tobytes()
    return found


def sentences_of(blob: bytes, dimension: int) -> Vectors | None:
    """Unpack sentence vectors, shape (sentences, dimension); None where there are none."""
    return vectors_of_sentences([(blob, dimension)])[0]


def vectors_of_sentences(
    packed: Iterable[tuple[bytes | None, int | None]],
) -> list[Vectors | None]:
    """Unpack the sentence vectors of many passages, each with its dimension, as `sentences_of`.

    All of one dimension are unpacked at once: each returned array is a part of one.
    """
    rows = [(blob or b"", dimension or 0) for blob, dimension in packed]
    found: list[Vectors | None] = [None] * len(rows)
    for dimension in {dimension for blob, dimension in rows if blob}:
        places = [at for at, (blob, of) in enumerate(rows) if blob and of == dimension]
        counts = [len(rows[at][0]) // (dimension + _SCALE_BYTES) for at in places]
        edges = [count * _SCALE_BYTES for count in counts]
        blobs = [memoryview(rows[at][0]) for at in places]
        scales = b"".join([blob[:edge] for blob, edge in zip(blobs, edges, strict=True)])
        bytes = b"".join([blob[edge:] for blob, edge in zip(blobs, edges, strict=True)])
        whole: Vectors = np.frombuffer(bytes, dtype=np.int8).reshape(-1, dimension).astype("f4")
        whole *= np.frombuffer(scales, dtype="<f4")[:, None]
        last = 0
        for at, count in zip(places, counts, strict=True):
            if count:
                found[at] = whole[last : last + count]
            last += count
    return found
