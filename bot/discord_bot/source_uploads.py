"""Files and pages from Discord into the documents of a server, with progress."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import discord

from bot.community.server_rules import NotAvailableError
from bot.community.source_management import Upload, merged_reports
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.posted_messages import posted
from bot.discord_bot.replies import say
from bot.discord_bot.text.pages import progress, sync_text
from index.schema import SyncReport

STOPPED = "I am being restarted. Look in a minute whether it is done; if not, please try again."
NOTHING_TO_ADD = "Attach one to ten files, or give the address of a web page."


async def add_sources(
    interaction: Click,
    collection: str | None,
    files: Sequence[discord.Attachment],
    url: str | None,
) -> str:
    """Add files and a page; a deferred interaction shows how far it is. Return the report."""
    sources, caller = interaction.client.service.sources, caller_of(interaction)
    if not files and not url:
        raise NotAvailableError(NOTHING_TO_ADD)

    async def show(done: int, total: int, name: str) -> None:
        await say(interaction, progress(done, total, name))

    author = interaction.user.display_name
    done = SyncReport()
    if files:
        uploads = [Upload(file.filename, file.size, file.read) for file in files]
        done = await sources.add_files(caller, collection, uploads, added_by=author, progress=show)
    if url:
        await show(len(files), len(files) + 1, url)
        done = merged_reports(
            done, await sources.add_page(caller, collection, url, added_by=author)
        )
    return sync_text(done)


async def add_files_of(interaction: Click, message: discord.Message) -> str:
    """Add the files of a message, and follow what becomes of them. Return the report."""
    service, caller = interaction.client.service, caller_of(interaction)

    async def show(done: int, total: int, name: str) -> None:
        await say(interaction, progress(done, total, name))

    files = [(file.id, Upload(file.filename, file.size, file.read)) for file in message.attachments]
    done = await service.followed.add_files(
        caller,
        posted(message, interaction),
        files,
        added_by=interaction.user.display_name,
        progress=show,
    )
    return sync_text(done)


async def finished(interaction: Click, work: Coroutine[Any, Any, str]) -> None:
    """Show what `work` says when it is done; a stop of the bot waits for it, or excuses it."""

    async def told() -> None:
        try:
            await say(interaction, await work)
        except asyncio.CancelledError:
            with contextlib.suppress(discord.HTTPException):
                await say(interaction, STOPPED)
            raise

    await interaction.client.service.under_way.start(told())
