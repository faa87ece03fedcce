"""Feeds (RSS and Atom) and maps of sites, as lists of what they name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urljoin

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.page_links import plain_address
from index.load.xml_records import XmlFile, XmlRecord, read_xml
from index.text.layout import folded

MAX_MAP_BYTES = 50 * 1024 * 1024
"""Largest map of a site, unpacked: what the protocol of sitemaps allows."""

MAX_NAMED = 50_000
"""Addresses of one map, likewise; and entries of one feed."""

_RECORDS = frozenset({"url", "sitemap", "item", "entry"})


@dataclass(frozen=True)
class FeedEntry:
    """One entry of a feed."""

    title: str
    link: str | None
    """Address of its page."""
    key: str
    """What is unlike that of every other entry."""
    content: str
    """Its text as HTML, where the feed holds it in full; else empty."""
    modified: datetime | None = None

    @property
    def page(self) -> bytes:
        """Return its text as a page."""
        title = escape(self.title)
        body = f"<main><h1>{title}</h1>{self.content}</main>"
        return f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()


@dataclass(frozen=True)
class Feed:
    """What a feed says."""

    title: str
    entries: tuple[FeedEntry, ...]
    damage: str | None = None


@dataclass(frozen=True)
class SiteMap:
    """What a map of a site names."""

    pages: tuple[str, ...]
    maps: tuple[str, ...]
    """Addresses of further maps."""
    damage: str | None = None


def read_feed_or_map(data: bytes, url: str) -> Feed | SiteMap:
    """Read XML that was found at `url`; raises LoadError for what is neither feed nor map."""
    file = read_xml(unpacked(data, url), url, records=_RECORDS, most=MAX_NAMED)
    if file.root in ("urlset", "sitemapindex"):
        return SiteMap(_named(file, "url", url), _named(file, "sitemap", url), file.damage)
    if file.root in ("rss", "feed", "rdf"):
        records = [record for name, record in file.records if name in ("item", "entry")]
        entries = (_entry(record, url) for record in records)
        title = folded(_first(file.head, "title")) or url
        return Feed(title, tuple(entry for entry in entries if entry), file.damage)
    raise LoadError(url, "It is XML, but neither a feed (RSS, Atom) nor a map of a site.")


def unpacked(data: bytes, name: str) -> bytes:
    """Undo gzip, by which maps are often stored; raises LoadError above the limit of a map."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unfolded = unzip.decompress(data, MAX_MAP_BYTES + 1)
    except zlib.error as error:
        raise LoadError(name, "It is damaged: its compression cannot be undone.") from error
    if len(unfolded) > MAX_MAP_BYTES:
        raise LoadError(name, f"It is larger than {MAX_MAP_BYTES // 2**20} MiB.")
    return unfolded


def _named(file: XmlFile, kind: str, base: str) -> tuple[str, ...]:
    found = (_first(record, "loc") for name, record in file.records if name == kind)
    plain = (plain_address(urljoin(base, each)) for each in found if each)
    return tuple(dict.fromkeys(filter(None, plain)))


def _entry(record: XmlRecord, base: str) -> FeedEntry | None:
    """Return an entry, if it says where it stands or holds its text."""
    link = _link(record, base)
    content = _content(record) or ("" if link else _first(record, "description", "summary"))
    key = _first(record, "guid", "id") or link or ""
    if not key and not content:
        return None
    dates = (_first(record, name) for name in ("updated", "pubdate", "date", "published"))
    return FeedEntry(
        title=folded(_first(record, "title")) or link or key,
        link=link,
        key=key or folded(_first(record, "title")),
        content=content,
        modified=next((date for each in dates if (date := in_utc(each))), None),
    )


def _link(record: XmlRecord, base: str) -> str | None:
    for field in record.get("link", ()):
        if field.attributes.get("rel", "alternate") == "alternate":
            target = field.attributes.get("href") or field.text
            return plain_address(_join(base, target)) if target else None
    guid = next(iter(record.get("guid", ())), None)
    if guid is not None and guid.attributes.get("isPermaLink", "true") == "true":
        return plain_address(guid.text)
    return None


def _join(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:
        return target


def _content(record: XmlRecord) -> str:
    """Return the text of an entry, if the feed holds all of it."""
    for field in record.get("encoded", ()):
        return field.text
    for field in record.get("content", ()):
        if field.attributes.get("type", "text") in ("html", "xhtml"):
            return field.text
        if not field.attributes.get("src"):
            return f"<p>{escape(field.text)}</p>" if field.text else ""
    return ""


def _first(record: XmlRecord, *names: str) -> str:
    found = (field.text for name in names for field in record.get(name, ()))
    return next(filter(None, found), "")
