"""Lists of web sites and feeds, and of sources with the site that brought each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from index.errors import StoreError
from index.load.git_address import git_address
from index.load.page_links import plain_address
from index.schema import SiteEntry, SourceEntry
from index.store.catalog import Catalog
from index.store.web_records import PageRecord, SiteRecord, WebRecords

T = TypeVar("T")


@dataclass(frozen=True)
class WebLists:
    """What of a home came from the web."""

    catalog: Catalog

    def sites(self, collection: str) -> list[SiteEntry]:
        """Return the sites and feeds of a collection."""

        def read(records: WebRecords) -> list[SiteEntry]:
            pages = Counter(page.site for page in records.pages(collection).values())
            return [_entry(one, pages[one.url]) for one in records.sites(collection)]

        return self._read(read, [])

    def marked(self, collection: str, entries: list[SourceEntry]) -> list[SourceEntry]:
        """Return entries with the site that each belongs to, and why it could not be read again."""
        nothing: dict[str, PageRecord] = {}
        pages = self._read(lambda records: records.pages(collection), nothing)
        return [_marked(entry, pages.get(entry.uri)) for entry in entries] if pages else entries

    def find_site(self, collection: str, name: str) -> SiteEntry | None:
        """Return the site or feed that is called so, if there is one."""
        found = self._read(lambda records: records.site(collection, address_of(name)), None)
        known = self.sites(collection) if found else []
        return next((one for one in known if found and one.url == found.url), None)

    def _read(self, what: Callable[[WebRecords], T], otherwise: T) -> T:
        """Read the records; `otherwise` where there are none, or the file cannot be read now.

        What is indexed is listed then, too; whoever writes says what is wrong with the file.
        """
        if self.catalog.has_added():
            with (
                suppress(StoreError),
                closing(self.catalog.open_added()) as added,
            ):
                return what(WebRecords(added))
        return otherwise


def address_of(name: str) -> str:
    """Return what a site, feed or repository is known by, of what a person calls it."""
    repository = git_address(name, is_own=True)
    return repository.url if repository else plain_address(name) or name


def _entry(site: SiteRecord, pages: int) -> SiteEntry:
    return SiteEntry(
        collection=site.collection,
        url=site.url,
        kind=site.kind,
        title=site.title,
        pages=pages,
        crawling=site.crawling,
        failure=site.failure,
        added_by=site.added_by,
        commit=site.etag if site.kind == "git" else None,
        checked=datetime.fromtimestamp(site.checked, UTC) if site.checked else None,
    )


def _marked(entry: SourceEntry, page: PageRecord | None) -> SourceEntry:
    if page is None:
        return entry
    failure = entry.failure or page.failure
    state = "stale" if failure and entry.state == "ready" else entry.state
    return entry.model_copy(update={"site": page.site, "failure": failure, "state": state})


def with_sites(entries: Sequence[SourceEntry], sites: Sequence[SiteEntry]) -> list[SourceEntry]:
    """Return entries with one for each web site and feed in place of those of its pages."""
    known = {(site.collection, site.url) for site in sites}
    kept = [entry for entry in entries if (entry.collection, entry.site or "") not in known]
    return sorted([*kept, *(_of_site(entries, site) for site in sites)], key=lambda e: e.uri)


def _of_site(entries: Sequence[SourceEntry], site: SiteEntry) -> SourceEntry:
    key = (site.collection, site.url)
    pages = [entry for entry in entries if (entry.collection, entry.site or "") == key]
    failed = sum(entry.failure is not None for entry in pages)
    told = []
    if failed and site.kind != "reader":  # which fails as a whole
        told.append(f"{failed:,} of its pages could not be read again")
    told += ["not yet read to its end"] if site.crawling else []
    return SourceEntry(
        id=site.url,
        collection=site.collection,
        uri=site.url,
        title=site.label,
        characters=sum(entry.characters for entry in pages),
        passages=sum(entry.passages for entry in pages),
        modified=max((page.modified for page in pages if page.modified), default=None),
        added_at=min((page.added_at for page in pages if page.added_at), default=None),
        added_by=site.added_by,
        warnings=tuple(told),
        state="stale" if site.failure else "ready",
        failure=site.failure,
    )
