"""How a writer lets others through: when it holds the lock, whose turn it is, how far it is."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

Steps: TypeAlias = Callable[[int, int], None]
"""Called with passages embedded and passages in all; raises Cancelled to stop the work."""


_OF_SERVER = re.compile(r"guild-\d+")
"""How the names of a server's collections begin."""


def _no_step(done: int, total: int) -> None:
    """Note nothing."""


def _nothing() -> None:
    """Do nothing."""


def _nobody() -> bool:
    """Say that nobody waits."""
    return False


@dataclass(frozen=True)
class Pace:
    """What a writer does around each of its steps; by default nothing, where it is alone."""

    hold: Callable[[], AbstractContextManager[object]] = nullcontext
    """Holds the write lock while the two stores are written, and no longer."""
    turn: Callable[[], AbstractContextManager[object]] = nullcontext
    """Waits for the model, which serves one after the other."""
    is_wanted: Callable[[], bool] = _nobody
    """Says whether somebody else waits for the model."""
    step: Steps = _no_step
    catch_up: Callable[[], None] = _nothing
    """Tells Chroma, in slices, what it was not told of a large change."""


ALONE = Pace()
"""Of a writer that holds the lock all the time."""


class FairTurns:
    """Lets one through at a time, and of those who wait each share in its turn.

    A share that has many waiting gets no more turns than one that has one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[object]] = {}
        """By share, in the order in which the shares are next."""
        self._taken = False

    @contextmanager
    def turn(self, share: str) -> Iterator[None]:
        """Wait for a turn of `share`, and have it."""
        self._take(share)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def is_wanted(self) -> bool:
        """Say whether anybody waits for a turn."""
        with self._changed:
            return bool(self._waiting)

    def _take(self, share: str) -> None:
        ticket = object()
        with self._changed:
            self._waiting.setdefault(share, deque()).append(ticket)
            try:
                self._changed.wait_for(lambda: not self._taken and self._is_next(share, ticket))
                self._taken = True
            finally:
                tickets = self._waiting.pop(share)
                tickets.remove(ticket)
                if tickets:
                    self._waiting[share] = tickets  # behind the other shares
                self._changed.notify_all()

    def _is_next(self, share: str, ticket: object) -> bool:
        return next(iter(self._waiting)) == share and self._waiting[share][0] is ticket


def owner_of(collection: str) -> str:
    """Return whose share of the work a collection is: all those of a server are one's."""
    found = _OF_SERVER.match(collection)
    return found[0] if found else collection
