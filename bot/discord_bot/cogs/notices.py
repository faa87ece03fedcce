"""What is told to single persons later; what could not be told is tried again."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import aiohttp
import discord
from discord.ext import commands

from bot.discord_bot.client import QuothBot
from bot.discord_bot.notice_delivery import NotYetError, Place, tell
from index.errors import QuothError

logger = logging.getLogger(__name__)

RETRY = 900.0
"""Seconds until what could not be delivered is tried again; ten hours of tries in all."""

PACE = 0.5
"""Seconds between two notices, far below what Discord allows."""


class Notices(commands.Cog):
    """Delivers notices while the bot is connected."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told: set[int] = set()
        """Notices that are told, though that could not be noted yet."""

    async def cog_load(self) -> None:
        """Be told of new notices."""
        self.bot.service.notices.on_new = self._wake.set

    async def cog_unload(self) -> None:
        """Stop; what is left is delivered after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Deliver what is left, and from now on what comes."""
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), RETRY)
            self._wake.clear()
            try:
                await self._deliver()
            except QuothError as error:
                logger.warning("Notices were not delivered, and will be later: %s", error)
            except Exception:
                logger.exception("notices were not delivered")

    async def _deliver(self) -> None:
        """Try to tell everything once; what one channel is told of one answer, it is told once.

        Where several bots share the notices, the first one delivers them.
        """
        if not self.bot.service.processes.is_first:
            return
        posted = set[Place]()
        for notice in await self.bot.service.notices.pending():
            if notice.id in self._told:
                continue
            try:
                await tell(self.bot, notice, posted)
            except NotYetError:
                continue
            except (discord.Forbidden, discord.NotFound):
                logger.warning("server %s: a notice could not be delivered", notice.guild)
            except (discord.HTTPException, aiohttp.ClientError, OSError):
                await self._count_try(notice.id)
                continue
            await self._drop(notice.id)
            await asyncio.sleep(PACE)

    async def _count_try(self, id: int) -> None:
        service = self.bot.service
        undone = f"That notice {id} was tried was not noted"
        await service.owed.make(("notice", id), undone, lambda: service.notices.failed([id]))

    async def _drop(self, id: int) -> None:
        """Drop a notice; until that can be done, it is not told again."""
        self._told.add(id)

        async def drop() -> None:
            await self.bot.service.notices.done([id])
            self._told.discard(id)

        undone = f"That notice {id} is told was not noted"
        await self.bot.service.owed.make(("notice", id), undone, drop)
