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
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def moved(self, before: int | None) -> None:
        """Take how many questions come before; None once this one is under way."""
        self._before = before
        self._moved.set()
        if before and self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let an edit that is on its way arrive, and start no other."""
        self._over.set()
        self._moved.set()
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
        now = asyncio.get_running_loop().time
        begun = now()
        while (before := self._before) is not None and not self._over.is_set():
            left = begun + max(least, for_each * before) - now()
            if left <= 0:
                return
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)

    async def _is_shown(self, text: str) -> bool:
        """Show it if it is time to; what fails is not tried again until it has changed."""
        with contextlib.suppress(*NOT_SENT):
            return await self._edit(text)
        return True
