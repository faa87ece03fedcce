"""Web pages, sites and feeds as sources: added, read on, refreshed and removed.

The network is asked while no lock is held; what came is written through the one writer.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index.config import WebConfig
from index.errors import LoadError, SourceNotFound
from index.load.feeds import Feed, read_feed_or_map
from index.load.fetched_page import FetchedPage, PageRequest
from index.load.git_address import GitAddress, git_address
from index.load.git_program import GitProgram, remove_clone
from index.load.page_links import SiteScope, plain_address
from index.load.page_types import PAGE_TYPES, XML_TYPES
from index.schema import SyncFailure, SyncReport, merged_reports
from index.store.catalog import Catalog
from index.store.web_records import PageRecord, SiteRecord, WebRecords
from index.sync.additions import Addition
from index.sync.crawl_step import CrawlStep, site_report
from index.sync.due_pages import are_looks_due, note_oldest_look
from index.sync.feed_pass import FeedPass
from index.sync.git_pass import GitPass, clone_of, label_of, remove_stray_clones
from index.sync.pace import Steps, owner_of
from index.sync.page_batch import PageBatch, PageWriter, Watch
from index.sync.page_refresh import PageRefresh
from index.sync.site_crawl import SiteCrawl
from index.sync.web_reader import WebReader


def unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""


@dataclass(frozen=True)
class WebSources:
    """The web pages of one home folder."""

    home: Path
    catalog: Catalog
    writer: Callable[[], PageWriter]
    reader: WebReader
    config: WebConfig
    _came: dict[str, FetchedPage] = field(default_factory=dict)
    """What was fetched to see what it is, until it is read, by its address."""

    def add(
        self,
        collection: str,
        url: str,
        *,
        site: bool = False,
        added_by: str | None = None,
        watch: Watch = unwatched,
        steps: Steps | None = None,
        is_own: bool = False,
    ) -> SyncReport:
        """Add a page, a whole site, map, feed or repository; what cannot be read is in the report.

        `is_own` says that a person at this machine asks, who may use own paths and credentials.
        """
        if not site and git_address(url, is_own=is_own) is None:
            found = self.add_page(collection, url, added_by=added_by, steps=steps)
            if found is not None:
                return found
        begun = self.begin(collection, url, added_by=added_by, is_own=is_own)
        if isinstance(begun, SyncReport):
            return begun
        return self._read_on(begun, self.config.seconds, watch, steps, is_own=is_own)

    def add_page(
        self,
        collection: str,
        url: str,
        *,
        added_by: str | None = None,
        steps: Steps | None = None,
    ) -> SyncReport | None:
        """Fetch one page and index it; None for a feed, a map of a site or a repository."""
        if git_address(url) is not None:
            return None
        try:
            page = self._fetched(url)
            if page.content_type in XML_TYPES:
                self._came[url] = page
                return None
            document = self.reader.document(url, page)
        except LoadError as error:
            self._note_failure(collection, url, error)
            return _failed(url, error.reason)
        with self._open(collection) as records:
            batch = PageBatch(collection, records, self.writer(), steps)
            known = records.pages(collection).get(url, PageRecord(url))
            batch.read(Addition(url, document, added_by), known, page.version)
            batch.flush()
            return batch.report

    def begin(
        self, collection: str, url: str, *, added_by: str | None = None, is_own: bool = False
    ) -> SiteRecord | SyncReport:
        """Note a site, feed or repository to be read; a report says why it cannot be."""
        repository = git_address(url, is_own=is_own)
        if repository is not None:
            return self._begin_repository(collection, repository, added_by)
        try:
            page = self._came.pop(url, None) or self._fetched(url)
            record = self._record(collection, url, page, added_by)
        except LoadError as error:
            return _failed(url, error.reason)
        with self._open(collection) as records:
            known = records.site(collection, record.url)
            if known is not None:
                record = known._replace(grows=True, start=record.start, kind=record.kind)
            records.put_site(record)
        self._came[record.start] = page
        return record

    def read_on(
        self,
        collection: str,
        url: str,
        *,
        seconds: float,
        watch: Watch = unwatched,
        steps: Steps | None = None,
        is_own: bool = False,
    ) -> CrawlStep:
        """Read a site or feed for about so long; raises SourceNotFound where there is none."""
        with self._open(collection) as records:
            record = records.site(collection, url)
            if record is None:
                raise SourceNotFound(url)
            batch = PageBatch(collection, records, self.writer(), steps)
            if record.kind == "git":
                return self._git(record, batch, watch, is_own=is_own).run(seconds)
            kind = FeedPass if record.kind == "feed" else SiteCrawl
            came = self._came.pop(record.start, None)
            return kind(record, batch, self.reader, self.config, watch, came).run(seconds)

    def stop(self, collection: str, url: str) -> None:
        """Leave a site as it is: what was read stays, and nothing more is taken of it."""
        with self._open(collection) as records:
            record = records.site(collection, url)
            if record is not None:
                records.clear_queue(record)
                records.put_site(record._replace(crawling=False, grows=False, checked=time.time()))
                remove_clone(clone_of(self.home, record))

    def refresh(
        self,
        collection: str,
        *,
        seconds: float | None = None,
        everything: bool = False,
        watch: Watch = unwatched,
        steps: Steps | None = None,
        is_own: bool = False,
    ) -> SyncReport:
        """Ask for what is new of pages, sites and feeds that were not looked at for long.

        With `everything`, of all of them. What was not reached in `seconds` is due the next time.
        Repositories that a person at this machine added are asked only where that person asks.
        """
        report = SyncReport()
        hours = 0.0 if everything else self.config.refresh_hours
        if not (everything or are_looks_due(self.catalog, hours)):
            return report
        ends = time.monotonic() + (self.config.seconds if seconds is None else seconds)
        with self._open(collection) as records:
            due = time.time() - hours * 3600
            sites = [one for one in records.sites(collection) if one.crawling or one.checked <= due]
        is_own = is_own and owner_of(collection) == collection  # and not a server's in Discord
        for site in sites:
            if site.kind == "git" and owner_of(collection) == collection and not is_own:
                continue
            left = ends - time.monotonic()
            if left <= 0:
                return report
            found = self._read_on(site, left, watch, steps, is_own=is_own)
            report = merged_reports(report, found)
        with self._open(collection) as records:
            batch = PageBatch(collection, records, self.writer(), steps)
            PageRefresh(batch, self.reader, watch).run(due, ends)
            return merged_reports(report, batch.report)

    def sweep(self) -> None:
        """Delete what is left of repositories whose collection was removed."""
        if self.catalog.has_added():
            with closing(self.catalog.open_added()) as added:
                remove_stray_clones(self.home, WebRecords(added).sites())

    def is_due(self) -> bool:
        """Say whether a page, site or feed was not looked at for long."""
        return are_looks_due(self.catalog, self.config.refresh_hours)

    def remove_site(self, collection: str, url: str) -> SyncReport:
        """Take a site or feed with all its pages out; raises SourceNotFound."""
        with self._open(collection) as records:
            site, pages = records.site(collection, url), records.pages(collection).items()
            named = site.url if site is not None else url
            uris = [uri for uri, page in pages if page.site == named]
            if site is None and not uris:
                raise SourceNotFound(url)
            records.remove_site(collection, named)
            if site is not None:
                remove_clone(clone_of(self.home, site))
            return self.writer().remove(collection, *uris) if uris else SyncReport()

    def _read_on(
        self,
        site: SiteRecord,
        seconds: float,
        watch: Watch,
        steps: Steps | None,
        *,
        is_own: bool,
    ) -> SyncReport:
        """Read a site to its end, or for so long, and say what was left out."""
        ends = time.monotonic() + seconds
        report, left_out = SyncReport(), Counter[str]()
        while True:
            step = self.read_on(
                site.collection,
                site.url,
                seconds=max(0.0, ends - time.monotonic()),
                watch=watch,
                steps=steps,
                is_own=is_own,
            )
            report = merged_reports(report, step.report)
            left_out.update(step.left_out)
            if step.finished or time.monotonic() >= ends or step.wait > ends - time.monotonic():
                break
        return site_report(site.url, report, left_out, unfinished=not step.finished)

    def _begin_repository(
        self, collection: str, repository: GitAddress, added_by: str | None
    ) -> SiteRecord:
        with self._open(collection) as records:
            known = records.site(collection, repository.url)
            if known is not None:
                record = known._replace(grows=True, etag=None)
            else:
                taken = [entry.uri for entry in self.catalog.sources(collection)]
                label, url = label_of(repository, taken), repository.url
                record = SiteRecord(collection, url, url, "git", label, added_by)
            records.put_site(record)
        return record

    def _git(self, record: SiteRecord, batch: PageBatch, watch: Watch, *, is_own: bool) -> GitPass:
        config = self.config
        program = GitProgram(
            self.reader.allowed_hosts, config.megabytes, config.seconds, is_own=is_own
        )
        load = self.reader.load
        return GitPass(record, batch, program, load, self.home, config, watch)

    def _fetched(self, url: str) -> FetchedPage:
        page = self.reader.fetch(url, PageRequest(types=PAGE_TYPES | XML_TYPES))
        assert page is not None  # nothing was known of it
        return page

    def _record(
        self, collection: str, url: str, page: FetchedPage, added_by: str | None
    ) -> SiteRecord:
        """Return what is to be known of a site or feed; raises LoadError for neither."""
        start = plain_address(page.final_url) or url
        if page.content_type in XML_TYPES or start.endswith(".gz"):
            found = read_feed_or_map(page.body, url)
            if isinstance(found, Feed):
                return SiteRecord(collection, start, start, "feed", found.title, added_by)
            return SiteRecord(collection, SiteScope.of(start).url, start, "map", start, added_by)
        scope = SiteScope.of(start)
        return SiteRecord(collection, scope.url, start, "site", scope.url, added_by)

    def _note_failure(self, collection: str, url: str, error: LoadError) -> None:
        """Remember that a page that is here could not be read again."""
        if not self._is_used():
            return
        with self._open(collection) as records:
            known = records.pages(collection).get(url)
            if known is not None:
                failed = known._replace(checked=time.time(), failure=error.reason)
                records.put_pages(collection, [failed])

    def _is_used(self) -> bool:
        return self.catalog.has_added()

    @contextmanager
    def _open(self, collection: str) -> Iterator[WebRecords]:
        """Open the records to write them, and note afterwards what is due when."""
        with closing(self.catalog.open_added()) as added:
            added.put_collection(collection)
            note_oldest_look(self.home, 0.0)
            records = WebRecords(added)
            try:
                yield records
            finally:
                note_oldest_look(self.home, records.oldest_look())


def _failed(url: str, reason: str) -> SyncReport:
    return SyncReport(failed=(SyncFailure(source=url, reason=reason),))
