"""Which documents a direct message looks in: the shared library, and those of a chosen server.

Discord says nothing of a person's servers in a direct message, so the bot asks, for one person and
one server at a time, whether they are a member and what their roles are; that needs no intent. It
asks anew at every question and click, so that who has left a server reads nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot.community.collection_names import SHARED_LABEL
from bot.community.rights import Caller
from bot.community.service import Service
from bot.discord_bot.callers import caller_of
from bot.discord_bot.channel_access import channel_rights
from bot.discord_bot.client import Click, QuothBot
from index.config import SHARED_COLLECTION

MAX_SERVERS = 50
"""Servers with documents of their own that are asked for a person; each takes one request."""


@dataclass(frozen=True)
class SharedServer:
    """A server of the bot in which a person may read documents."""

    id: int
    name: str
    chosen: bool


async def caller_here(click: discord.Interaction[Any]) -> Caller:
    """Return who uses a command or button, in a direct message with the server they chose."""
    return await with_chosen_server(click.client, caller_of(click))


async def with_chosen_server(bot: QuothBot, caller: Caller) -> Caller:
    """Return the caller with what they may read of the server they chose in direct messages."""
    if caller.guild is not None:
        return caller
    chosen = await bot.service.memory.chosen_server(caller.user)
    guild = bot.get_guild(chosen) if chosen is not None else None
    return await _as_member(bot.service, caller, guild) if guild is not None else caller


async def _as_member(service: Service, caller: Caller, guild: discord.Guild) -> Caller:
    """Return the caller as they read in a server; unchanged where they are no member."""
    try:
        member = await guild.fetch_member(caller.user)
    except discord.HTTPException:
        return caller
    # `Member.roles` drops those that are not cached.
    roles = frozenset({guild.id, *getattr(member, "_roles", ())})
    channels = channel_rights(member, guild, service)
    return caller.model_copy(update={"reads": guild.id, "roles": roles, **channels})


async def shared_servers(click: Click) -> list[SharedServer]:
    """Return the servers whose documents the person may read in a direct message, by name."""
    bot, caller = click.client, caller_of(click)
    chosen = await bot.service.memory.chosen_server(caller.user)
    guilds = [guild for guild in bot.guilds if await bot.service.sources.listed.are_in(guild.id)]
    readers = await asyncio.gather(
        *(_as_member(bot.service, caller, guild) for guild in guilds[:MAX_SERVERS])
    )
    found = [
        SharedServer(guild.id, guild.name, guild.id == chosen)
        for guild, reader in zip(guilds, readers, strict=False)
        if await _reads_there(bot.service, reader)
    ]
    return sorted(found, key=lambda server: server.name.casefold())


async def _reads_there(service: Service, reader: Caller) -> bool:
    entries = await service.sources.listed.readable_sources(reader)
    return any(entry.collection != SHARED_COLLECTION for entry in entries)


def looked_in(bot: QuothBot, caller: Caller, collections: Sequence[str]) -> str:
    """Return which documents a direct message was answered from; empty in a server."""
    if caller.guild is not None:
        return ""
    sources = bot.service.sources
    own = [
        repr(sources.listed.label(caller, name))
        for name in collections
        if name != SHARED_COLLECTION
    ]
    guild = bot.get_guild(caller.reads) if caller.reads is not None else None
    places = [f"{', '.join(own)} of {guild.name}"] if own and guild else []
    if SHARED_COLLECTION in collections:
        places.append(f"the {SHARED_LABEL}")
    return f"I looked in {' and in '.join(places)}."
