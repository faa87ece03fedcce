"""Tells Chroma of a large change in slices: each is one short holding of the write lock."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from index.embed.inputs import facts, metadata
from index.schema import Passage, Source
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import serving_builds
from index.store.catalog_writes import move_generation
from index.store.chroma_queue import clear_queue, next_queued, take_off_queue
from index.store.chroma_vectors import ChromaVectors
from index.sync.vector_repair import restore_kept

AT_ONCE = 512
"""Passages that Chroma is told of in one holding of the lock: 0.4 to 0.9 s of a processor.

Measured on a shared machine of two cores, in a home of up to 18,000 vectors of MiniLM's size. A
text of 5 MiB (9,092 passages, some ten minutes of embedding) took the catalog 1.3 s in one piece,
or 2.2 s in place of such a text, and Chroma 11 s in 18 slices.
"""


@dataclass(frozen=True)
class ChromaSlices:
    """Carries out what is queued for Chroma; the caller holds the write lock."""

    catalog: Catalog
    vectors: ChromaVectors

    def write_one(self) -> bool:
        """Tell Chroma of one slice; False when nothing is left."""
        connection = self.catalog.connection()
        queued = next_queued(connection, AT_ONCE)
        if queued is None:
            return False
        builds = {build.number: build for build in serving_builds(connection)}
        if (build := builds.get(queued.build)) is not None:
            self._tell(build, set(queued.ids))
        with self.catalog.transaction() as connection:
            take_off_queue(connection, queued)
            if build is None:
                clear_queue(connection, queued.build)
            generation = move_generation(connection)
        self.vectors.wrote(generation)
        return True

    def _tell(self, build: Build, ids: Set[str]) -> None:
        """Make Chroma hold these passages as the catalog does, but for those without vectors."""
        known = self.catalog.passages(sorted(ids))
        told = self.vectors.descriptions(build.chroma, sorted(ids))
        if gone := told.keys() - known.keys():
            self.vectors.delete(build.chroma, sorted(gone))
        missing = sorted(known.keys() - told.keys())
        restore_kept(self.catalog, self.vectors, build, missing)
        if self.vectors.keeps_texts:
            self._describe(build, [known[id] for id in known.keys() & told.keys()], told)

    def _describe(
        self, build: Build, passages: list[Passage], told: dict[str, dict[str, str | int]]
    ) -> None:
        sources: dict[str, Source] = {}
        moved = {}
        for passage in passages:
            id = passage.source_id
            source = sources.setdefault(id, sources.get(id) or self.catalog.source(id))
            if told[passage.id] != metadata(source, passage):
                moved[passage.id] = facts(source, passage)
        self.vectors.describe(build.chroma, moved)
