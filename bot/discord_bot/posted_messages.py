"""Messages of people as the community follows them."""

from __future__ import annotations

from typing import Any

import discord

from bot.community.followed_messages import EditedMessage, PostedMessage
from bot.discord_bot.text.safe_markdown import one_line

_TITLE = 60


def posted(message: discord.Message, click: discord.Interaction[Any]) -> PostedMessage:
    """Return a message that is being added."""
    text = message.content.strip()
    return PostedMessage(
        id=message.id,
        guild=click.guild_id or 0,
        channel=message.channel.id,
        parent=getattr(click.channel, "parent_id", None),
        edited=edited_at(message),
        title=one_line(text, _TITLE),
        text=text,
        url=message.jump_url,
    )


def edited_at(message: discord.Message) -> float | None:
    """Return when a message was last edited, in seconds since 1970.

    Previews of links and threads change a message, too, but are no edit.
    """
    return message.edited_at.timestamp() if message.edited_at else None


def edited(message: discord.Message) -> EditedMessage:
    """Return what a message says now."""
    text = message.content.strip()
    files = frozenset(file.id for file in message.attachments)
    return EditedMessage(title=one_line(text, _TITLE), text=text, attachments=files)


async def edited_if_shown(
    client: discord.Client, message: discord.Message, *, fetched: bool
) -> EditedMessage | None:
    """Return what a message says now, or None where Discord does not show it.

    Raises discord.NotFound where it is deleted.
    """
    if _shows(client, message):
        return edited(message)
    if not _may_read_all(client):
        return None
    try:
        return edited(message if fetched else await _fetched(client, message))
    except discord.Forbidden:
        return None


async def _fetched(client: discord.Client, message: discord.Message) -> discord.Message:
    guild = message.guild.id if message.guild else None
    place = client.get_partial_messageable(message.channel.id, guild_id=guild)
    return await place.fetch_message(message.id)


def _shows(client: discord.Client, message: discord.Message) -> bool:
    """Say whether Discord shows what this message says; if not, it sends it empty."""
    me = client.user
    if message.content or message.attachments or client.intents.message_content:
        return True
    return me is not None and (message.author.id == me.id or me in message.mentions)


def _may_read_all(client: discord.Client) -> bool:
    """Say whether the application has the intent, with which HTTP shows every text."""
    flags = client.application.flags if client.application else None
    return flags is not None and (
        flags.gateway_message_content or flags.gateway_message_content_limited
    )
