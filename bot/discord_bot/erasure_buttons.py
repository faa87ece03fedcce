"""What the buttons do that erase a collection or a server, and what stands above them."""

from __future__ import annotations

import discord

from bot.discord_bot.callers import caller_of
from bot.discord_bot.client import Click, Target
from bot.discord_bot.source_uploads import finished
from bot.discord_bot.text.safe_markdown import literal
from bot.discord_bot.views import EVERY, AnswerButton

ERASES = (
    "**This erases everything I keep of this server:** all documents and pages in its "
    "collections, team answers, answers and conversations, ratings, open questions, "
    "confirmations, and its rules and settings. It cannot be undone. Messages in channels stay."
)
ERASED = (
    "✅ Erased. I know nothing of this server any more, and its settings are those of the start."
)


async def erase(click: Click, target: Target) -> None:
    """Erase everything of a server, for who manages it."""
    erasure, caller = click.client.service.erasure, caller_of(click)

    async def done() -> str:
        await erasure.erase_server(caller)
        return ERASED

    await finished(click, done())


async def delete(click: Click, target: Target) -> None:
    """Delete a collection with its documents, for who manages it."""
    erasure, caller = click.client.service.erasure, caller_of(click)

    async def done() -> str:
        rule = await erasure.delete_collection(caller, target.key)
        return f"✅ Deleted **{literal(rule.label)}** and its documents."

    await finished(click, done())


def erase_view() -> discord.ui.View:
    """Return what confirms that a server is erased."""
    look = {"label": "Erase everything", "style": discord.ButtonStyle.danger}
    return discord.ui.View(timeout=None).add_item(AnswerButton(Target("erase", EVERY), **look))


def delete_view(collection: str) -> discord.ui.View:
    """Return what confirms that a collection is deleted."""
    look = {"label": "Delete it", "style": discord.ButtonStyle.danger}
    target = Target("delete", collection)
    return discord.ui.View(timeout=None).add_item(AnswerButton(target, **look))


ERASURE_CLICKS = {"erase": erase, "delete": delete}
"""What to do at a click, by action."""
