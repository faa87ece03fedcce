"""Web pages: fetched from the public internet only, within limits, and loaded like files."""

from __future__ import annotations

import http.client
import re
import ssl
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, urldefrag, urljoin, urlsplit

from index.errors import LoadError
from index.load.checked_connection import Deadline, Origin, PinnedConnection, RefusedError
from index.load.dates import in_utc
from index.load.loaders import LoadBytes, load_bytes
from index.schema import LoadedDocument

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Largest page that is fetched: a long PDF report; a page of text is a hundredth of it."""

MAX_REDIRECTS = 5
"""Redirects followed; honest sites need two or three (to https, to www, to a language)."""

PORTS = frozenset({80, 443, 8080, 8443})
"""Ports of web servers; at others, other services could be talked to in HTTP's name."""

# fmt: off
_MIMES = frozenset({
    "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown",
    "application/pdf",
})
# fmt: on
"""Types that are read."""

_BY_ENDING = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
}
"""Formats told by the address, for servers that state none or call everything plain text."""

_VAGUE = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]+)", re.IGNORECASE)

_HEADERS = {
    "User-Agent": "Quoth/0.1 (reads pages that its users add)",
    "Accept": "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf",
    "Accept-Encoding": "identity",
    "Connection": "close",
}

_REASONS = {
    401: "It can only be read after signing in",
    403: "The server refuses to give it to programs",
    404: "There is no such page",
    410: "The page is gone",
    429: "The server has had too many requests; try again later",
}


@dataclass(frozen=True)
class FetchedPage:
    """A page as the server sent it."""

    body: bytes
    """The bytes, decompressed."""
    content_type: str
    """The media type to read it as."""
    final_url: str
    """Address after redirects, without a fragment."""
    charset: str | None = None
    """Encoding that the server states."""
    modified: datetime | None = None
    """When the server says it was last changed."""


def fetch_page(
    url: str,
    *,
    allowed_hosts: Collection[str] = frozenset(),
    timeout: float = 15.0,
    max_bytes: int = MAX_PAGE_BYTES,
) -> FetchedPage:
    """Fetch a page over http or https from a public address; raises LoadError.

    `allowed_hosts` are names whose addresses and ports are not checked; `timeout` is for
    everything together, in seconds. Redirects are checked like the address itself. Proxies that
    the environment names are not used: the check would be theirs to make.
    """
    fetch = _Fetch(frozenset(host.lower() for host in allowed_hosts), timeout, max_bytes)
    try:
        return fetch.page(url)
    except RefusedError as refusal:
        raise LoadError(url, str(refusal)) from refusal.__cause__
    except TimeoutError as error:
        raise LoadError(url, f"The server took longer than {timeout:g} seconds.") from error
    except ssl.SSLCertVerificationError as error:
        reason = f"The server's certificate is not valid ({error.verify_message})."
        raise LoadError(url, reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(url, _broken(error)) from error


def load_page(
    url: str, *, allowed_hosts: Collection[str] = frozenset(), load: LoadBytes = load_bytes
) -> LoadedDocument:
    """Make a document of a page, fetched as `fetch_page` does; its url is where it was found."""
    page = fetch_page(url, allowed_hosts=allowed_hosts)
    try:
        document = load(
            page.body, name=page.final_url, mime=page.content_type, charset=page.charset
        )
    except LoadError as error:
        raise LoadError(url, error.reason) from error
    # What a page states as its own address may be another's: links lead where it was found.
    stated = {"url": page.final_url, "modified": document.modified or page.modified}
    return document.model_copy(update=stated)


@dataclass(frozen=True)
class _Fetch:
    """One fetch with its limits."""

    allowed_hosts: frozenset[str]
    timeout: float
    max_bytes: int

    def page(self, url: str) -> FetchedPage:
        """Follow redirects to a page."""
        deadline = Deadline.after(self.timeout)
        for _ in range(MAX_REDIRECTS + 1):
            found = self._request(url, deadline)
            if isinstance(found, FetchedPage):
                return found
            url = found
        raise RefusedError(f"It redirects more than {MAX_REDIRECTS} times.")

    def _request(self, url: str, deadline: Deadline) -> FetchedPage | str:
        """Ask for one address; returns the page or the address it redirects to."""
        parts = _split(url)
        connection = PinnedConnection(self._origin(parts), deadline)
        try:
            headers = {**_HEADERS, "Host": self._origin(parts).authority}
            connection.request("GET", _target(parts), headers=headers)
            with connection.getresponse() as response:
                location = response.headers.get("Location")
                if response.status in (301, 302, 303, 307, 308) and location:
                    return urljoin(url, location)
                return self._page(url, response)
        finally:
            connection.close()

    def _origin(self, parts: SplitResult) -> Origin:
        """Return what to connect to; raises RefusedError for a port that is no web server's."""
        host = _ascii(parts.hostname or "")
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        trusted = host in self.allowed_hosts
        if port not in PORTS and not trusted:
            raise RefusedError(f"Port {port} is not one of web pages (80, 443, 8080, 8443).")
        return Origin(secure, host, port, trusted)

    def _page(self, url: str, response: http.client.HTTPResponse) -> FetchedPage:
        """Read the page, if it is one."""
        if response.status != HTTPStatus.OK:
            raise RefusedError(_refusal(response.status))
        content_type = response.headers.get("Content-Type", "")
        return FetchedPage(
            content_type=_format(content_type, url),
            body=self._body(response),
            final_url=urldefrag(url).url,
            charset=match[1] if (match := _CHARSET.search(content_type)) else None,
            modified=in_utc(response.headers.get("Last-Modified")),
        )

    def _body(self, response: http.client.HTTPResponse) -> bytes:
        """Read the body up to the limit."""
        stated = response.headers.get("Content-Length", "")
        if stated.isdigit() and int(stated) > self.max_bytes:
            raise RefusedError(self._too_large)
        body = response.read(self.max_bytes + 1)
        # Asked for a number of bytes, http.client takes an early end for the end.
        if response.length:
            raise http.client.IncompleteRead(body)
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding == "gzip":
            body = _unzipped(body, self.max_bytes + 1)
        elif encoding != "identity":
            raise RefusedError(f"The server compresses it by {encoding!r}, which is not read.")
        if len(body) > self.max_bytes:
            raise RefusedError(self._too_large)
        return body

    @property
    def _too_large(self) -> str:
        """Return the reason for a page over the limit."""
        return f"It is larger than {self.max_bytes / (1024 * 1024):g} MiB."


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


def _format(content_type: str, url: str) -> str:
    """Return the format to read a page as; raises RefusedError for one that is not read."""
    mime = content_type.partition(";")[0].strip().lower()
    told = _BY_ENDING.get(PurePosixPath(urlsplit(url).path).suffix.lower())
    if mime in _VAGUE and told:
        return told
    if mime == "text/plain" and told == "text/markdown":
        return told
    if mime in _MIMES:
        return mime
    kind = f"of type {mime!r}" if mime else "of no stated type"
    raise RefusedError(f"It is {kind}; only HTML, Markdown, plain text and PDF are read.")


def _refusal(status: int) -> str:
    """Say what a status other than success means."""
    known = _REASONS.get(status)
    if known is None:
        known = "The server has a problem; try again later" if status >= 500 else "No page came"
    return f"{known} (HTTP {status})."


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
