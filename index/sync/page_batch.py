"""Pages that were looked at, collected and written together: new, the same, moved, gone, broken."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from index.errors import LoadError, SourceNotFound
from index.load.fetched_page import FetchedPage, KnownVersion, PageError
from index.schema import LoadedDocument, SyncFailure, SyncReport, merged_reports
from index.store.web_records import PageRecord, WebRecords
from index.sync.additions import Addition
from index.sync.pace import Steps

Watch: TypeAlias = Callable[[int, int, str], None]
"""Called with pages looked at, pages known of, and the one at hand; may raise Cancelled."""

MISSES = 2
"""How often in a row a server has to say that a page is gone."""

GONE = frozenset({404, 410})


class PageWriter(Protocol):
    """What writes to the index: a Synchroniser."""

    def add(
        self,
        collection: str,
        additions: list[Addition],
        progress: None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Add documents."""
        ...

    def remove(self, collection: str, *uris: str) -> SyncReport:
        """Remove documents."""
        ...


@dataclass
class PageBatch:
    """What was seen of the pages of one collection since it was last written."""

    collection: str
    records: WebRecords
    writer: PageWriter
    steps: Steps | None = None
    report: SyncReport = field(default_factory=SyncReport)
    """What was done so far."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many addresses were not taken, by why."""
    _additions: list[Addition] = field(default_factory=list)
    _seen: list[PageRecord] = field(default_factory=list)
    _gone: list[str] = field(default_factory=list)

    def same(self, known: PageRecord, version: KnownVersion | None = None) -> None:
        """Note a page that is what it was."""
        self._see(known, version or KnownVersion(known.etag, known.last_modified))
        self.report = merged_reports(self.report, SyncReport(unchanged=1))

    def read(self, addition: Addition, known: PageRecord, version: KnownVersion) -> None:
        """Take a page that was read; `known` is what it is to be known by."""
        self._additions.append(addition)
        self._see(known, version)

    def remove(self, uri: str) -> None:
        """Take a page out of the index."""
        self._gone.append(uri)

    def gone(self, uri: str, why: str) -> None:
        """Take a page out of the index, and say why."""
        self.remove(uri)
        self.note(uri, why)

    def failed(self, known: PageRecord, error: LoadError) -> None:
        """Note that a page could not be read again; what is there of it stays, for now."""
        reason = error.reason
        if isinstance(error, PageError) and error.status in GONE:
            if known.misses + 1 >= MISSES:
                self.gone(known.uri, "It was removed: the server said twice that it is gone.")
                return
            self.note(known.uri, f"{reason} It stays until the server says so again.")
            self._seen.append(_failed(known, reason)._replace(misses=known.misses + 1))
            return
        self.fail(known.uri, f"{reason} What was read before stays.")
        self._seen.append(_failed(known, reason)._replace(misses=0))

    def fail(self, uri: str, reason: str) -> None:
        """Report a page that could not be read."""
        failed = SyncFailure(source=uri, reason=reason)
        self.report = merged_reports(self.report, SyncReport(failed=(failed,)))

    def note(self, uri: str, reason: str) -> None:
        """Report something that a person should know."""
        noted = SyncFailure(source=uri, reason=reason)
        self.report = merged_reports(self.report, SyncReport(warnings=(noted,)))

    def flush(self) -> None:
        """Write what was seen."""
        additions, self._additions = self._additions, []
        seen, self._seen = self._seen, []
        gone, self._gone = self._gone, []
        if additions:
            done = self.writer.add(self.collection, additions, None, self.steps)
            self.report = merged_reports(self.report, done)
            broken = {failure.source: failure.reason for failure in done.failed}
            seen = [_failed(e, broken[e.uri]) if e.uri in broken else e for e in seen]
        if gone:
            self._remove(gone)
        if seen:
            self.records.put_pages(self.collection, seen)

    def _remove(self, uris: list[str]) -> None:
        try:
            removed = self.writer.remove(self.collection, *uris)
        except SourceNotFound:
            return
        self.report = merged_reports(self.report, removed)

    def _see(self, known: PageRecord, version: KnownVersion) -> None:
        self._seen.append(
            known._replace(
                checked=time.time(),
                etag=version.etag,
                last_modified=version.last_modified,
                misses=0,
                failure=None,
            )
        )


def version_of(known: PageRecord | None) -> KnownVersion:
    """Return what a server can be asked with whether a page is still the same."""
    return KnownVersion(known.etag, known.last_modified) if known else KnownVersion()


def read_again(
    batch: PageBatch,
    known: PageRecord,
    page: FetchedPage,
    document: LoadedDocument,
    *,
    moved_to: str | None,
    taken: bool,
    added_by: str | None = None,
) -> None:
    """Take the new version of a page, perhaps at another address, which may be `taken`."""
    if moved_to is None:
        batch.read(Addition(known.uri, document, added_by), known, page.version)
    elif taken:
        batch.gone(known.uri, f"It was removed: it has moved to {moved_to}, which is here already.")
    else:
        batch.note(known.uri, f"It has moved to {moved_to}, and is called that now.")
        addition = Addition(moved_to, document, added_by, moved_from=known.uri)
        batch.read(addition, known._replace(uri=moved_to), page.version)


def _failed(known: PageRecord, reason: str) -> PageRecord:
    """Return what is known of a page that could not be read, to be asked for anew."""
    return known._replace(checked=time.time(), failure=reason)
