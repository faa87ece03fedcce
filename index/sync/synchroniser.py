"""Keeps the index true: one writer at a time, every change whole, every crash repaired.

`index.sync.indexer` has the order in which the two stores are written, `index.sync.folder_pass` the
pass over the documents folder. Here is who may write, which build serves, and what a caller can ask
for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from index.errors import IndexLocked, LoadError, SourceNotFound, StoreError
from index.load.loaders import load_bytes
from index.protocols import Embedder
from index.schema import LoadedDocument, Source, SyncReport
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.catalog_format import recipe as default_recipe
from index.store.catalog_rows import Build, FileState
from index.store.catalog_state import id_at, indexed_versions, seen_files, serving_builds
from index.store.chroma_queue import has_queue
from index.store.chroma_vectors import ChromaVectors
from index.store.write_lock import FOLDER_LOCK_FILE, VECTORS_LOCK_FILE, write_lock
from index.sync.additions import Addition, state_of_followed
from index.sync.additions_pass import AdditionsPass
from index.sync.builds import WORDS_ONLY, Builds, Stamp
from index.sync.chroma_slices import ChromaSlices
from index.sync.folder_pass import FolderPass, Forget, Progress
from index.sync.indexer import Indexer
from index.sync.pace import FairTurns, Pace, Steps
from index.sync.prepared_batch import Batch, Prepared
from index.sync.preparer import Cut, Load, Preparer, version_of_text
from index.sync.purge import Purge
from index.sync.tally import Tally
from index.sync.unchanged import forget
from index.sync.vector_repair import replace_damaged

__all__ = ["Progress", "Steps", "Synchroniser"]

_PATIENCE = 300.0
"""Seconds that work which has begun waits for another writer, rather than be lost."""

_PAUSE = 0.1
"""Seconds between two slices: twice what those who wait for the lock sleep between two looks."""

_OF_SERVER = re.compile(r"guild-\d+")
"""How the names of a server's collections begin."""


def load_any(data: bytes, name: str) -> LoadedDocument:
    """Load the bytes of a file by the format that its name tells."""
    return load_bytes(data, name=name)


class _Session(NamedTuple):
    """One holding of the write lock."""

    began: float
    added: AddedDocuments


