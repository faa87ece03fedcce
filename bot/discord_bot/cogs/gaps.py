"""`/gaps`: the questions that found no good answer, for managers."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.discord_bot.client import Click
from bot.discord_bot.list_messages import gaps_text
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say


class Gaps(commands.Cog):
    """What managers answer."""

    @app_commands.command(name="gaps")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def list_gaps(self, interaction: Click) -> None:
        """Show the questions that found no good answer, for managers."""
        await think(interaction)
        text, view = await gaps_text(interaction, 1)
        await say(interaction, text, view=view)
