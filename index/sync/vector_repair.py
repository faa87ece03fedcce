"""Makes Chroma again, where it is damaged or lacks rows, from what the catalog keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from index.embed.inputs import metadata
from index.protocols import VectorRow
from index.schema import Passage
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import kept_vectors, passages_without_vector, serving_builds
from index.store.catalog_writes import keep_vectors, move_generation, set_dirty
from index.store.chroma_check import DamagedVectors
from index.store.chroma_vectors import ChromaVectors

_PAGE = 500
"""Vectors copied at a time, under a MB."""

logger = logging.getLogger(__name__)


def replace_damaged(catalog: Catalog, vectors: ChromaVectors) -> None:
    """Make room for new files of Chroma where the old ones are damaged, and mark what to fill.

    The marks come first; until the rows are there, readers take the vectors of the catalog. The
    caller holds the write lock.
    """
    try:
        vectors.check()
    except DamagedVectors as error:
        logger.warning("%s", error)
        with catalog.transaction() as connection:
            for build in serving_builds(connection):
                set_dirty(connection, build.number, dirty=bool(build.dimension) or build.dirty)
            generation = move_generation(connection)
        vectors.discard()
        vectors.wrote(generation)


def keep_held(catalog: Catalog, vectors: ChromaVectors, build: Build, held: set[str]) -> None:
    """Keep the vectors that only Chroma holds, as catalogs of an older format left them."""
    lacking = passages_without_vector(catalog.connection(), build)
    for some in _pages([id for id in lacking if id in held]):
        found = vectors.vectors(build.chroma, some)
        with catalog.transaction() as connection:
            keep_vectors(connection, build.number, found)


def restore_kept(
    catalog: Catalog,
    vectors: ChromaVectors,
    build: Build,
    missing: Sequence[str],
    progress: Callable[[int, int, str], None] | None = None,
) -> set[str]:
    """Write to Chroma what it misses and the catalog keeps the vectors of; returns those ids.

    `progress` is told passages instead of documents.
    """
    restored: set[str] = set()
    for some in _pages(missing):
        kept = kept_vectors(catalog.connection(), build, some)
        passages = sorted(catalog.passages(list(kept)).values(), key=_by_source)
        rows, source = [], None
        for passage in passages:
            if source is None or source.id != passage.source_id:
                source = catalog.source(passage.source_id)
            rows.append(
                VectorRow(passage.id, kept[passage.id], passage.text, metadata(source, passage))
            )
        if progress is not None and source is not None:
            progress(len(restored), len(missing), source.uri)
        vectors.upsert(build.chroma, rows)
        restored |= {row.id for row in rows}
    return restored


def _by_source(passage: Passage) -> tuple[str, int]:
    return passage.source_id, passage.ordinal


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _PAGE):
        yield ids[first : first + _PAGE]
