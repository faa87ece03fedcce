"""Who asks, and who sees the answer, as Discord tells it with each interaction or message.

Nothing is asked of Discord: the payload carries the person's roles, and channels and roles of a
server come over the gateway, without any privileged intent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.community.audience import Audience, RoleView
from bot.community.rights import Caller
from bot.community.service import Service
from bot.discord_bot.channel_access import channel_rights, channels_read_by_all


def caller_of(interaction: discord.Interaction[Any]) -> Caller:
    """Return who uses a command or button, and where."""
    user, service = interaction.user, interaction.client.service
    place, is_open = place_of(interaction.channel)
    return Caller(
        place=place,
        open=is_open,
        user=user.id,
        guild=interaction.guild_id,
        channel=interaction.channel_id or 0,
        above=_above(interaction.channel),
        roles=_roles(user, interaction.guild_id),
        manager=interaction.permissions.manage_guild or interaction.permissions.administrator,
        **channel_rights(user, interaction.guild, service),
    )


def caller_of_message(message: discord.Message, service: Service) -> Caller:
    """Return who wrote a message, and where."""
    return caller_at(message.author, message.channel, service)


def caller_at(asker: discord.abc.User, channel: Any, service: Service) -> Caller:
    """Return who asks in a channel, with the roles that they have now."""
    guild = getattr(channel, "guild", None)
    member = asker if isinstance(asker, discord.Member) else None
    place, is_open = place_of(channel)
    return Caller(
        place=place,
        open=is_open,
        user=asker.id,
        guild=guild.id if guild else None,
        channel=channel.id,
        above=_above(channel),
        roles=_roles(asker, guild.id if guild else None),
        manager=member is not None and member.guild_permissions.manage_guild,
        **channel_rights(asker, guild, service),
    )


def caller_in(member: discord.Member, channel: int, service: Service) -> Caller:
    """Return what a member would ask as in a channel of the server, which may be gone."""
    found = member.guild.get_channel_or_thread(channel)
    return Caller(
        user=member.id,
        guild=member.guild.id,
        channel=channel,
        above=_above(found),
        roles=_roles(member, member.guild.id),
        **channel_rights(member, member.guild, service),
    )


def place_of(channel: Any) -> tuple[int | None, bool]:
    """Return the channel that decides who sees what is said here, and whether everyone does.

    A thread is seen by whom its parent is, but a private one by nobody else than its members.
    """
    if isinstance(channel, discord.Thread):
        if channel.is_private():
            return channel.id, False
        return channel.parent_id, _everyone_sees(channel.parent)
    if not isinstance(channel, discord.abc.GuildChannel):
        return None, False
    return channel.id, _everyone_sees(channel)


def _everyone_sees(channel: Any) -> bool:
    if not isinstance(channel, discord.abc.GuildChannel) or not channel.guild.roles:
        return False
    return bool(channel.permissions_for(channel.guild.default_role).view_channel)


@dataclass(frozen=True)
class SeenPlaces:
    """The channels of a server as the one who clicked sees them now."""

    click: discord.Interaction[Any]

    def is_open(self, place: int) -> bool:
        """Say whether everyone in the server sees a channel."""
        return place_of(self._channel(place))[1]

    def is_readable(self, place: int) -> bool:
        """Say whether the one who clicked may read a channel; of a private thread, from inside."""
        channel, person = self._channel(place), self.click.user
        if channel is None or not isinstance(person, discord.Member):
            return False
        private = isinstance(channel, discord.Thread) and channel.is_private()
        if private and channel.parent is None:
            return False
        may = channel.permissions_for(person)
        if private:
            return bool(may.view_channel) and (may.manage_threads or self.click.channel_id == place)
        return bool(may.view_channel and may.read_message_history)

    def _channel(self, place: int) -> Any:
        guild = self.click.guild
        return guild.get_channel_or_thread(place) if guild else None


def audience_of(channel: Any, service: Service) -> Audience | None:
    """Return who may see a channel of a server; None where that cannot be told."""
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    if not isinstance(channel, discord.abc.GuildChannel) or not channel.guild.roles:
        return None
    everyone, overwrites = channel.guild.id, channel.overwrites
    return Audience(
        guild=everyone,
        places=(channel.id, *_above(channel)),
        roles=tuple(_view(role, overwrites.get(role)) for role in channel.guild.roles),
        personal=any(_lets_in(channel, *overwrite) for overwrite in overwrites.items()),
        reads_channels=channels_read_by_all(channel, service),
    )


def _view(role: discord.Role, overwrite: discord.PermissionOverwrite | None) -> RoleView:
    return RoleView(
        id=role.id,
        name=role.name,
        base=role.permissions.view_channel,
        overwrite=None if overwrite is None else overwrite.view_channel,
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
