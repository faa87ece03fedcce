"""One pass over the documents folder: what changed goes into the index, what is gone goes out."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from index.errors import ConfigurationError, LoadError
from index.load.folder_walk import LEADS_OUT, FolderScan, FoundFile
from index.load.zip_archive import ArchiveReader, scan_with_archives
from index.schema import UnreadFile
from index.store.catalog import Catalog
from index.store.catalog_rows import Build, FileState
from index.store.catalog_state import (
    FolderState,
    folder_state,
    id_at,
    indexed_ids,
    indexed_versions,
    missing_documents,
    seen_files,
)
from index.store.catalog_writes import mark_missing, put_file, put_folder
from index.store.document_queue import LedQueue
from index.sync.indexer import Indexer
from index.sync.left_out_files import LeftOutFiles, changed_files, stale_states
from index.sync.losses import gone_folders, held_documents
from index.sync.pace import ALONE, Pace
from index.sync.plan import is_under, plan
from index.sync.prepared_batch import Batch, Prepared
from index.sync.preparer import Preparer
from index.sync.renamed_files import renamed_sources
from index.sync.resting_files import look_at, moving_files
from index.sync.shared_files import SharedFiles, ToRead
from index.sync.survey import survey
from index.sync.tally import Tally
from index.sync.unchanged import UnchangedSummary, note

Forget: TypeAlias = Literal["all", "marked"]
"""Which of the documents whose files vanished together are forgotten: all, or those that were
marked before, which is what a person has seen who confirms it."""

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with documents done, documents in all, and the name of the one at hand."""


class _Indexed(NamedTuple):
    """What was indexed of the folder before a pass."""

    documents: set[str]
    marked: set[str]
    """Those whose files were gone already."""
    folder: str | None
    """The path of the folder."""


