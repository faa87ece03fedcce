"""Asks for what is new of single pages, and of those that a feed led to."""

from __future__ import annotations

import time
from dataclasses import dataclass

from index.errors import LoadError
from index.load.fetched_page import PageRequest
from index.load.page_links import plain_address
from index.store.web_records import PageRecord
from index.sync.page_batch import PageBatch, Watch, read_again, version_of
from index.sync.site_crawl import AT_ONCE
from index.sync.web_reader import WebReader


@dataclass(frozen=True)
class PageRefresh:
    """The pages of one collection that no site brings again."""

    batch: PageBatch
    reader: WebReader
    watch: Watch

    def run(self, due: float, ends: float) -> None:
        """Look at the pages that were last looked at before `due`, until the clock is at `ends`."""
        records, collection = self.batch.records, self.batch.collection
        crawled = {one.url for one in records.sites(collection) if one.kind != "feed"}
        pages = records.pages(collection)
        asked = [
            page
            for page in pages.values()
            if page.checked <= due and not page.in_feed and page.site not in crawled
        ]
        for done, page in enumerate(asked):
            if time.monotonic() > ends:
                break
            self.watch(done, len(asked), page.uri)
            self._look_again(page, pages)
            if done % AT_ONCE == AT_ONCE - 1:
                self.batch.flush()
        self.batch.flush()

    def _look_again(self, known: PageRecord, pages: dict[str, PageRecord]) -> None:
        try:
            asked = PageRequest(known=version_of(known))
            page = self.reader.fetch(known.uri, asked, lambda: self.watch(0, 0, known.uri))
            if page is None:
                self.batch.same(known)
                return
            document = self.reader.document(known.uri, page)
        except LoadError as error:
            self.batch.failed(known, error)
            return
        final = plain_address(page.final_url) or known.uri
        moved = final if page.moved and final != plain_address(known.uri) else None
        read_again(self.batch, known, page, document, moved_to=moved, taken=moved in pages)
