"""The vector store as a process sees it that does not write: always as the catalog is now."""

from __future__ import annotations

import time
from pathlib import Path

from index.config import ChromaAccount, IndexConfig
from index.errors import StoreError, VectorsAway
from index.protocols import Vectors
from index.store.catalog import Catalog
from index.store.catalog_format import CHROMA_FOLDER
from index.store.chroma_file import CHROMA_FILE
from index.store.chroma_state import looks_settled
from index.store.chroma_vectors import ChromaVectors

_SMALL, _MIDDLE = 2000, 12_000
"""Passages of collections that are compared one by one. 2,000 take .2 ms of a processor, 10,000
take 1.2, and after a change 8 and 95 ms more. Chroma takes 1.8 ms, after a change 245 ms more, a
second to be loaded, and does not always find the nearest."""

_ALL_MIDDLE = 48_000
"""Passages of all collections of the middle size up to which they are: 72 MB of memory, less than
Chroma would take for them. Of more, those would be read again and again that do not stay held."""

REST = 10.0
"""Seconds for which a server that failed is not asked again."""


class FreshVectors(ChromaVectors):
    """Sees what other processes have written: an embedded Chroma does not by itself.

    A server that failed is left alone for some seconds, so that of many who ask at once only the
    first waits for it.
    """

    def __init__(
        self,
        catalog: Catalog,
        home: Path,
        *,
        url: str | None,
        account: ChromaAccount | None = None,
        rest: float = REST,
        texts: bool = False,
    ) -> None:
        """`rest` is for how many seconds a server that failed is not asked again."""
        super().__init__(home, url=url, account=account, current=catalog.chroma_name, texts=texts)
        self._catalog = catalog
        self._is_embedded = url is None
        self._rest = rest
        self._asked_again = 0.0
        self._counted: dict[str, tuple[int, int]] = {}
        """Passages of collections, each behind the generation that they were counted at."""

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (id, cosine) pairs as the index is now; raises VectorsAway."""
        now = self._catalog.chroma_now(collection)
        if now.is_behind:
            raise VectorsAway("Chroma has yet to be told of a large change.")
        if self._is_soon_compared(collection, now.generation) and (
            found := self._catalog.nearest(collection, vector, limit)
        ):
            return found
        if time.monotonic() < self._asked_again:
            raise VectorsAway("The Chroma server failed a moment ago.")
        is_open = self.is_open_at(now.generation)
        if not is_open:
            if self._is_being_written():
                raise VectorsAway("Another process writes to the vector store.")
            self.follow(now.generation)
        try:
            if is_open and (name := now.name) is not None:
                return self._nearest(lambda: name, vector, limit)
            return super().query(collection, vector, limit)
        except StoreError:
            if not self._is_embedded:
                self._asked_again = time.monotonic() + self._rest
            raise

    def _is_soon_compared(self, collection: str, generation: int) -> bool:
        """Say whether all vectors of a collection are compared sooner than by Chroma in here."""
        if not self._is_embedded:
            return False
        known = self._counted.get(collection)
        if known is None or known[0] != generation:
            known = generation, self._catalog.passage_count(collection)
            self._counted[collection] = known
        passages = known[1]
        if not _SMALL < passages <= _MIDDLE:
            return passages <= _SMALL
        counts = [each for _, each in [*self._counted.values()] if _SMALL < each <= _MIDDLE]
        return sum(counts) <= _ALL_MIDDLE

    def _is_being_written(self) -> bool:
        """Say whether files would be opened that change at this moment."""
        home = self._catalog.home
        return self._is_embedded and not looks_settled(str(home)) and self._catalog.is_locked()


def is_built_elsewhere(config: IndexConfig, catalog: Catalog) -> bool:
    """Say whether an index was built with another model, or has its vectors on a server."""
    is_embedded = (config.home / CHROMA_FOLDER / CHROMA_FILE).exists()
    return any(
        build.model != config.embeddings or not is_embedded
        for build in catalog.builds()
        if build.dimension
    )
