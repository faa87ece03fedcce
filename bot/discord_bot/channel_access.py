"""Which channels that are sources a person, or everyone who sees a channel, may read now.

Nothing is remembered of it: it follows from today's roles and channels, which the gateway tells.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, TypeAlias, TypedDict

import discord

from bot.community.channel_rights import Gate, Grant, leads_through, open_gate
from bot.community.service import Service

Readable: TypeAlias = discord.TextChannel | discord.ForumChannel
Right: TypeAlias = Literal["view_channel", "read_message_history"]


class ChannelRights(TypedDict):
    """Fields of a `Caller`."""

    sees_channels: frozenset[int]
    reads_channels: frozenset[int]


def channel_rights(person: Any, guild: discord.Guild | None, service: Service) -> ChannelRights:
    """Return which channels that are sources a member may read, and which are opened for it."""
    sees: frozenset[int] = frozenset()
    if guild is not None and isinstance(person, discord.Member):
        held = (guild.get_channel(id) for id in service.rules.held_channels(guild.id))
        sees = frozenset(
            channel.id
            for channel in held
            if isinstance(channel, Readable) and may_read_history(channel, person)
        )
    opened = {channel.id for channel in _opened(guild, service)} if guild and sees else set()
    return ChannelRights(sees_channels=sees, reads_channels=sees & opened)


def channels_read_by_all(place: discord.abc.GuildChannel, service: Service) -> frozenset[int]:
    """Return the channels that are sources and that everyone who sees `place` may read."""
    opened = _opened(place.guild, service)
    if not opened:
        return frozenset()
    here = _gate(place, "view_channel")
    is_read = partial(_is_read_by_all, place, open_gate(here) if _lets_persons_in(place) else here)
    return frozenset(channel.id for channel in opened if is_read(channel))


def readable_channel(guild: discord.Guild, id: int) -> Readable | None:
    """Return a channel whose messages the bot reads; None where it may not, or should not.

    What Discord restricts by age is for nobody here.
    """
    channel, me = guild.get_channel(id), guild.me
    if not isinstance(channel, Readable) or me is None or guild.unavailable:
        return None
    return channel if may_read_history(channel, me) and not channel.is_nsfw() else None


def may_read_history(channel: Readable, person: discord.Member) -> bool:
    """Say whether a member may read what was said in a channel; no, where a role is not known."""
    if any(channel.guild.get_role(id) is None for id in getattr(person, "_roles", ())):
        return False
    may = channel.permissions_for(person)
    return bool(may.view_channel and may.read_message_history)


def _opened(guild: discord.Guild, service: Service) -> list[Readable]:
    """Return the channels that are sources, and that are kept true.

    Without the text of messages nothing would be known of their edits.
    """
    held = service.rules.held_channels(guild.id) if service.message_content else ()
    found = (readable_channel(guild, id) for id in held)
    return [channel for channel in found if channel is not None]


def _is_read_by_all(place: discord.abc.GuildChannel, here: Gate, channel: Readable) -> bool:
    """Say whether everyone who sees `place`, which is who comes through `here`, may read `channel`.

    Persons who are let in, or kept out, by name are told by no role: they leave it closed, but for
    those who do not see the channel itself.
    """
    is_same = place.id == channel.id
    personal = [grant for target, grant in channel.overwrites.items() if not _is_role(target)]
    if any(grant.read_message_history is False for grant in personal):
        return False
    if not is_same and any(grant.view_channel is False for grant in personal):
        return False
    if not leads_through(here, _gate(channel, "read_message_history")):
        return False
    return is_same or leads_through(here, _gate(channel, "view_channel"))


def _lets_persons_in(place: discord.abc.GuildChannel) -> bool:
    """Say whether a channel is seen by persons by name, other than the bot."""
    me = place.guild.me
    return any(
        grant.view_channel is True and (me is None or target.id != me.id)
        for target, grant in place.overwrites.items()
        if not _is_role(target)
    )


def _gate(channel: discord.abc.GuildChannel, right: Right) -> Gate:
    """Return who has a right in a channel."""
    said = {
        target.id: getattr(grant, right)
        for target, grant in channel.overwrites.items()
        if _is_role(target)
    }
    grants = {
        role.id: Grant(
            base=getattr(role.permissions, right),
            overwrite=said.get(role.id),
            administrator=role.permissions.administrator,
        )
        for role in channel.guild.roles
    }
    return Gate(channel.guild.id, grants)


def _is_role(target: Any) -> bool:
    """Say whether an overwrite is for a role; what is not in memory comes as an object."""
    return isinstance(target, discord.Role) or getattr(target, "type", None) is discord.Role
