"""Finds the pages that the maps of a site (sitemap.xml) name, and the maps that maps name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from index.errors import LoadError
from index.load.feeds import MAX_MAP_BYTES, SiteMap, read_feed_or_map
from index.load.fetched_page import PageError, PageRequest
from index.load.page_links import SiteScope, plain_address
from index.load.page_types import PAGE_TYPES, XML_TYPES
from index.store.web_records import SiteRecord
from index.sync.web_reader import Check, WebReader

MAP_TYPES = PAGE_TYPES | XML_TYPES | {"application/gzip", "application/x-gzip"}

_MAPS = 50
"""Files of a site's map that are read."""

_NOTHING = SiteMap((), ())


@dataclass(frozen=True)
class SiteMaps:
    """The maps of one site."""

    site: SiteRecord
    scope: SiteScope
    reader: WebReader
    left_out: Counter[str]
    check: Check

    def pages(self) -> list[str]:
        """Return the pages that the maps name; raises LoadError where one that was added fails."""
        waiting, seen = self._known(), set[str]()
        pages: dict[str, None] = {}
        while waiting and len(seen) < _MAPS:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            site_map = self._read(url)
            named = map(self.scope.adopted, site_map.pages)
            pages |= dict.fromkeys(filter(self.scope.may_be_page, named))
            waiting += self._of_host(site_map.maps)
        return list(pages)

    def _known(self) -> list[str]:
        """Return the maps that robots.txt names, or where maps usually lie."""
        if self.site.kind == "map":
            return [self.site.start]
        stated = map(plain_address, self.reader.robots(self.site.start, self.check).sitemaps)
        usual = [f"{self.scope.url}sitemap.xml", f"{self.scope.origin}/sitemap.xml"]
        return self._of_host(tuple(filter(None, stated))) or usual

    def _of_host(self, urls: tuple[str, ...]) -> list[str]:
        adopted = map(self.scope.adopted, urls)
        return [url for url in adopted if url.startswith(f"{self.scope.origin}/")]

    def _read(self, url: str) -> SiteMap:
        """Read one map; most sites have none, which only the map that was asked for must."""
        asked = PageRequest(max_bytes=MAX_MAP_BYTES, types=MAP_TYPES)
        try:
            if not self.reader.may_read(url, self.check):
                return _NOTHING
            page = self.reader.fetch(url, asked, self.check)
            found = read_feed_or_map(page.body, url) if page else _NOTHING
        except LoadError as error:
            if url == self.site.start:
                raise
            if not isinstance(error, PageError):
                self.left_out["maps"] += 1
            return _NOTHING
        return found if isinstance(found, SiteMap) else _NOTHING
