"""What a server is asked for a page, and what it answers: the page, its version, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from index.errors import LoadError
from index.load.checked_connection import RefusedError
from index.load.dates import in_utc
from index.load.page_types import PAGE_TYPES

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Largest page that is fetched: a long PDF report; a page of text is a hundredth of it."""

_LONGEST_FIELD = 500

_REASONS = {
    401: "It can only be read after signing in",
    403: "The server refuses to give it to programs",
    404: "There is no such page",
    410: "The page is gone",
    429: "The server has had too many requests; try again later",
}


class PageError(LoadError):
    """A page that could not be fetched, with what the server said of it."""

    def __init__(
        self,
        source: str,
        reason: str,
        *,
        status: int | None = None,
        wait: float | None = None,
        is_broken: bool = False,
    ) -> None:
        super().__init__(source, reason)
        self.status = status
        """The status of HTTP, where the server gave one."""
        self.wait = wait
        """Seconds that the server asks to wait."""
        self.is_broken = is_broken
        """Whether no answer came, which may be otherwise in a while."""


class ServerRefusal(RefusedError):
    """A status other than success."""

    def __init__(self, status: int, wait: float | None = None) -> None:
        super().__init__(_refusal(status))
        self.status = status
        self.wait = wait


@dataclass(frozen=True)
class KnownVersion:
    """What a server said of a page when it was last read, to be asked whether it still holds."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a question for a newer version."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


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
    version: KnownVersion = KnownVersion()
    """What the server can be asked with whether it still holds."""
    moved: bool = False
    """Whether it was found elsewhere, for good as the server says."""
    robots: str = ""
    """What the server says to programs that collect pages."""


@dataclass(frozen=True)
class PageRequest:
    """What a page is asked for with."""

    allowed_hosts: Collection[str] = frozenset()
    """Names, in lower case, whose addresses and ports are not checked."""
    timeout: float = 15.0
    """Seconds for everything together."""
    max_bytes: int = MAX_PAGE_BYTES
    types: Collection[str] = PAGE_TYPES
    """Media types that are read; of others, the body is not fetched."""
    known: KnownVersion = KnownVersion()
    follow: Callable[[str], bool] | None = None
    """Says whether a redirect to an address is followed; None follows all."""


def header_to_repeat(value: str | None) -> str | None:
    """Return a header that can be sent back as it came; None for what nobody honest sends."""
    fits = value is not None and len(value) <= _LONGEST_FIELD and value.isascii()
    return value if fits and value and value.isprintable() else None


def seconds_to_wait(value: str | None) -> float | None:
    """Return how long a server asks to wait, by a number or by a date; None where it does not."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    date = in_utc(value)
    return max(0.0, (date - datetime.now(UTC)).total_seconds()) if date else None


def _refusal(status: int) -> str:
    """Say what a status other than success means."""
    known = _REASONS.get(status)
    if known is None:
        known = "The server has a problem; try again later" if status >= 500 else "No page came"
    return f"{known} (HTTP {status})."
