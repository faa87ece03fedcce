"""The queue in front of the answers: bounded in all, and fair between persons."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from bot.errors import Busy

AT_ONCE = 8
"""Answers under way together; most of their time is waiting for a model."""

WAITING = 200
"""Questions that wait; a longer queue would outlive Discord's patience of 15 minutes."""

PER_PERSON = 5
"""One question under way and those that wait for it; more would be a flood."""

Moved: TypeAlias = Callable[[int | None], None]
"""Is told how many questions come before, whenever that changes; None once it is under way."""


@dataclass(eq=False)
class Waiting:
    """One question in the queue."""

    person: int
    moved: Moved
    before: int = 0
    """Questions that come before it, as it was told last."""


class FairQueue:
    """Lets questions through, one of a person after another."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self.total = 0
        """Questions waiting or under way."""
        self._places = asyncio.Semaphore(at_once)
        self._room = at_once + waiting
        self._count: Counter[int] = Counter()
        self._turns: dict[int, asyncio.Lock] = {}
        self._line: list[Waiting] = []
        """Those that wait, in the order in which they came."""

    @property
    def waiting(self) -> int:
        """Questions of those that are not under way yet."""
        return len(self._line)

    @asynccontextmanager
    async def turn(self, person: int, moved: Moved = lambda before: None) -> AsyncIterator[Waiting]:
        """Wait for this person's turn; raises Busy at once when there is no room to wait."""
        self._check(person)
        waiting = Waiting(person, moved)
        turn = self._turns.setdefault(person, asyncio.Lock())
        self._count[person] += 1
        self.total += 1
        self._line.append(waiting)
        self._tell()
        try:
            async with turn:
                yield waiting
        finally:
            self.total -= 1
            self._count[person] -= 1
            if not self._count[person]:
                del self._count[person], self._turns[person]
            self._leave(waiting)

    @asynccontextmanager
    async def place(self, waiting: Waiting) -> AsyncIterator[None]:
        """Wait for one of the places at work, and hold it while an answer is found."""
        async with self._places:
            self._leave(waiting)
            waiting.moved(None)
            yield

    def _leave(self, waiting: Waiting) -> None:
        if waiting in self._line:
            self._line.remove(waiting)
        self._tell()

    def _tell(self) -> None:
        """Tell each that waits how many come before it, where that has changed."""
        waiting = Counter(one.person for one in self._line)
        own = Counter({person: self._count[person] - waiting[person] for person in waiting})
        full = self._places.locked()
        for index, one in enumerate(self._line):
            before = max(own[one.person], index) if full else own[one.person]
            own[one.person] += 1
            if before != one.before:
                one.before = before
                one.moved(before)

    def _check(self, person: int) -> None:
        if self._count[person] >= PER_PERSON:
            raise Busy(
                f"I have {PER_PERSON} questions of yours to answer already. Ask the next one as "
                "soon as the first of them is answered."
            )
        if self.total >= self._room:
            raise Busy("Many people are asking at the moment. Please try again in a minute.")
