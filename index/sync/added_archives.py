"""ZIP archives that were uploaded or added by hand: their documents as sources, and all as one.

A document in one is called by the archive's name, a slash and its path in there. The archive itself
is not kept: what it held is known by the names of its documents.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from index.config import SHARED_COLLECTION
from index.errors import LoadError, SourceNotFound
from index.load.archive_names import archive_of, is_archive
from index.load.folder_walk import FoundFile, SkippedFile
from index.load.loaders import LoadBytes
from index.load.zip_archive import GivenArchive, given_archive
from index.schema import (
    LoadedDocument,
    SiteEntry,
    SourceEntry,
    SyncFailure,
    SyncReport,
    UnreadFile,
    merged_reports,
)
from index.store.catalog import Catalog
from index.store.catalog_state import indexed_versions
from index.sync.additions import Addition
from index.sync.pace import Steps
from index.sync.prepared_batch import has_pages_to_show
from index.sync.synchroniser import Progress, Synchroniser
from index.text.counted_kinds import counted_kinds

_AT_ONCE = 20
"""Documents after which what was read is written."""

_CHARACTERS = 4_000_000
"""The same, of their texts, and of the bytes that are to be kept: both are held until then."""


@dataclass(frozen=True)
class AddedArchives:
    """The archives that were added to the collections of one home folder."""

    catalog: Catalog
    writer: Callable[[], Synchroniser]
    load: LoadBytes

    def add(
        self,
        collection: str,
        uri: str,
        content: Path | bytes,
        *,
        added_by: str | None = None,
        progress: Progress | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Index the documents of an archive; those that an earlier one of that name had besides go.

        What cannot be read of it is in the report. `steps` may raise Cancelled: what was written
        stays.
        """
        try:
            with given_archive(uri, content) as archive:
                return self._read(collection, uri, archive, added_by, progress, steps)
        except LoadError as error:
            return SyncReport(failed=(SyncFailure(source=uri, reason=error.reason),))

    def add_all(
        self,
        collection: str,
        archives: Sequence[Addition],
        progress: Progress | None,
        steps: Steps | None,
    ) -> SyncReport:
        """Add archives at paths, but for those of the documents folder."""
        report = SyncReport()
        for each in archives:
            if each.followed:  # which would bring its documents under the same names
                reason = "It lies in the documents folder, so `quoth sync` reads it."
                noted = SyncFailure(source=each.uri, reason=reason)
                done = SyncReport(warnings=(noted,))
            else:
                path = Path(each.uri)
                done = self.add(collection, each.uri, path, progress=progress, steps=steps)
            report = merged_reports(report, done)
        return report

    def remove(self, collection: str, uri: str) -> SyncReport:
        """Take an archive with all its documents out; raises SourceNotFound."""
        uris = self._known(collection, uri)
        if not uris:
            raise SourceNotFound(uri)
        return self.writer().remove(collection, *uris)

    def _read(
        self,
        collection: str,
        uri: str,
        archive: GivenArchive,
        added_by: str | None,
        progress: Progress | None,
        steps: Steps | None,
    ) -> SyncReport:
        files = [each for each in archive.members if isinstance(each, FoundFile)]
        failed = tuple(each for each in archive.members if isinstance(each, SyncFailure))
        skipped = [each for each in archive.members if isinstance(each, SkippedFile)]
        if not files and not failed:
            kinds = counted_kinds(Counter(each.kind for each in skipped))
            said = f" ({kinds})" if kinds else ""
            failed = (SyncFailure(source=uri, reason=f"There is no document in it{said}."),)
        not_read = tuple(UnreadFile(source=each.uri, kind=each.kind) for each in skipped)
        batch = _Batch(
            lambda read: self.writer().add(collection, read, None, steps),
            SyncReport(failed=failed, not_read=not_read),
        )
        known = indexed_versions(self.catalog.connection(), collection)
        for done, file in enumerate(files):
            if progress is not None:
                progress(done, len(files), file.uri)
            batch.take(file.uri, partial(self._document, archive, file, known, added_by))
        batch.flush()
        there = {each.uri for each in files} | {each.source for each in failed}
        gone = [one for one in self._known(collection, uri) if one not in there]
        if gone and files:
            return merged_reports(batch.report, self.writer().remove(collection, *gone))
        return batch.report

    def _document(
        self, archive: GivenArchive, file: FoundFile, known: dict[str, str], added_by: str | None
    ) -> Addition | None:
        """Read one document; None for one that is indexed as it is. Raises LoadError."""
        data = archive.read(file)
        sha256 = hashlib.sha256(data).hexdigest()
        if known.get(file.uri) == sha256:
            return None
        loaded = self.load(data, name=PurePosixPath(file.uri).name)
        original = data if has_pages_to_show(loaded) else None
        return Addition(file.uri, loaded, added_by, sha256, original=original)

    def _known(self, collection: str, uri: str) -> list[str]:
        entries = self.catalog.sources(collection)
        return [one.uri for one in entries if _added_archive(one) == uri]


