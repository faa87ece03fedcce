"""Channels that are sources: what happens in them is marked, to be read again in the background.

Each event marks the day or thread that it is in; the mark is on disk. What happened while the bot
was away is found by comparing all days and threads with what Discord shows, at each start.
"""

from __future__ import annotations

import asyncio

import discord
from discord.ext import commands

from bot.discord_bot.channel_marks import ChannelMarks
from bot.discord_bot.channel_reader import ChannelReader
from bot.discord_bot.client import QuothBot
from bot.discord_bot.posted_messages import edited_at


class ChannelChanges(commands.Cog):
    """Hears of changes; it is added only where Discord shows the bot what people write."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot
        self._reader = ChannelReader(bot)
        self._marks = ChannelMarks(bot, self._reader)
        self._task: asyncio.Task[None] | None = None

    async def cog_unload(self) -> None:
        """Stop reading; the next process goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def cog_load(self) -> None:
        """Begin to read; of servers that are not there yet, nothing is."""
        self.bot.service.channels.on_new = self._reader.wake
        self._task = asyncio.create_task(self._reader.run())

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Have a server compared that comes with a new connection, or back from an outage."""
        await self._marks.all_missed(guild)
        self._reader.wake()

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Do the same: which of the two it is depends on a field that Discord may leave out."""
        await self.on_guild_available(guild)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Read a new message, after a while."""
        if message.guild is not None and not message.author.bot:
            await self._marks.message_written(message.guild.id, message.channel.id, message.id)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Follow an edit; the preview of a link is none."""
        if edited_at(event.message) is not None:
            await self._marks.messages_changed(event.guild_id, event.channel_id, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Follow a deletion."""
        await self._marks.messages_changed(event.guild_id, event.channel_id, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Follow the deletion of several messages."""
        await self._marks.messages_changed(event.guild_id, event.channel_id, event.message_ids)

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """Read a new thread, or one that the bot may see now."""
        await self._marks.thread_changed(thread.guild.id, thread.parent_id, thread.id)

    @commands.Cog.listener()
    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        """Follow the new name of a thread."""
        await self._marks.thread_changed(event.guild_id, event.parent_id, event.thread_id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Take out a thread that was deleted."""
        await self._marks.thread_changed(event.guild_id, event.parent_id, event.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        """Follow the new name of a channel; with other rights, something may have been missed."""
        if before.name != after.name:
            await self._marks.names_changed(after.guild)
        if before.overwrites != after.overwrites:
            await self._marks.all_missed(after.guild)
        self._reader.wake()

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """Compare what the bot could perhaps not read until now."""
        if before.permissions != after.permissions:
            await self.on_guild_available(after.guild)

    @commands.Cog.listener()
    async def on_member_update(self, before: discord.Member, after: discord.Member) -> None:
        """Do the same where the bot has other roles; of other members it hears nothing."""
        if after == after.guild.me and before.roles != after.roles:
            await self.on_guild_available(after.guild)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take out a channel that was deleted."""
        await self._marks.channel_deleted(channel.guild.id, channel.id)
