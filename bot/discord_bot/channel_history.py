"""What was said in a channel or thread, as Discord shows it: a day of a channel, or a thread.

Asked of Discord page by page, a hundred messages each; discord.py waits as long as Discord says.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import discord

from bot.community.channel_documents import told_day
from bot.community.channel_sources import ReadUnit, label_of
from bot.community.rights import CollectionRule
from bot.community.store.channel_records import NEWEST
from bot.discord_bot.channel_access import Readable, readable_channel
from bot.discord_bot.client import QuothBot
from bot.discord_bot.message_words import told_message
from index.text.message_address import channel_address

MAX_MESSAGES = 5000
"""Messages of one day or thread that are read, the newest ones: fifty requests."""

_DAY = re.compile(r"day-(\d{4}-\d\d-\d\d)\.md")
_THREAD = re.compile(r"thread-(\d{1,20})\.md")


class ClosedChannelError(Exception):
    """A channel that the bot cannot read now, so that nothing is known of it."""


def day_unit(message: int) -> str:
    """Return the unit that a message of a channel belongs to: its day in UTC."""
    return f"day-{discord.utils.snowflake_time(message):%Y-%m-%d}.md"


def thread_unit(thread: int) -> str:
    """Return the unit of a thread."""
    return f"thread-{thread}.md"


def first_of_day(message: int) -> int:
    """Return the lowest id of the day, in UTC, of a message."""
    midnight = discord.utils.snowflake_time(message).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return discord.utils.time_snowflake(midnight)


async def read_unit(bot: QuothBot, rule: CollectionRule, guild: int, unit: str) -> ReadUnit | None:
    """Return what a unit says; None where it is gone.

    Raises ClosedChannelError, or what Discord says.
    """
    channel = open_channel(bot, rule, guild)
    if found := _THREAD.fullmatch(unit):
        return await _read_thread(bot, channel, int(found[1]))
    found = _DAY.fullmatch(unit)
    if found is None or not isinstance(channel, discord.TextChannel):
        return None
    day = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    behind = discord.utils.time_snowflake(day + timedelta(days=1))
    read = await read_day_before(channel, behind)
    return read[1] if read and read[0] == discord.utils.time_snowflake(day) else None


async def read_day_before(channel: discord.TextChannel, before: int) -> tuple[int, ReadUnit] | None:
    """Return the newest day of a channel with messages before an id, and the lowest id of it."""
    first: int | None = None
    found: list[discord.Message] = []
    async with aclosing(_back_from(channel, before)) as messages:
        async for message in messages:
            if first is None:
                first = first_of_day(message.id)
            if message.id < first:
                break
            if len(found) < MAX_MESSAGES:
                found.append(message)
    if first is None:
        return None
    told = [each for message in found if (each := told_message(message, channel.guild))]
    title = f"{label_of(channel.name)}, {told_day(discord.utils.snowflake_time(first))}"
    address = channel_address(channel.guild.id, channel.id)
    return first, ReadUnit(title=title, address=address, messages=tuple(told))


async def public_threads(channel: Readable) -> list[int]:
    """Return the ids of the threads of a channel that all who read it may read."""
    found = [thread.id for thread in channel.threads if not thread.is_private()]
    found += [thread.id async for thread in channel.archived_threads(limit=None)]
    return list(dict.fromkeys(found))


def open_channel(bot: QuothBot, rule: CollectionRule, guild: int) -> Readable:
    """Return the channel that a rule is of; raises ClosedChannelError."""
    server = bot.get_guild(guild)
    channel = readable_channel(server, rule.holds) if server and rule.holds else None
    if channel is None:
        raise ClosedChannelError
    return channel


async def _read_thread(bot: QuothBot, channel: Readable, id: int) -> ReadUnit | None:
    try:
        thread = channel.guild.get_thread(id) or await bot.fetch_channel(id)
        if not isinstance(thread, discord.Thread) or thread.is_private():
            return None
        if thread.parent_id != channel.id:
            return None
        found = [message async for message in thread.history(limit=MAX_MESSAGES)]
    except discord.NotFound:
        return None
    told = [each for message in found if (each := told_message(message, channel.guild))]
    address = channel_address(channel.guild.id, id)
    return ReadUnit(title=thread.name, address=address, messages=tuple(told))


async def _back_from(channel: discord.TextChannel, before: int) -> AsyncGenerator[discord.Message]:
    start = None if before >= NEWEST else discord.Object(before)
    async for message in channel.history(limit=None, before=start):
        yield message
