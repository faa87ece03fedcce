"""What people may read on the reading page: asked of Discord at each page they open."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.community.rights import Caller, readable
from bot.discord_bot.callers import caller_in
from bot.discord_bot.client import QuothBot
from bot.discord_bot.direct_messages import with_chosen_server

NOWHERE = 0
"""Stands for a channel that is gone, or that the person does not see any more."""


@dataclass(frozen=True)
class MemberRights:
    """The rights that members of servers have now."""

    bot: QuothBot

    async def collections(self, person: int, guild: int | None, channel: int) -> tuple[str, ...]:
        """Return the collections that a person may read in a channel; none for who has left."""
        await self.bot.service.elsewhere.catch_up()
        rules = self.bot.service.rules
        if guild is None:
            asking = Caller(user=person, guild=None, channel=channel)
            caller = await with_chosen_server(self.bot, asking)
            return readable(caller, rules.of(caller.home))
        server = self.bot.get_guild(guild)
        if server is None:
            return ()
        try:
            member = await server.fetch_member(person)
        except discord.HTTPException:
            return ()
        here = channel if _sees(server, member, channel) else NOWHERE
        return readable(caller_in(member, here, self.bot.service), rules.of(guild))


def _sees(server: discord.Guild, member: discord.Member, channel: int) -> bool:
    """Say whether a member sees a channel now; who is in a private thread cannot be told."""
    found = server.get_channel_or_thread(channel)
    if found is None or (isinstance(found, discord.Thread) and found.parent is None):
        return False
    may = found.permissions_for(member)
    if isinstance(found, discord.Thread) and found.is_private() and not may.manage_threads:
        return False
    return bool(may.view_channel)
