"""One pass over the documents folder: what changed goes into the index, what is gone goes out."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from index.errors import ConfigurationError, LoadError, StoreError
from index.load.folder_walk import LEADS_OUT, FolderScan, FoundFile, scan
from index.schema import Source, SyncFailure, SyncReport, source_id
from index.store.catalog import Catalog
from index.store.catalog_rows import Build, FileState
from index.store.catalog_state import FolderState, folder_state, indexed_versions, seen_files
from index.store.catalog_writes import put_file, put_folder
from index.sync.indexer import ALONE, Batch, Indexer, Prepared
from index.sync.pace import Pace
from index.sync.plan import plan
from index.sync.preparer import Preparer
from index.sync.survey import changed_at, survey, too_recent
from index.sync.unchanged import UnchangedSummary, note
from index.text.language import language_of

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with documents done, documents in all, and the name of the one at hand."""


@dataclass
class Tally:
    """What has been done so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[SyncFailure] = field(default_factory=list)
    warnings: list[SyncFailure] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)

    def report(self, *, passages: int, seconds: float) -> SyncReport:
        """Return the report."""
        return SyncReport(
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=self.removed,
            failed=tuple(sorted(self.failed, key=lambda failure: failure.source)),
            passages=passages,
            seconds=round(seconds, 3),
            warnings=tuple(self.warnings),
            languages=dict(self.languages.most_common()),
        )

    def fail(self, uri: str, reason: str) -> None:
        """Note a document that is not indexed."""
        self.failed.append(SyncFailure(source=uri, reason=reason))

    def take(self, source: Source, *, is_new: bool) -> None:
        """Count a document that is indexed, and note what a person should know of it."""
        self.added += is_new
        self.updated += not is_new
        self.warnings += [SyncFailure(source=source.uri, reason=each) for each in source.warnings]
        if language := language_of(source.text):
            self.languages[language] += 1


@dataclass
class FolderPass:
    """Brings one collection in step with one folder; `pace` holds the write lock where needed."""

    catalog: Catalog
    indexer: Indexer
    preparer: Preparer
    build: Build
    folder: Path
    progress: Progress | None = None
    pace: Pace = ALONE
    tally: Tally = field(default_factory=Tally)
    _seen: dict[str, FileState] = field(default_factory=dict)

    def run(self) -> Tally:
        """Read, write, remove; raises ConfigurationError when there is no folder to read."""
        began = time.time_ns()
        digest = self._survey()
        found = scan(self.folder)
        connection = self.catalog.connection()
        known = seen_files(connection, self.build.collection)
        self._refuse_to_forget(found, known)
        files = {file.uri: file for file in found.files}
        seen = {uri: _state_of(file) for uri, file in files.items()}
        unseen = [each.source for each in found.failures if each.reason != LEADS_OUT]
        todo = plan(seen, unseen, known)
        self.tally.failed += found.failures
        self.tally.unchanged += len(todo.same)
        self._read([(files[uri], _certain(seen[uri], began)) for uri in todo.read])
        self._remove(todo.gone)
        with self.pace.hold():
            self._note(known)
            self.indexer.finish(self.build)
            self._note_unchanged(digest)
        return self.tally

    def _survey(self) -> str | None:
        """Describe the folder before it is walked, so that no change after that is missed."""
        try:
            return survey(str(self.folder))
        except OSError:
            return None

    def _refuse_to_forget(self, found: FolderScan, known: dict[str, FileState]) -> None:
        """Stop before a folder that is merely out of reach empties the index."""
        for failure in found.failures:
            if failure.source == ".":
                raise ConfigurationError(
                    f"The documents folder {str(self.folder)!r} cannot be read. {failure.reason} "
                    "Create it, or point QUOTH_DOCUMENTS at another one."
                )
        before = folder_state(self.catalog.connection(), self.build.collection)
        if before is None or not known or found.files or found.failures:
            return
        if before.folder == str(self.folder.absolute()) and before.device != self._device():
            raise StoreError(
                f"The documents folder {str(self.folder)!r} is empty and on another volume than "
                f"before, when it held {len(known)} files. Mount that volume again; or, if the "
                "documents are gone for good, put one new document in and try again."
            )

    def _device(self) -> int:
        try:
            return self.folder.stat().st_dev
        except OSError:
            return -1  # it vanished during the run

    def _read(self, files: Sequence[tuple[FoundFile, FileState]]) -> None:
        """Load and write the files that may have changed."""
        versions = indexed_versions(self.catalog.connection(), self.build.collection)
        batch = Batch(partial(self.indexer.write, self.build, pace=self.pace))
        for done, (file, seen) in enumerate(files):
            if self.progress is not None:
                self.progress(done, len(files), file.uri)
            self._read_one(file, seen, versions.get(file.uri), batch)
        batch.flush()
        if self.progress is not None and files:
            self.progress(len(files), len(files), files[-1][0].uri)

    def _read_one(
        self, file: FoundFile, seen: FileState, indexed: str | None, batch: Batch
    ) -> None:
        """Look at one file; a failure leaves what was indexed of it."""
        try:
            loaded = self.preparer.file(self.build.collection, file.path, file.uri, indexed=indexed)
        except LoadError as error:
            self._fail(file, indexed, error.reason, seen)
            return
        if loaded is None:
            self._seen[file.uri] = seen
            self.tally.unchanged += 1
            return
        batch.add(Prepared(loaded.source, loaded.passages, seen))
        self.tally.take(loaded.source, is_new=indexed is None)

    def _fail(self, file: FoundFile, indexed: str | None, reason: str, seen: FileState) -> None:
        """Report a file; if it vanished since the walk, the index forgets it too."""
        self.tally.fail(file.uri, reason)
        if os.path.lexists(file.location):
            self._seen[file.uri] = seen._replace(failure=reason)
        elif indexed is not None:
            self._remove([file.uri])

    def _remove(self, uris: Iterable[str]) -> None:
        """Remove sources, and what is known of their files."""
        uris = list(uris)
        if not uris:
            return
        indexed = indexed_versions(self.catalog.connection(), self.build.collection)
        gone = [source_id(self.build.collection, uri) for uri in uris if uri in indexed]
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
        with self.catalog.transaction() as connection:
            for uri, seen in fresh.items():
                put_file(connection, collection, uri, seen)
            put_folder(connection, collection, *now)

    def _note_unchanged(self, digest: str | None) -> None:
        """Spare the next synchronisation its work if nothing changes until then."""
        if digest is None or self.indexer.is_dirty(self.build):
            return
        tally, build = self.tally, self.build
        summary = UnchangedSummary(
            tally.added + tally.updated + tally.unchanged,
            self.catalog.passage_count(build.collection),
            tuple(sorted((each.source, each.reason) for each in tally.failed)),
        )
        with contextlib.suppress(OSError):  # it only saves time
            note(
                str(self.catalog.path.parent),
                summary,
                build.collection,
                model=build.model,
                cut=build.recipe,
                digest=digest,
                has_vectors=bool(build.dimension and summary.passages),
            )


def _state_of(file: FoundFile) -> FileState:
    """Return what tells whether a file changed."""
    try:
        moved = os.stat(file.location).st_ctime_ns  # noqa: PTH116 - a Path for each costs time
    except OSError:
        moved = 0  # it vanished, which reading it will say
    return FileState(size=file.size, mtime_ns=file.mtime_ns, ctime_ns=moved)


def _certain(seen: FileState, began: int) -> FileState:
    """Mark a file that changed so lately that it may do so again unnoticed."""
    if too_recent(changed_at(seen.mtime_ns, seen.ctime_ns), began):
        return seen._replace(size=-1)
    return seen
