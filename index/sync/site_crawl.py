"""Reads a web site page by page: what its map names and what its pages link to, below one path.

What is still to be read stands in a queue on disk, so that whoever comes next goes on where a
killed or stopped reading was; what was read is written every few pages.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from index.config import WebConfig
from index.errors import LoadError
from index.load.fetched_page import FetchedPage, PageError, PageRequest
from index.load.page_links import PageLinks, SiteScope, is_same_page, links_of, plain_address
from index.schema import LoadedDocument
from index.store.web_records import PageRecord, SiteRecord
from index.sync.additions import Addition
from index.sync.crawl_queue import CrawlQueue
from index.sync.crawl_step import CrawlStep
from index.sync.page_batch import GONE, PageBatch, Watch, read_again, version_of
from index.sync.preparer import version_of_text
from index.sync.site_maps import SiteMaps
from index.sync.web_reader import WebReader

AT_ONCE = 10
"""Pages after which what was read is written: a kill loses no more."""

_SLICE = 10.0
"""Seconds after which it is, too."""

_TRIES = 3
"""Addresses that are asked for each page that may be read."""

_DOWN = 5
"""Connections that fail one after the other, after which a server is left alone."""


@dataclass
class SiteCrawl:
    """Reads one site for a while."""

    site: SiteRecord
    batch: PageBatch
    reader: WebReader
    limits: WebConfig
    watch: Watch
    came: FetchedPage | None = None
    """The page that the reading starts at, where it was fetched already."""
    _pages: dict[str, PageRecord] = field(default_factory=dict)
    _versions: dict[str, str] = field(default_factory=dict)
    _struck: list[str] = field(default_factory=list)
    _unread: set[str] = field(default_factory=set)
    _down: int = 0
    _stopped: str | None = None
    """Why the server is left alone for now."""

    def __post_init__(self) -> None:
        self._queue = CrawlQueue(
            self.site, self.batch.records, self.batch.left_out, self.limits.pages
        )

    def run(self, seconds: float) -> CrawlStep:
        """Begin, or go on; returns after about so long, or at the end."""
        ends, written = time.monotonic() + seconds, time.monotonic()
        records = self.batch.records
        self._pages = records.pages(self.site.collection)
        self._versions = records.versions(self.site.collection, self.site.url)
        if not self.site.crawling:
            try:
                self._begin()
            except LoadError as error:
                return self._refused(error.reason)
        while waiting := records.waiting(self.site, AT_ONCE):
            for url in waiting:
                if cut := self._cut():
                    return self._finish(cut)
                late = time.monotonic() + self.reader.wait(url) > ends
                if late or self._stopped:
                    return self._pause(self.reader.wait(url))
                self._look(url)
                if time.monotonic() - written > _SLICE:
                    self._write()
                    written = time.monotonic()
            self._write()
            written = time.monotonic()
            if records.site(self.site.collection, self.site.url) is None:
                return self._step(finished=True)  # somebody removed it meanwhile
        return self._finish(None)

    def _check(self) -> None:
        """Let a person stop it while it waits."""
        self.watch(*self.batch.records.counts(self.site), self.site.url)

    def _begin(self) -> None:
        """Queue what is known of the site; raises LoadError where it may not be read."""
        if not self.reader.may_read(self.site.start, self._check):
            raise PageError(self.site.start, "Its robots.txt asks programs not to read it.")
        known = [uri for uri, page in self._pages.items() if page.site == self.site.url]
        maps = SiteMaps(self.site, self._scope, self.reader, self.batch.left_out, self._check)
        named = maps.pages() if self.site.grows else []
        start = [self.site.start] if self.site.kind == "site" else []
        records = self.batch.records
        self.site = self.site._replace(crawling=True, pages=0, bytes=0, failure=None)
        self._queue.begin([*start, *known], named if self.site.grows else None)
        records.put_site(self.site)

    @property
    def _scope(self) -> SiteScope:
        parts = urlsplit(self.site.url)
        return SiteScope(f"{parts.scheme}://{parts.netloc}", parts.path)

    def _cut(self) -> str | None:
        """Say which limit is reached, if one is."""
        done, _ = self.batch.records.counts(self.site)
        if self.site.pages >= self.limits.pages:
            return f"Only {self.limits.pages:,} pages of it were read, which is the limit"
        if self.site.bytes >= self.limits.megabytes * 2**20:
            return f"Only {self.limits.megabytes:,} MiB of it were read, which is the limit"
        if done + len(self._struck) >= self.limits.pages * _TRIES + AT_ONCE:
            return "Too few of its addresses are pages, so no more were asked for"
        return None

    def _look(self, url: str) -> None:
        """Look at one address."""
        if url in self._struck:
            return
        done, total = self.batch.records.counts(self.site)
        self.watch(min(done + len(self._struck), total), total, url)
        self._struck.append(url)
        known = self._known(url)
        try:
            if not self.reader.may_read(url, self._check):
                self.batch.left_out["forbidden"] += 1
                self._unread.add(url)
                return
            page = self._fetched(url, known)
        except PageError as error:
            self._failed(url, known, error)
            return
        self._down = 0
        if page is not None:
            self.site = self.site._replace(bytes=self.site.bytes + len(page.body))
            self._take(url, known, page)
        elif known is not None:
            self.site = self.site._replace(pages=self.site.pages + 1)
            self.batch.same(known)

    def _known(self, url: str) -> PageRecord | None:
        """Return what is noted of a page; one of which nothing is was written before a kill."""
        known = self._pages.get(url)
        is_orphan = known is not None and known.site is None and not known.checked
        return known._replace(site=self.site.url) if known and is_orphan else known

    def _fetched(self, url: str, known: PageRecord | None) -> FetchedPage | None:
        if self.came is not None and url == self.site.start:
            return self.came
        asked = PageRequest(known=version_of(known), follow=self._may_follow)
        return self.reader.fetch(url, asked, self._check)

    def _may_follow(self, url: str) -> bool:
        plain = plain_address(url)
        return plain is not None and self._scope.holds(plain) and self.reader.may_read(plain)

    def _failed(self, url: str, known: PageRecord | None, error: PageError) -> None:
        if known is not None:
            self.batch.failed(known, error)
        elif error.status in GONE:
            self.batch.left_out["dead"] += 1
        elif error.status is None and not error.is_broken:
            self.batch.left_out["unread"] += 1
        else:
            self.batch.fail(url, error.reason)
            self._unread.add(url)
        if error.status in (429, 503):
            self._stopped = error.reason
        self._down = self._down + 1 if error.is_broken else 0
        if self._down >= _DOWN:
            self._stopped = error.reason

    def _take(self, url: str, known: PageRecord | None, page: FetchedPage) -> None:
        """Take a page that came."""
        final = plain_address(page.final_url) or url
        links = PageLinks()
        if page.content_type in ("text/html", "application/xhtml+xml"):
            links = links_of(page.body, final, charset=page.charset, robots=page.robots)
        if not links.indexed:
            self.batch.left_out["unindexed"] += 1
            return
        if links.leads_to and links.leads_to != final:
            self._lead(known, self._scope.adopted(links.leads_to))
            return
        if known is not None:
            self._take_again(known, page, final)
        else:
            self._take_new(url, page, self._address(final, links))
        if self.site.kind == "site" and self.site.grows and links.followed:
            linked = map(self._scope.adopted, links.links)
            self._queue.add(list(dict.fromkeys(filter(self._scope.may_be_page, linked))))

    def _lead(self, known: PageRecord | None, target: str) -> None:
        """Follow a page that only sends its reader on."""
        if known is not None:
            self.batch.gone(known.uri, f"It was removed: it leads to {target} now.")
        if self._scope.may_be_page(target):
            self._queue.add([target])

    def _address(self, final: str, links: PageLinks) -> str:
        """Return what a page is called: what it says itself, where that is only another spelling.

        What else it says may be wrong, or another's.
        """
        stated = links.canonical
        if stated and self._scope.holds(stated) and is_same_page(stated, final):
            return stated
        return final

    def _take_new(self, url: str, page: FetchedPage, uri: str) -> None:
        if uri != url:
            if uri in self._pages or uri in self._struck:
                return  # it is read by its own address
            if self.batch.records.is_struck(self.site, uri):
                return
            self._struck.append(uri)
        document = self._document(uri, page)
        if document is None:
            return
        version = version_of_text(document)
        if self._versions.setdefault(version, uri) != uri:
            self.batch.left_out["twice"] += 1
            return
        self.site = self.site._replace(pages=self.site.pages + 1)
        known = PageRecord(uri, self.site.url)
        self._pages[uri] = known
        self.batch.read(Addition(uri, document, self.site.added_by), known, page.version)

    def _document(self, uri: str, page: FetchedPage) -> LoadedDocument | None:
        try:
            document = self.reader.document(uri, page)
        except LoadError as error:
            self.batch.fail(uri, error.reason)
            return None
        return document.model_copy(update={"url": uri})

    def _take_again(self, known: PageRecord, page: FetchedPage, final: str) -> None:
        self.site = self.site._replace(pages=self.site.pages + 1)
        try:
            document = self.reader.document(known.uri, page)
        except LoadError as error:
            self.batch.failed(known, error)
            return
        moved = final if page.moved and final != known.uri else None
        taken = moved is not None and moved in self._pages
        if moved is not None and not taken:
            self._pages[moved] = known._replace(uri=moved)
            self._struck.append(moved)
        read_again(self.batch, known, page, document, moved_to=moved, taken=taken)

    def _write(self) -> None:
        """Write what was read, then note that it was."""
        self.batch.flush()
        struck, self._struck = self._struck, []
        if self.batch.records.site(self.site.collection, self.site.url) is not None:
            self.batch.records.strike_off(self.site, struck, self._unread)
            self.batch.records.put_site(self.site)

    def _pause(self, wait: float) -> CrawlStep:
        self._write()
        if self._stopped:
            reason = f"{self._stopped} What is left of it is read the next time."
            self.batch.fail(self.site.url, reason)
            self.site = self.site._replace(failure=self._stopped)
            self.batch.records.put_site(self.site)
            return self._step(finished=True)
        return self._step(finished=False, wait=wait)

    def _finish(self, cut: str | None) -> CrawlStep:
        self._write()
        done, total = self.batch.records.counts(self.site)
        left = total - done
        if cut is not None and left:
            self.batch.note(self.site.url, f"{cut}; {left:,} addresses are left out.")
        self.batch.records.clear_queue(self.site, unread=False)
        self.site = self.site._replace(crawling=False, checked=time.time(), failure=None)
        self.batch.records.put_site(self.site)
        return self._step(finished=True, total=total)

    def _refused(self, reason: str) -> CrawlStep:
        self.batch.fail(self.site.url, reason)
        self.site = self.site._replace(checked=time.time(), failure=reason)
        self.batch.records.put_site(self.site)
        return self._step(finished=True)

    def _step(self, *, finished: bool, wait: float = 0.0, total: int | None = None) -> CrawlStep:
        done, queued = self.batch.records.counts(self.site)
        all_known = queued if total is None else total
        return CrawlStep(self.batch.report, self.batch.left_out, done, all_known, finished, wait)
