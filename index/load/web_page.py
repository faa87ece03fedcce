"""Web pages: fetched from the public internet only, within limits."""

from __future__ import annotations

import http.client
import re
import ssl
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urldefrag, urljoin, urlsplit

from index.errors import LoadError
from index.load.checked_connection import Deadline, Origin, PinnedConnection, RefusedError
from index.load.dates import in_utc
from index.load.fetched_page import (
    MAX_PAGE_BYTES,
    FetchedPage,
    KnownVersion,
    PageError,
    PageRequest,
    ServerRefusal,
    header_to_repeat,
    seconds_to_wait,
)
from index.load.loaders import LoadBytes, load_bytes
from index.load.page_types import PAGE_TYPES, SIGN, is_told_by_bytes, media_type
from index.schema import LoadedDocument

MAX_REDIRECTS = 5
"""Redirects followed; honest sites need two or three (to https, to www, to a language)."""

PORTS = frozenset({80, 443, 8080, 8443})
"""Ports of web servers; at others, other services could be talked to in HTTP's name."""

_MOVED_FOR_GOOD = frozenset({301, 308})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)

_HEADERS = {
    "User-Agent": "Quoth/0.1 (reads pages that its users add)",
    "Accept": "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf, "
    "application/rss+xml, application/atom+xml, application/xml, text/xml, */*;q=0.1",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


def fetch_page(
    url: str,
    *,
    allowed_hosts: Collection[str] = frozenset(),
    timeout: float = 15.0,
    max_bytes: int = MAX_PAGE_BYTES,
    types: Collection[str] = PAGE_TYPES,
) -> FetchedPage:
    """Fetch a page over http or https from a public address; raises PageError.

    `allowed_hosts` are names whose addresses and ports are not checked; `timeout` is for
    everything together, in seconds. Redirects are checked like the address itself. Proxies that
    the environment names are not used: the check would be theirs to make.
    """
    hosts = frozenset(host.lower() for host in allowed_hosts)
    page = fetch_newer(url, PageRequest(hosts, timeout, max_bytes, types))
    assert page is not None  # nothing was known of it
    return page


def fetch_newer(url: str, asked: PageRequest) -> FetchedPage | None:
    """Fetch a page as `fetch_page` does; None when the version that is known still holds."""
    try:
        return _Fetch(asked).page(url)
    except ServerRefusal as refusal:
        raise PageError(
            url, str(refusal), status=refusal.status, wait=refusal.wait
        ) from refusal.__cause__
    except RefusedError as refusal:
        raise PageError(url, str(refusal)) from refusal.__cause__
    except TimeoutError as error:
        reason = f"The server took longer than {asked.timeout:g} seconds."
        raise PageError(url, reason, is_broken=True) from error
    except ssl.SSLCertVerificationError as error:
        reason = f"The server's certificate is not valid ({error.verify_message})."
        raise PageError(url, reason, is_broken=True) from error
    except (OSError, http.client.HTTPException) as error:
        raise PageError(url, _broken(error), is_broken=True) from error


def load_page(
    url: str, *, allowed_hosts: Collection[str] = frozenset(), load: LoadBytes = load_bytes
) -> LoadedDocument:
    """Make a document of a page, fetched as `fetch_page` does; its url is where it was found."""
    return page_document(url, fetch_page(url, allowed_hosts=allowed_hosts), load)


def page_document(url: str, page: FetchedPage, load: LoadBytes = load_bytes) -> LoadedDocument:
    """Make a document of a page that was asked for as `url`; raises LoadError."""
    try:
        document = load(
            page.body, name=page.final_url, mime=page.content_type, charset=page.charset
        )
    except LoadError as error:
        raise LoadError(url, error.reason) from error
    # What a page states as its own address may be another's: links lead where it was found.
    stated = {"url": page.final_url, "modified": document.modified or page.modified}
    return document.model_copy(update=stated)


class _Redirect(NamedTuple):
    target: str
    status: int


@dataclass(frozen=True)
class _Fetch:
    """One fetch with its limits."""

    asked: PageRequest

    def page(self, url: str) -> FetchedPage | None:
        """Follow redirects to a page; None when what is known of it still holds."""
        deadline = Deadline.after(self.asked.timeout)
        for_good, known = True, self.asked.known
        for hops in range(MAX_REDIRECTS + 1):
            found = self._request(url, known, deadline)
            if not isinstance(found, _Redirect):
                return replace(found, moved=for_good and hops > 0) if found else None
            url, for_good = found.target, for_good and found.status in _MOVED_FOR_GOOD
            known = KnownVersion()  # of another address, and where it leads is to be seen
            if self.asked.follow is not None and not self.asked.follow(url):
                raise RefusedError(f"It leads to {urldefrag(url).url!r}, which is not read.")
        raise RefusedError(f"It redirects more than {MAX_REDIRECTS} times.")

    def _request(
        self, url: str, known: KnownVersion, deadline: Deadline
    ) -> FetchedPage | _Redirect | None:
        """Ask for one address; returns the page or where it redirects to."""
        parts = _split(url)
        connection = PinnedConnection(self._origin(parts), deadline)
        try:
            host = {"Host": self._origin(parts).authority}
            headers = {**_HEADERS, **known.headers, **host}
            connection.request("GET", _target(parts), headers=headers)
            with connection.getresponse() as response:
                location = response.headers.get("Location")
                if response.status in (301, 302, 303, 307, 308) and location:
                    return _Redirect(urljoin(url, location), response.status)
                if response.status == HTTPStatus.NOT_MODIFIED and known.headers:
                    return None
                return self._page(url, response)
        finally:
            connection.close()

    def _origin(self, parts: SplitResult) -> Origin:
        """Return what to connect to; raises RefusedError for a port that is no web server's."""
        host = _ascii(parts.hostname or "")
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        trusted = host in self.asked.allowed_hosts
        if port not in PORTS and not trusted:
            raise RefusedError(f"Port {port} is not one of web pages (80, 443, 8080, 8443).")
        return Origin(secure, host, port, trusted)

    def _page(self, url: str, response: http.client.HTTPResponse) -> FetchedPage:
        """Read the page, if it is one."""
        headers = response.headers
        if response.status != HTTPStatus.OK:
            raise ServerRefusal(response.status, seconds_to_wait(headers.get("Retry-After")))
        content_type = headers.get("Content-Type", "")
        etag, stamp = map(header_to_repeat, (headers.get("ETag"), headers.get("Last-Modified")))
        mime, body = self._typed_body(url, content_type, response)
        return FetchedPage(
            content_type=mime,
            body=body,
            final_url=urldefrag(url).url,
            charset=match[1] if (match := _CHARSET.search(content_type)) else None,
            modified=in_utc(headers.get("Last-Modified")),
            version=KnownVersion(etag, stamp),
            robots=", ".join(headers.get_all("X-Robots-Tag") or ()),
        )

    def _typed_body(
        self, url: str, content_type: str, response: http.client.HTTPResponse
    ) -> tuple[str, bytes]:
        """Return what a page is to be read as, and its body, which is not fetched of others."""
        path = urlsplit(url).path
        name = path if PurePosixPath(path).suffix else response.headers.get_filename() or path
        begins = b"" if response.headers.get("Content-Encoding") else response.peek(SIGN)
        if len(begins) >= SIGN and not is_told_by_bytes(content_type, begins):
            mime = media_type(content_type, name, self.asked.types, begins)
            return mime, self._body(response)
        body = self._body(response)
        return media_type(content_type, name, self.asked.types, body), body

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """Read the body up to the limit."""
        stated = response.headers.get("Content-Length", "")
        if stated.isdigit() and int(stated) > self.asked.max_bytes:
            raise RefusedError(self._too_large)
        body = response.read(self.asked.max_bytes + 1)
        # Asked for a number of bytes, http.client takes an early end for the end.
        if response.length:
            raise http.client.IncompleteRead(body)
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding == "gzip":
            body = _unzipped(body, self.asked.max_bytes + 1)
        elif encoding != "identity":
            raise RefusedError(f"The server compresses it by {encoding!r}, which is not read.")
        if len(body) > self.asked.max_bytes:
            raise RefusedError(self._too_large)
        return body

    @property
    def _too_large(self) -> str:
        """Return the reason for a page over the limit."""
        return f"It is larger than {self.asked.max_bytes / (1024 * 1024):g} MiB."


def _split(url: str) -> SplitResult:
    """Take an address apart; raises RefusedError for one that is not fetched."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        raise RefusedError("It is not a web address.") from None
    if parts.scheme not in ("http", "https"):
        raise RefusedError("Only addresses that begin with http:// or https:// are fetched.")
    if not parts.hostname:
        raise RefusedError("The address names no host.")
    if parts.username is not None or parts.password is not None:
        raise RefusedError("The address holds a user name or password; leave them out.")
    return parts


def _ascii(host: str) -> str:
    """Return a host name as it is sent to name servers."""
    host = host.rstrip(".")
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        raise RefusedError(f"There is no host {host!r}; check the address.") from None


def _target(parts: SplitResult) -> str:
    """Return path and query as they are sent, with anything unusual percent-encoded."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    return f"{path}?{query}" if query else path


def _unzipped(body: bytes, limit: int) -> bytes:
    """Decompress gzip up to `limit` bytes, however much a small body would unfold to."""
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unfolded = unzip.decompress(body, limit)
    except zlib.error:
        unfolded = b""
    if not unzip.eof and len(unfolded) < limit:
        raise RefusedError("It is damaged: its compression cannot be undone.")
    return unfolded


def _broken(error: Exception) -> str:
    """Say how a connection failed."""
    if isinstance(error, ConnectionRefusedError):
        return "The server does not accept connections."
    if isinstance(error, ssl.SSLError):
        return "No secure connection could be made to the server."
    if isinstance(error, OSError) and error.strerror:
        return f"The connection failed: {error.strerror}."
    return "The server's answer broke off or is no web page."
