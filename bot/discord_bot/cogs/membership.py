"""Which servers the bot is in: of those it was put out of, everything is erased after a time."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.discord_bot.client import QuothBot

NOT_NOTED = "Which servers I am in was not noted"


class Membership(commands.Cog):
    """Tells the community which servers there are; an outage is no leaving."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Notice what happened while the bot was away; servers with an outage are listed, too."""
        self.bot.service.erasure.meet([guild.id for guild in self.bot.guilds])
        await self._heed()

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what is left of a server that has come back."""
        if self.bot.service.erasure.returned(guild.id):
            await self._heed()

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Do the same: which of the two it is depends on a field that Discord may leave out."""
        if self.bot.service.erasure.returned(guild.id):
            await self._heed()

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Let the time run for a server that put the bot out."""
        self.bot.service.erasure.left(guild.id)
        await self._heed()

    async def _heed(self) -> None:
        service = self.bot.service
        await service.owed.make("servers", NOT_NOTED, service.erasure.heed_servers)
