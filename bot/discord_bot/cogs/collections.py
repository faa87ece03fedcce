"""`/collection create|delete|allow|deny|list|managers`: who reads what in a server."""

from __future__ import annotations

from collections.abc import Callable

import discord
from discord import app_commands
from discord.ext import commands

from bot.community.rights import CollectionRule, Limit
from bot.community.server_rules import NotAvailableError
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.cogs.autocomplete import managed_collections
from bot.discord_bot.erasure_buttons import delete_view
from bot.discord_bot.list_messages import described, rules_text
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say
from bot.discord_bot.text.safe_markdown import literal

Place = (
    discord.TextChannel
    | discord.ForumChannel
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.CategoryChannel
    | discord.Thread
)

SHOW_COMMANDS = (
    "\n-# Discord shows the commands for it to people with Manage Server alone, until you let this "
    "role see them too: Server Settings, Integrations, my name."
)

ROLE_OR_CHANNEL = "Name a role or a channel."


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Collections(
    commands.GroupCog, group_name="collection", group_description="Decide who reads what."
):
    """Collections of a server and their limits."""

    @app_commands.command()
    @app_commands.describe(name="What to call it.", role="Only this role may read it.")
    async def create(self, interaction: Click, name: str, role: discord.Role | None = None) -> None:
        """Create a collection; without a role, everyone in the server may read it."""
        await think(interaction)
        roles = Limit().with_allowed(role.id) if role and not role.is_default() else Limit()
        rule = await interaction.client.service.sources.create(caller_of(interaction), name, roles)
        await say(interaction, described(rule))

    @app_commands.command()
    @app_commands.describe(name="The collection to delete, with all its documents.")
    @app_commands.autocomplete(name=managed_collections)
    async def delete(self, interaction: Click, name: str) -> None:
        """Delete a collection and everything in it; a button asks once more."""
        await think(interaction)
        service, caller = interaction.client.service, caller_of(interaction)
        rule = service.erasure.deletable(caller, name)
        sources = await service.sources.listed.managed_sources(caller, with_units=True)
        count = sum(entry.collection == rule.name for entry in sources)
        documents = f"{count} document{'s' * (count != 1)}"
        text = (
            f"This deletes **{literal(rule.label)}** with its {documents}, and the answers I keep "
            "that quote it. It cannot be undone."
        )
        await say(interaction, text, view=delete_view(rule.name))

    @app_commands.command()
    @app_commands.describe(
        name="The collection.",
        role="Who may read it; @everyone opens it to the whole server.",
        channel="Where it may be read, a category for all its channels.",
    )
    @app_commands.autocomplete(name=managed_collections)
    async def allow(
        self,
        interaction: Click,
        name: str,
        role: discord.Role | None = None,
        channel: Place | None = None,
    ) -> None:
        """Let a role or a channel read a collection; the first one shuts out all others."""
        await think(interaction)
        await _limit(interaction, name, role, channel, _allowed)

    @app_commands.command()
    @app_commands.describe(name="The collection.", role="Who may not.", channel="Where not.")
    @app_commands.autocomplete(name=managed_collections)
    async def deny(
        self,
        interaction: Click,
        name: str,
        role: discord.Role | None = None,
        channel: Place | None = None,
    ) -> None:
        """Keep a role or a channel from reading a collection."""
        await think(interaction)
        await _limit(interaction, name, role, channel, _denied)

    @app_commands.command(name="list")
    async def list_all(self, interaction: Click) -> None:
        """List this server's collections and who may read them."""
        await think(interaction)
        caller, service = caller_of(interaction), interaction.client.service
        await say(interaction, rules_text(service.rules.managed(caller), caller))

    @app_commands.command()
    @app_commands.describe(role="Who may manage documents.", remove="Take the right away again.")
    async def managers(self, interaction: Click, role: discord.Role, remove: bool = False) -> None:
        """Let a role manage this server's documents and collections."""
        await think(interaction)
        caller = caller_of(interaction)
        if not caller.manager:
            raise NotAvailableError("Only people with Manage Server can name managers.")
        await interaction.client.service.rules.switch(caller, "managers", role.id, on=not remove)
        verb = "no longer manages" if remove else "now manages"
        shown = "" if remove else SHOW_COMMANDS
        await say(interaction, f"✅ <@&{role.id}> {verb} documents and collections.{shown}")


async def _limit(
    interaction: Click,
    name: str,
    role: discord.Role | None,
    channel: Place | None,
    how: Callable[[Limit, int, bool], Limit],
) -> None:
    if role is None and channel is None:
        raise NotAvailableError(ROLE_OR_CHANNEL)
    book, caller = interaction.client.service.rules, caller_of(interaction)
    rule = book.collection(caller, name)

    def limited(held: CollectionRule) -> CollectionRule:
        roles = how(held.roles, role.id, role.is_default()) if role else held.roles
        channels = how(held.channels, channel.id, False) if channel else held.channels
        return held.model_copy(update={"roles": roles, "channels": channels})

    await say(interaction, described(await book.limit(caller, rule.name, limited)))


def _allowed(limit: Limit, id: int, everyone: bool) -> Limit:
    return limit.opened() if everyone else limit.with_allowed(id)


def _denied(limit: Limit, id: int, everyone: bool) -> Limit:
    return limit.closed() if everyone else limit.with_denied(id)
