"""A message of a channel as it is quoted: who said what, with names in place of mentions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import discord

from bot.community.channel_documents import ChannelMessage, told_time

_KINDS = (discord.MessageType.default, discord.MessageType.reply)
_MARK = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})|a?:(?P<emoji>\w+):\d+"
    r"|/(?P<command>[^:<>\n]{1,100}):\d+|t:(?P<moment>-?\d{1,12})(?::[a-zA-Z])?)>"
)


def told_message(message: discord.Message, guild: discord.Guild) -> ChannelMessage | None:
    """Return what a person said; None for bots, webhooks and what Discord itself writes.

    What is said to the bot, by mention or in a reply, is a question and answers none.

    Of the message that a thread began with, Discord puts a copy into the thread. Embeds, forwarded
    messages and hidden files are left out.
    """
    if message.type is discord.MessageType.thread_starter_message:
        began = message.reference.resolved if message.reference else None
        return told_message(began, guild) if isinstance(began, discord.Message) else None
    if message.type not in _KINDS or message.author.bot or message.webhook_id is not None:
        return None
    if guild.me in message.mentions:
        return None
    return ChannelMessage(
        id=message.id,
        author=message.author.id,
        name=message.author.display_name,
        at=message.created_at,
        edited=message.edited_at,
        text=_MARK.sub(_named(message, guild), message.content),
        files=tuple(file.filename for file in message.attachments if not file.is_spoiler()),
    )


def _named(message: discord.Message, guild: discord.Guild) -> Callable[[re.Match[str]], str]:
    """Return what makes words of the marks in a message."""
    users = {user.id: user.display_name for user in message.mentions}

    def words(mark: re.Match[str]) -> str:
        kind = mark.lastgroup or ""
        said = mark[kind]
        if kind == "user":
            return f"@{users.get(int(said), 'somebody')}"
        if kind == "role":
            role = guild.get_role(int(said))
            return f"@{role.name}" if role else "@somebody"
        if kind == "channel":
            return f"#{_public_name(guild, int(said)) or 'a channel'}"
        if kind == "moment":
            return _told_moment(int(said))
        return f":{said}:" if kind == "emoji" else f"/{said}"

    return words


def _public_name(guild: discord.Guild, id: int) -> str | None:
    """Return the name of a channel that everyone in the server sees: others are not to be told."""
    channel = guild.get_channel(id)
    if channel is None or not channel.permissions_for(guild.default_role).view_channel:
        return None
    return channel.name


def _told_moment(seconds: int) -> str:
    try:
        return told_time(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return "some time"
