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
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import discord

from bot.community.audience import Opening, opening
from bot.community.question_intake import Question, StoppingError
from bot.community.rights import Caller
from bot.community.server_rules import NotAvailableError
from bot.community.service import Service
from bot.community.store.records import Kept
from bot.discord_bot.callers import audience_of, caller_of
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.direct_messages import caller_here, looked_in
from bot.discord_bot.drafts import Drafts
from bot.discord_bot.error_replies import OPEN, REFUSALS, not_sent_sentence, sentence_for
from bot.discord_bot.promises import defer_written, open_answer
from bot.discord_bot.queue_notices import QueueNotice
from bot.discord_bot.replies import LOOKING, InteractionReply, Reply
from bot.discord_bot.text.answers import Rendered, render_answer, since_then
from bot.discord_bot.text.plain_words import for_people
from bot.discord_bot.text.safe_markdown import clean, one_line
from bot.discord_bot.views import answer_view
from bot.schema import Answer, Scope
from index.search.checked_question import checked_question
from index.text.invisible_characters import is_blank

logger = logging.getLogger(__name__)

WITHHELD = (
    "I looked only in what everyone in this channel may read. `/ask` finds more, for you alone."
)
GO_ON = "-# Go on here: mention me, or reply to me."
NOTHING_OPEN = "There is nothing here that you may read. A manager can change that."
NOT_DELIVERED = "I have an answer, but Discord does not take it from me. Please ask again."
_MENTION = re.compile(r"<@[!&]?\d+>[,:]?")


@dataclass(frozen=True)
class Notes:
    """What is told around an answer."""

    repeat: bool
    """Whether the question stands on top, where Discord does not show it."""
    outdated: Kept | None
    """The answer before, if some of its sources have changed since."""
    sentences: tuple[str, ...]
    """What was withheld from the asker, what became of those sources, and which documents were
    looked in; each may be empty."""

    def also(self, sentence: str) -> Notes:
        """Return the notes with a further sentence."""
        return replace(self, sentences=(*self.sentences, sentence))


def question_in(content: str) -> str:
    """Return the question in what somebody wrote: without mentions, which ask nothing."""
    text = " ".join(clean(_MENTION.sub("", content)).split())
    return "" if is_blank(text) else text


async def defer_answer(
    click: discord.Interaction[Any], wished: bool | None, text: str = ""
) -> bool:
    """Promise an answer, and say whether only the asker sees it; decided without any waiting.

    Discord shows an answer to whom its deferral was shown, so this is decided once. The promise is
    written down before, with the question where it is known already.
    """
    private = opened(click.client, caller_of(click), click.channel, private=wished).private
    click.extras[OPEN] = not private
    await defer_written(click, open_answer(click, text, private=private))
    return private


def opened(bot: QuothBot, caller: Caller, channel: Any, *, private: bool | None) -> Opening:
    """Return what is opened for a question in a channel by today's rules."""
    rules = bot.service.rules.of(caller.home)
    return opening(caller, audience_of(channel, bot.service), rules, private=private)


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
        name = service.sources.listed.named(caller, collection)
        if name not in names:
            label = service.sources.listed.label(caller, name)
            raise NotAvailableError(
                f"Not everyone in this channel may read {label!r}. "
                "Ask with `private:True`, and only you see the answer."
            )
        names = (name,)
    if not names:
        raise NotAvailableError(NOTHING_OPEN)
    if not source:
        return Scope(collections=names)
    for entry in await service.sources.listed.readable_sources(caller):
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
    service = click.client.service
    await service.open_answers.detail(
        click.id,
        text=text,
        collection=collection,
        source=source,
        conversation=conversation,
        repeat=repeat,
        after=after and after.key,
    )
    await service.elsewhere.catch_up()
    caller = await caller_here(click)
    text = checked_question(question_in(text))
    open_to = opened(click.client, caller, click.channel, private=private)
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
    notes = await notes_for(service, open_to, after, repeat=repeat)
    notes = notes.also(looked_in(click.client, caller, scope.collections))
    await service.under_way.start(respond(service, reply, question, notes, click.id))
    if threaded:
        await _go_on_in_thread(click, text)


