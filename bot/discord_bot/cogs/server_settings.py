"""`/settings`: how the bot behaves in a server."""

from __future__ import annotations

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.erasure_buttons import ERASES, erase_view
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say

Switch = Literal["on", "off"]

NEEDS_CONTENT = (
    "\n-# Discord hides the text of messages that do not mention me until whoever runs me switches "
    "that on, as the settings file explains; until then I hear nothing there."
)


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class ServerSettings(
    commands.GroupCog, group_name="settings", group_description="How I behave in this server."
):
    """What a server may set."""

    @app_commands.command()
    @app_commands.describe(channel="Where.", state="Whether every question there opens a thread.")
    async def threads(
        self, interaction: Click, channel: discord.TextChannel, state: Switch
    ) -> None:
        """Open a thread for every question in a channel."""
        await think(interaction)
        await interaction.client.service.rules.switch(
            caller_of(interaction), "threads", channel.id, on=state == "on"
        )
        await say(interaction, f"✅ A thread for every question in <#{channel.id}>: {state}.")

    @app_commands.command()
    @app_commands.describe(channel="Where.", state="Whether I answer without being mentioned.")
    async def listen(
        self,
        interaction: Click,
        channel: discord.TextChannel | discord.ForumChannel,
        state: Switch,
    ) -> None:
        """Answer messages without a mention in a channel or forum."""
        await think(interaction)
        await interaction.client.service.rules.switch(
            caller_of(interaction), "listening", channel.id, on=state == "on"
        )
        deaf = state == "on" and not interaction.client.service.message_content
        text = f"✅ Answering without a mention in <#{channel.id}>: {state}."
        await say(interaction, text + (NEEDS_CONTENT if deaf else ""))

    @app_commands.command(name="shared-library")
    @app_commands.describe(state="Whether the operator's documents are read in this server.")
    async def shared_library(self, interaction: Click, state: Switch) -> None:
        """Use the operator's documents in this server, or only its own."""
        await think(interaction)
        rules = interaction.client.service.rules
        await rules.switch_shared(caller_of(interaction), on=state == "on")
        await say(interaction, f"✅ The shared library in this server: {state}.")

    @app_commands.command()
    async def erase(self, interaction: Click) -> None:
        """Erase everything I keep of this server; a button asks once more."""
        await think(interaction)
        interaction.client.service.erasure.erasable(caller_of(interaction))
        await say(interaction, ERASES, view=erase_view())
