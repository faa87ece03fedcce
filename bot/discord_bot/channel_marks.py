"""Marks what is to be read again of the channels that are sources, on disk and by what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

import discord

from bot.community.rights import CollectionRule
from bot.discord_bot.channel_history import day_unit, thread_unit
from bot.discord_bot.channel_reader import ChannelReader
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT

SOON = 3.0
"""Seconds until what was edited or deleted is read again, for more that goes with it."""

NOT_MARKED = "A change in a channel that is a source was not noted"


class ChannelMarks:
    """Knows which day or thread an event is in."""

    def __init__(self, bot: QuothBot, reader: ChannelReader) -> None:
        self._bot = bot
        self._reader = reader

    def held(self, guild: int) -> list[CollectionRule]:
        """Return the channels of a server that are sources."""
        rules = self._bot.service.rules.of(guild)
        return [rule for rule in (rules.named if rules else ()) if rule.holds is not None]

    async def all_missed(self, guild: discord.Guild) -> None:
        """Have all of a server compared: events may have been missed."""
        if held := self.held(guild.id):
            names, now = [rule.name for rule in held], time.time()
            want = self._bot.service.channels.records.want
            await self._note(("channels", guild.id), want, guild.id, names, now)
            await self.names_changed(guild)

    async def messages_changed(
        self, guild: int | None, channel: int, messages: Collection[int], settle: float = SOON
    ) -> None:
        """Mark what messages are in, and the threads that began with them."""
        if guild is None or not self.held(guild):
            return
        rule = self._bot.service.channels.rule(guild, channel)
        if rule is not None:
            await self._mark(rule.name, guild, set(map(day_unit, messages)), settle)
            for message in messages:
                await self._mark_known(thread_unit(message), settle)
            return
        server = self._bot.get_guild(guild)
        thread = server.get_thread(channel) if server else None
        if thread is None:
            await self._mark_known(thread_unit(channel), settle)
        elif not thread.is_private():
            await self.thread_changed(guild, thread.parent_id, thread.id, settle)

    async def thread_changed(
        self, guild: int, parent: int | None, thread: int, settle: float = SOON
    ) -> None:
        """Mark a thread."""
        rule = self._bot.service.channels.rule(guild, parent or 0)
        if rule is not None:
            await self._mark(rule.name, guild, [thread_unit(thread)], settle)

    async def names_changed(self, guild: discord.Guild) -> None:
        """Follow what channels are called, and which there are no more."""
        for rule in self.held(guild.id):
            channel = guild.get_channel(rule.holds or 0)
            if channel is not None:
                await self._bot.service.channels.rename(guild.id, channel.id, channel.name)
            elif not guild.unavailable and await self._is_gone(rule.holds or 0):
                await self.channel_deleted(guild.id, rule.holds or 0)

    async def channel_deleted(self, guild: int, channel: int) -> None:
        """Erase what came from a channel that is gone."""
        rule = self._bot.service.channels.rule(guild, channel)
        if rule is not None:
            erase = self._bot.service.erasure.drop_collection
            await self._note(("channel gone", rule.name), erase, guild, rule.name)

    async def _mark_known(self, unit: str, settle: float) -> None:
        """Mark a unit where one of that name was read."""
        for held in await self._bot.service.channels.records.holders(unit):
            await self._mark(held.collection, held.guild, [unit], settle)

    async def _mark(self, collection: str, guild: int, units: Iterable[str], settle: float) -> None:
        records = self._bot.service.channels.records
        settle = min(settle, self._bot.service.settings.channel_seconds)
        for unit in units:
            due = max(time.time() + settle, self._reader.rests_until(collection, unit))
            await self._note((collection, unit), records.mark, guild, collection, [unit], due)
        self._reader.wake()

    async def _note(
        self,
        key: tuple[object, ...],
        write: Callable[..., Coroutine[Any, Any, None]],
        *given: object,
    ) -> None:
        """Write something down, now or once the disk takes it."""
        await self._bot.service.owed.make(key, NOT_MARKED, lambda: write(*given))

    async def _is_gone(self, channel: int) -> bool:
        try:
            await self._bot.fetch_channel(channel)
        except discord.NotFound:
            return True
        except NOT_SENT:
            return False
        return False
