"""How often a person, and a server, may ask. Pure but for its own bounded memory.

Times are seconds of a monotonic clock that the caller hands in.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Protocol

MAX_KEPT = 10_000
"""Persons and servers remembered; the longest silent ones are dropped first."""

_MINUTE = 60.0


@dataclass(frozen=True)
class Wait:
    """What a question has to wait for."""

    seconds: float
    """0.0 for nothing: the question is counted."""
    is_persons: bool = False
    """Whether it is the person who has to wait, and not the server as a whole."""


class QuestionCount(Protocol):
    """Counts questions, of this process or of several."""

    async def take(self, person: int, server: int | None) -> Wait:
        """Count a question, or count nothing and return how long it has to wait."""
        ...


class Cooldowns:
    """Counts questions of persons and of servers."""

    def __init__(self, *, person_seconds: float, server_per_minute: int) -> None:
        self._person_seconds = person_seconds
        self._server_per_minute = server_per_minute
        self._persons: OrderedDict[int, float] = OrderedDict()
        self._servers: OrderedDict[int, deque[float]] = OrderedDict()

    def take(self, person: int, server: int | None, now: float) -> float:
        """Return 0.0 and count a question, or return the seconds to wait and count nothing."""
        wait = max(self._person_wait(person, now), self._server_wait(server, now))
        if wait > 0:
            return wait
        self._persons[person] = now
        self._persons.move_to_end(person)
        if server is not None:
            self._servers.setdefault(server, deque()).append(now)
            self._servers.move_to_end(server)
        self._forget_oldest()
        return 0.0

    def is_persons(self, person: int, now: float) -> bool:
        """Say whether it is the person who has to wait, and not the server as a whole."""
        return self._person_wait(person, now) > 0

    def _person_wait(self, person: int, now: float) -> float:
        last = self._persons.get(person)
        return 0.0 if last is None else last + self._person_seconds - now

    def _server_wait(self, server: int | None, now: float) -> float:
        asked = self._servers.get(server) if server is not None else None
        if not asked:
            return 0.0
        while asked and asked[0] <= now - _MINUTE:
            asked.popleft()
        return asked[0] + _MINUTE - now if len(asked) >= self._server_per_minute else 0.0

    def _forget_oldest(self) -> None:
        while len(self._persons) > MAX_KEPT:
            self._persons.popitem(last=False)
        while len(self._servers) > MAX_KEPT:
            self._servers.popitem(last=False)


class OwnCount:
    """Counts the questions of this process, which forgets them when it ends."""

    def __init__(self, cooldowns: Cooldowns) -> None:
        self._cooldowns = cooldowns

    async def take(self, person: int, server: int | None) -> Wait:
        """Count a question, or count nothing and return how long it has to wait."""
        now = time.monotonic()
        seconds = self._cooldowns.take(person, server, now)
        return Wait(seconds, seconds > 0 and self._cooldowns.is_persons(person, now))
