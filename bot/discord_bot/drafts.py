"""How growing text is shown while it is written: by paced edits of the reply."""

from __future__ import annotations

import asyncio
import contextlib

from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.replies import Reply
from bot.discord_bot.text.answers import render_draft

PACE = 1.2
"""Seconds between two edits of a draft; Discord is no platform for faster ones."""

SLOW_PACE = 4.0
"""Seconds between two edits of a draft that has been edited `QUICK_DRAFTS` times."""

QUICK_DRAFTS = 20

_LAST_DRAFT = 5.0
"""Seconds for a draft on its way to arrive, so that it cannot overwrite the answer."""


class Drafts:
    """Shows growing text by at most one edit in `PACE` seconds, and never waits for Discord."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._text = ""
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        """Take the text written so far."""
        self._text = text
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let an edit that is on its way arrive, and start no other."""
        self._over.set()
        if self._task is None:
            return
        try:
            await asyncio.wait_for(self._task, _LAST_DRAFT)
        except TimeoutError:
            self._reply.overtaken = True

    async def _run(self) -> None:
        shown, edits = "", 0
        while not self._over.is_set():
            text = self._text
            if text != shown:
                with contextlib.suppress(*NOT_SENT):
                    if await self._reply.draft(render_draft(text)):
                        shown, edits = text, edits + 1
            with contextlib.suppress(TimeoutError):
                pause = PACE if edits < QUICK_DRAFTS else SLOW_PACE
                await asyncio.wait_for(self._over.wait(), pause)