@dataclass
class FolderPass:
    """Brings one collection in step with one folder; `pace` holds the write lock where needed."""

    catalog: Catalog
    indexer: Indexer
    preparer: Preparer
    build: Build
    folder: Path
    settle: Callable[[], bool]
    """Leaves nothing on disk of what was removed; says whether that is done."""
    embed: Callable[[], bool]
    """Adds vectors that the index lacks; says whether none is lacking then."""
    are_vectors_lacking: Callable[[], bool]
    progress: Progress | None = None
    forget: Forget | None = None
    pace: Pace = ALONE
    rest: float = 0.0
    """Seconds for which a file must not have changed to be read; others wait for the next pass."""
    seconds: float | None = None
    """After which no further file is read; they wait for the next pass, too."""
    queue: LedQueue | None = None
    """Where others find files to read, if any do; only where time is unlimited."""
    tally: Tally = field(default_factory=Tally)
    _seen: dict[str, FileState] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    """By uri, the ids of sources whose files were renamed to it."""
    _vanished: list[str] = field(default_factory=list)
    _archives: ArchiveReader = field(default_factory=ArchiveReader)

    def run(self) -> Tally:
        """Read, write, remove; raises ConfigurationError when there is no folder to read."""
        began = time.time_ns()
        digest = self._survey()
        found = scan_with_archives(self.folder)
        connection, collection = self.catalog.connection(), self.build.collection
        known = seen_files(connection, collection)
        out_of_reach = self._is_out_of_reach(found, known)
        files = {file.uri: file for file in found.files}
        looks = {uri: look_at(file) for uri, file in files.items()}
        seen = {uri: look.state for uri, look in looks.items()}
        unseen = [each.source for each in found.failures if each.reason != LEADS_OUT]
        todo = plan(seen, unseen, known)
        gone: Sequence[str] = todo.unknown if out_of_reach else todo.gone
        since = began - int(self.rest * 1e9)
        moving = moving_files(todo, looks, known, since_ns=since) if self.rest else set()
        read = [uri for uri in todo.read if uri not in moving]
        self.tally.waiting = len(moving)
        before = self._indexed(known)
        self._mark(self._held(gone, found, before))
        left_out = LeftOutFiles(self.catalog, collection, self.pace)
        if not out_of_reach:
            self._seen |= stale_states(todo.unknown, found.failures, known)
            left_out.put(found, changed_files(todo.read, seen, known))
        self.tally.unchanged += len(todo.same)
        new = [files[uri] for uri in read if uri not in known and files[uri].member is None]
        self._ids = renamed_sources(connection, collection, new, [(u, known[u]) for u in todo.gone])
        unread = self._read([(files[uri], looks[uri].certain(began)) for uri in read])
        gone = self._without_unread([*gone, *self._vanished], unread)
        held = self._held(gone, found, before)
        self._mark(held)
        if self.forget or not out_of_reach:
            self._remove([uri for uri in gone if uri not in held])
        if not out_of_reach:
            left_out.put(found, {*moving, *changed_files(unread, seen, known)})
            self._note(known)
        self._finish(digest)
        return self.tally

    def _without_unread(self, gone: Sequence[str], unread: Iterable[str]) -> list[str]:
        """Return what is gone but for files that only got another name, and are still unread."""
        ids = {self._ids[uri] for uri in unread if uri in self._ids}
        known = indexed_ids(self.catalog.connection(), self.build.collection)
        return [uri for uri in gone if known.get(uri) not in ids]

    def _finish(self, digest: str | None) -> None:
        """Leave all whole and purged, then embed; `digest` describes the folder before the pass.

        Where there was no time to read all, there is none to embed: somebody waits for an answer.
        """
        for is_last in (False, True):
            with self.pace.hold():
                self.indexer.finish(self.build)
                is_settled = self.settle()
                if not self.are_vectors_lacking():
                    if is_settled:
                        self._note_unchanged(digest)
                    return
            if is_last or self.tally.unread or not self.embed():
                return

    def _survey(self) -> str | None:
        """Describe the folder before it is walked, so that no change after that is missed."""
        try:
            return survey(str(self.folder))
        except OSError:
            return None

    def _is_out_of_reach(self, found: FolderScan, known: dict[str, FileState]) -> bool:
        """Say whether the folder itself cannot be read.

        Raises ConfigurationError where nothing is known of it, or it is there and to be forgotten.
        """
        failure = next((each for each in found.failures if each.source == "."), None)
        if failure is None:
            self.tally.failed += found.failures
            self.tally.ignored += len(found.ignored)
            self.tally.not_read += [UnreadFile(source=s.uri, kind=s.kind) for s in found.skipped]
            return False
        is_there = os.path.lexists(self.folder)
        if not known or (self.forget and is_there):
            raise ConfigurationError(
                f"The documents folder {str(self.folder)!r} cannot be read. {failure.reason} "
                "Create it, or point QUOTH_DOCUMENTS at another one."
            )
        if is_there:
            self.tally.failed.append(failure)
        return True

    def _indexed(self, known: dict[str, FileState]) -> _Indexed:
        connection, collection = self.catalog.connection(), self.build.collection
        folder = folder_state(connection, collection)
        return _Indexed(
            documents=known.keys() & indexed_versions(connection, collection).keys(),
            marked=missing_documents(connection, collection),
            folder=None if folder is None else folder.folder,
        )

    def _held(self, gone: Collection[str], found: FolderScan, before: _Indexed) -> set[str]:
        """Return the documents that stay although their files are gone.

        One whose content is in another file was moved, and one that is left out on purpose is
        there; both are no loss. Nothing is held back for a folder that was left for another one, at
        another path and without a file of the same name: to name that is to say what is to be
        indexed.
        """
        self.tally.missing_folders = {}
        here = {each.uri for each in found.files}.difference(gone)
        moved_on = before.folder not in (None, str(self.folder.absolute()))
        is_other = bool(here) and moved_on and before.documents.isdisjoint(here)
        if not gone or self.forget == "all" or is_other:
            return set()
        versions = indexed_versions(self.catalog.connection(), self.build.collection)
        contents = {versions[uri] for uri in here if uri in versions}
        ignored = {each.uri for each in found.ignored}
        there = here.union((each.uri for each in found.skipped), ignored)
        there.update(each.source for each in found.failures if each.source != ".")
        lost = [
            uri
            for uri in gone
            if versions.get(uri, "") not in {"", *contents} and not is_under(uri, ignored)
        ]
        held = held_documents(lost, before.documents, there=there, marked=before.marked)
        if self.forget == "marked":
            held -= before.marked
        self.tally.missing_folders = gone_folders(held, there) if held else {}
        return held

    def _mark(self, held: set[str]) -> None:
        """Record what is held back, before anything else is written, and after."""
        self.tally.missing = len(held)
        if held != missing_documents(self.catalog.connection(), self.build.collection):
            with self.pace.hold(), self.catalog.transaction() as connection:
                mark_missing(connection, self.build.collection, sorted(held))

    def _device(self) -> int:
        try:
            return self.folder.stat().st_dev
        except OSError:
            return -1  # it vanished during the run

    def _read(self, files: Sequence[tuple[FoundFile, FileState]]) -> list[str]:
        """Load and write the files that may have changed; returns those there was no time for."""
        ends = None if self.seconds is None else time.monotonic() + self.seconds
        versions = indexed_versions(self.catalog.connection(), self.build.collection)
        batch, unread = Batch(partial(self.indexer.write, self.build, pace=self.pace)), list[str]()
        with contextlib.closing(self._archives), self._order(files, versions) as order:
            for done, each in enumerate(order):
                if done and ends is not None and time.monotonic() > ends:
                    files, unread = files[:done], [file.uri for file, _ in files[done:]]
                    break
                if self.progress is not None:
                    self.progress(done, len(files), each.file.uri)
                self._read_one(each, versions.get(each.file.uri), batch)
        batch.flush()
        if self.progress is not None and files:
            self.progress(len(files), len(files), files[-1][0].uri)
        self.tally.unread = len(unread)
        return unread

    @contextlib.contextmanager
    def _order(
        self, files: Sequence[tuple[FoundFile, FileState]], versions: Mapping[str, str]
    ) -> Iterator[Iterator[ToRead]]:
        """Lend the files as they are taken in: in their order, unless others help to read them."""
        to_read = [ToRead(*each) for each in files]
        if self.queue is None or not to_read or self.seconds is not None:
            yield iter(to_read)
            return
        with contextlib.closing(SharedFiles(self.queue, versions).order(to_read)) as order:
            yield order

    def _read_one(self, each: ToRead, indexed: str | None, batch: Batch) -> None:
        """Look at one file; a failure leaves what was indexed of it."""
        collection, (file, seen, finished) = self.build.collection, each
        uri = file.uri
        id = self._ids.get(uri) or id_at(self.catalog.connection(), collection, uri)
        try:
            loaded = (
                self.preparer.finished(collection, finished, uri, id=id)
                if finished is not None
                else self.preparer.file(
                    collection,
                    file.path if file.member is None else Path(uri),
                    uri,
                    indexed=indexed,
                    id=id,
                    read=None if file.member is None else partial(self._archives.read, file),
                )
            )
        except LoadError as error:
            self._fail(file, indexed, error.reason, seen)
            return
        if loaded is None:
            self._seen[file.uri] = seen
            self.tally.unchanged += 1
            return
        batch.add(Prepared(loaded.source, loaded.passages, seen))
        self.tally.take(loaded.source, is_new=indexed is None and uri not in self._ids)

    def _fail(self, file: FoundFile, indexed: str | None, reason: str, seen: FileState) -> None:
        """Report a file; one that vanished since the walk is gone like others."""
        self.tally.fail(file.uri, reason)
        if os.path.lexists(file.location):
            self._seen[file.uri] = seen._replace(failure=reason)
        elif indexed is not None:
            self._vanished.append(file.uri)

    def _remove(self, uris: Iterable[str]) -> None:
        """Remove sources, and what is known of their files."""
        uris = list(uris)
        if not uris:
            return
        indexed = indexed_ids(self.catalog.connection(), self.build.collection)
        gone = [indexed[uri] for uri in uris if uri in indexed]
        with self.pace.hold():
            self.indexer.remove(self.build, gone, uris)
        self.tally.removed += len(gone)

    def _note(self, known: dict[str, FileState]) -> None:
        """Record what the folder looks like, where that differs from what is recorded."""
        connection, collection = self.catalog.connection(), self.build.collection
        fresh = {uri: seen for uri, seen in self._seen.items() if known.get(uri) != seen}
        now = FolderState(str(self.folder.absolute()), self._device())
        if not fresh and now == folder_state(connection, collection):
            return
        with self.pace.hold(), self.catalog.transaction() as connection:
            for uri, seen in fresh.items():
                put_file(connection, collection, uri, seen)
            put_folder(connection, collection, *now)

    def _note_unchanged(self, digest: str | None) -> None:
        """Spare the next synchronisation its work if nothing changes until then."""
        tally, build = self.tally, self.build
        if digest is None or tally.waiting or tally.unread or self.indexer.is_dirty(build):
            return
        summary = UnchangedSummary(
            tally.added + tally.updated + tally.unchanged,
            self.catalog.passage_count(build.collection),
            tuple(sorted((each.source, each.reason) for each in tally.failed)),
            tally.missing,
            has_vectors=bool(build.dimension),
            ignored=tally.ignored,
        )
        with contextlib.suppress(OSError):  # it only saves time
            note(
                str(self.catalog.home),
                summary,
                build.collection,
                model=build.model,
                cut=build.recipe,
                digest=digest,
                not_read=[(each.source, each.kind) for each in tally.not_read],
                mark=self.catalog.mark(),
            )
