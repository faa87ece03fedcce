"""Which channels that are sources a person, or everyone who sees a channel, may read now.

Nothing is remembered of it: it follows from today's roles and channels, which the gateway tells.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import discord

from bot.community.channel_rights import Gate, leads_through, open_gate
from bot.community.rights import RoleView
from bot.community.service import Service

Readable: TypeAlias = discord.TextChannel | discord.ForumChannel


def channels_read_by(person: Any, guild: discord.Guild | None, service: Service) -> frozenset[int]:
    """Return the channels that are sources and whose messages a member may read."""
    if guild is None or not isinstance(person, discord.Member):
        return frozenset()
    return frozenset(
        channel.id for channel in _held(guild, service) if may_read_history(channel, person)
    )


def channels_read_by_all(place: discord.abc.GuildChannel, service: Service) -> frozenset[int]:
    """Return the channels that are sources and that everyone who sees `place` may read."""
    return frozenset(
        channel.id for channel in _held(place.guild, service) if _is_read_by_all(place, channel)
    )


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


def _held(guild: discord.Guild, service: Service) -> Collection[Readable]:
    found = (readable_channel(guild, id) for id in service.held_channels(guild.id))
    return [channel for channel in found if channel is not None]


def _is_read_by_all(place: discord.abc.GuildChannel, channel: Readable) -> bool:
    """Say whether everyone who sees `place` may read `channel`.

    Persons who are let in, or kept out, by name are told by no role: they leave it closed, but for
    those who do not see the channel itself.
    """
    is_same = place.id == channel.id
    personal = [grant for target, grant in channel.overwrites.items() if not _is_role(target)]
    if any(grant.read_message_history is False for grant in personal):
        return False
    if not is_same and any(grant.view_channel is False for grant in personal):
        return False
    me = place.guild.me
    let_in = any(
        grant.view_channel is True and (me is None or target.id != me.id)
        for target, grant in place.overwrites.items()
        if not _is_role(target)
    )
    seen, read = _gate(channel, "view_channel"), _gate(channel, "read_message_history")
    here = open_gate(seen) if let_in else _gate(place, "view_channel")
    return leads_through(here, read) and (is_same or leads_through(here, seen))


def _gate(channel: discord.abc.GuildChannel, right: str) -> Gate:
    """Return who has a right in a channel."""
    views = (
        RoleView(
            id=role.id,
            name=role.name,
            base=getattr(role.permissions, right),
            overwrite=getattr(channel.overwrites_for(role), right),
            administrator=role.permissions.administrator,
        )
        for role in channel.guild.roles
    )
    return Gate(channel.guild.id, {view.id: view for view in views})


def _is_role(target: Any) -> bool:
    """Say whether an overwrite is for a role; what is not in memory comes as an object."""
    return isinstance(target, discord.Role) or getattr(target, "type", None) is discord.Role
