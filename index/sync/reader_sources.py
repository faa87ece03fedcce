"""Documents that LlamaIndex readers bring as sources: added, run again, listed and removed.

A reader runs in a process of its own while no lock is held; what it brought is written through the
one writer. Only a person at this machine has one run: nothing here is called for Discord.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from index.config import WebConfig
from index.errors import LoadError, SourceNotFound, StoreError
from index.schema import (
    LoadedDocument,
    SiteEntry,
    SourceEntry,
    SyncFailure,
    SyncReport,
    merged_reports,
)
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.reader_records import ReaderRecord, ReaderRecords
from index.store.web_records import WebRecords
from index.sync.additions import Addition
from index.sync.due_pages import are_looks_due, note_oldest_look
from index.sync.pace import Steps
from index.sync.page_batch import Watch
from index.sync.reader_arguments import ReaderCall, unpacked_call
from index.sync.reader_program import ReadDocument, ReaderProgram, ReaderYield
from index.sync.synchroniser import Synchroniser


@dataclass(frozen=True)
class ReaderSources:
    """The LlamaIndex readers of one home folder."""

    home: Path
    catalog: Catalog
    writer: Callable[[], Synchroniser]
    limits: WebConfig

    def add(
        self,
        collection: str,
        call: ReaderCall,
        *,
        variables: Mapping[str, str],
        watch: Watch,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Run a reader and index what it brings; it is kept if it brings anything.

        One that is here already with the same arguments is run again.
        """
        known = next((one for one in self._records(collection) if call_of(one) == call), None)
        return self._run(collection, call, known, variables, watch, steps)

    def refresh(
        self,
        collection: str,
        *,
        everything: bool,
        is_allowed: Callable[[ReaderCall], bool],
        variables: Mapping[str, str],
        watch: Watch,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Run the readers again that were not run for long, with `everything` all of them.

        Those that are not allowed are named in the report, and not run.
        """
        report = SyncReport()
        hours = 0.0 if everything else self.limits.refresh_hours
        if not (everything or are_looks_due(self.catalog, hours)):
            return report
        for record in self._records(collection):
            if record.checked > time.time() - hours * 3600:
                continue
            call = call_of(record)
            if is_allowed(call):
                done = self._run(collection, call, record, variables, watch, steps)
            else:
                done = SyncReport(warnings=(SyncFailure(source=record.name, reason=_UNKNOWN),))
            report = merged_reports(report, done)
        return report

    def remove(self, collection: str, name: str) -> SyncReport:
        """Take a reader with all its documents out, by its name; raises SourceNotFound."""
        record = next((one for one in self._records(collection) if one.name == name), None)
        if record is None:
            raise SourceNotFound(name)
        with self._open(collection) as records:
            report = self._taken_out(collection, list(records.versions(record)))
            records.remove(record)  # last, so that one that is killed before can be removed again
            return report

    def entries(self, collection: str) -> list[SiteEntry]:
        """Return the readers of a collection as listings show them."""
        records = self._records(collection)
        if not records:
            return []
        with closing(self._added()) as added:
            kept = ReaderRecords(added)
            return [_entry(record, len(kept.versions(record))) for record in records]

    def marked(self, collection: str, entries: list[SourceEntry]) -> list[SourceEntry]:
        """Return entries with the reader that brought each, and why it could not be run again."""
        records = self._records(collection)
        return [_marked(entry, records) for entry in entries] if records else entries

    def _run(
        self,
        collection: str,
        call: ReaderCall,
        known: ReaderRecord | None,
        variables: Mapping[str, str],
        watch: Watch,
        steps: Steps | None,
    ) -> SyncReport:
        name = known.name if known else call.class_name
        program = ReaderProgram(self.limits)
        watch(0, 0, f"{name} is reading")
        try:
            found = program.run(
                call, variables, lambda seen: watch(0, 0, f"{name}: {seen:,} documents read")
            )
        except LoadError as error:
            return self._failed(collection, call, known, error)
        with self._open(collection) as records:
            record = known or self._record(collection, call)
            records.put(record._replace(checked=0.0))  # so that a killed one is run again
            report = self._written(records, record, found, watch, steps)
            records.put(record._replace(checked=time.time(), failure=None))
        noted = tuple(SyncFailure(source=name, reason=note) for note in found.notes)
        return merged_reports(report, SyncReport(warnings=noted))

    def _written(
        self,
        records: ReaderRecords,
        record: ReaderRecord,
        found: ReaderYield,
        watch: Watch,
        steps: Steps | None,
    ) -> SyncReport:
        before = records.versions(record)
        wanted = named_documents(record.prefix, found.documents, before)
        additions = [
            Addition(uri, document, sha256=version_of(document)) for uri, document in wanted.items()
        ]
        report = self.writer().add(record.collection, additions, watch, steps)
        gone = [uri for uri in before if uri not in wanted] if found.is_whole else []
        return merged_reports(report, self._taken_out(record.collection, gone))

    def _taken_out(self, collection: str, uris: Sequence[str]) -> SyncReport:
        if uris:
            with suppress(SourceNotFound):  # what the index lost meanwhile
                return self.writer().remove(collection, *uris)
        return SyncReport()

    def _failed(
        self, collection: str, call: ReaderCall, known: ReaderRecord | None, error: LoadError
    ) -> SyncReport:
        """Report a run that failed, and note it; what was brought before stays."""
        if known is None:
            return SyncReport(failed=(SyncFailure(source=call.reader, reason=error.reason),))
        with self._open(collection) as records:
            records.put(known._replace(checked=time.time(), failure=error.reason))
        reason = f"{error.reason} What was read before stays."
        return SyncReport(failed=(SyncFailure(source=known.name, reason=reason),))

    def _record(self, collection: str, call: ReaderCall) -> ReaderRecord:
        """Return what is to be kept of a reader that is new, under a name that is free."""
        taken = {record.name for record in self._records(collection)}
        base = call.class_name
        names = (base, *(f"{base}{number}" for number in range(2, len(taken) + 2)))
        name = next(each for each in names if each not in taken)
        return ReaderRecord(collection, name, call.reader, call.packed, call.folder)

    def _records(self, collection: str) -> list[ReaderRecord]:
        """Return the readers; none where the file is not there, or cannot be read now."""
        if self.catalog.has_added():
            with suppress(StoreError), closing(self._added()) as added:
                return ReaderRecords(added).readers(collection)
        return []

    def _added(self) -> AddedDocuments:
        return self.catalog.open_added()

    @contextmanager
    def _open(self, collection: str) -> Iterator[ReaderRecords]:
        """Open the records to write them, and note afterwards what is due when."""
        with closing(self._added()) as added:
            added.put_collection(collection)
            note_oldest_look(self.home, 0.0)
            try:
                yield ReaderRecords(added)
            finally:
                note_oldest_look(self.home, WebRecords(added).oldest_look())


_UNKNOWN = (
    "It is not run: you did not add it yourself with these arguments in this folder. "
    "If you know what it does, give its command again: quoth add --reader …"
)


_FAILED = "It could not be read again. `quoth sources` says why."
"""What lists tell of a failure: what a reader says is for whoever runs it, not for Discord."""


def call_of(record: ReaderRecord) -> ReaderCall:
    """Return how a reader is called."""
    return unpacked_call(record.reader, record.arguments, record.folder)


def version_of(document: LoadedDocument) -> str:
    """Return the SHA-256 that names what a reader says of a document."""
    stated = (document.title, document.url, document.modified, document.pages, document.mime)
    whole = f"{stated!r}\0{document.text}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def named_documents(
    prefix: str, documents: Sequence[ReadDocument], before: Mapping[str, str]
) -> dict[str, LoadedDocument]:
    """Return the documents of a reader by uri; the same document counts once.

    What its reader calls by nothing that stays keeps the uri under which the same text was
    `before`, wherever it stands now. What changed takes, in order, those that are left over.
    """
    named = {f"{prefix}{each.key}": each.document for each in documents if each.key is not None}
    versions = {version_of(each.document): each.document for each in documents if each.key is None}
    placed = {uri: sha256 for uri, sha256 in before.items() if _PLACED.match(uri, len(prefix))}
    uri_of = {sha256: uri for uri, sha256 in placed.items()}
    kept = {uri_of[sha256]: each for sha256, each in versions.items() if sha256 in uri_of}
    left = iter([uri for uri in placed if uri not in kept])
    free = (uri for at in count(1) if (uri := f"{prefix}document {at}") not in placed)
    for sha256, document in versions.items():
        if sha256 not in uri_of:
            kept[next(left, None) or next(free)] = document
    return named | kept


_PLACED = re.compile(r"document \d+$")
"""What a document is called that its reader calls by nothing that stays."""


def _entry(record: ReaderRecord, documents: int) -> SiteEntry:
    return SiteEntry(
        collection=record.collection,
        url=record.prefix,
        kind="reader",
        title=record.name,
        pages=documents,
        failure=record.failure and _FAILED,
        trouble=record.failure,
        checked=datetime.fromtimestamp(record.checked, UTC) if record.checked else None,
        called=call_of(record).told,
    )


def _marked(entry: SourceEntry, records: Sequence[ReaderRecord]) -> SourceEntry:
    record = next((one for one in records if entry.uri.startswith(one.prefix)), None)
    if record is None:
        return entry
    state = "stale" if record.failure and entry.state == "ready" else entry.state
    failure = entry.failure or (_FAILED if record.failure else None)
    return entry.model_copy(update={"site": record.prefix, "state": state, "failure": failure})
