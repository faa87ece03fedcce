"""Asks web servers for pages, politely: one request at a time a host, with a pause in between.

What robots.txt asks is kept: which pages may be read, and how long to wait between two of them.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from index.load.fetched_page import FetchedPage, PageError, PageRequest
from index.load.loaders import LoadBytes
from index.load.page_types import PAGE_TYPES
from index.load.robots import Robots, read_robots
from index.load.web_page import fetch_newer, page_document
from index.schema import LoadedDocument

LONGEST_PAUSE = 60.0
"""Seconds that are waited between two requests at most; who asks for more is not read."""

_ROBOTS_HOLD = 24 * 3600.0
"""Seconds for which a robots.txt holds: RFC 9309 asks for no more than a day."""

_ROBOTS_BYTES = 4 * 1024 * 1024
_STEP = 0.1
"""Seconds between two looks whether to go on, while waiting."""

_BUSY = frozenset({429, 503})
_ANY_TEXT = PAGE_TYPES | {"application/octet-stream", "application/json", ""}

Check = Callable[[], None]
"""Called while waiting; raises what ends the wait."""


def _no_check() -> None:
    """Let it wait."""


class HostPace:
    """Lets one request at a time reach each host, each a while after the one before."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._hosts: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._next: dict[str, float] = {}

    def wait(self, host: str) -> float:
        """Return the seconds until a host may be asked again."""
        return max(0.0, self._next.get(host, 0.0) - time.monotonic())

    @contextmanager
    def turn(self, host: str, pause: float | None, check: Check) -> Iterator[None]:
        """Wait for a host's turn, and have the next one wait after this."""
        with self._hosts[host]:
            self._sleep(host, check)
            try:
                yield
            finally:
                self.put_off(host, max(self._pause, pause or 0.0))

    def put_off(self, host: str, seconds: float) -> None:
        """Have a host left alone for so long."""
        self._next[host] = time.monotonic() + seconds

    def _sleep(self, host: str, check: Check) -> None:
        while left := self.wait(host):
            check()
            time.sleep(min(left, _STEP))


@dataclass
class WebReader:
    """Fetches pages and makes documents of them; safe to use from several threads."""

    load: LoadBytes
    pace: HostPace
    allowed_hosts: frozenset[str] = frozenset()
    _robots: dict[str, tuple[float, Robots | PageError]] = field(default_factory=dict)

    def may_read(self, url: str, check: Check = _no_check) -> bool:
        """Say whether a page's server lets programs read it; raises PageError for no answer."""
        return self.robots(url, check).allows(url)

    def robots(self, url: str, check: Check = _no_check) -> Robots:
        """Return what a server asks of us; raises PageError where it does not say.

        A server without a robots.txt asks for nothing; one that fails forbids everything.
        """
        origin = _origin(url)
        held = self._robots.get(origin)
        if held is None or time.monotonic() - held[0] > _ROBOTS_HOLD:
            held = time.monotonic(), self._fetched_robots(origin, check)
            if not isinstance(held[1], PageError):
                self._robots[origin] = held
        found = held[1]
        if isinstance(found, PageError):
            raise found
        if found.delay is not None and found.delay > LONGEST_PAUSE:
            reason = (
                f"Its robots.txt asks for {found.delay:g} seconds between two pages, which is "
                "longer than Quoth waits."
            )
            raise PageError(url, reason)
        return found

    def fetch(self, url: str, asked: PageRequest, check: Check = _no_check) -> FetchedPage | None:
        """Fetch a page; None when what is known of it still holds. Raises PageError.

        A server that is busy is asked once more, after as long as it asks for.
        """
        host = urlsplit(url).netloc
        held = self._robots.get(_origin(url))
        pause = held[1].delay if held and isinstance(held[1], Robots) else None
        asked = replace(asked, allowed_hosts=self.allowed_hosts)
        try:
            with self.pace.turn(host, pause, check):
                return fetch_newer(url, asked)
        except PageError as error:
            if error.status not in _BUSY or (error.wait or 0.0) > LONGEST_PAUSE:
                raise
            self.pace.put_off(host, max(error.wait or 0.0, self.pace.wait(host)))
        with self.pace.turn(host, pause, check):
            return fetch_newer(url, asked)

    def document(self, url: str, page: FetchedPage) -> LoadedDocument:
        """Make a document of a page that was asked for as `url`; raises LoadError."""
        return page_document(url, page, self.load)

    def wait(self, url: str) -> float:
        """Return the seconds until a page's server may be asked again."""
        return self.pace.wait(urlsplit(url).netloc)

    def _fetched_robots(self, origin: str, check: Check) -> Robots | PageError:
        url = f"{origin}/robots.txt"
        asked = PageRequest(max_bytes=_ROBOTS_BYTES, types=_ANY_TEXT)
        try:
            page = self.fetch(url, asked, check)
        except PageError as error:
            if error.status is not None and 400 <= error.status < 500 and error.status != 429:
                return Robots()
            reason = f"Its robots.txt could not be read, so nothing is read of it: {error.reason}"
            return PageError(url, reason)
        is_text = page is not None and page.content_type == "text/plain"
        return read_robots(page.body) if page is not None and is_text else Robots()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
