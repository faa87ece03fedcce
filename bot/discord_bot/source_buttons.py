"""What the buttons of `/sources` do: turning pages, and forgetting files that are gone."""

from __future__ import annotations

from bot.community.server_rules import NotAvailableError
from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click, Target
from bot.discord_bot.list_messages import sources_text
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say
from bot.discord_bot.source_uploads import finished
from bot.discord_bot.text.pages import sync_text
from bot.discord_bot.views import forget_view

MISSING_FILES = (
    "The files of {documents} of the shared library were not found at the last look at the "
    "documents folder. Perhaps a disk is not there just now: then they come back by themselves. "
    "Answers still quote them, and say so.\nForget them only if they are gone for good. This is "
    "for every server that reads the shared library."
)
NOTHING_MISSING = "No files are missing any more."


async def sources(click: Click, target: Target) -> None:
    """Turn the page of `/sources`."""
    await click.response.defer()
    text, view = await sources_text(click, target.key, target.number)
    await say(click, text, view=view)


async def missing(click: Click, target: Target) -> None:
    """Ask whether what is missing is to be forgotten."""
    await think(click)
    count = await click.client.service.sources.forgettable(caller_of(click))
    if not count:
        await say(click, NOTHING_MISSING)
        return
    documents = "1 document" if count == 1 else f"{count} documents"
    await say(click, MISSING_FILES.format(documents=documents), view=forget_view(count))


async def forget(click: Click, target: Target) -> None:
    """Forget what is missing, if it is what was confirmed."""
    await finished(click, _forgotten(click, target))


async def _forgotten(click: Click, target: Target) -> str:
    service, caller = click.client.service.sources, caller_of(click)
    if await service.forgettable(caller) > target.number:
        raise NotAvailableError("More files are missing by now. Open `/sources` again.")
    return sync_text(await service.forget_missing(caller))


SOURCE_CLICKS = {"sources": sources, "missing": missing, "forget": forget}
