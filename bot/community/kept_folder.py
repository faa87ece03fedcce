"""Keeps the index in step with the documents folder while the bot runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field

from bot.bridge import Bridge
from bot.community.shared_documents import SharedDocuments
from bot.errors import Busy
from bot.observer import Observer
from index.errors import QuothError
from index.sync.folder_watch import FolderWatch
from index.sync.time_budget import STARTING

logger = logging.getLogger(__name__)

_MINUTE = 60.0

_PAUSE = 5.0
"""Seconds between two looks at what has yet to be embedded."""


@dataclass(frozen=True)
class KeptFolder:
    """Follows the folder, at every change that has come to rest and once a minute."""

    shared: SharedDocuments
    writers: Bridge
    watch: FolderWatch | None
    """None where changes are noticed once a minute only."""
    observer: Observer = field(default_factory=Observer)

    async def run(self) -> None:
        """Follow it until this is cancelled."""
        while True:
            await self.step()
            await self._next_change(time.monotonic() + _MINUTE)

    async def step(self, *, at_once: bool = False) -> None:
        """Read what changed in it; what fails now may work the next time.

        Files that are still being written wait, unless all is to be read `at_once`; the bot starts
        with what can be read of that in some seconds.
        """
        try:
            if at_once:
                await self.shared.bring_in_step(budget=STARTING)
            else:
                await self.shared.bring_in_step(self.watch)
        except QuothError as error:
            logger.warning("the documents folder was not followed: %s", error)
        except Exception:
            logger.exception("the documents folder was not followed")
        else:
            self.observer.synced("folder")
            return
        self.observer.not_synced("folder")

    async def embed(self) -> None:
        """Embed in the background what is found by words only, until this is cancelled."""
        while True:
            pause = _PAUSE
            try:
                if await self.shared.embed_some():
                    pause = 0.0
            except QuothError as error:
                logger.warning("Documents are found by words alone for now: %s", error)
                pause = _MINUTE
            except Exception:
                logger.exception("what is found by words only was not embedded")
                pause = _MINUTE
            await asyncio.sleep(pause)

    async def _next_change(self, end: float) -> None:
        """Return once the folder has changed and rests, or when the clock says `end`."""
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(left if self.watch is None else min(left, self.watch.pause))
            # A look is not cut off: the next one would begin beside it.
            with contextlib.suppress(Busy):
                if self.watch is not None and await self.writers.run(self.watch.has_changed):
                    return
