"""Messages that became sources: their edits and deletions, seen as they come and looked for later.

Without the Message Content intent Discord announces every edit and deletion, but shows the text, by
the gateway and by HTTP alike, only of messages that mention the bot.
https://docs.discord.com/developers/events/gateway#message-content-intent
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection

import discord
from discord.ext import commands

from bot.community.owed_writes import Write
from bot.community.store.followed_records import Followed
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.posted_messages import edited_at, edited_if_shown
from index.errors import QuothError

logger = logging.getLogger(__name__)

PACE = 1.0
"""Seconds between two messages that are looked at; Discord allows many times that."""

AGAIN = 6 * 3600.0
"""Seconds until all are looked at again: for what was missed."""

SOON = 60.0
"""Seconds until they are when it was not even known which they are."""

NOT_FOLLOWED = "A change of a message among the sources was not followed"


class MessageChanges(commands.Cog):
    """Follows the messages that were added to sources."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def cog_unload(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look for what happened while the bot was away."""
        self._ready.set()
        if self._task is None:
            self._task = asyncio.create_task(self._look())

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Follow an edit."""
        if self.bot.service.followed.knows(event.message_id):
            await self._follow(("edited", event.message_id), lambda: self._edited(event.message))

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Take out what came from a message that was deleted."""
        await self._deleted([event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Take out what came from messages that were deleted."""
        await self._deleted(event.message_ids)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take out what came from a channel that was deleted: it goes without its messages."""
        await self._channel_deleted(channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Take out what came from a thread that was deleted."""
        await self._channel_deleted(event.thread_id)

    async def _deleted(self, messages: Collection[int]) -> None:
        followed = self.bot.service.followed
        await self._follow(("deleted", *messages), lambda: followed.deleted(messages))

    async def _channel_deleted(self, channel: int) -> None:
        followed = self.bot.service.followed
        await self._follow(("channel", channel), lambda: followed.channel_deleted(channel))

    async def _follow(self, key: tuple[object, ...], write: Write) -> None:
        """Do what follows from a change, now or once it can be done."""
        await self.bot.service.owed.make(key, NOT_FOLLOWED, write)

    async def _edited(self, message: discord.Message, *, fetched: bool = False) -> None:
        at = edited_at(message)
        if at is None:
            return
        with contextlib.suppress(discord.NotFound):  # its deletion is announced by itself
            now = await edited_if_shown(self.bot, message, fetched=fetched)
            await self.bot.service.followed.edited(message.id, at, now)

    async def _look(self) -> None:
        while True:
            self._ready.clear()
            pause = AGAIN
            try:
                await self._look_at_all()
            except Exception as error:
                pause = SOON
                unforeseen = None if isinstance(error, QuothError) else error
                logger.warning(
                    "The messages among the sources were not looked at: %s",
                    error,
                    exc_info=unforeseen,
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), pause)

    async def _look_at_all(self) -> None:
        seen: set[int] = set()
        for row in await self.bot.service.followed.followed():
            if row.message not in seen and self._is_here(row.guild):
                seen.add(row.message)
                await self._look_at(row)
                await asyncio.sleep(PACE)

    def _is_here(self, id: int) -> bool:
        guild = self.bot.get_guild(id)
        return guild is not None and not guild.unavailable

    async def _look_at(self, row: Followed) -> None:
        """Compare one message with what is known of it; where the bot may not read, it stays."""
        place = self.bot.get_partial_messageable(row.channel, guild_id=row.guild)
        try:
            message = await place.fetch_message(row.message)
        except discord.NotFound:
            await self._deleted([row.message])
        except NOT_SENT as error:
            logger.info("message %s was not looked at: %s", row.message, type(error).__name__)
        else:
            key = ("edited", row.message)
            await self._follow(key, lambda: self._edited(message, fetched=True))
