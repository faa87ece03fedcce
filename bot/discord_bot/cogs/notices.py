"""What is told to single persons later; what could not be told is tried again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, TypeAlias

import aiohttp
import discord
from discord.ext import commands

from bot.community.rights import readable
from bot.community.store.notice_records import Notice
from bot.community.store.records import Kept
from bot.discord_bot.callers import caller_in
from bot.discord_bot.client import QuothBot
from bot.discord_bot.text.notice_texts import answered_directly, answered_here, unreadable
from bot.discord_bot.views import again_view
from index.errors import QuothError

logger = logging.getLogger(__name__)

RETRY = 900.0
"""Seconds until what could not be delivered is tried again; ten hours of tries in all."""

PACE = 0.5
"""Seconds between two notices, far below what Discord allows."""

Place: TypeAlias = tuple[int, str]
"""A channel, and the answer that was announced in it."""


class NotYetError(Exception):
    """A notice that has to wait: the server is away, or the answer is not used yet."""


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
        """Try to tell everything once; what one channel is told of one answer, it is told once."""
        posted = set[Place]()
        for notice in await self.bot.service.notices.pending():
            if notice.id in self._told:
                continue
            try:
                await self._tell(notice, posted)
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

    async def _tell(self, notice: Notice, posted: set[Place]) -> None:
        """Tell one person, by the rights of today; who has left, or may not read it, is not told.

        Raises NotYetError, or what Discord says.
        """
        guild = self.bot.get_guild(notice.guild)
        if guild is None or guild.unavailable:
            raise NotYetError
        member = await guild.fetch_member(notice.person)
        if notice.kind == "unreadable":
            await member.send(unreadable(notice.about, guild.name), nonce=f"n{notice.id}")
        elif (kept := await self._readable(notice, member)) is not None and not await self._post(
            notice, kept, member, posted
        ):
            text = answered_directly(notice.text, guild.name)
            await member.send(text, nonce=f"n{notice.id}")

    async def _readable(self, notice: Notice, member: discord.Member) -> Kept | None:
        """Return the answer that a person got, if it is kept, and the new one is open to them."""
        service = self.bot.service
        kept = await service.memory.answer(notice.key)
        collection = await service.team_answers.used_in(notice.about)
        if collection == "":
            raise NotYetError
        if kept is None or collection is None:
            return None
        asker = caller_in(member, kept.channel)
        return kept if collection in readable(asker, service.rules.of(kept.guild)) else None

    async def _post(
        self, notice: Notice, kept: Kept, member: discord.Member, posted: set[Place]
    ) -> bool:
        """Tell the channel where it was asked in the open; say whether that is so, and possible."""
        channel = member.guild.get_channel_or_thread(notice.channel or 0)
        if not isinstance(channel, discord.abc.Messageable) or not _sees(channel, member):
            return False
        here = (channel.id, notice.about)
        if here not in posted:
            try:
                text = answered_here(notice.text)
                await channel.send(text, view=again_view(kept), nonce=f"n{notice.id}")
            except (discord.Forbidden, discord.NotFound):
                return False
            posted.add(here)
        return True


def _sees(channel: Any, member: discord.Member) -> bool:
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    return bool(channel.permissions_for(member).view_channel)
