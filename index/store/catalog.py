"""The catalog: canonical texts, passages and words. It is the truth.

`index.store.opened_catalog` has its tables; what is read of them is in one module for each thing
that is asked about, and `index.store.catalog_writes` changes it, one transaction per step. Any
number of threads and processes may read while one writes; a reader sees each source whole, in one
version.
"""

from __future__ import annotations

from index.schema import CatalogStats
from index.store.catalog_passages import CatalogPassages
from index.store.catalog_sources import CatalogSources
from index.store.catalog_vectors import CatalogVectors
from index.store.catalog_words import CatalogWords
from index.store.kept_originals import KeptOriginals
from index.store.opened_catalog import SERVING

_FAILED = (
    "SELECT count(*) FROM (SELECT collection, uri FROM files WHERE failure IS NOT NULL "
    "UNION SELECT collection, uri FROM left_out WHERE state = 'failed') f"
)
"""Counts the files that could not be read, or not even be looked at."""


class Catalog(CatalogSources, CatalogPassages, CatalogWords, CatalogVectors):
    """The catalog of a home folder; a `Lexical` and a `PassageStore`.

    Safe to use from several threads. Raises StoreError when it cannot be read or written.
    """

    def stats(self) -> CatalogStats:
        """Return how much the catalog holds."""
        sources, characters = self._row(
            "SELECT count(*), coalesce(sum(characters), 0) FROM sources"
        )
        kept = KeptOriginals(self.home).held()
        return CatalogStats(
            collections=self._row("SELECT count(*) FROM collections")[0],
            sources=sources,
            passages=self._row(f"SELECT count(*) FROM passages p {SERVING}")[0],
            characters=int(characters),
            bytes=self._database.held_bytes(),
            originals=kept.files,
            original_bytes=kept.bytes,
            generation=self.generation(),
            failed=self._row(_FAILED)[0],
            coverage=self.coverage(sorted(self.collections())),
        )
