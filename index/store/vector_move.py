"""Copies the vectors out of a catalog of format 10 into the file that they stand in since.

The copy is committed before the catalog points to it: whoever dies in between makes it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from index.store.catalog_format import VECTORS_FILE
from index.store.catalog_schema import BEFORE_VECTOR_FILE
from index.store.sqlite_file import Row
from index.store.vector_file import sentences_blob


def copy_vectors(catalog: Path, busy_seconds: float) -> None:
    """Copy all vectors, each into the slot that is the key of its passage.

    The mark is the beginning of the hash of what was embedded, which the catalog knows as well.
    """
    with (
        closing(sqlite3.connect(catalog, timeout=busy_seconds, isolation_level=None)) as old,
        closing(
            sqlite3.connect(
                catalog.with_name(VECTORS_FILE), timeout=busy_seconds, isolation_level=None
            )
        ) as new,
    ):
        new.execute("BEGIN IMMEDIATE")
        if old.execute("PRAGMA user_version").fetchone() != (BEFORE_VECTOR_FILE,):
            return  # another process was first, and these vectors are in use
        new.execute("DELETE FROM vectors")
        new.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?)", _rows(old))
        new.execute("COMMIT")


def _rows(old: sqlite3.Connection) -> Iterator[Row]:
    found = old.execute(
        "SELECT key, substr(input, 1, 8), vector, vectors, dimension "
        "FROM passages JOIN builds USING (build) LEFT JOIN passage_vectors USING (key) "
        "WHERE vector IS NOT NULL OR vectors IS NOT NULL ORDER BY key"
    )
    for key, mark, vector, sentences, dimension in found:
        whole = np.frombuffer(vector or b"", dtype="<f4").astype("<f2").tobytes()
        parts = np.frombuffer(sentences or b"", dtype="<f2").astype(np.float32)
        yield key, mark, whole, sentences_blob(parts.reshape(-1, dimension)) if dimension else b""
