"""Marks what is to be read again of the channels that are sources, on disk and by what happened."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial

import discord

from bot.community.owed_writes import Write
from bot.community.rights import CollectionRule
from bot.community.store.channel_records import Unit
from bot.discord_bot.channel_history import day_unit, thread_unit
from bot.discord_bot.channel_reader import ChannelReader
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT

SOON = 3.0
"""Seconds until what was edited or deleted is read again, for more that goes with it."""

_LAST_DAYS = (timedelta(), timedelta(days=1))

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
        """Have all of a server compared, the last two days at once: events may have been missed."""
        held, now = self.held(guild.id), time.time()
        if not held:
            return
        names = [rule.name for rule in held]
        want = partial(self._bot.service.channels.records.want, guild.id, names, now)
        await self._note(("channels", guild.id), want)
        ids = [discord.utils.time_snowflake(discord.utils.utcnow() - age) for age in _LAST_DAYS]
        units = [_unit(guild.id, name, day_unit(id)) for name in names for id in ids]
        await self._mark(units, now)
        await self.names_changed(guild)

    async def message_written(self, guild: int, channel: int, message: int) -> None:
        """Mark what a new message is in: to be read when more has come, and it has rested."""
        now, settle = time.time(), self._bot.service.settings.channel_seconds
        for unit in await self._units(guild, channel, [message]):
            due = max(now + settle, self._reader.rests_until(unit))
            await self._mark([unit], due)

    async def messages_changed(
        self, guild: int | None, channel: int, messages: Collection[int]
    ) -> None:
        """Mark what messages are in that were edited or deleted."""
        await self._mark(await self._units(guild, channel, messages), self._soon())

    async def thread_changed(self, guild: int, parent: int | None, thread: int) -> None:
        """Mark a thread."""
        await self._mark(self._thread(guild, parent, thread), self._soon())

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
            erase = partial(self._bot.service.erasure.drop_collection, guild, rule.name)
            await self._note(("channel gone", rule.name), erase)

    def _soon(self) -> float:
        return time.time() + min(SOON, self._bot.service.settings.channel_seconds)

    async def _units(
        self, guild: int | None, channel: int, messages: Collection[int]
    ) -> list[Unit]:
        """Return what messages are in, and the threads that began with them."""
        if guild is None or not self.held(guild):
            return []
        rule = self._bot.service.channels.rule(guild, channel)
        if rule is not None:
            days = [_unit(guild, rule.name, day) for day in set(map(day_unit, messages))]
            began = [await self._known(thread_unit(message)) for message in messages]
            return [*days, *(unit for units in began for unit in units)]
        server = self._bot.get_guild(guild)
        thread = server.get_thread(channel) if server else None
        if thread is None:
            return await self._known(thread_unit(channel))
        return [] if thread.is_private() else self._thread(guild, thread.parent_id, channel)

    def _thread(self, guild: int, parent: int | None, thread: int) -> list[Unit]:
        rule = self._bot.service.channels.rule(guild, parent or 0)
        return [_unit(guild, rule.name, thread_unit(thread))] if rule else []

    async def _known(self, unit: str) -> list[Unit]:
        """Return the units of that name that were read."""
        return await self._bot.service.channels.records.holders(unit)

    async def _mark(self, units: Iterable[Unit], due: float) -> None:
        records, at = self._bot.service.channels.records, time.time()
        for one in units:
            if all(rule.name != one.collection for rule in self.held(one.guild)):
                continue  # it was erased meanwhile
            mark = partial(records.mark, one.guild, one.collection, [one.unit], due, at=at)
            await self._note((one.collection, one.unit), mark)
        self._reader.wake()

    async def _note(self, key: tuple[object, ...], write: Write) -> None:
        """Write something down, now or once the disk takes it."""
        await self._bot.service.owed.make(key, NOT_MARKED, write)

    async def _is_gone(self, channel: int) -> bool:
        try:
            await self._bot.fetch_channel(channel)
        except discord.NotFound:
            return True
        except NOT_SENT:
            return False
        return False


def _unit(guild: int, collection: str, unit: str) -> Unit:
    return Unit(collection=collection, guild=guild, unit=unit)
