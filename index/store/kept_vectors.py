"""The nearest passages by the vectors beside the catalog, without Chroma.

Those of small collections are held in memory as long as the catalog does not change: comparing
10,000 takes 1.2 ms of a processor, which is less than Chroma takes, and reading them first 95 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain

import numpy as np

from index.protocols import Vectors
from index.store.catalog_rows import Build
from index.store.database import Connection
from index.store.sqlite_file import Row
from index.store.vector_file import JOIN_VECTORS

_LOOKED_AT = 4096
"""Vectors compared at a time: 6 MB."""

_MOST_HELD = 12_000
"""Vectors of a collection up to which they are held: 18 MB."""

_ALL_HELD = 64_000
"""Vectors that are held in all, of the collections that were asked last: 98 MB."""


@dataclass(frozen=True)
class KeptVectors:
    """Vectors of passages, to be compared with questions."""

    names: Sequence[tuple[int, str]]
    """Keys of the passages, in the catalog, and their ids."""
    matrix: Vectors
    """Shape (passages, dimension)."""
    lengths: Vectors
    """Of the rows, > 0, shape (passages,)."""

    @classmethod
    def of(cls, rows: Sequence[Row]) -> KeptVectors:
        """Unpack rows of a key, an id and a vector."""
        packed = np.frombuffer(b"".join([row[2] for row in rows]), dtype="<f2")
        matrix = packed.reshape(len(rows), -1).astype(np.float32)
        lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", matrix, matrix)), 1e-12)
        return cls([row[:2] for row in rows], matrix, lengths)

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[float, tuple[int, str]]]:
        """Return up to `limit` cosines with key and id, nearest first."""
        cosines = self.matrix @ vector / self.lengths
        places: Sequence[int] = range(len(cosines))
        if len(cosines) > limit > 0:
            last = np.partition(cosines, -limit)[-limit]
            places = np.flatnonzero(cosines >= last).tolist()
        return nlargest(limit, ((float(cosines[at]), self.names[at]) for at in places))


def every_kept(connection: Connection, build: Build) -> Iterator[KeptVectors]:
    """Yield the vectors that are kept of a build, some thousands at a time."""
    rows = connection.execute(
        f"SELECT p.key, p.id, v.vector FROM passages p {JOIN_VECTORS} "
        "WHERE p.build = ? AND length(v.vector) > 0",
        (build.number,),
    )
    while some := rows.fetchmany(_LOOKED_AT):
        yield KeptVectors.of(some)


def nearest_kept(
    kept: Iterable[KeptVectors], vector: Vectors, limit: int
) -> list[tuple[str, float]]:
    """Return up to `limit` (passage id, cosine) pairs, nearest first, by looking at every vector.

    For small collections, and for when Chroma cannot be asked: then 100,000 passages take a second
    of a processor and more, since they are read for each question.
    """
    best: list[tuple[float, tuple[int, str]]] = []
    for some in kept:
        best = nlargest(limit, [*best, *some.nearest(vector, limit)])
    return [(id, cosine) for cosine, (_, id) in best]


@dataclass
class HeldVectors:
    """Lends the vectors of builds; safe to use from several threads."""

    _held: dict[int, tuple[int, Sequence[KeptVectors]]] = field(default_factory=dict)
    """By build: the generation of the catalog that the vectors are of, and they."""

    def of(self, connection: Connection, build: Build, generation: int) -> Iterable[KeptVectors]:
        """Return the vectors of a build, some thousands at a time.

        `generation` is that of the catalog before: where it is another one, they are read anew.
        """
        held = self._held.pop(build.number, None)
        if held is None or held[0] != generation:
            every = every_kept(connection, build)
            first: list[KeptVectors] = []
            while _count(first) <= _MOST_HELD and (some := next(every, None)) is not None:
                first.append(some)
            if _count(first) > _MOST_HELD:
                return chain(first, every)
            held = generation, first
        self._held[build.number] = held
        too_many = sum(_count(each) for _, each in [*self._held.values()]) - _ALL_HELD
        with suppress(KeyError, StopIteration, RuntimeError):  # another thread was first
            while too_many > 0:
                too_many -= _count(self._held.pop(next(iter(self._held)))[1])
        return held[1]


def _count(vectors: Sequence[KeptVectors]) -> int:
    return sum(len(each.names) for each in vectors)