class Synchroniser:
    """Writes to the index of one home folder.

    Without an embedder, documents are indexed for search by words, and vectors are added by the
    first call that has one. Every method that writes waits
    `lock_seconds` for another writer and then raises IndexLocked; all raise StoreError when a
    store fails and EmbeddingError when the model does, with what was done so far in place.
    """

    def __init__(
        self,
        catalog: Catalog,
        vectors: ChromaVectors,
        embedder: Embedder | None,
        *,
        chunk: Cut,
        load: Load = load_any,
        recipe: str | None = None,
        lock_seconds: float = 30.0,
        turns: FairTurns | None = None,
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._indexer = Indexer(catalog, vectors, embedder)
        self._preparer = Preparer(load=load, cut=chunk)
        stamp = Stamp(
            model=WORDS_ONLY if embedder is None else embedder.model,
            dimension=0 if embedder is None else embedder.dimension,
            recipe=recipe or default_recipe(),
        )
        self._builds = Builds(catalog, vectors, self._indexer, self._preparer, stamp)
        self._has_vectors = stamp.dimension > 0
        self._lock_seconds = lock_seconds
        self._turns = turns or FairTurns()

    def sync_folder(
        self,
        collection: str,
        folder: Path,
        progress: Progress | None = None,
        *,
        forget: Forget | None = None,
    ) -> SyncReport:
        """Bring a collection in step with a folder; raises ConfigurationError without a folder.

        A collection that was built with another model, or cut otherwise, is rebuilt first. Files
        that vanished together (`index.sync.losses`) are only forgotten if `forget` says so.
        """
        began = time.monotonic()
        with self._following():
            with self._writing(collection, progress, rebuild=True) as session:
                build = self._builds.current(collection)
                session.added.put_collection(collection)
            tally = FolderPass(
                self._catalog,
                self._indexer,
                self._preparer,
                build,
                folder,
                self._settle_here,
                progress,
                forget,
                self._pace(build),
            ).run()
            self._catch_up()
            # Held plainly: what says that nothing changed since is to stay.
            with write_lock(self._catalog.path.parent, seconds=_PATIENCE):
                return self._report(collection, tally, began)

    def add(
        self,
        collection: str,
        additions: Sequence[Addition],
        progress: Progress | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Add documents, or replace what was added under the same uri.

        `steps` is told how many passages are embedded, and may raise Cancelled: what was written
        before stays. Raises IndexMismatch when the collection was built with another model.
        """
        began = time.monotonic()
        with self._writing(collection, progress) as session:
            build = self._builds.matching(collection)
            session.added.put_collection(collection)  # else the next writer would sweep it away
        connection = self._catalog.connection()
        versions = indexed_versions(connection, collection)
        files = seen_files(connection, collection)
        tally, batch = Tally(), Batch(partial(self._write_added, build, self._pace(build, steps)))
        for done, addition in enumerate(additions):
            if progress is not None:
                progress(done, len(additions), addition.uri)
            self._add_one(build, addition, versions, files, tally, batch)
        batch.flush()
        with self._held(build, settle=True):
            return self._report(collection, tally, began)

    def remove(self, collection: str, uri: str) -> SyncReport:
        """Take a source out of the index; raises SourceNotFound."""
        with self._writing(collection) as session:
            build = self._builds.serving(collection)
            connection = self._catalog.connection()
            known = build and uri in indexed_versions(connection, collection)
            if build is None or not (known or uri in seen_files(connection, collection)):
                raise SourceNotFound(uri)
            session.added.remove((collection, uri))
            ids = [id_at(connection, collection, uri)] if known else []
            self._indexer.remove(build, ids, [uri])
            self._indexer.finish(build)
            return self._report(collection, Tally(removed=1), session.began)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index; none is fine."""
        with self._writing() as session:
            session.added.remove_collection(collection)
            self._builds.drop(collection)

    def repair(self, progress: Progress | None = None) -> int:
        """Finish what a killed writer left; returns the number of vectors that were missing."""
        with self._locked() as added:
            builds = serving_builds(self._catalog.connection())
            missing = sum(self._repair(build, progress) for build in builds)
            self._follow(added, progress)
            return missing

    def mismatched(self) -> list[str]:
        """Return the collections that were built with another model, or cut otherwise."""
        builds = serving_builds(self._catalog.connection())
        return [build.collection for build in builds if not self._builds.fits(build)]

    def rebuild(self, collection: str, progress: Progress | None = None) -> None:
        """Build a collection anew from its stored texts; the old build serves meanwhile."""
        with self._writing(collection, progress):
            self._builds.rebuild(collection, progress)

    @contextmanager
    def _writing(
        self,
        collection: str | None = None,
        progress: Progress | None = None,
        *,
        rebuild: bool = False,
    ) -> Iterator[_Session]:
        """Hold the write lock over an index that is whole, of one collection rebuilt if needed."""
        began = time.monotonic()
        self._indexer.embedded.passages.clear()
        with self._locked() as added:
            for build in serving_builds(self._catalog.connection()):
                if build.dirty or (build.collection == collection and self._differs(build)):
                    self._repair(build, progress)
            if rebuild and collection is not None:
                self._builds.current(collection, progress)
            self._follow(added, progress)
            yield _Session(began, added)

    def _pace(self, build: Build, steps: Steps | None = None) -> Pace:
        """Return the pace of one who embeds while others write, and writes in between."""
        pace = Pace(
            hold=partial(self._held, build),
            turn=partial(self._turns.turn, owner_of(build.collection)),
            catch_up=self._catch_up,
        )
        return pace if steps is None else replace(pace, step=steps)

    @contextmanager
    def _following(self) -> Iterator[None]:
        """Follow the documents folder alone, while others may write."""
        home = self._catalog.path.parent
        with write_lock(home, seconds=self._lock_seconds, file=FOLDER_LOCK_FILE):
            yield

    @contextmanager
    def _held(self, build: Build, *, settle: bool = False) -> Iterator[AddedDocuments]:
        """Hold the write lock again, for one write of work that has begun, and leave all whole."""
        with self._locked(max(self._lock_seconds, _PATIENCE), settle=settle) as added:
            builds = serving_builds(self._catalog.connection())
            if build.number not in {each.number for each in builds}:
                raise StoreError(
                    f"The collection {build.collection!r} was removed or built anew meanwhile. "
                    "Please try again."
                )
            for each in builds:
                if each.dirty:
                    self._repair(each, None)
            yield added
            self._indexer.finish(build)

    @contextmanager
    def _locked(
        self, seconds: float | None = None, *, settle: bool = True
    ) -> Iterator[AddedDocuments]:
        """Hold the write lock, with Chroma as it is on disk and without stray builds.

        What was removed is purged at the end, unless the caller goes on and will `settle` later.
        """
        home = self._catalog.path.parent
        seconds = self._lock_seconds if seconds is None else seconds
        with write_lock(home, seconds=seconds):
            self._forget_note()
            self._vectors.follow(self._catalog.generation())
            replace_damaged(self._catalog, self._vectors)
            self._builds.sweep()
            with closing(AddedDocuments(home, self._catalog.connection())) as added:
                yield added
                if settle:
                    self._settle(added)
                else:
                    self._vectors.settle()
        if settle:
            self._catch_up()

    def _catch_up(self) -> None:
        """Tell Chroma what is queued, slice by slice, unless somebody else is at it."""
        home = self._catalog.path.parent
        while has_queue(self._catalog.connection()):
            try:
                with write_lock(home, seconds=0, file=VECTORS_LOCK_FILE):
                    while self._write_slice():
                        time.sleep(_PAUSE)
            except IndexLocked:
                return  # who holds it looks once more when it has let go
            with self._locked(_PATIENCE):
                pass  # what Chroma was told to delete is purged at the end

    def _write_slice(self) -> bool:
        """Tell Chroma of one slice; False when nothing is left."""
        with self._locked(_PATIENCE, settle=False):
            return ChromaSlices(self._catalog, self._vectors).write_one()

    def _settle(self, added: AddedDocuments) -> bool:
        """Leave nothing on disk of what was removed; False if that is still owed.

        What Chroma's files are now is noted last, whether or not that is still owed.
        """
        self._builds.renew_worn()
        is_purged = Purge(self._catalog, self._vectors).run(added)
        self._vectors.settle()
        return is_purged

    def _settle_here(self) -> bool:
        """Settle within a lock that is held."""
        home = self._catalog.path.parent
        with closing(AddedDocuments(home, self._catalog.connection())) as added:
            return self._settle(added)

    def _follow(self, added: AddedDocuments, progress: Progress | None) -> None:
        """Bring the catalog in step with what people added."""
        AdditionsPass(
            self._catalog, added, self._indexer, self._builds, self._preparer, progress
        ).run()

    def _forget_note(self) -> None:
        """Delete what says that nothing changed, before something does."""
        home = str(self._catalog.path.parent)
        try:
            forget(home)
        except OSError as error:
            raise StoreError(
                f"The index in {home!r} cannot be changed ({error.strerror}). "
                "Check that the user who runs Quoth may write to it."
            ) from error

    def _differs(self, build: Build) -> bool:
        """Say whether Chroma lost or gained rows behind our back."""
        if not build.dimension or has_queue(self._catalog.connection(), build.number):
            return False
        return self._vectors.count(build.chroma) != self._catalog.passage_count(build.collection)

    def _repair(self, build: Build, progress: Progress | None) -> int:
        """Repair a build; one of another model is left for the rebuild that it needs."""
        return self._indexer.repair(build, progress) if self._builds.fits(build) else 0

    def _write_added(self, build: Build, pace: Pace, prepared: Sequence[Prepared]) -> None:
        """Keep what no folder brings back, then index all; what fails and is told is not kept."""
        sources = [each.source for each in prepared if each.file is None]
        hold = partial(self._kept, build, sources)
        self._indexer.write(build, prepared, replace(pace, hold=hold))

    @contextmanager
    def _kept(self, build: Build, sources: Sequence[Source]) -> Iterator[None]:
        """Hold the lock, with sources kept that are to be indexed in it."""
        with self._held(build) as added:
            added.put(sources)
            try:
                yield
            except Exception:
                self._take_back(added, sources)
                raise

    def _take_back(self, added: AddedDocuments, sources: Sequence[Source]) -> None:
        """Keep of these sources what is indexed."""
        for source in sources:
            try:
                added.put([self._catalog.source(source.id)])
            except SourceNotFound:
                added.remove((source.collection, source.uri))

    def _add_one(
        self,
        build: Build,
        addition: Addition,
        versions: dict[str, str],
        files: dict[str, FileState],
        tally: Tally,
        batch: Batch,
    ) -> None:
        """Prepare one addition and hand it on; a failure goes into the tally."""
        uri = addition.uri
        try:
            prepared = self._prepared(build, addition, versions.get(uri))
        except LoadError as error:
            tally.fail(uri, error.reason)
            return
        if prepared is None:
            tally.unchanged += 1
            return
        batch.add(replace(prepared, file=state_of_followed(addition, files.get(uri))))
        tally.take(prepared.source, is_new=uri not in versions)

    def _prepared(self, build: Build, addition: Addition, indexed: str | None) -> Prepared | None:
        """Prepare one addition; None when it is the version that is indexed."""
        uri, document, added_by = addition.uri, addition.document, addition.added_by
        id = id_at(self._catalog.connection(), build.collection, uri)
        if isinstance(document, Path):
            return self._preparer.file(
                build.collection, document, uri, indexed=indexed, id=id, added_by=added_by
            )
        sha256 = addition.sha256 or version_of_text(document)
        if sha256 == indexed:
            return None
        return self._preparer.document(
            build.collection, document, uri, sha256=sha256, id=id, added_by=added_by
        )

    def _report(self, collection: str, tally: Tally, began: float) -> SyncReport:
        """Say what was done; the caller holds the lock."""
        passages = self._catalog.passage_count(collection)
        embedded = self._indexer.embedded.passages[collection]
        return tally.report(
            passages=passages,
            embedded=embedded,
            kept=max(0, passages - embedded) if self._has_vectors else 0,
            seconds=time.monotonic() - began,
        )


def owner_of(collection: str) -> str:
    """Return whose share of the work a collection is: all those of a server are one's."""
    found = _OF_SERVER.match(collection)
    return found[0] if found else collection
