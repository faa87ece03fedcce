"""The questions of programs: few at work together, some that wait, and none beyond that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import Busy
from bot.web.api.problem_details import Problem

AT_ONCE = 8
"""Answers under way together; most of their time is waiting for a model."""

WAITING = 150
"""Questions that wait. With those at work they are fewer than the connections that are served."""

SECONDS = 300.0
"""What one answer may take, waiting aside."""


class QuestionRoom:
    """Lets questions through in the order in which they come."""

    def __init__(
        self, *, at_once: int = AT_ONCE, waiting: int = WAITING, seconds: float = SECONDS
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._room = at_once + waiting
        self._seconds = seconds
        self.inside = 0
        """Questions waiting or under way."""

    def check(self) -> None:
        """Raise Busy where there is no room to wait."""
        if self.inside >= self._room:
            raise Busy("Many programs are asking at the moment. Try again in a minute.")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and hold it; raises Busy at once when there is no room to wait.

        Raises Problem when the work inside takes too long.
        """
        self.check()
        self.inside += 1
        try:
            async with self._places:
                try:
                    async with asyncio.timeout(self._seconds) as limit:
                        yield
                except TimeoutError:
                    if not limit.expired():
                        raise
                    raise Problem(
                        504, f"There was no answer within {self._seconds:.0f} seconds. Try again."
                    ) from None
        finally:
            self.inside -= 1