async def _begun(click: discord.Interaction[Any], open_to: Opening, *, threaded: bool) -> str:
    """Return the conversation that an interaction begins, or goes on with."""
    if threaded:
        # A thread that starts from a message gets the id of the message.
        return f"c{(await click.original_response()).id}"
    return conversation_of(caller_of(click), click.channel, private=open_to.private)


async def notes_for(
    service: Service, open_to: Opening, after: Kept | None, *, repeat: bool = False
) -> Notes:
    """Return what is to be told around an answer that follows up on `after`."""
    changes = await service.answers.changed(after, open_to.collections) if after else {}
    withheld = WITHHELD if open_to.withheld and not open_to.private else ""
    return Notes(repeat, after if changes else None, (withheld, since_then(changes)))


async def _go_on_in_thread(click: discord.Interaction[Any], question: str) -> None:
    thread = await open_thread(await click.original_response(), question)
    if thread is not None:
        with contextlib.suppress(*NOT_SENT):  # the answer stands; this is only a hint
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


async def respond(
    service: Service, reply: Reply, question: Question, notes: Notes, id: int
) -> None:
    """Answer what has the id `id` into its place; every failure becomes a sentence there.

    What a stop of the bot interrupts stays written down for the next process.
    """
    drafts, notice = Drafts(reply), QueueNotice(reply.draft, under_way=LOOKING)

    async def stop_edits() -> None:
        await notice.stop()
        await drafts.stop()

    try:
        kept = await service.questions.ask(question, drafts.show, notice.moved)
        answer = noticed(kept.answer, *notes.sentences)
        rendered = render_answer(answer, now=datetime.now(UTC), asked=notes.repeat)
        view = answer_view(kept, outdated=notes.outdated)
        await stop_edits()
    except (asyncio.CancelledError, StoppingError) as stop:
        service.observer.failed("stopped")
        await stop_edits()
        await _not_tried(service, id)
        await _excuse(reply, str(StoppingError()))
        if isinstance(stop, asyncio.CancelledError):
            raise
        return
    except Exception as error:
        service.observer.failed("refused" if isinstance(error, REFUSALS) else "failed")
        await stop_edits()
        await _excuse(reply, sentence_for(error))
    else:
        await _deliver(service, reply, kept, rendered, view, id)
    await service.strike_off(id)


async def _not_tried(service: Service, id: int) -> None:
    """Note that a stop was planned, which says nothing against trying again."""
    undone = f"That {id} may be tried again was not noted"
    await service.owed.make(
        ("tried", id), undone, lambda: service.open_answers.detail(id, tried=False)
    )


async def _deliver(
    service: Service, reply: Reply, kept: Kept, rendered: Rendered, view: discord.ui.View, id: int
) -> None:
    """Show an answer; what failed on its way is no fault of the answer, and never replaces it."""
    try:
        messages = await reply.finish(rendered, view)
    except NOT_SENT as failure:
        service.observer.failed("undelivered")
        logger.error("answer %s could not be delivered: %s", kept.key, failure)
        await _excuse(reply, not_sent_sentence(failure, NOT_DELIVERED))
        return
    answer = kept.answer
    kind = answer.status if answer.kind == "answer" else answer.kind
    service.observer.answered(id, kind, answer.engine, answer.confidence)

    async def note() -> None:
        for message in messages:
            await service.memory.put_on(message, kept.key)

    await service.owed.make(("on", kept.key), f"Where answer {kept.key} stands was not noted", note)


def noticed(answer: Answer, *notes: str) -> Answer:
    """Return an answer with further plain sentences about it; a greeting has none."""
    if answer.kind in ("greeting", "thanks"):
        return answer
    return answer.model_copy(
        update={"notice": " ".join(filter(None, [for_people(answer.notice or ""), *notes])) or None}
    )


async def _excuse(reply: Reply, sentence: str) -> None:
    try:
        await reply.say(sentence)
    except NOT_SENT as failure:
        logger.warning("somebody could not be told: %s", failure)
