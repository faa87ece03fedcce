"""Making a channel a source, as far as the one who wants it and the bot may read it."""

from __future__ import annotations

import discord

from bot.community.server_rules import NotAvailableError
from bot.discord_bot.callers import caller_of
from bot.discord_bot.channel_access import Readable, may_read_history, readable_channel
from bot.discord_bot.client import Click

NEEDS_CONTENT = (
    "Discord does not show me what people write, so I cannot read a channel. Whoever runs me can "
    "switch on the Message Content intent: what to do stands in my README."
)
NOT_READABLE = (
    "I may not read <#{channel}>. Give me View Channel and Read Message History there, and try "
    "again."
)
BY_AGE = "<#{channel}> is restricted by age, and I quote nothing from there."
YOU_MAY_NOT = "You may not read that channel yourself, so you cannot make it a source."
FOLLOWED = (
    "✅ From now on, what is said in <#{channel}> is a source, with its threads; not its private "
    "threads, and not what bots write. I read what was said so far first, which can take a while. "
    "I quote it only to people who may read that channel, and only where everyone who sees the "
    "answer may. Edits and deletions follow. `/source remove` ends it."
)


async def follow_channel(click: Click, id: int) -> str:
    """Make a channel a source; return what to say. Raises NotAvailableError."""
    service, guild, caller = click.client.service, click.guild, caller_of(click)
    service.rules.managed(caller)
    if not service.message_content:
        raise NotAvailableError(NEEDS_CONTENT)
    channel = guild.get_channel(id) if guild else None
    if guild is None or not isinstance(channel, Readable):
        raise NotAvailableError
    if channel.is_nsfw():
        raise NotAvailableError(BY_AGE.format(channel=id))
    if readable_channel(guild, id) is None:
        raise NotAvailableError(NOT_READABLE.format(channel=id))
    if not isinstance(click.user, discord.Member) or not may_read_history(channel, click.user):
        raise NotAvailableError(YOU_MAY_NOT)
    await service.channels.add(caller, id, channel.name)
    return FOLLOWED.format(channel=id)
