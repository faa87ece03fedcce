"""Makes Chroma again, where it is damaged or lacks rows, from what the catalog keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from index.embed.inputs import facts, metadata
from index.protocols import VectorRow, Vectors
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import (
    keeps_texts,
    kept_vectors,
    passages_embedded_before,
    serving_builds,
    source_ids,
)
from index.store.catalog_writes import (
    count_deleted,
    forget_deleted,
    keep_vectors,
    move_generation,
    note_texts,
    owe_purge,
    set_dirty,
)
from index.store.chroma_check import DamagedVectors
from index.store.chroma_queue import queue_all
from index.store.chroma_vectors import ChromaVectors
from index.store.vector_file import forget_lost, is_behind

_PAGE = 500
"""Vectors copied at a time, under a MB."""

_ALL = 10**9
"""More passages than any source has."""

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


def forget_lost_vectors(catalog: Catalog, vectors: ChromaVectors) -> None:
    """Mark what to fill where the file of vectors is not what the catalog was written with.

    A writer was killed just between the two, or the file was deleted. What it lacks is embedded
    again. The caller holds the write lock.
    """
    if not is_behind(catalog.connection()):
        return
    logger.warning("Vectors of some passages are lost; they are embedded again.")
    with catalog.transaction() as connection:
        forget_lost(connection)
        owe_purge(connection)
        for build in serving_builds(connection):
            set_dirty(connection, build.number, dirty=bool(build.dimension) or build.dirty)
        generation = move_generation(connection)
    vectors.wrote(generation)


def match_texts(catalog: Catalog, vectors: ChromaVectors) -> None:
    """Have Chroma made to hold texts, or to hold them no more, where that is decided otherwise now.

    It is filled anew from the vectors that are kept, slice by slice, or loses its texts with the
    purge that is owed. A server keeps those that it has. The caller holds the write lock.
    """
    if keeps_texts(catalog.connection()) == vectors.keeps_texts:
        return
    if vectors.keeps_texts:
        builds = [each for each in serving_builds(catalog.connection()) if each.dimension]
        with catalog.transaction() as connection:
            for build in builds:
                queue_all(connection, build.number)
            move_generation(connection)
        for build in builds:
            vectors.drop(build.chroma)
    with catalog.transaction() as connection:
        note_texts(connection, kept=vectors.keeps_texts)
        owe_purge(connection)
        generation = move_generation(connection)
    vectors.wrote(generation)


def count_anew(catalog: Catalog, vectors: ChromaVectors, build: Build) -> None:
    """Forget how many vectors a Chroma collection has lost that is not there any more."""
    if build.deleted and not vectors.exists(build.chroma):
        with catalog.transaction() as connection:
            forget_deleted(connection, build.number)


def delete_stray(catalog: Catalog, vectors: ChromaVectors, build: Build, ids: Set[str]) -> None:
    """Delete vectors, and texts with them, that the catalog does not know."""
    if ids:
        with catalog.transaction() as connection:
            owe_purge(connection)
            count_deleted(connection, build.number, len(ids))
        vectors.delete(build.chroma, sorted(ids))


def keep_held(catalog: Catalog, vectors: ChromaVectors, build: Build, held: set[str]) -> None:
    """Keep the vectors that only Chroma holds, as catalogs of an older format left them."""
    lacking = passages_embedded_before(catalog.connection(), build)
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
        if progress is not None and kept:
            progress(len(restored), len(missing), _document_of(catalog, next(iter(kept))))
        if vectors.keeps_texts:
            rows = _rows_with_texts(catalog, kept)
        else:
            rows = [VectorRow(id, vector) for id, vector in kept.items()]
        vectors.upsert(build.chroma, rows)
        restored |= {row.id for row in rows}
    return restored


def _rows_with_texts(catalog: Catalog, kept: Mapping[str, Vectors]) -> list[VectorRow]:
    passages, sources = catalog.passages_and_sources(list(kept))
    return [
        VectorRow(id, kept[id], passage.text, metadata(sources[passage.source_id], passage))
        for id, passage in passages.items()
    ]


def _document_of(catalog: Catalog, passage: str) -> str:
    sql = "SELECT s.uri FROM passages p JOIN sources s ON s.id = p.source WHERE p.id = ?"
    found = catalog.row(sql, (passage,))
    return "" if found is None else str(found[0])


def correct_places(catalog: Catalog, vectors: ChromaVectors, build: Build) -> None:
    """Write to Chroma where passages stand, for those that an edit has moved."""
    if not vectors.keeps_texts:
        return
    for id in source_ids(catalog.connection(), build.collection):
        source = catalog.source(id)
        passages = catalog.passages_of(source, 0, _ALL)
        told = vectors.descriptions(build.chroma, [each.id for each in passages])
        moved = [each for each in passages if told.get(each.id) != metadata(source, each)]
        vectors.describe(build.chroma, {each.id: facts(source, each) for each in moved})


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _PAGE):
        yield ids[first : first + _PAGE]
