"""What Chroma should hold by the catalog: compared, because Chroma reads gladly what is not so.

A writer that was killed, or a copy of a home in use, leaves files that fit each other and not the
catalog: rows of another day, or a graph that gives one passage the vector of another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from index.protocols import Vectors
from index.store.awaited_passages import embedded_ids
from index.store.catalog_format import CATALOG_FILE, SCHEMA_VERSION
from index.store.catalog_rows import Build
from index.store.catalog_state import kept_vectors, serving_builds
from index.store.read_only_file import connect_to_read
from index.store.vector_file import attach_vectors_to_read

_SAME = 0.999
"""Cosine from which on two vectors are one: Chroma keeps as many digits as the catalog."""

_SAMPLE = 50
"""Passages of a collection that are searched for."""

_NEAR = 10
"""Hits among which a passage finds itself."""

_MISSED = 5
"""Of the sample, how many the graph of a whole collection may miss: it is searched roughly."""

_BUSY_SECONDS = 10.0


class ExpectedVectors:
    """The vectors of one serving build, as the catalog keeps them."""

    def __init__(self, connection: sqlite3.Connection, build: Build) -> None:
        self._connection = connection
        self.build = build

    def check_vectors(self, ids: Sequence[str], held: Vectors) -> None:
        """Raise ValueError when rows of Chroma have other vectors than their passages."""
        kept = kept_vectors(self._connection, self.build, ids)
        known = [row for row, id in enumerate(ids) if id in kept]
        if not known:
            return
        cosines = _cosines(held[known], np.stack([kept[ids[row]] for row in known]))
        if strange := int((cosines < _SAME).sum()):
            raise ValueError(
                f"{strange} vectors of {self.build.collection!r} are not those of their passages"
            )

    def check_ids(self, held: set[str]) -> None:
        """Raise ValueError when Chroma holds other passages than the catalog and its queue say."""
        wanted = embedded_ids(self._connection, self.build.number)
        waiting = self._ids("SELECT id FROM chroma_queue WHERE build = ?")
        if (held ^ wanted) - waiting:
            raise ValueError(
                f"{self.build.collection!r} lacks {len(wanted - held)} of {len(wanted)} vectors, "
                f"and has {len(held - wanted)} too many"
            )

    def check_search(self, collection: Any, held: set[str]) -> None:
        """Raise ValueError when rows of Chroma's collection are not what is nearest to them."""
        ids = sorted(held)
        sample = ids[:: max(1, len(ids) // _SAMPLE)][:_SAMPLE]
        kept = kept_vectors(self._connection, self.build, sample)
        if not kept:
            return
        found = collection.query(
            query_embeddings=np.stack(list(kept.values())),
            n_results=min(_NEAR, len(ids)),
            include=["distances"],
        )
        hits = zip(kept, found["ids"], found["distances"], strict=True)
        missed = sum(
            # Of many equal passages, others come first.
            id not in near and not (distances and distances[0] <= 1 - _SAME)
            for id, near, distances in hits
        )
        if missed > min(_MISSED, len(kept) - 1):
            raise ValueError(
                f"{missed} of {len(kept)} passages of {self.build.collection!r} are not found by "
                "their own vectors"
            )

    def _ids(self, query: str) -> set[str]:
        return {row[0] for row in self._connection.execute(query, (self.build.number,))}


@dataclass(frozen=True)
class Expected:
    """What one look at the catalog says."""

    generation: int = 0
    """Counts the changes of the catalog."""
    collections: dict[str, ExpectedVectors] = field(default_factory=dict)
    """By the names that Chroma has for them."""


@contextmanager
def expected_vectors(home: Path) -> Iterator[Expected]:
    """Lend what Chroma should hold.

    Nothing where there is no catalog of today's format, or none that can be read.
    """
    path = home / CATALOG_FILE
    if not path.exists():
        yield Expected()
        return
    with closing(connect_to_read(path, _BUSY_SECONDS)) as connection:
        attach_vectors_to_read(connection, path, _BUSY_SECONDS)
        yield _expected(connection)


def _expected(connection: sqlite3.Connection) -> Expected:
    try:
        if connection.execute("PRAGMA user_version").fetchone() != (SCHEMA_VERSION,):
            return Expected()
        query = "SELECT value FROM meta WHERE key = 'generation'"
        (generation,) = connection.execute(query).fetchone()
        builds = [each for each in serving_builds(connection) if each.dimension]
    except sqlite3.Error:
        return Expected()
    return Expected(generation, {each.chroma: ExpectedVectors(connection, each) for each in builds})


def _cosines(first: Vectors, second: Vectors) -> Vectors:
    """Return the cosine of each pair of rows; 1 where both are zero."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    products = np.einsum("ij,ij->i", first, second)
    empty = (np.abs(first).max(axis=1) == 0) & (np.abs(second).max(axis=1) == 0)
    cosines: Vectors = np.where(empty, 1.0, products / np.maximum(lengths, 1e-12))
    return cosines
