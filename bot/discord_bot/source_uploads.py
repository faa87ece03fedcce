"""Files and pages from Discord into the documents of a server, with progress."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import discord

from bot.community.server_rules import NotAvailableError
from bot.community.source_management import Upload, merged_reports
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.edit_pace import EditPace
from bot.discord_bot.posted_messages import posted
from bot.discord_bot.questions import open_answer
from bot.discord_bot.replies import InteractionReply, say
from bot.discord_bot.text.pages import added_text, progress
from index.schema import SyncReport

logger = logging.getLogger(__name__)

STOPPED = "I am being restarted. Look in a minute whether it is done; if not, please try again."
DONE = (
    "I am done with what you asked me to do. It took longer than Discord lets me answer unseen, "
    "and I cannot write to you directly."
)
NOTHING_TO_ADD = "Attach one to ten files, or give the address of a web page."

_FOR_PROGRESS = 3.0
"""Seconds that work on documents waits for its bar to be shown."""


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

    show = _progress(interaction)
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
    added = [*(file.filename for file in files), *([url.strip()] if url else [])]
    return await told_added(interaction, done, added, collection)


def _progress(interaction: Click) -> Callable[[int, int, str], Awaitable[None]]:
    """Return what shows in a deferred interaction how far the work is, unless that hinders it."""
    pace = EditPace()

    async def show(done: int, total: int, name: str) -> None:
        if not pace.take(time.monotonic()):
            return
        with contextlib.suppress(*NOT_SENT):  # the work is what was asked for, not its bar
            async with asyncio.timeout(_FOR_PROGRESS):
                await say(interaction, progress(done, total, name))

    return show


async def told_added(
    interaction: Click,
    done: SyncReport,
    uris: Sequence[str],
    collection: str | None,
    title: str | None = None,
) -> str:
    """Return a report that names what was added and where, and suggests a question about it."""
    sources, caller = interaction.client.service.sources, caller_of(interaction)
    label, question = await sources.suggestion(caller, collection, uris)
    titles = [title] if title else uris
    return added_text(done, titles, label, question, interaction.client.ask_mention)


async def add_files_of(interaction: Click, message: discord.Message) -> str:
    """Add the files of a message, and follow what becomes of them. Return the report."""
    service, caller = interaction.client.service, caller_of(interaction)

    files = [(file.id, Upload(file.filename, file.size, file.read)) for file in message.attachments]
    done = await service.followed.add_files(
        caller,
        posted(message, interaction),
        files,
        added_by=interaction.user.display_name,
        progress=_progress(interaction),
    )
    names = [file.filename for file in message.attachments]
    return await told_added(interaction, done, names, None)


async def finished(interaction: Click, work: Coroutine[Any, Any, str]) -> None:
    """Show what `work` says when it is done; a stop of the bot waits for it, or excuses it.

    It is written down until then, so that the next process can excuse it after a crash.
    """
    open_answers = interaction.client.service.open_answers
    await open_answers.begin(open_answer(interaction, "", private=True))

    async def told() -> None:
        try:
            sentence = await work
        except asyncio.CancelledError:
            await _report(interaction, STOPPED)
            await open_answers.strike(interaction.id)
            raise
        except Exception:  # it is told where everything that fails is
            await open_answers.strike(interaction.id)
            raise
        await _report(interaction, sentence)
        await open_answers.strike(interaction.id)

    await interaction.client.service.under_way.start(told())


async def _report(interaction: Click, sentence: str) -> None:
    """Show a report to the one who asked for it: there or, when that is over, directly."""
    try:
        await InteractionReply(interaction, private=True).say(sentence)
    except NOT_SENT:
        await _point_to_report(interaction)


async def _point_to_report(interaction: Click) -> None:
    """Say in the channel that something is done, and nothing of what it was."""
    channel = interaction.channel
    try:
        if isinstance(channel, discord.abc.Messageable):
            await channel.send(f"{interaction.user.mention} {DONE}", nonce=str(interaction.id))
    except NOT_SENT as failure:
        logger.warning("interaction %s could not be told: %s", interaction.id, failure)
