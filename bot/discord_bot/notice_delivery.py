"""Tells one person of one notice, by the rights of today, where it was asked or directly."""

from __future__ import annotations

from typing import Any, TypeAlias

import discord

from bot.community.rights import readable
from bot.community.store.notice_records import Notice
from bot.community.store.records import Kept
from bot.discord_bot.callers import caller_in
from bot.discord_bot.client import QuothBot
from bot.discord_bot.text.notice_texts import answered_directly, answered_here, unreadable
from bot.discord_bot.views import again_view

Place: TypeAlias = tuple[int, str]
"""A channel, and the answer that was announced in it."""


class NotYetError(Exception):
    """A notice that has to wait: the server is away, or the answer is not used yet."""


async def tell(bot: QuothBot, notice: Notice, posted: set[Place]) -> None:
    """Tell one person; who has left, or may not read it, is not told.

    `posted` are the places that were told already. Raises NotYetError, or what Discord says.
    """
    guild = bot.get_guild(notice.guild)
    if guild is None or guild.unavailable:
        raise NotYetError
    member = await guild.fetch_member(notice.person)
    if notice.kind == "unreadable":
        await member.send(unreadable(notice.about, guild.name), nonce=f"n{notice.id}")
    elif (kept := await _readable(bot, notice, member)) is not None and not await _post(
        notice, kept, member, posted
    ):
        text = answered_directly(notice.text, guild.name)
        await member.send(text, nonce=f"n{notice.id}")


async def _readable(bot: QuothBot, notice: Notice, member: discord.Member) -> Kept | None:
    """Return the answer that a person got, if it is kept, and the new one is open to them."""
    service = bot.service
    await service.elsewhere.catch_up()
    kept = await service.memory.answer(notice.key)
    collection = await service.team_answers.used_in(notice.about)
    if collection == "":
        raise NotYetError
    if kept is None or collection is None:
        return None
    asker = caller_in(member, kept.channel, service)
    return kept if collection in readable(asker, service.rules.of(kept.guild)) else None


async def _post(notice: Notice, kept: Kept, member: discord.Member, posted: set[Place]) -> bool:
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
