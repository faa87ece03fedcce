"""Connections to the page: how many there may be, and for how long somebody may be waited for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger(__name__)

MOST = 200
"""Connections at once; of a process that may open few files, a quarter of those."""

MOST_OF_ONE = 120
"""Connections at once from one address, where no proxy brings everybody."""

PATIENCE = 30.0
"""Seconds for a request to arrive with its body, and for an answer to be taken."""

_QUIET = 60.0
"""Seconds between two lines of the log about too many connections."""


class ConnectionRoom:
    """Makes room for a newcomer by closing who has been waited for the longest."""

    def __init__(self, *, behind_proxy: bool, most: int | None = None) -> None:
        limit = _file_limit()
        self.most = most or (MOST if limit is None else max(8, min(MOST, limit // 4)))
        self._most_of_one = self.most if behind_proxy else max(1, self.most * MOST_OF_ONE // MOST)
        self._held: set[BoundedConnection] = set()
        self._told: float | None = None

    def enter(self, newcomer: BoundedConnection) -> bool:
        """Say whether a connection may stay; another may be closed for it."""
        neighbours = [each for each in self._held if each.peer == newcomer.peer]
        full = neighbours if len(neighbours) >= self._most_of_one else None
        if full is None and len(self._held) >= self.most:
            full = list(self._held)
        if full is not None:
            self.tell(newcomer.loop.time())
            waiting = [each for each in full if each.waits_since is not None]
            if not waiting:
                return False
            longest = min(waiting, key=lambda each: each.waits_since or 0.0)
            longest.give_up()
        self._held.add(newcomer)
        return True

    def holds(self, connection: BoundedConnection) -> bool:
        """Say whether a connection is open and counted."""
        return connection in self._held

    def leave(self, connection: BoundedConnection) -> None:
        """Forget a connection that is closed."""
        self._held.discard(connection)

    def tell(self, now: float) -> None:
        """Write into the log that there are too many, once a minute."""
        if self._told is None or now - self._told >= _QUIET:
            self._told = now
            logger.warning(
                "More connections to the page than can be held (%d): those that sent nothing for "
                "the longest are closed. If that goes on, limit them in the proxy before it.",
                self.most,
            )

    @contextlib.contextmanager
    def told_by(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Have the loop say in the same line that no more files can be opened.

        By itself it writes a traceback for each connection that it cannot take.
        """
        before = loop.get_exception_handler()

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            if str(context.get("message")).startswith("socket.accept() out of system resource"):
                self.tell(loop.time())
            elif before is not None:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(handle)
        try:
            yield
        finally:
            loop.set_exception_handler(before)


class BoundedConnection(H11Protocol):
    """A connection that is closed when its client lets it wait for too long."""

    def __init__(self, room: ConnectionRoom, **given: Any) -> None:
        super().__init__(**given)
        self._room = room
        self._timer: asyncio.TimerHandle | None = None
        self._is_full = False
        self.peer = ""
        self.waits_since: float | None = None
        """Since when its client has let it wait, by the loop's clock; None while it is answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it where there is no room."""
        self.transport = transport
        address = transport.get_extra_info("peername")
        self.peer = str(address[0]) if address else ""
        if not self._room.enter(self):
            transport.abort()
            return
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room to others."""
        self._room.leave(self)
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Take what arrived, and see whether it is a whole request."""
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._stop_waiting()
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Wait for a client that takes nothing."""
        super().pause_writing()
        self._is_full = True
        self._watch()

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._is_full = False
        self._watch()

    def give_up(self) -> None:
        """Close it at once."""
        self._room.leave(self)
        self._stop_waiting()
        self.transport.abort()

    def _watch(self) -> None:
        if not self._room.holds(self):
            return
        answered = self.cycle is not None and not self.cycle.response_complete
        # One that is closing is so only when its client has taken the rest of an answer.
        is_full = self._is_full or self.transport.is_closing()
        if not is_full and answered and not self.cycle.more_body:
            self._stop_waiting()
        elif self._timer is None:
            self.waits_since = self.loop.time()
            self._timer = self.loop.call_later(PATIENCE, self.give_up)

    def _stop_waiting(self) -> None:
        self.waits_since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def bounded_by(room: ConnectionRoom) -> Callable[..., asyncio.Protocol]:
    """Return what makes the connections of a server."""
    return lambda **given: BoundedConnection(room, **given)


def _file_limit() -> int | None:
    try:
        import resource
    except ImportError:  # on Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
