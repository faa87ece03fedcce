"""Reads a feed: each entry becomes a source, by its text in the feed or by the page it leads to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import quote

from index.config import WebConfig
from index.errors import LoadError
from index.load.feeds import Feed, FeedEntry, read_feed_or_map
from index.load.fetched_page import (
    FetchedPage,
    KnownVersion,
    PageError,
    PageRequest,
)
from index.load.page_links import plain_address
from index.load.page_types import PAGE_TYPES, XML_TYPES
from index.store.web_records import PageRecord, SiteRecord
from index.sync.additions import Addition
from index.sync.crawl_step import CrawlStep
from index.sync.page_batch import PageBatch, Watch
from index.sync.site_crawl import AT_ONCE
from index.sync.web_reader import WebReader

FEED_TYPES = PAGE_TYPES | XML_TYPES


@dataclass
class FeedPass:
    """Takes what is new in one feed."""

    site: SiteRecord
    batch: PageBatch
    reader: WebReader
    limits: WebConfig
    watch: Watch
    came: FetchedPage | None = None
    """The feed, where it was fetched already."""

    def run(self, seconds: float) -> CrawlStep:
        """Fetch the feed and read its entries for about so long, or to the end."""
        ends = time.monotonic() + seconds
        try:
            page = self._fetched()
            feed = self._feed(page) if page is not None else None
        except LoadError as error:
            self.batch.fail(self.site.url, error.reason)
            self._note(failure=error.reason)
            return self._step()
        if feed is None or page is None:
            self._note(failure=None)
            return self._step()
        entries = feed.entries[: self.limits.pages]
        if left := len(feed.entries) - len(entries):
            self.batch.note(self.site.url, f"{left:,} of its entries are over the limit.")
        if feed.damage:
            self.batch.note(self.site.url, f"{feed.damage} What stands before that was read.")
        return self._read(feed, entries, page, ends)

    def _read(
        self, feed: Feed, entries: tuple[FeedEntry, ...], page: FetchedPage, ends: float
    ) -> CrawlStep:
        known = self.batch.records.pages(self.site.collection)
        for done, entry in enumerate(entries):
            if time.monotonic() > ends:
                self.batch.flush()
                return self._step(done, len(entries), finished=False)
            uri = entry.link or f"{self.site.url}#{quote(entry.key, safe='')}"
            self.watch(done, len(entries), entry.title)
            seen = known.get(uri)
            if seen is None or seen.in_feed or not seen.checked:  # the last: before a kill
                self._take(uri, entry, seen if seen and seen.in_feed else None)
            if done % AT_ONCE == AT_ONCE - 1:
                self.batch.flush()
        self.batch.flush()
        self.batch.records.clear_queue(self.site)
        self.site = self.site._replace(
            title=feed.title, etag=page.version.etag, last_modified=page.version.last_modified
        )
        self._note(failure=None)
        return self._step(len(entries), len(entries))

    def _fetched(self) -> FetchedPage | None:
        if self.came is not None:
            return self.came
        version = KnownVersion(self.site.etag, self.site.last_modified)
        asked = PageRequest(types=FEED_TYPES, known=version)
        return self.reader.fetch(self.site.start, asked, self._check)

    def _feed(self, page: FetchedPage) -> Feed:
        found = read_feed_or_map(page.body, self.site.start)
        if not isinstance(found, Feed):
            raise LoadError(self.site.start, "It is a feed no longer.")
        return found

    def _check(self) -> None:
        self.watch(0, 0, self.site.url)

    def _take(self, uri: str, entry: FeedEntry, known: PageRecord | None) -> None:
        """Read one entry; one that failed is not asked for again in the same reading."""
        records = self.batch.records
        if known is None and records.is_struck(self.site, uri):
            return
        records.strike_off(self.site, [uri])
        try:
            if entry.content:
                self._take_text(uri, entry, known)
            elif entry.link is not None:
                self._take_page(uri, entry.link, entry)
        except LoadError as error:
            self.batch.fail(uri, error.reason)

    def _take_text(self, uri: str, entry: FeedEntry, known: PageRecord | None) -> None:
        document = self.reader.load(entry.page, name=uri, mime="text/html")
        stated = {
            "title": entry.title,
            "url": entry.link or self.site.url,
            "modified": entry.modified or document.modified,
        }
        record = known or PageRecord(uri, self.site.url, in_feed=True)
        addition = Addition(uri, document.model_copy(update=stated), self.site.added_by)
        self.batch.read(addition, record, KnownVersion())

    def _take_page(self, uri: str, link: str, entry: FeedEntry) -> None:
        if not self.reader.may_read(link, self._check):
            raise PageError(link, "Its robots.txt asks programs not to read it.")
        page = self.reader.fetch(link, PageRequest(), self._check)
        if page is None:
            return
        document = self.reader.document(link, page)
        stated = {
            "url": plain_address(page.final_url) or link,
            "modified": document.modified or entry.modified,
        }
        addition = Addition(uri, document.model_copy(update=stated), self.site.added_by)
        self.batch.read(addition, PageRecord(uri, self.site.url), page.version)

    def _note(self, *, failure: str | None) -> None:
        if self.batch.records.site(self.site.collection, self.site.url) is not None:
            self.site = self.site._replace(checked=time.time(), failure=failure, crawling=False)
            self.batch.records.put_site(self.site)

    def _step(self, done: int = 0, total: int = 0, *, finished: bool = True) -> CrawlStep:
        return CrawlStep(self.batch.report, self.batch.left_out, done, total, finished)
