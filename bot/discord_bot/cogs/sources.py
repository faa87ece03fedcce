"""`/sources`, `/source add|channel|remove|refresh` and the message menu "Add to sources"."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.community.server_rules import NotAvailableError
from bot.community.source_refresh import FOLLOWED
from bot.discord_bot.callers import caller_of
from bot.discord_bot.channel_choice import follow_channel
from bot.discord_bot.client import Click
from bot.discord_bot.cogs.autocomplete import (
    collection_choices,
    managed_choices,
    managed_collections,
    refreshable_choices,
)
from bot.discord_bot.list_messages import sources_text
from bot.discord_bot.posted_messages import posted
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say
from bot.discord_bot.source_uploads import add_files_of, add_sources, finished, told_added
from bot.discord_bot.text.pages import sync_text
from bot.discord_bot.text.safe_markdown import literal, one_line
from bot.discord_bot.views import EVERY
from index.text.invisible_characters import is_blank

EMPTY_MESSAGE = "This message has neither text nor files that I may read."


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Sources(commands.GroupCog, group_name="source", group_description="Keep the documents."):
    """Adding, removing and refreshing documents."""

    @app_commands.command()
    @app_commands.describe(
        url="Address of a web page or feed.",
        site="Take the whole web site below the address.",
        collection="Where it goes.",
    )
    @app_commands.autocomplete(collection=managed_collections)
    async def add(
        self,
        interaction: Click,
        url: str | None = None,
        site: bool = False,
        collection: str | None = None,
        file1: discord.Attachment | None = None,
        file2: discord.Attachment | None = None,
        file3: discord.Attachment | None = None,
        file4: discord.Attachment | None = None,
        file5: discord.Attachment | None = None,
        file6: discord.Attachment | None = None,
        file7: discord.Attachment | None = None,
        file8: discord.Attachment | None = None,
        file9: discord.Attachment | None = None,
        file10: discord.Attachment | None = None,
    ) -> None:
        """Add files, a web page, a whole site or a feed to this server's documents."""
        files = (file1, file2, file3, file4, file5, file6, file7, file8, file9, file10)
        given = [file for file in files if file]
        await finished(interaction, add_sources(interaction, collection, given, url, site=site))

    @app_commands.command()
    @app_commands.describe(channel="Whose messages may be quoted to whoever reads it.")
    async def channel(
        self, interaction: Click, channel: discord.TextChannel | discord.ForumChannel
    ) -> None:
        """Make what is said in a channel or forum a source for those who may read it."""
        await think(interaction)
        await say(interaction, await follow_channel(interaction, channel.id))

    @app_commands.command()
    @app_commands.describe(source="The document to take out.")
    @app_commands.autocomplete(source=managed_choices)
    async def remove(self, interaction: Click, source: str) -> None:
        """Take a document out of this server's documents."""
        await finished(interaction, _removed(interaction, source))

    @app_commands.command()
    @app_commands.describe(source="The web page or file to read again.")
    @app_commands.autocomplete(source=refreshable_choices)
    async def refresh(self, interaction: Click, source: str) -> None:
        """Fetch a web page again, or see whether a shared file has changed."""
        await finished(interaction, _refreshed(interaction, source))


@app_commands.context_menu(name="Add to sources")
@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
async def add_message(interaction: Click, message: discord.Message) -> None:
    """Add the files of a message, or its text."""
    adding = add_files_of if message.attachments else _add_text
    await finished(interaction, adding(interaction, message))


async def _add_text(interaction: Click, message: discord.Message) -> str:
    if is_blank(message.content):
        raise NotAvailableError(EMPTY_MESSAGE)
    name = f"message-{message.id}.txt"
    done = await interaction.client.service.followed.add_text(
        caller_of(interaction),
        posted(message, interaction),
        added_by=interaction.user.display_name,
    )
    return await told_added(interaction, done, [name], None, one_line(message.content, 60))


async def _removed(interaction: Click, source: str) -> str:
    service, caller = interaction.client.service, caller_of(interaction)
    if (rule := service.channels.called(caller, source)) is not None:
        await service.erasure.delete_collection(caller, rule.name)
        return f"✅ What is said in <#{rule.holds}> is no source any more."
    title = await interaction.client.service.sources.remove(caller_of(interaction), source)
    return f"✅ Removed **{literal(one_line(title, 200))}**."


async def _refreshed(interaction: Click, source: str) -> str:
    service = interaction.client.service
    done = await service.sources.refresh(caller_of(interaction), source)
    by_itself = done.followed and service.settings.watch == "on"
    return sync_text(done.report) + (f"\n{FOLLOWED}" if by_itself else "")


@app_commands.command(name="sources")
@app_commands.describe(collection="Only this collection.")
@app_commands.autocomplete(collection=collection_choices)
async def list_sources(interaction: Click, collection: str | None = None) -> None:
    """List the documents that you may read here."""
    await think(interaction)
    text, view = await sources_text(interaction, collection or EVERY, 1)
    await say(interaction, text, view=view)
