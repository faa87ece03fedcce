"""The queue in front of the answers: bounded in all, and fair between persons."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import Busy

AT_ONCE = 8
"""Answers under way together; most of their time is waiting for a model."""

WAITING = 200
"""Questions that wait; a longer queue would outlive Discord's patience of 15 minutes."""

PER_PERSON = 2
"""One question under way and one that waits for it."""


class FairQueue:
    """Lets questions through, one of a person after another."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self.places = asyncio.Semaphore(at_once)
        """The places at work, to be held while an answer is found."""
        self.total = 0
        """Questions waiting or under way."""
        self._room = at_once + waiting
        self._count: Counter[int] = Counter()
        self._turns: dict[int, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, person: int) -> AsyncIterator[None]:
        """Wait for this person's turn; raises Busy at once when there is no room to wait."""
        self._check(person)
        turn = self._turns.setdefault(person, asyncio.Lock())
        self._count[person] += 1
        self.total += 1
        try:
            async with turn:
                yield
        finally:
            self.total -= 1
            self._count[person] -= 1
            if not self._count[person]:
                del self._count[person], self._turns[person]

    def _check(self, person: int) -> None:
        if self._count[person] >= PER_PERSON:
            raise Busy(
                "I am still working on your last two questions. Ask again once they are answered."
            )
        if self.total >= self._room:
            raise Busy("Many people are asking at the moment. Please try again in a minute.")
