"""Vectors as they are now, also after another process has written."""

from __future__ import annotations

from pathlib import Path

from index.config import IndexConfig
from index.protocols import Vectors
from index.store.catalog import Catalog
from index.store.chroma_vectors import CHROMA_FOLDER, ChromaVectors


class FreshVectors(ChromaVectors):
    """Sees what other processes have written: an embedded Chroma does not by itself."""

    def __init__(self, catalog: Catalog, home: Path, *, url: str | None) -> None:
        super().__init__(home, url=url, current=catalog.chroma_name)
        self._catalog = catalog

    def query(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (id, cosine) pairs as the index is now."""
        self.follow(self._catalog.generation())
        return super().query(collection, vector, limit)


def is_built_elsewhere(config: IndexConfig, catalog: Catalog) -> bool:
    """Say whether an index was built with another model, or has its vectors on a server."""
    is_embedded = (config.home / CHROMA_FOLDER / "chroma.sqlite3").exists()
    return any(
        build.model != config.embeddings or not is_embedded
        for build in catalog.builds()
        if build.dimension
    )
