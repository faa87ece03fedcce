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
