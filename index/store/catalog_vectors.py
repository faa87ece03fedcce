"""What a catalog knows of the vectors of its passages: those kept beside it, and those awaited."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import cached_property

from index.protocols import Vectors
from index.schema import Coverage
from index.store.awaited_passages import coverage_of, embedded_ids
from index.store.kept_vectors import HeldVectors, nearest_kept
from index.store.opened_catalog import OpenedCatalog


class CatalogVectors(OpenedCatalog):
    """Compares vectors without Chroma, and says which are there."""

    @cached_property
    def _vectors(self) -> HeldVectors:
        """Those of small collections."""
        return HeldVectors()

    def nearest(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, cosine) pairs, nearest first, without Chroma.

        None are found where no vectors are kept.
        """
        with self._database.reading() as connection:
            build = next(iter(self._open([collection])), None)
            if build is None or build.dimension != len(vector):
                return []
            kept = self._vectors.of(connection, build, self.generation())
            return nearest_kept(kept, vector, limit)

    def coverage(self, collections: Sequence[str], source: str | None = None) -> Coverage | None:
        """Return how far collections, or a source, are searched; None where nothing is lacking."""
        with self._database.reading() as connection:
            return coverage_of(connection, self._open(collections), source)

    def awaited(self, ids: Set[str]) -> set[str]:
        """Return those of some passages that have no vectors yet."""
        rows = self._by_ids("p.id", sorted(ids), "JOIN awaited_vectors a USING (key)")
        return {row[0] for row in rows}

    def awaits_vectors(self) -> bool:
        """Say whether any passage has yet to be embedded."""
        return bool(self._row("SELECT EXISTS (SELECT 1 FROM awaited_vectors)")[0])

    def embedded_ids(self, collection: str) -> set[str]:
        """Return the ids of every passage of a collection that is found by meaning."""
        with self._database.reading() as connection:
            found = (embedded_ids(connection, b.number) for b in self._open([collection]))
            return set().union(*found)

    def model_of(self, collection: str) -> str | None:
        """Return the embedding model whose vectors a collection has, if it has any."""
        return next((build.model for build in self._open([collection]) if build.dimension), None)
