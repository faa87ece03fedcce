"""Lends the write lock: the index is whole when one gets it, and when one gives it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from typing import NamedTuple

from index.errors import IndexLocked, StoreError
from index.store.added_documents import AddedDocuments
from index.store.awaited_passages import count_awaited
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import serving_builds
from index.store.chroma_queue import has_queue
from index.store.chroma_vectors import ChromaVectors
from index.store.interruption import kept_from_interrupting
from index.store.write_lock import (
    FOLDER_LOCK_FILE,
    LOCK_FILE,
    REBUILD_LOCK_FILE,
    VECTORS_LOCK_FILE,
)
from index.sync.builds import Builds
from index.sync.chroma_slices import ChromaSlices
from index.sync.folder_helper import FolderHelper
from index.sync.folder_pass import Progress
from index.sync.indexer import Indexer
from index.sync.originals_transfer import OriginalsTransfer
from index.sync.purge import Purge, sweep_kept_files
from index.sync.unchanged import forget
from index.sync.vector_repair import forget_lost_vectors, match_texts, replace_damaged

PATIENCE = 300.0
"""Seconds that work which has begun waits for another writer, rather than be lost."""

PAUSE = 0.1
"""Seconds between two slices: twice what those who wait for the lock sleep between two looks."""

logger = logging.getLogger(__name__)


class Session(NamedTuple):
    """One holding of the write lock."""

    began: float
    added: AddedDocuments


class WriteAccess:
    """The write lock of one home, with what is done around every holding of it.

    `follow` brings the catalog in step with what people added, `transfer` moves their files to the
    address for them, where there is one.
    """

    def __init__(
        self,
        catalog: Catalog,
        vectors: ChromaVectors,
        indexer: Indexer,
        builds: Builds,
        follow: Callable[[AddedDocuments, Progress | None], None],
        lock_seconds: float,
        *,
        keep_originals: bool = True,
        transfer: OriginalsTransfer | None = None,
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._indexer = indexer
        self._builds = builds
        self._follow = follow
        self._lock_seconds = lock_seconds
        self._home = catalog.home
        self._keep_originals = keep_originals
        self._transfer = transfer
        self._awaited_holder = ""

    @contextmanager
    def writing(
        self, collection: str | None = None, progress: Progress | None = None
    ) -> Iterator[Session]:
        """Hold the write lock over an index that is whole; `collection` is looked at closely."""
        began = time.monotonic()
        self._indexer.embedder.embedded.passages.clear()
        with self.locked() as added:
            for build in serving_builds(self._catalog.connection()):
                if build.dirty or (build.collection == collection and self._differs(build)):
                    self.repair(build, progress)
            self._follow(added, progress)
            yield Session(began, added)

    @contextmanager
    def following(self, helper: FolderHelper | None = None) -> Iterator[None]:
        """Follow the documents folder alone, while others may write.

        Who has a `helper` waits as long as there is something to help another one with.
        """
        with ExitStack() as held:
            if helper is None:
                held.enter_context(self._lock(self._lock_seconds, FOLDER_LOCK_FILE))
            else:
                self._take_turn(held, helper)
            yield

    def _take_turn(self, held: ExitStack, helper: FolderHelper) -> None:
        """Take the lock of the folder, and help whoever holds it until then."""
        locked = self._try_to_follow(held)
        if locked is None:
            return
        logger.warning("Helping %s…", locked.holder)
        with helper.at_work():
            idle_since = time.monotonic()
            while locked is not None:
                if helper.do_some():
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > self._lock_seconds:
                    raise locked
                else:
                    time.sleep(PAUSE)
                locked = self._try_to_follow(held)

    def _try_to_follow(self, held: ExitStack) -> IndexLocked | None:
        """Take the lock of the folder; returns why that is not possible now."""
        try:
            held.enter_context(self._catalog.lock(seconds=0, file=FOLDER_LOCK_FILE))
        except IndexLocked as locked:
            return locked
        return None

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Build a collection anew alone, while others may write; what is replaced goes then."""
        with self._lock(self._lock_seconds, REBUILD_LOCK_FILE):
            yield
        with self.writing():
            pass

    @contextmanager
    def held(self, build: Build, *, settle: bool = False) -> Iterator[AddedDocuments]:
        """Hold the write lock again, for one write of work that has begun, and leave all whole."""
        with self.locked(max(self._lock_seconds, PATIENCE), settle=settle, whole=True) as added:
            self._check_serves(build)
            for each in serving_builds(self._catalog.connection()):
                if each.dirty:
                    self.repair(each, None)
            yield added
            self._indexer.finish(build)

    @contextmanager
    def held_beside(self, build: Build) -> Iterator[None]:
        """Hold the write lock for a write beside a build that serves still."""
        with self.locked(max(self._lock_seconds, PATIENCE), settle=False, whole=True):
            self._check_serves(build)
            yield

    @contextmanager
    def locked(
        self, seconds: float | None = None, *, settle: bool = True, whole: bool = False
    ) -> Iterator[AddedDocuments]:
        """Hold the write lock, with Chroma as it is on disk and without stray builds.

        What was removed is purged at the end, unless the caller goes on and will `settle` later.
        What is written in the block is short and to be `whole`: Ctrl-C waits until it is.
        """
        seconds = self._lock_seconds if seconds is None else seconds
        with (
            self._lock(seconds),
            kept_from_interrupting() if whole else nullcontext(),
        ):
            self._forget_note()
            self._vectors.follow(self._catalog.generation())
            replace_damaged(self._catalog, self._vectors)
            forget_lost_vectors(self._catalog, self._vectors)
            match_texts(self._catalog, self._vectors)
            self._builds.sweep()
            with closing(self._catalog.open_added()) as added:
                yield added
                if settle:
                    self._settle(added)
                else:
                    self._vectors.settle()
        if settle:
            self.catch_up()
            self.carry_originals()

    def settle_here(self) -> bool:
        """Leave nothing on disk of what was removed, within a lock that is held."""
        with closing(self._catalog.open_added()) as added:
            return self._settle(added)

    def carry_originals(self, *, strays: bool = False) -> None:
        """Move files to the address for them, and delete there what was removed; see there.

        With `strays`, the home is looked through, too, for what another home has removed.
        """
        if self._transfer is None:
            return
        with closing(self._catalog.open_added()) as added:
            found = strays and self._transfer.has_strays(added)
            if not found:
                self._transfer.run(added)
        if found:
            with self.locked():
                pass  # which sweeps, and comes here again

    def catch_up(self) -> None:
        """Tell Chroma what is queued, slice by slice, unless somebody else is at it."""
        while has_queue(self._catalog.connection()):
            try:
                with self._catalog.lock(seconds=0, file=VECTORS_LOCK_FILE):
                    with self.locked(PATIENCE, settle=False):
                        self._builds.renew_worn()  # rather than delete from it before
                    while self._write_slice():
                        time.sleep(PAUSE)
            except IndexLocked:
                return  # who holds it looks once more when it has let go
            with self.locked(PATIENCE):
                pass  # what Chroma was told to delete is purged at the end

    def repair(self, build: Build, progress: Progress | None) -> int:
        """Repair a build; one of another model is left for the rebuild that it needs."""
        return self._indexer.repair(build, progress) if self._builds.fits(build) else 0

    def _lock(self, seconds: float, file: str = LOCK_FILE) -> AbstractContextManager[None]:
        return self._catalog.lock(seconds=seconds, file=file, waiting=self._tell_holder)

    def _tell_holder(self, holder: str) -> None:
        """Say whom this waits for: once, though work takes the lock again and again."""
        if holder != self._awaited_holder:
            self._awaited_holder = holder
            logger.warning("Waiting for %s…", holder)

    def _write_slice(self) -> bool:
        """Tell Chroma of one slice; False when nothing is left."""
        with self.locked(PATIENCE, settle=False, whole=True):
            return ChromaSlices(self._catalog, self._vectors).write_one()

    def _check_serves(self, build: Build) -> None:
        builds = serving_builds(self._catalog.connection())
        if build.number not in {each.number for each in builds}:
            raise StoreError(
                f"The collection {build.collection!r} was removed or built anew meanwhile. "
                "Please try again."
            )

    def _settle(self, added: AddedDocuments) -> bool:
        """Leave nothing on disk of what was removed; False if that is still owed.

        What Chroma's files are now is noted last, whether or not that is still owed.
        """
        self._builds.renew_worn()
        sweep_kept_files(self._catalog, added, keep_originals=self._keep_originals)
        is_purged = Purge(self._catalog, self._vectors).run(added)
        self._vectors.settle()
        return is_purged

    def _forget_note(self) -> None:
        """Delete what says that nothing changed, before something does."""
        try:
            forget(str(self._home))
        except OSError as error:
            raise StoreError(
                f"The index in {str(self._home)!r} cannot be changed ({error.strerror}). "
                "Check that the user who runs Quoth may write to it."
            ) from error

    def _differs(self, build: Build) -> bool:
        """Say whether Chroma lost or gained rows behind our back."""
        if not build.dimension or has_queue(self._catalog.connection(), build.number):
            return False
        awaited = count_awaited(self._catalog.connection(), build.number)
        embedded = self._catalog.passage_count(build.collection) - awaited
        return self._vectors.count(build.chroma) != embedded
