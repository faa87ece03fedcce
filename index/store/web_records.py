"""What is known of added web pages besides their texts: sites, feeds, versions, looks, queues.

It stands beside the added documents and goes with them: a row of a document or a collection that is
removed takes these along.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from index.store.database import Tables
from index.store.sqlite_file import Row, script

SiteKind: TypeAlias = Literal["site", "map", "feed", "git"]
"""A site whose links are followed, one of which a map names the pages, a feed, a repository."""

WEB_TABLES = """
CREATE TABLE sites (
    collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
    url TEXT NOT NULL,
    start TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    added_by TEXT,
    grows INTEGER NOT NULL,
    crawling INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checked REAL NOT NULL,
    etag TEXT,
    last_modified TEXT,
    failure TEXT,
    PRIMARY KEY (collection, url)
);
CREATE TABLE web_pages (
    collection TEXT NOT NULL,
    uri TEXT NOT NULL,
    site TEXT,
    in_feed INTEGER NOT NULL,
    checked REAL NOT NULL,
    etag TEXT,
    last_modified TEXT,
    misses INTEGER NOT NULL,
    failure TEXT,
    PRIMARY KEY (collection, uri),
    FOREIGN KEY (collection, uri) REFERENCES documents (collection, uri)
        ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX web_pages_by_site ON web_pages (collection, site);
CREATE TABLE crawl_queue (
    place INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    site TEXT NOT NULL,
    url TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    UNIQUE (collection, site, url),
    FOREIGN KEY (collection, site) REFERENCES sites (collection, url) ON DELETE CASCADE
)
"""

create_web_tables = script(WEB_TABLES)


class SiteRecord(NamedTuple):
    """A site or feed that was added as one."""

    collection: str
    url: str
    """What it is called by: the address below which its pages stand, or that of the feed."""
    start: str
    """The address that was added."""
    kind: SiteKind
    title: str
    added_by: str | None = None
    grows: bool = True
    """Whether new pages are taken; not after it was cancelled."""
    crawling: bool = False
    """Whether a reading of it has begun that is not at its end."""
    pages: int = 0
    """Pages seen in the reading at hand."""
    bytes: int = 0
    """Likewise, fetched."""
    checked: float = 0.0
    """When the last reading ended, in seconds since 1970; 0 is never."""
    etag: str | None = None
    """Of a feed what its server calls the version, of a repository its commit."""
    last_modified: str | None = None
    failure: str | None = None
    """Why the last reading failed, if it did."""


class PageRecord(NamedTuple):
    """An added page as it was seen last."""

    uri: str
    site: str | None = None
    """The site or feed that brought it."""
    in_feed: bool = False
    """Whether its text is the feed's, so that its address is not asked."""
    checked: float = 0.0
    """As of a site; 0 where it was added before looks were noted."""
    etag: str | None = None
    last_modified: str | None = None
    misses: int = 0
    """How often in a row the server said that it is gone."""
    failure: str | None = None
    """Why it could not be read again, if it could not."""


_SITE = ", ".join(SiteRecord._fields)
_PAGE = ", ".join(PageRecord._fields)
_IS_PAGE = "(lower(substr(d.uri, 1, 7)) = 'http://' OR lower(substr(d.uri, 1, 8)) = 'https://')"


class WebRecords:
    """The tables of web pages in the file of the added documents."""

    def __init__(self, file: Tables) -> None:
        self._file = file

    def sites(self, collection: str | None = None) -> list[SiteRecord]:
        """Return the sites and feeds of a collection, or of all, by address."""
        where = "" if collection is None else "WHERE collection = ?"
        rows = self._file.rows(
            f"SELECT {_SITE} FROM sites {where} ORDER BY url",
            () if collection is None else (collection,),
        )
        return [_site(row) for row in rows]

    def site(self, collection: str, url: str) -> SiteRecord | None:
        """Return a site by its address, or by the one that was added."""
        found = [site for site in self.sites(collection) if _bare(url) in _names(site)]
        return next((site for site in found if _bare(site.url) == _bare(url)), None) or next(
            iter(found), None
        )

    def put_site(self, site: SiteRecord) -> None:
        """Keep a site as it is now."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in SiteRecord._fields[2:])
        with self._file.transaction() as connection:
            connection.execute(
                f"INSERT INTO sites ({_SITE}) VALUES ({','.join('?' * len(site))}) "
                f"ON CONFLICT (collection, url) DO UPDATE SET {changes}",
                site,
            )

    def remove_site(self, collection: str, url: str) -> None:
        """Forget a site and what is still to be read of it."""
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM sites WHERE (collection, url) = (?, ?)", (collection, url)
            )

    def pages(self, collection: str) -> dict[str, PageRecord]:
        """Return the added pages by uri, those of which nothing is noted included."""
        columns = ", ".join(f"p.{name}" for name in PageRecord._fields[1:])
        rows = self._file.rows(
            f"SELECT d.uri, {columns} FROM documents d LEFT JOIN web_pages p "
            "USING (collection, uri) WHERE d.collection = ? "
            f"AND ({_IS_PAGE} OR p.site IS NOT NULL) "
            "ORDER BY coalesce(p.checked, -1), d.uri",
            (collection,),
        )
        return {row[0]: _page(row) for row in rows}

    def versions(self, collection: str, site: str) -> dict[str, str]:
        """Return the uri of one page for each text that a site has, by its SHA-256."""
        rows = self._file.rows(
            "SELECT d.sha256, d.uri FROM documents d JOIN web_pages p USING (collection, uri) "
            "WHERE d.collection = ? AND p.site = ? ORDER BY d.uri DESC",
            (collection, site),
        )
        return dict(rows)

    def put_pages(self, collection: str, pages: Iterable[PageRecord]) -> None:
        """Keep what was seen of pages that are documents; others are passed over."""
        columns = PageRecord._fields[1:]
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
        marks = ",".join("?" * len(PageRecord._fields))
        with self._file.transaction() as connection:
            for page in pages:
                connection.execute(
                    f"INSERT INTO web_pages (collection, {_PAGE}) SELECT ?, {marks} WHERE EXISTS "
                    "(SELECT 1 FROM documents WHERE (collection, uri) = (?, ?)) "
                    f"ON CONFLICT (collection, uri) DO UPDATE SET {changes}",
                    (collection, *page, collection, page.uri),
                )

    def oldest_look(self) -> float | None:
        """Return when the page, site or reader was looked at that was not for longest, if any."""
        sites = [0.0 if site.crawling else site.checked for site in self.sites()]
        rows = self._file.rows(
            "SELECT min(coalesce(p.checked, 0)) FROM documents d LEFT JOIN web_pages p "
            f"USING (collection, uri) WHERE {_IS_PAGE} AND coalesce(p.in_feed, 0) = 0 "
            "AND (p.site IS NULL OR p.site NOT IN (SELECT url FROM sites s WHERE "
            "s.collection = d.collection AND s.kind != 'feed'))"
        )
        rows += self._file.rows("SELECT min(checked) FROM readers")
        looks = [*sites, *(row[0] for row in rows if row[0] is not None)]
        return min(looks, default=None)

    def enqueue(self, site: SiteRecord, urls: Sequence[str], *, most: int) -> int:
        """Queue addresses that were not yet; returns how many there was no room for."""
        if not urls:
            return 0
        key, left = (site.collection, site.url), 0
        with self._file.transaction() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM crawl_queue WHERE (collection, site) = (?, ?)", key
            ).fetchone()
            for url in urls:
                if count >= most:
                    left += 1
                    continue
                made = connection.execute(
                    "INSERT INTO crawl_queue (collection, site, url) VALUES (?, ?, ?) "
                    "ON CONFLICT DO NOTHING",
                    (*key, url),
                )
                count += made.rowcount
        return left

    def unqueued(self, site: SiteRecord, urls: Sequence[str]) -> list[str]:
        """Return those of some addresses that are not in a site's queue."""
        sql = "SELECT 1 FROM crawl_queue WHERE (collection, site, url) = (?, ?, ?)"
        key = (site.collection, site.url)
        return [url for url in urls if not self._file.rows(sql, (*key, url))]

    def count_variants(self, site: SiteRecord, address: str) -> int:
        """Return how many queued addresses differ from one only behind the question mark."""
        path = address.partition("?")[0]
        rows = self._file.rows(
            "SELECT count(*) FROM crawl_queue WHERE (collection, site) = (?, ?) "
            "AND url >= ? AND url < ?",
            (site.collection, site.url, f"{path}?", f"{path}@"),
        )
        return int(rows[0][0])

    def is_struck(self, site: SiteRecord, url: str) -> bool:
        """Say whether an address was read in the reading at hand."""
        return bool(
            self._file.rows(
                "SELECT 1 FROM crawl_queue WHERE (collection, site, url) = (?, ?, ?) AND done > 0",
                (site.collection, site.url, url),
            )
        )

    def waiting(self, site: SiteRecord, most: int) -> list[str]:
        """Return the next addresses of a site's queue."""
        rows = self._file.rows(
            "SELECT url FROM crawl_queue WHERE (collection, site, done) = (?, ?, 0) "
            "ORDER BY place LIMIT ?",
            (site.collection, site.url, most),
        )
        return [row[0] for row in rows]

    def counts(self, site: SiteRecord) -> tuple[int, int]:
        """Return how many addresses of a site's queue are done, and how many there are."""
        rows = self._file.rows(
            "SELECT coalesce(sum(CASE WHEN done > 0 THEN 1 ELSE 0 END), 0), count(*) "
            "FROM crawl_queue WHERE (collection, site) = (?, ?)",
            (site.collection, site.url),
        )
        return int(rows[0][0]), int(rows[0][1])

    def strike_off(
        self, site: SiteRecord, urls: Iterable[str], failed: Collection[str] = ()
    ) -> None:
        """Note that addresses were looked at, whether or not they were queued.

        Those that failed are tried in the next reading.
        """
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT INTO crawl_queue (collection, site, url, done) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (collection, site, url) DO UPDATE SET done = excluded.done",
                [(site.collection, site.url, url, 1 + (url in failed)) for url in urls],
            )

    def unread(self, site: SiteRecord) -> list[str]:
        """Return what the last reading of a site failed at, or left out."""
        rows = self._file.rows(
            "SELECT url FROM crawl_queue WHERE (collection, site) = (?, ?) AND done != 1 "
            "ORDER BY place",
            (site.collection, site.url),
        )
        return [row[0] for row in rows]

    def clear_queue(self, site: SiteRecord, *, unread: bool = True) -> None:
        """Forget what a site's reading had before it, but perhaps for what is `unread`."""
        which = "" if unread else "AND done = 1"
        with self._file.transaction() as connection:
            connection.execute(
                f"DELETE FROM crawl_queue WHERE (collection, site) = (?, ?) {which}",
                (site.collection, site.url),
            )


def _site(row: Row) -> SiteRecord:
    site = SiteRecord(*row)
    return site._replace(grows=bool(site.grows), crawling=bool(site.crawling))


def _page(row: Row) -> PageRecord:
    if row[3] is None:  # nothing is noted of it
        return PageRecord(row[0])
    page = PageRecord(*row)
    return page._replace(in_feed=bool(page.in_feed))


def _names(site: SiteRecord) -> set[str]:
    return {_bare(site.url), _bare(site.start)}


def _bare(url: str) -> str:
    return url.partition("#")[0].removesuffix("/")
