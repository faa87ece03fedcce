"""Builds a collection anew from its stored texts while others write and ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from index.errors import SourceNotFound
from index.schema import Source
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import sources_without_passages
from index.sync.builds import Builds
from index.sync.folder_pass import Progress
from index.sync.indexer import Indexer
from index.sync.pace import Pace
from index.sync.prepared_batch import Batch, Prepared
from index.sync.preparer import Preparer
from index.sync.write_access import WriteAccess


@dataclass
class Rebuild:
    """Fills a second build beside the one that serves, in slices of some documents.

    What is replaced or removed meanwhile is taken out of both, so what the second one lacks is
    what is left to do. One that was interrupted is gone on with.
    """

    catalog: Catalog
    indexer: Indexer
    builds: Builds
    preparer: Preparer
    access: WriteAccess
    pace: Pace
    progress: Progress | None = None
    _without: set[tuple[str, str]] = field(default_factory=set)
    """Ids and versions of sources of which nothing can be found."""

    def run(self, collection: str) -> None:
        """Build a collection anew, unless it is as it would be built; raises IndexLocked."""
        with self.access.rebuilding():
            served = self.builds.serving(collection)
            if served is None or self.builds.fits(served):
                return
            with self.access.held_beside(served):
                build = self.builds.staged(served)
            while True:
                self._fill(build, replace(self.pace, hold=partial(self.access.held_beside, served)))
                with self.access.held_beside(served):
                    if not self._left(build):
                        self.builds.serve(build)
                        return

    def _fill(self, build: Build, pace: Pace) -> None:
        """Write the passages of the sources that the build lacks."""

        def write(prepared: Sequence[Prepared]) -> None:
            self.indexer.fill(build, prepared, pace)

        batch, left = Batch(write), self._left(build)
        for done, source in self._sources(left):
            if self.progress is not None:
                self.progress(done, len(left), source.uri)
            prepared = self.preparer.stored(source)
            if prepared.passages:
                batch.add(prepared)
            else:
                self._without.add((source.id, source.sha256))
        batch.flush()

    def _left(self, build: Build) -> list[str]:
        """Return the ids of the sources that the build lacks, by uri."""
        found = sources_without_passages(self.catalog.connection(), build)
        return [id for id, sha256 in found if (id, sha256) not in self._without]

    def _sources(self, ids: list[str]) -> Iterator[tuple[int, Source]]:
        """Yield sources with their numbers, without those that are removed meanwhile."""
        for number, id in enumerate(ids):
            with suppress(SourceNotFound):
                yield number, self.catalog.source(id)
