"""From a question in Discord to its answer in Discord, whichever way it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord

from bot.community.question_intake import Question, StoppingError
from bot.community.rights import Caller, Opening, opening
from bot.community.server_rules import NotAvailableError
from bot.community.service import Service
from bot.community.store.records import Kept
from bot.discord_bot.callers import audience_of, caller_of, caller_of_message
from bot.discord_bot.client import QuothBot
from bot.discord_bot.error_replies import sentence_for
from bot.discord_bot.replies import SILENT, Drafts, InteractionReply, MessageReply, Reply
from bot.discord_bot.text.answers import render_answer, since_then
from bot.discord_bot.text.safe_markdown import clean, one_line
from bot.discord_bot.views import answer_view
from bot.schema import Answer, Scope

logger = logging.getLogger(__name__)

WITHHELD = (
    "I looked only in what everyone in this channel may read. `/ask` finds more, for you alone."
)


@dataclass(frozen=True)
class Outdated:
    """An answer before, whose sources have changed since."""

    note: str
    kept: Kept


GO_ON = "-# Go on here: mention me, or reply to me."
NOTHING_OPEN = "There is nothing here that you may read. A manager can change that."


def opened(bot: QuothBot, caller: Caller, channel: Any, *, private: bool | None = None) -> Opening:
    """Decide what a question opens and who sees its answer; known without any waiting."""
    rules = bot.service.rules.of(caller.guild)
    return opening(caller, audience_of(channel), rules, private=private)


def conversation_of(caller: Caller, channel: Any, *, private: bool) -> str:
    """Return the conversation that a new question belongs to.

    A thread and a direct message are conversations; elsewhere each question begins one. What is
    private never mixes with what others said.
    """
    if caller.guild is not None and not isinstance(channel, discord.Thread):
        return f"q{secrets.token_hex(8)}"
    return f"c{caller.channel}-u{caller.user}" if private else f"c{caller.channel}"


async def scope_of(
    service: Service, caller: Caller, open_to: Opening, collection: str | None, source: str | None
) -> Scope:
    """Return the scope of a question, narrowed as the person asked; raises NotAvailableError."""
    names = open_to.collections
    if collection:
        sources = service.sources
        names = tuple(name for name in names if sources.is_called(caller, name, collection))
        if not names:
            raise NotAvailableError(f"There is no collection {collection!r} that I may open here.")
    if not names:
        raise NotAvailableError(NOTHING_OPEN)
    if not source:
        return Scope(collections=names)
    for entry in await service.sources.readable_sources(caller):
        if source in (entry.id, entry.title, entry.uri) and entry.collection in names:
            return Scope(collections=(entry.collection,), source=entry.id)
    raise NotAvailableError(f"There is no source {source!r} that I may open here.")


async def answer_interaction(
    interaction: discord.Interaction[Any],
    text: str,
    *,
    private: bool | None = None,
    collection: str | None = None,
    source: str | None = None,
    conversation: str | None = None,
    repeat: bool = False,
    after: Kept | None = None,
) -> None:
    """Answer a deferred interaction; `repeat` shows the question, where Discord does not.

    `after` is the answer that is followed up on.
    """
    bot: QuothBot = interaction.client
    if not await bot.service.first_time(interaction.id):
        return
    caller, channel = caller_of(interaction), interaction.channel
    open_to = opened(bot, caller, channel, private=private)
    scope = await scope_of(bot.service, caller, open_to, collection, source)
    threaded = not open_to.private and opens_thread(bot, caller, channel)
    if threaded and conversation is None:
        # A thread that starts from a message gets the id of the message.
        conversation = f"c{(await interaction.original_response()).id}"
    question = Question(
        text=text,
        caller=caller,
        scope=scope,
        conversation=conversation or conversation_of(caller, channel, private=open_to.private),
        private=open_to.private,
    )
    reply = InteractionReply(interaction, private=open_to.private)
    note = WITHHELD if open_to.withheld and not open_to.private else ""
    before = await outdated(bot.service, after, open_to.collections)
    await bot.service.under_way.start(
        respond(bot.service, reply, question, repeat=repeat, note=note, before=before)
    )
    if threaded:
        opened_thread = await open_thread(await interaction.original_response(), text)
        if opened_thread is not None:
            await opened_thread.send(GO_ON, nonce=str(interaction.id), allowed_mentions=SILENT)


def opens_thread(bot: QuothBot, caller: Caller, channel: Any) -> bool:
    """Say whether every question in this channel opens a thread."""
    rules = bot.service.rules.of(caller.guild)
    text = isinstance(channel, discord.TextChannel)
    return rules is not None and text and channel.id in rules.threads


async def open_thread(message: discord.Message, question: str) -> discord.Thread | None:
    """Open a thread at a message; None where the bot may not, and the channel does as well."""
    try:
        return await message.create_thread(name=one_line(question, 90) or "Question")
    except discord.HTTPException as failure:
        logger.warning("channel %s: no thread (%s)", message.channel.id, failure)
        return None


async def outdated(
    service: Service, kept: Kept | None, collections: Sequence[str]
) -> Outdated | None:
    """Return an answer with what has changed of it since, if anything has."""
    note = since_then(await service.answers.changed(kept, collections)) if kept else ""
    return Outdated(note, kept) if kept and note else None


async def respond(
    service: Service,
    reply: Reply,
    question: Question,
    *,
    repeat: bool = False,
    note: str = "",
    before: Outdated | None = None,
) -> None:
    """Answer one question into its place; every failure becomes a sentence there."""
    drafts = Drafts(reply.draft)
    try:
        kept = await service.questions.ask(question, drafts.show)
        await drafts.stop()
        await _show(service, reply, kept, repeat=repeat, note=note, before=before)
    except asyncio.CancelledError:
        await drafts.stop()
        with contextlib.suppress(discord.HTTPException):
            await reply.say(str(StoppingError()))
        raise
    except Exception as error:
        await drafts.stop()
        await _excuse(reply, error)


async def _show(
    service: Service,
    reply: Reply,
    kept: Kept,
    *,
    repeat: bool,
    note: str,
    before: Outdated | None,
) -> None:
    answer = noticed(kept.answer, note, before.note if before else "")
    rendered = render_answer(answer, now=datetime.now(UTC), asked=repeat)
    view = answer_view(kept, outdated=before.kept if before else None)
    for message in await reply.finish(rendered, view):
        await service.memory.put_on(message, kept.key)


def noticed(answer: Answer, *notes: str) -> Answer:
    """Return an answer with further plain sentences about it."""
    return answer.model_copy(
        update={"notice": " ".join(filter(None, [answer.notice, *notes])) or None}
    )


async def _excuse(reply: Reply, error: Exception) -> None:
    sentence = sentence_for(error)
    try:
        await reply.say(sentence)
    except discord.HTTPException as failure:
        logger.warning("an answer could not be delivered: %s", failure)


NO_QUESTION = "Ask me a question, for example: *what are the prerequisites?*"
NO_WORDS = (
    f"{NO_QUESTION} If you did: Discord shows me only messages that mention me, so reply with the "
    "ping switched on, or use `/ask`."
)
_MENTION = re.compile(r"<@[!&]?\d+>")


async def answer_message(bot: QuothBot, message: discord.Message) -> None:
    """Answer a message where it stands, or in a thread of its own."""
    caller, service = caller_of_message(message), bot.service
    text = " ".join(clean(_MENTION.sub("", message.content)).split())
    open_to = opened(bot, caller, message.channel, private=False)
    channel = message.channel
    if text and opens_thread(bot, caller, channel):
        channel = await open_thread(message, text) or channel
    reply = MessageReply(message, channel)
    if not text or not open_to.collections:
        nothing = NO_WORDS if message.guild else NO_QUESTION
        await reply.say(NOTHING_OPEN if text else nothing)
        return
    await reply.open()
    replied_to = await _replied_to(bot, message, caller)
    place = caller.model_copy(update={"channel": channel.id})
    conversation = conversation_of(place, channel, private=False)
    if replied_to and caller.guild is not None and channel is message.channel:
        conversation = replied_to.conversation
    question = Question(
        text=text,
        caller=place,
        scope=Scope(collections=open_to.collections),
        conversation=conversation,
    )
    note = WITHHELD if open_to.withheld else ""
    before = await outdated(service, replied_to, open_to.collections)
    await service.under_way.start(respond(service, reply, question, note=note, before=before))


async def _replied_to(bot: QuothBot, message: discord.Message, caller: Caller) -> Kept | None:
    """Return the open answer that a message replies to."""
    id = message.reference.message_id if message.reference else None
    kept = await bot.service.answers.on_message(id, caller) if id else None
    return kept if kept and not kept.private else None
