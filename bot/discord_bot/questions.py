"""From a question in Discord to its answer in Discord, whichever way it was asked.

An interaction and a message come in by a door each. Both become one `Question`, which the community
answers, and one `Reply`, which shows what was answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
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
from bot.discord_bot.replies import Drafts, InteractionReply, MessageReply, Reply
from bot.discord_bot.text.answers import render_answer, since_then
from bot.discord_bot.text.safe_markdown import clean, one_line
from bot.discord_bot.views import answer_view
from bot.schema import Answer, Scope

logger = logging.getLogger(__name__)

WITHHELD = (
    "I looked only in what everyone in this channel may read. `/ask` finds more, for you alone."
)
GO_ON = "-# Go on here: mention me, or reply to me."
NOTHING_OPEN = "There is nothing here that you may read. A manager can change that."
NO_QUESTION = "Ask me a question, for example: *what are the prerequisites?*"
NO_WORDS = (
    f"{NO_QUESTION} If you did: Discord shows me only messages that mention me, so reply with the "
    "ping switched on, or use `/ask`."
)
_MENTION = re.compile(r"<@[!&]?\d+>")


@dataclass(frozen=True)
class Notes:
    """What is told around an answer."""

    repeat: bool
    """Whether the question stands on top, where Discord does not show it."""
    outdated: Kept | None
    """The answer before, if some of its sources have changed since."""
    sentences: tuple[str, ...]
    """What was withheld from the asker, and what became of those sources; each may be empty."""


async def defer_answer(click: discord.Interaction[Any], wished: bool | None) -> bool:
    """Promise an answer, and say whether only the asker sees it; decided without any waiting.

    Discord shows an answer to whom its deferral was shown, so this is decided once.
    """
    private = _opened(click.client, caller_of(click), click.channel, private=wished).private
    await click.response.defer(ephemeral=private, thinking=True)
    return private


def _opened(bot: QuothBot, caller: Caller, channel: Any, *, private: bool | None) -> Opening:
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
    click: discord.Interaction[Any],
    text: str,
    *,
    private: bool,
    collection: str | None = None,
    source: str | None = None,
    conversation: str | None = None,
    repeat: bool = False,
    after: Kept | None = None,
) -> None:
    """Answer an interaction that was deferred as `private` says, what is opened by today's rules.

    `repeat` shows the question, where Discord does not; `after` is the answer followed up on.
    """
    service, caller = click.client.service, caller_of(click)
    if not await service.first_time(click.id):
        return
    open_to = _opened(click.client, caller, click.channel, private=private)
    scope = await scope_of(service, caller, open_to, collection, source)
    threaded = not open_to.private and opens_thread(service, caller, click.channel)
    question = Question(
        text=text,
        caller=caller,
        scope=scope,
        conversation=conversation or await _begun(click, open_to, threaded=threaded),
        private=open_to.private,
    )
    reply = InteractionReply(click, private=open_to.private)
    notes = await _notes(service, open_to, after, repeat=repeat)
    await service.under_way.start(respond(service, reply, question, notes))
    if threaded:
        await _go_on_in_thread(click, text)


async def _begun(click: discord.Interaction[Any], open_to: Opening, *, threaded: bool) -> str:
    """Return the conversation that an interaction begins, or goes on with."""
    if threaded:
        # A thread that starts from a message gets the id of the message.
        return f"c{(await click.original_response()).id}"
    return conversation_of(caller_of(click), click.channel, private=open_to.private)


async def _notes(
    service: Service, open_to: Opening, after: Kept | None, *, repeat: bool = False
) -> Notes:
    changes = await service.answers.changed(after, open_to.collections) if after else {}
    withheld = WITHHELD if open_to.withheld and not open_to.private else ""
    return Notes(repeat, after if changes else None, (withheld, since_then(changes)))


async def _go_on_in_thread(click: discord.Interaction[Any], question: str) -> None:
    thread = await open_thread(await click.original_response(), question)
    if thread is not None:
        await thread.send(GO_ON, nonce=str(click.id))


def opens_thread(service: Service, caller: Caller, channel: Any) -> bool:
    """Say whether every question in this channel opens a thread."""
    rules = service.rules.of(caller.guild)
    text = isinstance(channel, discord.TextChannel)
    return rules is not None and text and channel.id in rules.threads


async def open_thread(message: discord.Message, question: str) -> discord.Thread | None:
    """Open a thread at a message; None where the bot may not, and the channel does as well."""
    try:
        return await message.create_thread(name=one_line(question, 90) or "Question")
    except discord.HTTPException as failure:
        logger.warning("channel %s: no thread (%s)", message.channel.id, failure)
        return None


async def respond(service: Service, reply: Reply, question: Question, notes: Notes) -> None:
    """Answer one question into its place; every failure becomes a sentence there."""
    drafts = Drafts(reply.draft)
    try:
        kept = await service.questions.ask(question, drafts.show)
        await drafts.stop()
        await _show(service, reply, kept, notes)
    except asyncio.CancelledError:
        await drafts.stop()
        with contextlib.suppress(discord.HTTPException):
            await reply.say(str(StoppingError()))
        raise
    except Exception as error:
        await drafts.stop()
        await _excuse(reply, error)


async def _show(service: Service, reply: Reply, kept: Kept, notes: Notes) -> None:
    answer = noticed(kept.answer, *notes.sentences)
    rendered = render_answer(answer, now=datetime.now(UTC), asked=notes.repeat)
    view = answer_view(kept, outdated=notes.outdated)
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


async def answer_message(bot: QuothBot, message: discord.Message) -> None:
    """Answer a message where it stands, or in a thread of its own."""
    caller, service = caller_of_message(message), bot.service
    text = " ".join(clean(_MENTION.sub("", message.content)).split())
    open_to = _opened(bot, caller, message.channel, private=False)
    channel = message.channel
    if text and opens_thread(service, caller, channel):
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
    notes = await _notes(service, open_to, replied_to)
    await service.under_way.start(respond(service, reply, question, notes))


async def _replied_to(bot: QuothBot, message: discord.Message, caller: Caller) -> Kept | None:
    """Return the open answer that a message replies to."""
    id = message.reference.message_id if message.reference else None
    kept = await bot.service.answers.on_message(id, caller) if id else None
    return kept if kept and not kept.private else None
