"""Which servers the bot is in: of those it was put out of, everything is erased after a time."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.discord_bot.client import QuothBot


class Membership(commands.Cog):
    """Tells the community which servers there are; an outage is no leaving."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Notice what happened while the bot was away; servers with an outage are listed, too."""
        await self.bot.service.erasure.meet([guild.id for guild in self.bot.guilds])

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what is left of a server that has come back."""
        await self.bot.service.erasure.returned(guild.id)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Let the time run for a server that put the bot out."""
        await self.bot.service.erasure.left(guild.id)
