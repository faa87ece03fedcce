"""One pass over what people added: what the catalog lost is indexed again, the rest goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter

from index.errors import IndexMismatch
from index.store.added_documents import AddedDocuments, Key
from index.store.catalog import Catalog
from index.store.catalog_state import (
    added_versions,
    followed_collections,
    id_at,
    seen_files,
    serving_builds,
)
from index.sync.builds import Builds
from index.sync.indexer import Indexer
from index.sync.prepared_batch import Batch
from index.sync.preparer import Preparer


@dataclass(frozen=True)
class AdditionsPass:
    """Brings the catalog in step with the added documents; the caller holds the write lock.

    There is something to do after a writer was killed, and when the catalog is new.
    """

    catalog: Catalog
    added: AddedDocuments
    indexer: Indexer
    builds: Builds
    preparer: Preparer
    progress: Callable[[int, int, str], None] | None = None

    def run(self) -> None:
        """Compare, which takes next to no time, and mend what differs."""
        self._collections()
        kept, indexed = self.added.versions(), added_versions(self.catalog.connection())
        self._remove(indexed.keys() - kept.keys())
        self._index([key for key, sha256 in kept.items() if indexed.get(key) != sha256])

    def _collections(self) -> None:
        """Start the collections that are missing, and drop those that were being removed."""
        connection, kept = self.catalog.connection(), self.added.collections()
        serving = {build.collection for build in serving_builds(connection)}
        for name in kept - serving:
            self.builds.matching(name)
        if stray := serving - kept:
            for name in stray - followed_collections(connection):
                self.builds.drop(name)

    def _remove(self, keys: Iterable[Key]) -> None:
        for collection, found in _by_collection(keys):
            if build := self.builds.serving(collection):
                connection = self.catalog.connection()
                self.indexer.remove(build, [id_at(connection, *key) for key in found], [])
                self.indexer.finish(build)

    def _index(self, keys: Iterable[Key]) -> None:
        for collection, found in _by_collection(keys):
            files = seen_files(self.catalog.connection(), collection)
            if followed := [key for key in found if key[1] in files]:
                self.added.remove(*followed)  # a file of the folder has taken the name
            self._index_into(collection, [key for key in found if key[1] not in files])

    def _index_into(self, collection: str, keys: list[Key]) -> None:
        try:
            build = self.builds.matching(collection)
        except IndexMismatch:
            return  # it is rebuilt first
        batch = Batch(partial(self.indexer.write, build))
        for done, key in enumerate(keys):
            if self.progress is not None:
                self.progress(done, len(keys), key[1])
            id = id_at(self.catalog.connection(), *key)
            source = self.added.source(key).model_copy(update={"id": id})
            batch.add(self.preparer.stored(source))
        batch.flush()
        self.indexer.finish(build)


def is_behind(catalog: Catalog) -> bool:
    """Say whether people added what a catalog does not hold."""
    if not catalog.has_added():
        return False
    with closing(catalog.open_added()) as added:
        return added.versions() != added_versions(catalog.connection())


def _by_collection(keys: Iterable[Key]) -> Iterable[tuple[str, list[Key]]]:
    for collection, found in groupby(sorted(keys), key=itemgetter(0)):
        yield collection, list(found)
