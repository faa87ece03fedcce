"""The links of an HTML page, and which addresses belong to a site.

Read by patterns that take time by the length of the page: what a page links to is looked at before
it is known whether anybody wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MAX_LINKS = 5_000
"""Links taken of one page; a page of contents has some hundreds."""

MAX_ADDRESS = 2_000
"""Characters of an address that is followed."""

_REPEATED = 3
"""How often one part of a path may stand in it: /a/b/a/b/a/b/… is a trap, not a book."""

_TAG = re.compile(r"<(a|base|link|meta)\s([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([a-z:-]{1,30}+)\s{0,5}+=\s{0,5}+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SIGN = re.compile(r"\s*[0-5](?:\.\d*)?\s*[;,]\s*url\s*=\s*[\"']?([^\"'\s]+)", re.IGNORECASE)
"""What sends a reader on within five seconds."""

_TRACKING = re.compile(r"utm_|fbclid$|gclid$|mc_[ce]id$", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~-._"

# fmt: off
_NO_PAGES = frozenset({
    ".7z", ".avi", ".bmp", ".bz2", ".css", ".deb", ".dmg", ".eot", ".exe", ".gif", ".gz", ".ico",
    ".inv", ".iso", ".jar", ".jpeg", ".jpg", ".js", ".map", ".mjs", ".mov", ".mp3", ".mp4",
    ".msi", ".ogg", ".otf", ".png", ".rar", ".rpm", ".svg", ".tar", ".tgz", ".tif", ".tiff", ".ttf",
    ".wasm", ".wav", ".webm", ".webp", ".whl", ".woff", ".woff2", ".xml", ".xz", ".zip", ".zst",
})
# fmt: on
"""Endings of what is linked but is no page."""


@dataclass(frozen=True)
class PageLinks:
    """What a page says of others and to programs."""

    links: tuple[str, ...] = ()
    canonical: str | None = None
    indexed: bool = True
    """Whether it lets programs take its text."""
    followed: bool = True
    """Whether it lets them follow its links."""
    leads_to: str | None = None
    """Where a page sends its reader by itself, at once: it is a sign, and no page."""


def links_of(body: bytes, url: str, *, charset: str | None = None, robots: str = "") -> PageLinks:
    """Find the links of a page at `url`, each once, in order; `robots` is its X-Robots-Tag."""
    text = _COMMENT.sub("", _decoded(body, charset))
    base, canonical, leads_to, said = url, None, None, [robots]
    found: dict[str, None] = {}
    for tag in _TAG.finditer(text):
        name, attributes = tag[1].lower(), _attributes(tag[2])
        if name == "a":
            target = attributes.get("href")
            if target and "nofollow" not in attributes.get("rel", "") and len(found) < MAX_LINKS:
                found.setdefault(target)
        elif name == "base":
            base = _joined(url, attributes.get("href", "")) or url
        elif name == "meta" and attributes.get("name", "").lower() in ("robots", "quoth"):
            said.append(attributes.get("content", ""))
        elif name == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            sign = _SIGN.match(attributes.get("content", ""))
            leads_to = leads_to or (_joined(base, sign[1]) if sign else None)
        elif "canonical" in attributes.get("rel", "").lower().split():
            canonical = canonical or _joined(url, attributes.get("href", ""))
    asks = {word.strip() for each in said for word in each.lower().split(",")}
    links = dict.fromkeys(filter(None, (_joined(base, target) for target in found)))
    return PageLinks(
        links=tuple(links),
        canonical=canonical,
        indexed=asks.isdisjoint({"noindex", "none"}),
        followed=asks.isdisjoint({"nofollow", "none"}),
        leads_to=leads_to,
    )


@dataclass(frozen=True)
class SiteScope:
    """The part of a host that is one site: everything below a path."""

    origin: str
    """Scheme, host and port."""
    path: str
    """With a slash at its end."""

    @classmethod
    def of(cls, url: str) -> SiteScope:
        """Return the site that an address stands for: its folder, or itself if it is one."""
        parts = urlsplit(plain_address(url) or url)
        folder, _, last = parts.path.rpartition("/")
        path = f"{folder}/" if "." in last or not last else f"{parts.path}/"
        return cls(f"{parts.scheme}://{parts.netloc}", path)

    @property
    def url(self) -> str:
        """Return the address of the whole."""
        return self.origin + self.path

    def holds(self, url: str) -> bool:
        """Say whether an address, as `plain_address` returns it, belongs to the site."""
        return url.startswith(self.url) or url.partition("?")[0] == self.url[:-1]

    def adopted(self, url: str) -> str:
        """Return an address by the scheme of the site: links are often older than its https."""
        plain = "http://" + self.origin.removeprefix("https://")
        is_old = self.origin.startswith("https://") and url.startswith(f"{plain}/")
        return self.origin + url.removeprefix(plain) if is_old else url

    def may_be_page(self, url: str) -> bool:
        """Say whether an address of the site may be a page, and no trap."""
        path = urlsplit(url).path
        parts = [part for part in path.split("/") if part]
        endless = any(parts.count(part) > _REPEATED for part in set(parts))
        return (
            self.holds(url) and not endless and PurePosixPath(path).suffix.lower() not in _NO_PAGES
        )


def plain_address(url: str) -> str | None:
    """Return an address in one spelling, without its fragment; None for what is not fetched."""
    if len(url) > MAX_ADDRESS:
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return None
    shown = f"[{host}]" if ":" in host else host
    default = port in (None, 443 if parts.scheme == "https" else 80)
    place = shown if default else f"{shown}:{port}"
    path = quote(_without_dots(parts.path) or "/", safe=_SAFE)
    return urlunsplit(SplitResult(parts.scheme, place, path, _query(parts.query), ""))


def is_same_page(url: str, other: str) -> bool:
    """Say whether two addresses differ only in what seldom makes another page."""
    return _essence(url) == _essence(other)


def _essence(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = re.sub(r"/index\.(?:html?|php)$", "/", parts.path).rstrip("/")
    return parts.netloc, path


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    return urlsplit(urljoin("http://host/", f"/{path.lstrip('/')}")).path


def _query(query: str) -> str:
    """Return a query without what only tells where a visitor came from."""
    if not _TRACKING.search(query):
        return quote(query, safe=f"{_SAFE}?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not _TRACKING.match(name)])


def _joined(base: str, target: str) -> str | None:
    try:
        return plain_address(urljoin(base, target.strip())) if target else None
    except ValueError:
        return None


def _attributes(text: str) -> dict[str, str]:
    return dict(_pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for found in _ATTRIBUTE.finditer(text):
        yield found[1].lower(), unescape(found[2] or found[3] or found[4] or "")


def _decoded(body: bytes, charset: str | None) -> str:
    """Return the text of a page as far as its tags go, which are ASCII nearly everywhere."""
    try:
        return body.decode(charset or "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
