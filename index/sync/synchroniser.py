"""Keeps the index true: one writer at a time, every change whole, every crash repaired.

`index.sync.indexer` has the order in which the two stores are written, `index.sync.folder_pass` the
pass over the documents folder, `index.sync.addition_writer` what is added by hand,
`index.sync.write_access` the lock, `index.sync.rebuild` what
happens when another model is configured. Here is what a caller can ask for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from index.errors import Cancelled, SourceNotFound
from index.load.loaders import load_bytes
from index.protocols import Embedder
from index.schema import LoadedDocument, SyncReport
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.catalog_format import recipe as default_recipe
from index.store.catalog_rows import Build
from index.store.catalog_state import (
    indexed_ids,
    indexed_versions,
    seen_files,
    serving_builds,
)
from index.store.chroma_vectors import ChromaVectors
from index.store.files_address import FilesAddress
from index.store.kept_originals import KeptOriginals
from index.sync.addition_writer import AdditionWriter
from index.sync.additions import Addition
from index.sync.additions_pass import AdditionsPass
from index.sync.awaited_vectors import SLICE_SECONDS, AwaitedVectors
from index.sync.builds import WORDS_ONLY, Builds, Stamp
from index.sync.folder_helper import FolderHelper
from index.sync.folder_pass import FolderPass, Forget, Progress
from index.sync.indexer import Indexer
from index.sync.originals_transfer import OriginalsTransfer
from index.sync.pace import FairTurns, Pace, Steps, owner_of
from index.sync.prepared_batch import Batch
from index.sync.preparer import Cut, Load, Preparer
from index.sync.reading_stamp import reading_stamp
from index.sync.rebuild import Rebuild
from index.sync.tally import Tally
from index.sync.time_budget import UNLIMITED, TimeBudget
from index.sync.write_access import PATIENCE, WriteAccess

__all__ = ["Progress", "Steps", "Synchroniser"]

logger = logging.getLogger(__name__)


def load_any(data: bytes, name: str) -> LoadedDocument:
    """Load the bytes of a file by the format that its name tells."""
    return load_bytes(data, name=name)


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
        budget: TimeBudget = UNLIMITED,
        keep_originals: bool = True,
        files: FilesAddress | None = None,
    ) -> None:
        """`budget` is how long those wait who do not say it themselves.

        `keep_originals` says of documents that are added whether the files of those whose pages
        can be shown are kept, `files` where; None is the home.
        """
        self._budget = budget
        self._catalog = catalog
        self._vectors = vectors
        self._indexer = Indexer(catalog, vectors, embedder)
        self._preparer = Preparer(load=load, cut=chunk)
        stamp = Stamp(
            model=WORDS_ONLY if embedder is None else embedder.model,
            dimension=0 if embedder is None else embedder.dimension,
            recipe=recipe or default_recipe(),
        )
        self._stamp = stamp
        self._builds = Builds(catalog, vectors, stamp)
        self._has_vectors = stamp.dimension > 0
        self._access = WriteAccess(
            catalog,
            vectors,
            self._indexer,
            self._builds,
            self._follow,
            lock_seconds,
            keep_originals=keep_originals,
            transfer=OriginalsTransfer(catalog, files, keep=keep_originals) if files else None,
        )
        originals = KeptOriginals(catalog.home, files) if keep_originals else None
        self._additions = AdditionWriter(
            catalog, self._indexer, self._preparer, self._access, originals
        )
        self._turns = turns or FairTurns()
        self._awaited = AwaitedVectors(catalog, self._indexer, self._builds, self._writing_pace)

    def sync_folder(
        self,
        collection: str,
        folder: Path,
        progress: Progress | None = None,
        *,
        forget: Forget | None = None,
        steps: Steps | None = None,
        rest: float = 0.0,
        budget: TimeBudget | None = None,
    ) -> SyncReport:
        """Bring a collection in step with a folder; raises ConfigurationError without a folder.

        Documents are found by words as soon as they are read, and by meaning once all are read and
        embedded; what the `budget` has no time for is left to the next call, or to `embed_some`.

        A collection that was built with another model, or cut otherwise, is rebuilt first. Files
        that vanished together (`index.sync.losses`) are only forgotten if `forget` says so; `steps`
        as in `add`. A file that changed in the last `rest` seconds is left for the next call.

        Where homes share a database and another one is at the folder, its documents are read and
        embedded with it, unless time is limited.
        """
        began, budget = self._begin(), budget or self._budget
        helper = self._helper(collection, folder) if budget == UNLIMITED else None
        with self._access.following(helper):
            queue = self._catalog.led_queue(reading_stamp(collection, self._stamp))
            if queue is not None:
                queue.clear()  # of what a killed leader left
            if collection in self.mismatched():
                self.rebuild(collection, progress, steps)
            with self._access.writing(collection, progress) as session:
                build = self._builds.matching(collection)
                session.added.put_collection(collection)
            tally = FolderPass(
                self._catalog,
                self._indexer,
                self._preparer,
                build,
                folder,
                self._access.settle_here,
                partial(self._awaited.add_all, steps, budget),
                self._awaited.are_lacking,
                progress,
                forget,
                self._writing_pace(build, steps),
                rest,
                budget.reading,
                queue,
            ).run()
            self._access.catch_up()
            # Held plainly: what says that nothing changed since is to stay.
            with self._catalog.lock(seconds=PATIENCE):
                report = self._report(collection, tally, began)
        return report if helper is None else helper.told_in(report)

    def add(
        self,
        collection: str,
        additions: Sequence[Addition],
        progress: Progress | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Add documents, or replace what was added under the same uri.

        `steps` is told how many passages are embedded, and may raise Cancelled: the rest is then
        left to `embed_some`, as is what there is no time for. Raises IndexMismatch when the
        collection was built with another model.
        """
        began = self._begin()
        with self._access.writing(collection, progress) as session:
            build = self._builds.matching(collection)
            session.added.put_collection(collection)  # else the next writer would sweep it away
        connection = self._catalog.connection()
        versions = indexed_versions(connection, collection)
        files = seen_files(connection, collection)
        tally, batch = (
            Tally(),
            Batch(partial(self._additions.write, build, self._writing_pace(build, steps))),
        )
        for done, addition in enumerate(additions):
            if progress is not None:
                progress(done, len(additions), addition.uri)
            self._additions.take(build, addition, versions, files, tally, batch)
        batch.flush()
        if progress is not None and additions:
            progress(len(additions), len(additions), additions[-1].uri)
        with suppress(Cancelled):
            self._awaited.add(build, steps, self._budget)
        with self._access.held(build, settle=True):
            return self._report(collection, tally, began)

    def remove(self, collection: str, *uris: str) -> SyncReport:
        """Take sources out of the index; raises SourceNotFound where none of them is in it."""
        began = self._begin()
        with self._access.writing(collection) as session:
            build = self._builds.serving(collection)
            connection = self._catalog.connection()
            ids = indexed_ids(connection, collection)
            files = seen_files(connection, collection)
            known = [uri for uri in uris if uri in ids or uri in files]
            if build is None or not known:
                raise SourceNotFound(uris[0])
            session.added.remove(*((collection, uri) for uri in known))
            self._indexer.remove(build, [ids[uri] for uri in known if uri in ids], known)
            self._indexer.finish(build)
            return self._report(collection, Tally(removed=len(known)), began)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index; none is fine."""
        with self._access.writing() as session:
            session.added.remove_collection(collection)
            self._builds.drop(collection)

    def repair(self, progress: Progress | None = None, budget: TimeBudget | None = None) -> int:
        """Finish what a killed writer left; returns the number of vectors that were missing."""
        with self._access.locked() as added:
            builds = serving_builds(self._catalog.connection())
            missing = sum(self._access.repair(build, progress) for build in builds)
            self._follow(added, progress)
        self._awaited.add_all(None, budget or self._budget)
        return missing

    def embed_some(self, seconds: float, steps: Steps | None = None) -> bool:
        """Add vectors that collections lack, to each for about so long; says whether none is left.

        Raises EmbeddingError when the model fails.
        """
        return self._awaited.add_all(steps, TimeBudget(embedding=seconds), raises=True)

    def carry_originals(self) -> None:
        """Move files of added documents to the address for them, and delete there what is owed."""
        self._access.carry_originals(strays=True)

    def mismatched(self) -> list[str]:
        """Return the collections that were built with another model, or cut otherwise."""
        builds = serving_builds(self._catalog.connection())
        return [build.collection for build in builds if not self._builds.fits(build)]

    def rebuild(
        self, collection: str, progress: Progress | None = None, steps: Steps | None = None
    ) -> None:
        """Build a collection anew from its stored texts; the old build serves meanwhile.

        `steps` may raise Cancelled, as in `add`; the next call goes on with what was built.
        """
        pace = self._pace(collection, steps)
        Rebuild(
            self._catalog, self._indexer, self._builds, self._preparer, self._access, pace, progress
        ).run(collection)

    def _follow(self, added: AddedDocuments, progress: Progress | None) -> None:
        """Bring the catalog in step with what people added."""
        AdditionsPass(
            self._catalog, added, self._indexer, self._builds, self._preparer, progress
        ).run()

    def _helper(self, collection: str, folder: Path) -> FolderHelper | None:
        """Return what helps another who is at the folder; None where no work is shared."""
        work, embedded = self._catalog.work(), self._indexer.embedder.embedded.passages
        if work is None:
            return None

        def embed() -> int:
            before = embedded.total()
            self._awaited.add_all(None, TimeBudget(embedding=SLICE_SECONDS), raises=True)
            return embedded.total() - before

        stamp = reading_stamp(collection, self._stamp)
        return FolderHelper(work, self._preparer, folder, collection, stamp, embed)

    def _begin(self) -> float:
        """Begin to count anew what is embedded; returns the time."""
        self._indexer.embedder.embedded.passages.clear()
        return time.monotonic()

    def _pace(self, collection: str, steps: Steps | None = None) -> Pace:
        """Return the pace of one who embeds while others do."""
        turn = partial(self._turns.turn, owner_of(collection))
        pace = Pace(turn=turn, is_wanted=self._turns.is_wanted)
        return pace if steps is None else replace(pace, step=steps)

    def _writing_pace(self, build: Build, steps: Steps | None = None) -> Pace:
        """Return the pace of one who embeds while others write, and writes in between."""
        hold, pace = partial(self._access.held, build), self._pace(build.collection, steps)
        return replace(pace, hold=hold, catch_up=self._access.catch_up)

    def _report(self, collection: str, tally: Tally, began: float) -> SyncReport:
        """Say what was done; the caller holds the lock."""
        passages = self._catalog.passage_count(collection)
        embedded = self._indexer.embedder.embedded.passages[collection]
        awaiting = self._awaited.count(self._builds.serving(collection))
        return tally.report(
            passages=passages,
            embedded=embedded,
            awaiting=awaiting if self._has_vectors else 0,
            kept=max(0, passages - embedded - awaiting) if self._has_vectors else 0,
            seconds=time.monotonic() - began,
        )
