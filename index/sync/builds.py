"""Which build serves a collection, and how another takes its place."""

from __future__ import annotations

from typing import NamedTuple

from index.errors import IndexMismatch
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import serving_builds, stray_builds
from index.store.catalog_writes import (
    add_build,
    drop_build,
    drop_collection,
    move_generation,
    name_chroma,
    name_spare,
    owe_purge,
    serve_build,
    set_dirty,
    swap_chroma,
)
from index.store.chroma_queue import queue_all
from index.store.chroma_vectors import ChromaVectors, chroma_name
from index.store.write_lock import REBUILD_LOCK_FILE
from index.sync.chroma_slices import AT_ONCE
from index.sync.vector_repair import restore_kept

WORDS_ONLY = "words"
"""Model name of a build without vectors, for when there is no embedder."""

_WORN = 100
"""Deleted vectors that are always borne with; they take about 170 kB."""


class Stamp(NamedTuple):
    """What a build is made with; one that is made otherwise must be rebuilt."""

    model: str
    dimension: int
    recipe: str


class Builds:
    """Makes, finds, replaces and deletes builds; the caller holds the write lock."""

    def __init__(self, catalog: Catalog, vectors: ChromaVectors, stamp: Stamp) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._stamp = stamp

    def fits(self, build: Build) -> bool:
        """Say whether a build is made as builds are made now.

        Without an embedder, any model will do: the vectors are added when there is one again.
        """
        if not self._stamp.dimension:
            return build.recipe == self._stamp.recipe
        return (build.model, build.dimension, build.recipe) == self._stamp

    def serving(self, collection: str) -> Build | None:
        """Return the build that serves a collection, if there is one."""
        builds = serving_builds(self._catalog.connection())
        return next((build for build in builds if build.collection == collection), None)

    def matching(self, collection: str) -> Build:
        """Return a fitting build that serves; raises IndexMismatch when it must be rebuilt."""
        build = self.serving(collection)
        if build is None:
            return self._start(collection)
        if not self.fits(build):
            raise IndexMismatch(collection, build.model, self._stamp.model)
        return build

    def staged(self, served: Build) -> Build:
        """Return the build that is to serve in place of one: one that was begun, or a new one."""
        strays = stray_builds(self._catalog.connection())
        begun = (each for each in strays if self._is_next(each, served))
        return next(begun, None) or self._stage(served.collection)

    def _is_next(self, stray: Build, served: Build) -> bool:
        """Say whether a build was begun to serve in place of another, and has no vectors yet."""
        is_later = stray.collection == served.collection and stray.number > served.number
        return is_later and self.fits(stray) and not self.fits(served)

    def serve(self, build: Build) -> Build:
        """Let a finished build serve its collection from now on; Chroma is told of it later."""
        with self._catalog.transaction() as connection:
            serve_build(connection, build.collection, build.number)
            if build.dimension:
                queue_all(connection, build.number)
            set_dirty(connection, build.number, dirty=False)
            generation = move_generation(connection)
        self._vectors.wrote(generation)
        return build._replace(dirty=False)

    def drop(self, collection: str) -> None:
        """Delete a collection with its sources; one that is missing is ignored."""
        with self._catalog.transaction() as connection:
            drop_collection(connection, collection)
            generation = move_generation(connection)
        self._vectors.wrote(generation)
        self.sweep()

    def renew_worn(self) -> None:
        """Begin anew the Chroma collections whose graph is full of deleted vectors.

        Chroma keeps their places for ever. The vectors come from the catalog, none is computed.
        """
        connection = self._catalog.connection()
        for build in serving_builds(connection):
            passages = self._catalog.passage_count(build.collection)
            is_worn = build.dimension and build.deleted > max(_WORN, passages // 2)
            if is_worn and not build.dirty:
                self._renew(build)

    def _renew(self, build: Build) -> None:
        generation = self._catalog.generation()
        name = chroma_name(build.collection, self._catalog.home_id(), build.number, generation)
        with self._catalog.transaction() as connection:
            name_spare(connection, build.number, name)
        ids = sorted(self._catalog.embedded_ids(build.collection))
        if is_small := len(ids) <= AT_ONCE:
            restore_kept(self._catalog, self._vectors, build._replace(chroma=name), ids)
        with self._catalog.transaction() as connection:
            swap_chroma(connection, build.number)
            if not is_small:
                queue_all(connection, build.number)
            owe_purge(connection)
            generation = move_generation(connection)
        self._vectors.wrote(generation)
        self.sweep()

    def sweep(self) -> None:
        """Delete what serves nobody: builds that were replaced, or will not be finished; spares."""
        for build in serving_builds(self._catalog.connection()):
            if build.spare:
                self._vectors.drop(build.spare)
                with self._catalog.transaction() as connection:
                    name_spare(connection, build.number, "")
        for build in self._useless_builds():
            for chroma in filter(None, (build.chroma, build.spare) if build.dimension else ()):
                self._vectors.drop(chroma)
            with self._catalog.transaction() as connection:
                drop_build(connection, build.number)

    def _useless_builds(self) -> list[Build]:
        """Return the builds that serve nobody, and that no rebuild fills or will go on with."""
        connection = self._catalog.connection()
        strays = stray_builds(connection)
        if not strays:
            return []
        serving = {build.collection: build for build in serving_builds(connection)}
        being_filled = self._catalog.is_locked(REBUILD_LOCK_FILE)

        def is_useless(stray: Build) -> bool:
            served = serving.get(stray.collection)
            return served is None or not (being_filled or self._is_next(stray, served))

        return [stray for stray in strays if is_useless(stray)]

    def _start(self, collection: str) -> Build:
        """Let an empty build serve a new collection."""
        return self.serve(self._stage(collection))

    def _stage(self, collection: str) -> Build:
        """Record an empty build that does not serve yet."""
        with self._catalog.transaction() as connection:
            number = add_build(connection, collection, **self._stamp._asdict())
            # A Chroma server may hold the collections of several homes.
            chroma = chroma_name(collection, self._catalog.home_id(), number)
            name_chroma(connection, number, chroma)
        return Build(number, collection, *self._stamp, chroma, dirty=True)
