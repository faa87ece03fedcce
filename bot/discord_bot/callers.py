"""Who asks, and who sees the answer, as Discord tells it with each interaction or message.

Nothing is asked of Discord: the payload carries the person's roles, and channels and roles of a
server come over the gateway, without any privileged intent.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.community.rights import Audience, Caller, RoleView


def caller_of(interaction: discord.Interaction[Any]) -> Caller:
    """Return who uses a command or button, and where."""
    user = interaction.user
    return Caller(
        user=user.id,
        guild=interaction.guild_id,
        channel=interaction.channel_id or 0,
        above=_above(interaction.channel),
        roles=_roles(user, interaction.guild_id),
        manager=interaction.permissions.manage_guild or interaction.permissions.administrator,
    )


def caller_of_message(message: discord.Message) -> Caller:
    """Return who wrote a message, and where."""
    return caller_at(message.author, message.channel)


def caller_at(asker: discord.abc.User, channel: Any) -> Caller:
    """Return who asks in a channel, with the roles that they have now."""
    guild = getattr(channel, "guild", None)
    member = asker if isinstance(asker, discord.Member) else None
    return Caller(
        user=asker.id,
        guild=guild.id if guild else None,
        channel=channel.id,
        above=_above(channel),
        roles=_roles(asker, guild.id if guild else None),
        manager=member is not None and member.guild_permissions.manage_guild,
    )


def audience_of(channel: Any) -> Audience | None:
    """Return who may see a channel of a server; None where that cannot be told."""
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    if not isinstance(channel, discord.abc.GuildChannel) or not channel.guild.roles:
        return None
    everyone = channel.guild.id
    return Audience(
        guild=everyone,
        places=(channel.id, *_above(channel)),
        roles=tuple(_view(channel, role) for role in channel.guild.roles),
        personal=any(_lets_in(channel, *overwrite) for overwrite in channel.overwrites.items()),
    )


def _view(channel: discord.abc.GuildChannel, role: discord.Role) -> RoleView:
    return RoleView(
        id=role.id,
        name=role.name,
        base=role.permissions.view_channel,
        overwrite=channel.overwrites_for(role).view_channel,
        administrator=role.permissions.administrator,
    )


def _lets_in(
    channel: discord.abc.GuildChannel, target: Any, grant: discord.PermissionOverwrite
) -> bool:
    """Say whether an overwrite lets in a person by name, other than the bot itself."""
    role = isinstance(target, discord.Role) or getattr(target, "type", None) is discord.Role
    me = channel.guild.me
    myself = me is not None and target.id == me.id
    return not role and not myself and grant.view_channel is True


def _above(channel: Any) -> tuple[int, ...]:
    parent = getattr(channel, "parent_id", None)
    held_by = getattr(channel, "parent", None) if parent else channel
    category = getattr(held_by, "category_id", None)
    return tuple(id for id in (parent, category) if id)


def _roles(user: Any, guild: int | None) -> frozenset[int]:
    """Return role ids as they came; `Member.roles` drops those that are not cached."""
    held = getattr(user, "_roles", ())
    return frozenset() if guild is None else frozenset({guild, *held})
