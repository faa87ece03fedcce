"""How people see their place in the queue: by an edit as it moves, as often as Discord allows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from bot.discord_bot.delivery import NOT_SENT

QUICK = 1.0
"""Seconds of waiting of which nothing is said."""

PACE = 4.0
"""Seconds between two edits for one person; far back in the queue, they are further apart."""

PER_QUESTION_BEFORE = 1.5
"""Seconds for each question before: of 200 that wait, three or four a second are told."""

_LAST_EDIT = 5.0
"""Seconds for an edit on its way to arrive, so that it cannot overwrite the answer."""


def place_text(before: int) -> str:
    """Return what stands there while a question waits."""
    return f"-# ⏳ {before} before you …" if before else "-# ⏳ You are next …"


class QueueNotice:
    """Shows the place of one question, and never waits for Discord."""

    def __init__(self, edit: Callable[[str], Awaitable[bool]], *, under_way: str) -> None:
        """`edit` says whether it was time for one; `under_way` is shown when the work begins."""
        self._edit = edit
        self._under_way = under_way
        self._before: int | None = 0
        self._over = asyncio.Event()
        self._rested = asyncio.Event()
        self._rest_ends: Callable[[int], float] = lambda before: 0.0
        """When, on the loop's clock, with how many questions before."""
        self._alarm: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def moved(self, before: int | None) -> None:
        """Take how many questions come before; None once this one is under way."""
        self._before = before
        if before is None:
            self._rested.set()
        elif self._alarm is not None and self._alarm.when() != self._rest_ends(before):
            # Of a hundred who wait, each is told a hundred times: nobody wakes to look at a clock.
            self._set_alarm(before)
        if before and self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let an edit that is on its way arrive, and start no other."""
        self._over.set()
        self._rested.set()
        if self._task is not None:
            with contextlib.suppress(*NOT_SENT):  # a time-out is one of them
                await asyncio.wait_for(self._task, _LAST_EDIT)

    async def _run(self) -> None:
        await self._rest(QUICK, 0.0)
        shown: int | None = None
        while (before := self._before) is not None and not self._over.is_set():
            if before != shown and await self._is_shown(place_text(before)):
                shown = before
            await self._rest(PACE, PER_QUESTION_BEFORE)
        while shown is not None and not self._over.is_set():
            if await self._is_shown(self._under_way):
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), QUICK)

    async def _rest(self, least: float, for_each: float) -> None:
        """Sleep for `least` seconds, longer for each question before; wake once the work begins."""
        if (before := self._before) is None or self._over.is_set():
            return
        begun = asyncio.get_running_loop().time()
        self._rest_ends = lambda before: begun + max(least, for_each * before)
        self._rested.clear()
        self._set_alarm(before)
        try:
            await self._rested.wait()
        finally:
            self._stop_alarm()

    def _set_alarm(self, before: int) -> None:
        self._stop_alarm()
        at = self._rest_ends(before)
        self._alarm = asyncio.get_running_loop().call_at(at, self._rested.set)

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None

    async def _is_shown(self, text: str) -> bool:
        """Show it if it is time to; what fails is not tried again until it has changed."""
        with contextlib.suppress(*NOT_SENT):
            return await self._edit(text)
        return True
