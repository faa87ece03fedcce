"""The addresses of a site that are still to be read, without those of pages that have no end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from index.store.web_records import SiteRecord, WebRecords

_VARIANTS = 20
"""Addresses that differ only behind the question mark: a calendar has one for every month."""

_ROOM = 10
"""Addresses that are queued for each page that may be read."""


@dataclass
class CrawlQueue:
    """The queue of one site."""

    site: SiteRecord
    records: WebRecords
    left_out: Counter[str]
    pages: int
    """How many may be read."""
    _refused: set[str] = field(default_factory=set)

    def begin(self, known: Sequence[str], named: Sequence[str] | None) -> None:
        """Begin anew with the pages that are known, what the last reading left, and what is named.

        None where nothing is to be taken that is not known.
        """
        more = [] if named is None else [*self.records.unread(self.site), *named]
        self.records.clear_queue(self.site)
        self._enqueue(list(dict.fromkeys([*known, *more])))

    def add(self, urls: Sequence[str]) -> None:
        """Queue what is new of these addresses; only some of those that differ but by a query."""
        fresh: list[str] = []
        variants = Counter[str]()
        for url in self.records.unqueued(self.site, urls):
            path, query, _ = url.partition("?")
            if query and path not in variants:
                variants[path] = self.records.count_variants(self.site, url)
            if query and variants[path] >= _VARIANTS:
                self._refused.add(url)
                continue
            variants[path] += 1
            fresh.append(url)
        self.left_out["variants"] = len(self._refused)
        self._enqueue(fresh)

    def _enqueue(self, urls: Sequence[str]) -> None:
        most = self.pages * _ROOM
        self.left_out["room"] += self.records.enqueue(self.site, urls, most=most)
