"""Files and pages from Discord into the documents of a server, with progress."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import discord

from bot.community.server_rules import NotAvailableError
from bot.community.source_intake import Upload
from bot.community.work_under_way import Work
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.posted_messages import posted
from bot.discord_bot.promises import defer_written, open_answer
from bot.discord_bot.replies import THINKING, InteractionReply
from bot.discord_bot.text.pages import added_text
from bot.discord_bot.work_progress import WorkProgress
from index.schema import SyncReport, merged_reports

logger = logging.getLogger(__name__)

STOPPED = "I am being restarted. Look in a minute whether it is done; if not, please try again."
DONE = (
    "I am done with what you asked me to do. It took longer than Discord lets me answer unseen, "
    "and I cannot write to you directly."
)
NOTHING_TO_ADD = "Attach one to ten files, or give the address of a web page."


async def add_sources(
    interaction: Click,
    collection: str | None,
    files: Sequence[discord.Attachment],
    url: str | None,
    *,
    site: bool = False,
) -> str:
    """Add files, a page or a site, showing how far it is; return the report."""
    sources, caller = interaction.client.service.sources, caller_of(interaction)
    if not files and not url:
        raise NotAvailableError(NOTHING_TO_ADD)

    author = interaction.user.display_name
    done = SyncReport()
    async with _under_way(interaction) as (work, shown):
        if files:
            uploads = [Upload(file.filename, file.size, file.read) for file in files]
            done = await sources.intake.add_files(
                caller, collection, uploads, added_by=author, progress=shown.show, work=work
            )
        if url:
            await shown.show(len(files), len(files) + 1, url)
            page = await sources.intake.add_page(
                caller,
                collection,
                url,
                added_by=author,
                work=work,
                progress=shown.show,
                site=site,
            )
            done = merged_reports(done, page)
    added = [*(file.filename for file in files), *([url.strip()] if url else [])]
    return await told_added(interaction, done, added, collection)


@asynccontextmanager
async def _under_way(interaction: Click) -> AsyncIterator[tuple[Work, WorkProgress]]:
    """Have work that can be cancelled, and show how far it is."""
    under_way = interaction.client.service.sources.under_way
    work = under_way.begin(caller_of(interaction))
    shown = WorkProgress(interaction, work)
    try:
        async with shown.kept_up():
            yield work, shown
    except asyncio.CancelledError:
        work.cancel()
        raise
    finally:
        under_way.end(work)


async def told_added(
    interaction: Click,
    done: SyncReport,
    uris: Sequence[str],
    collection: str | None,
    title: str | None = None,
) -> str:
    """Return a report that names what was added and where, and suggests a question about it."""
    sources, caller = interaction.client.service.sources, caller_of(interaction)
    label, question = await sources.intake.suggestion(caller, collection, uris)
    titles = [title] if title else uris
    return added_text(done, titles, label, question, interaction.client.ask_mention)


async def add_files_of(interaction: Click, message: discord.Message) -> str:
    """Add the files of a message, and follow what becomes of them. Return the report."""
    service, caller = interaction.client.service, caller_of(interaction)
    files = [(file.id, Upload(file.filename, file.size, file.read)) for file in message.attachments]
    async with _under_way(interaction) as (work, shown):
        done = await service.followed.add_files(
            caller,
            posted(message, interaction),
            files,
            added_by=interaction.user.display_name,
            progress=shown.show,
            work=work,
        )
    names = [file.filename for file in message.attachments]
    return await told_added(interaction, done, names, None)


async def finished(interaction: Click, work: Coroutine[Any, Any, str]) -> None:
    """Show what `work` says when it is done; a stop of the bot waits for it, or excuses it.

    It is promised, unless it is already, and written down until it is told, so that the next
    process can excuse it after a crash.
    """
    service = interaction.client.service
    try:
        promise = open_answer(interaction, "", private=True, work=True)
        await defer_written(interaction, promise)
        if interaction.extras.pop(THINKING, False):  # it was promised as a mere reply
            await service.open_answers.detail(interaction.id, work=True)
    except BaseException:
        work.close()
        raise

    async def told() -> None:
        try:
            sentence = await work
        except asyncio.CancelledError:
            await _excuse(interaction)
            raise
        except Exception:  # it is told where everything that fails is
            await service.strike_off(interaction.id)
            raise
        await _report(interaction, sentence)
        await service.strike_off(interaction.id)

    await service.under_way.start(told())


async def _excuse(interaction: Click) -> None:
    """Say that a stop of the bot interrupts work; where that is not told, the next process will."""
    try:
        await InteractionReply(interaction, private=True).say(STOPPED)
    except NOT_SENT as failure:
        logger.warning("interaction %s could not be excused: %s", interaction.id, failure)
    else:
        await interaction.client.service.strike_off(interaction.id)


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
