"""Writes sources into a build: their words and what is known of their vectors.

Nothing is embedded here. What is new is found by words as soon as it is written, and awaits its
vectors, which `index.sync.awaited_vectors` adds slice by slice; what was embedded before keeps
them, wherever it stands now.

There is no transaction across the two stores, so the order carries the promise. (1) The build is
marked dirty. (2) Vectors go to Chroma, under ids that the catalog does not name, or says to be
awaited. (3) One transaction of the catalog replaces the source, or takes the vectors: from here on
readers see the new version, all of it. (4) Old vectors are deleted. (5) The mark is taken away.
Whoever dies in between leaves the mark, and `repair` makes Chroma hold exactly what the catalog
says to be embedded.

Of what is too large to be told at once, Chroma is not told here: step (3) queues it
(`index.store.chroma_queue`), and `index.sync.chroma_slices` carries it out afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from index.embed.inputs import facts, metadata
from index.protocols import Embedder, PassageVectors, VectorRow
from index.store.awaited_passages import (
    await_missing,
    embedded_ids,
    note_embedded,
    still_awaited,
)
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
from index.store.database import Connection
from index.sync.chroma_slices import AT_ONCE
from index.sync.pace import ALONE, Pace
from index.sync.passage_vectors import (
    PassageEmbedder,
    indexed,
    inputs_of,
    taken_over,
    with_vectors,
)
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
        self.embedder = PassageEmbedder(catalog, embedder)

    def write(self, build: Build, prepared: Sequence[Prepared], pace: Pace = ALONE) -> None:
        """Write sources into the build that serves, each in place of its earlier version."""
        held = self._held(build, prepared)
        ready = [indexed(each, {}, but=held) for each in prepared]  # words, before the lock is held
        with pace.hold():
            build = self.as_it_is(build)
            if self._held(build, prepared) != held:  # somebody replaced these sources meanwhile
                held = self._held(build, prepared)
                ready = [indexed(each, {}, but=held) for each in prepared]
            known = taken_over(self._catalog.connection(), build, prepared, but=held)
            ready = [with_vectors(each, known, but=held) for each in ready]
            if self._is_large(build, prepared, known, held):
                self._put_whole(build, prepared, ready, _told(prepared, known, held))
            else:
                self._put(build, prepared, known, ready, held)
        pace.catch_up()

    def add_vectors(
        self, build: Build, prepared: Sequence[Prepared], made: dict[bytes, PassageVectors]
    ) -> None:
        """Write the vectors of passages that awaited them; those that are gone are left out.

        The caller holds the write lock.
        """
        build = self.as_it_is(build)
        ids = _ids_of(prepared)
        still = still_awaited(self._catalog.connection(), build.number, sorted(ids))
        if not still:
            return
        self._begin(build)
        self._upsert(build, prepared, made, but=ids - still)
        with self._catalog.transaction() as connection:
            for each in prepared:
                for passage in indexed(each, made, but=ids):
                    if passage.passage.id in still and passage.vector is not None:
                        put_sentences(connection, build.number, passage)
            note_embedded(connection)
            generation = move_generation(connection)
        self._vectors.wrote(generation)

    def _held(self, build: Build, prepared: Sequence[Prepared]) -> set[str]:
        """Return the ids of the passages that these sources have already."""
        connection = self._catalog.connection()
        return passages_held(connection, build, [each.source.id for each in prepared])

    def as_it_is(self, build: Build) -> Build:
        """Return a build as it is now: its vectors may have been moved while others wrote."""
        builds = serving_builds(self._catalog.connection())
        return next((each for each in builds if each.number == build.number), build)

    def _is_large(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        known: dict[bytes, PassageVectors],
        held: Set[str],
    ) -> bool:
        """Say whether Chroma has to be told of more than it can be at once."""
        return bool(build.dimension) and len(_told(prepared, known, held)) > AT_ONCE

    def _put(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        known: dict[bytes, PassageVectors],
        ready: Sequence[Sequence[IndexedPassage]],
        held: Set[str],
    ) -> None:
        """Write sources and their vectors to both stores."""
        if _told(prepared, known, held):
            self._begin(build)
        self._upsert(build, prepared, known, but=held)
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
        told: Set[str],
    ) -> None:
        """Write sources to the catalog, and queue for Chroma what it is to be told of."""
        self._vectors.count(build.chroma)  # if it cannot be reached, nothing is begun
        with self._catalog.transaction() as connection:
            _replace(connection, build, prepared, ready)
            put_in_queue(connection, build.number, told)
            generation = move_generation(connection)
        self._vectors.wrote(generation)

    def fill(self, build: Build, prepared: Sequence[Prepared], pace: Pace) -> None:
        """Write known sources into a build that does not serve yet, and whose vectors come later.

        Those that were replaced or removed while they were embedded are left out.
        """
        embedded = self.embedder.embed(build, prepared, pace=pace)
        ready = [indexed(each, embedded) for each in prepared]
        with pace.hold(), self._catalog.transaction() as connection:
            for each, passages in zip(prepared, ready, strict=True):
                if is_stored(connection, each.source):
                    put_passages(connection, build.number, each.source, passages)

    def remove(self, build: Build, ids: Sequence[str], uris: Sequence[str]) -> None:
        """Delete sources by id, and what is known of files by uri."""
        build = self.as_it_is(build)
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
        """Take the mark away, unless it was there before: both stores agree."""
        if not build.dirty and self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)

    def repair(self, build: Build, progress: Callable[[int, int, str], None] | None = None) -> int:
        """Make Chroma hold exactly what the catalog says to be embedded.

        Returns how many passages it lacked. Of which the catalog keeps no vectors await them.
        """
        missing: set[str] = set()
        if build.dimension:
            held = self._vectors.ids(build.chroma)
            wanted = self._wanted(build, held)
            missing = wanted - held
            if missing or held - wanted:
                self._begin(build)
            count_anew(self._catalog, self._vectors, build)
            delete_stray(self._catalog, self._vectors, build, held - wanted)
            restore_kept(self._catalog, self._vectors, build, sorted(missing), progress)
            correct_places(self._catalog, self._vectors, build)
        if self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)
                clear_queue(connection, build.number)
                owe_purge(connection)  # of what a killed writer began and nobody goes on with
                generation = move_generation(connection)
            self._vectors.wrote(generation)
        return len(missing)

    def _wanted(self, build: Build, held: set[str]) -> set[str]:
        """Return the passages that Chroma is to hold, of which it holds some now."""
        keep_held(self._catalog, self._vectors, build, held)
        with self._catalog.transaction() as connection:
            await_missing(connection, build.number)
        return embedded_ids(self._catalog.connection(), build.number)

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


def _told(
    prepared: Sequence[Prepared], known: dict[bytes, PassageVectors], held: Set[str]
) -> set[str]:
    """Return the ids of the passages of which Chroma has to be told something."""
    placed = {passage.id for _, passage, digest in inputs_of(prepared) if digest in known}
    return {*held, *placed}


def _ids_of(prepared: Sequence[Prepared]) -> set[str]:
    return {passage.id for each in prepared for passage in each.passages}


def _replace(
    connection: Connection,
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
