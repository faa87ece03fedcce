"""The message that shows how far adding documents is, with a button that cancels it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from bot.community.work_under_way import Work
from bot.discord_bot.client import Click
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.edit_pace import EditPace
from bot.discord_bot.replies import say
from bot.discord_bot.text.pages import progress
from bot.discord_bot.views import cancel_view
from bot.time_left import time_left_text

PACE = 5.0
"""Seconds between two looks at how long it will take."""

_FOR_PROGRESS = 3.0
"""Seconds that work on documents waits for its bar to be shown."""


class WorkProgress:
    """Shows work of one person in the response to its interaction."""

    def __init__(self, interaction: Click, work: Work) -> None:
        self._interaction = interaction
        self._work = work
        self._pace = EditPace()
        self._at = ""
        self._shown = ""

    async def show(self, done: int, total: int, name: str) -> None:
        """Show which document is at hand."""
        self._at = progress(done, total, name)
        await self._say()

    @contextlib.asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Show every few seconds how long the document at hand will take.

        After a failure the bar is taken away, so that what is told of it stands alone.
        """
        keeping = asyncio.create_task(self._keep_up())
        try:
            yield
        except Exception:
            await _ended(keeping)
            await self._take_away()
            raise
        finally:
            await _ended(keeping)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(PACE)
            await self._say()

    async def _take_away(self) -> None:
        if self._at:
            with contextlib.suppress(*NOT_SENT):  # then it stands beside what is told
                await self._interaction.delete_original_response()

    async def _say(self) -> None:
        left = None if self._work.cancelled else self._work.seconds_left()
        text = self._at if left is None else f"{self._at}\n{time_left_text(left)}"
        if not self._at or text == self._shown or not self._pace.take(time.monotonic()):
            return
        with contextlib.suppress(*NOT_SENT):  # the work is what was asked for, not its bar
            async with asyncio.timeout(_FOR_PROGRESS):
                await say(self._interaction, text, view=cancel_view(self._work.key))
                self._shown = text


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