@dataclass
class _Batch:
    """Documents that were read and not yet written, and what was done so far."""

    write: Callable[[Sequence[Addition]], SyncReport]
    report: SyncReport
    _read: list[Addition] = field(default_factory=list)

    def take(self, uri: str, read: Callable[[], Addition | None]) -> None:
        """Have a document read, and write what there is if that is much."""
        try:
            addition = read()
        except LoadError as error:
            failure = SyncFailure(source=uri, reason=error.reason)
            self.report = merged_reports(self.report, SyncReport(failed=(failure,)))
            return
        if addition is None:
            self.report = merged_reports(self.report, SyncReport(unchanged=1))
            return
        self._read.append(addition)
        texts = (each.document for each in self._read)
        held = sum(len(each.text) for each in texts if isinstance(each, LoadedDocument))
        held += sum(len(each.original or b"") for each in self._read)
        if len(self._read) >= _AT_ONCE or held > _CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what was read."""
        read, self._read = self._read, []
        if read:
            self.report = merged_reports(self.report, self.write(read))


def without_archives(
    found: Sequence[Addition | SyncFailure | UnreadFile],
) -> tuple[list[Addition | SyncFailure], list[Addition], tuple[UnreadFile, ...]]:
    """Return additions that are no archives, those that are, and what is no document."""
    archives = [each for each in found if isinstance(each, Addition) and is_archive(each.uri)]
    not_read = tuple(each for each in found if isinstance(each, UnreadFile))
    uris = {each.uri for each in archives}
    others = [each for each in found if not isinstance(each, UnreadFile)]
    files = [each for each in others if isinstance(each, SyncFailure) or each.uri not in uris]
    return files, archives, not_read


def marked(entries: Sequence[SourceEntry]) -> list[SourceEntry]:
    """Return entries with the archive that brought each, where it was added by itself."""
    return [_marked(entry) for entry in entries]


def archive_entries(entries: Sequence[SourceEntry]) -> list[SiteEntry]:
    """Return the archives that were added by themselves, by name, of all entries there are."""
    members: dict[tuple[str, str], list[SourceEntry]] = {}
    for entry in entries:
        if archive := _added_archive(entry):
            members.setdefault((entry.collection, archive), []).append(entry)
    return [_entry(*key, found) for key, found in sorted(members.items())]


def _added_archive(entry: SourceEntry) -> str | None:
    """Return the archive that an entry is of, unless a folder, a site or a reader brought it.

    A folder may be named as an archive.
    """
    archive = archive_of(entry.uri)
    if archive == entry.uri or "://" in entry.uri or entry.site not in (None, archive):
        return None
    is_elsewhere = PurePath(archive).is_absolute()
    is_followed = entry.collection == SHARED_COLLECTION and not is_elsewhere
    return None if is_followed or (is_elsewhere and Path(archive).is_dir()) else archive


def _marked(entry: SourceEntry) -> SourceEntry:
    archive = _added_archive(entry)
    return entry if archive is None else entry.model_copy(update={"site": archive})


def _entry(collection: str, archive: str, members: Sequence[SourceEntry]) -> SiteEntry:
    return SiteEntry(
        collection=collection,
        url=archive,
        kind="zip",
        title=PurePath(archive).name,
        pages=len(members),
        added_by=members[0].added_by,
    )
