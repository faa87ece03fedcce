"""Writes sources into a build: vectors to Chroma, everything else to the catalog.

There is no transaction across the two stores, so the order carries the promise. (1) The build is
marked dirty. (2) New vectors go to Chroma, under ids that no reader knows yet. (3) One transaction
of the catalog replaces the source: from here on readers see the new version, all of it. (4) Old
vectors are deleted. (5) The mark is taken away. Whoever dies in between leaves the mark, and
`repair` makes Chroma hold exactly the ids of the catalog.

Of what is too large to be told at once, Chroma is not told here: step (3) queues it
(`index.store.chroma_queue`), and `index.sync.chroma_slices` carries it out afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence, Set

from index.embed.inputs import facts, metadata
from index.protocols import Embedder, PassageVectors, VectorRow
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import is_stored, passages_held, serving_builds
from index.store.catalog_writes import (
    IndexedPassage,
    count_deleted,
    forget_files,
    move_generation,
    owe_purge,
    put_file,
    put_passages,
    put_sentences,
    put_source,
    remove_source,
    set_dirty,
)
from index.store.chroma_queue import clear_queue, put_in_queue
from index.store.chroma_vectors import ChromaVectors
from index.sync.chroma_slices import AT_ONCE
from index.sync.pace import ALONE, Pace
from index.sync.passage_vectors import PassageEmbedder, indexed, inputs_of
from index.sync.prepared_batch import Prepared
from index.sync.vector_repair import (
    correct_places,
    count_anew,
    delete_stray,
    keep_held,
    restore_kept,
)


class Indexer:
    """Embeds and writes; the caller holds the write lock."""

    def __init__(self, catalog: Catalog, vectors: ChromaVectors, embedder: Embedder | None) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = PassageEmbedder(catalog, embedder)
        self.embedded = self._embedder.embedded

    def write(self, build: Build, prepared: Sequence[Prepared], pace: Pace = ALONE) -> None:
        """Write sources into the build that serves, each in place of its earlier version.

        They are embedded before the lock is held, so that others can write meanwhile.
        """
        held = self._held(build, prepared)
        embedded = self._embedder.embed(build, prepared, but=held, pace=pace)
        ready = [indexed(each, embedded, but=held) for each in prepared]
        with pace.hold():
            build = self._as_it_is(build)
            still = self._held(build, prepared)
            if held - still:  # somebody replaced these sources meanwhile
                done = _ids_of(prepared) - held
                embedded |= self._embedder.embed(build, prepared, but=still | done)
                ready = [indexed(each, embedded, but=still) for each in prepared]
            if self._is_large(build, prepared, still):
                self._put_whole(build, prepared, ready, still)
            else:
                self._put(build, prepared, embedded, ready, still)
        pace.catch_up()

    def _held(self, build: Build, prepared: Sequence[Prepared]) -> set[str]:
        """Return the ids of the passages that these sources have already."""
        connection = self._catalog.connection()
        return passages_held(connection, build, [each.source.id for each in prepared])

    def _as_it_is(self, build: Build) -> Build:
        """Return a build as it is now: its vectors may have been moved while others wrote."""
        builds = serving_builds(self._catalog.connection())
        return next((each for each in builds if each.number == build.number), build)

    def _is_large(self, build: Build, prepared: Sequence[Prepared], held: Set[str]) -> bool:
        """Say whether Chroma has to be told of more than it can be at once."""
        can_be_queued = build.dimension and self._embedder.can_embed(build)
        return bool(can_be_queued) and len(_touched(prepared, held)) > AT_ONCE

    def _put(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        embedded: dict[bytes, PassageVectors],
        ready: Sequence[Sequence[IndexedPassage]],
        held: Set[str],
    ) -> None:
        """Write sources and their vectors to both stores."""
        self._begin(build)
        self._upsert(build, prepared, embedded, but=held)
        self._describe(build, prepared, held)
        with self._catalog.transaction() as connection:
            gone = _replace(connection, build, prepared, ready)
            generation = move_generation(connection)
        self._cleaned(build, gone, generation)

    def _put_whole(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        ready: Sequence[Sequence[IndexedPassage]],
        held: Set[str],
    ) -> None:
        """Write sources to the catalog, and queue for Chroma all that it holds of them, or held."""
        self._vectors.count(build.chroma)  # if it cannot be reached, nothing is begun
        with self._catalog.transaction() as connection:
            _replace(connection, build, prepared, ready)
            put_in_queue(connection, build.number, _touched(prepared, held))
            generation = move_generation(connection)
        self._vectors.wrote(generation)

    def fill(self, build: Build, prepared: Sequence[Prepared], pace: Pace) -> None:
        """Write known sources into a build that does not serve yet, and whose vectors come later.

        Those that were replaced or removed while they were embedded are left out.
        """
        embedded = self._embedder.embed(build, prepared, pace=pace)
        ready = [indexed(each, embedded) for each in prepared]
        with pace.hold(), self._catalog.transaction() as connection:
            for each, passages in zip(prepared, ready, strict=True):
                if is_stored(connection, each.source):
                    put_passages(connection, build.number, each.source, passages)

    def remove(self, build: Build, ids: Sequence[str], uris: Sequence[str]) -> None:
        """Delete sources by id, and what is known of files by uri."""
        build = self._as_it_is(build)
        self._begin(build)
        gone: set[str] = set()
        with self._catalog.transaction() as connection:
            for id in ids:
                gone |= remove_source(connection, build.number, id)
            forget_files(connection, build.collection, uris)
            count_deleted(connection, build.number, len(gone))
            if is_large := bool(build.dimension) and len(gone) > AT_ONCE:
                put_in_queue(connection, build.number, gone)
            generation = move_generation(connection)
        self._cleaned(build, set() if is_large else gone, generation)

    def finish(self, build: Build) -> None:
        """Take the mark away: both stores agree.

        It stays if it was there before, and where vectors are to be added by a later repair.
        """
        if not build.dirty and self._embedder.can_embed(build) and self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)

    def repair(self, build: Build, progress: Callable[[int, int, str], None] | None = None) -> int:
        """Make Chroma hold exactly the passages of the catalog; returns how many it lacked.

        Vectors come from the catalog, and are computed again where it has none. Without an embedder
        the mark then stays, and a later repair adds what is missing.
        """
        missing: set[str] = set()
        if build.dimension:
            wanted = self._catalog.passage_ids(build.collection)
            held = self._vectors.ids(build.chroma)
            missing = wanted - held
            if missing or held - wanted:
                self._begin(build)
            count_anew(self._catalog, self._vectors, build)
            delete_stray(self._catalog, self._vectors, build, held - wanted)
            keep_held(self._catalog, self._vectors, build, held & wanted)
            restored = restore_kept(self._catalog, self._vectors, build, sorted(missing), progress)
            if missing - restored and not self._embedder.can_embed(build):
                return len(restored)
            self._restore(build, missing - restored, progress)
            correct_places(self._catalog, self._vectors, build)
        if self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)
                clear_queue(connection, build.number)
                owe_purge(connection)  # of what a killed writer began and nobody goes on with
                generation = move_generation(connection)
            self._vectors.wrote(generation)
        return len(missing)

    def _restore(
        self,
        build: Build,
        missing: set[str],
        progress: Callable[[int, int, str], None] | None = None,
    ) -> None:
        """Embed passages of the catalog again, as they are."""
        found = self._catalog.passages(sorted(missing))
        by_source = sorted({passage.source_id for passage in found.values()})
        for done, source_id in enumerate(by_source):
            if progress is not None:
                progress(done, len(by_source), self._catalog.source(source_id).uri)
            passages = [each for each in found.values() if each.source_id == source_id]
            prepared = [Prepared(self._catalog.source(source_id), passages)]
            embedded = self._embedder.embed(build, prepared)
            self._upsert(build, prepared, embedded)
            with self._catalog.transaction() as connection:
                for each in indexed(prepared[0], embedded):
                    put_sentences(connection, build.number, each)

    def is_dirty(self, build: Build) -> bool:
        """Say whether a build carries the mark now."""
        row = self._catalog.connection().execute(
            "SELECT dirty FROM builds WHERE build = ?", (build.number,)
        )
        return bool(row.fetchone()[0])

    def _begin(self, build: Build) -> None:
        """Leave the mark by which a later start knows that this one did not finish."""
        if not self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=True)

    def _cleaned(self, build: Build, gone: set[str], generation: int) -> None:
        """Delete vectors that the catalog no longer names."""
        if build.dimension and gone:
            self._vectors.delete(build.chroma, sorted(gone))
        self._vectors.wrote(generation)

    def _upsert(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        embedded: dict[bytes, PassageVectors],
        *,
        but: Set[str] = frozenset(),
    ) -> None:
        """Write the vectors of prepared sources to Chroma, but for those of some ids."""
        rows = [
            VectorRow(passage.id, made.passage, passage.text, metadata(source, passage))
            for source, passage, digest in inputs_of(prepared)
            if passage.id not in but and (made := embedded.get(digest))
        ]
        if rows:
            self._vectors.upsert(build.chroma, rows)

    def _describe(self, build: Build, prepared: Sequence[Prepared], ids: Set[str]) -> None:
        """Write to Chroma where the passages with these ids stand now."""
        if build.dimension:
            known = {
                passage.id: facts(each.source, passage)
                for each in prepared
                for passage in each.passages
                if passage.id in ids
            }
            self._vectors.describe(build.chroma, known)


def _touched(prepared: Sequence[Prepared], held: Set[str]) -> set[str]:
    """Return the ids of the passages of which Chroma has to be told something."""
    return {*held, *_ids_of(prepared)}


def _ids_of(prepared: Sequence[Prepared]) -> set[str]:
    return {passage.id for each in prepared for passage in each.passages}


def _replace(
    connection: sqlite3.Connection,
    build: Build,
    prepared: Sequence[Prepared],
    ready: Sequence[Sequence[IndexedPassage]],
) -> set[str]:
    """Put sources in place of their earlier versions; returns the passage ids that are gone."""
    gone: set[str] = set()
    for each, passages in zip(prepared, ready, strict=True):
        gone |= put_source(connection, build.number, each.source, passages)
        if each.file is not None:
            put_file(connection, build.collection, each.source.uri, each.file)
    count_deleted(connection, build.number, len(gone))
    return gone
