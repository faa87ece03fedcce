"""Questions that stand in messages: what they ask, and where they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord

from bot.community.question_intake import Question
from bot.community.rights import Caller
from bot.community.store.records import Kept
from bot.discord_bot.callers import caller_of_message
from bot.discord_bot.client import QuothBot
from bot.discord_bot.direct_messages import looked_in, with_chosen_server
from bot.discord_bot.questions import (
    NOTHING_OPEN,
    conversation_of,
    notes_for,
    open_thread,
    opened,
    opens_thread,
    question_in,
    respond,
    scope_of,
)
from bot.discord_bot.replies import MessageReply, Reply

NO_QUESTION = "Ask me a question, for example: *what are the prerequisites?*"
NO_WORDS = (
    f"{NO_QUESTION} If you did: Discord shows me only messages that mention me, so reply with the "
    "ping switched on, or use `/ask`."
)


@dataclass(frozen=True)
class AskedInMessage:
    """A question that stands in a message."""

    id: int
    """Of the message."""
    text: str
    caller: Caller
    channel: Any
    """Where the message stands."""
    place: Any
    """Where it is answered: there, or in a thread."""
    after: Kept | None
    """The answer that it replies to."""


async def answer_message(bot: QuothBot, message: discord.Message) -> None:
    """Answer a message where it stands, or in a thread of its own."""
    service = bot.service
    caller = await with_chosen_server(bot, caller_of_message(message, service))
    text = question_in(message.content)
    channel: Any = message.channel
    if text and opens_thread(service, caller, channel):
        channel = await open_thread(message, text) or channel
    reply = MessageReply(message, channel, message.author, bot.paces.of(channel.id))
    if not text:
        await reply.say(NO_WORDS if message.guild else NO_QUESTION)
        await service.strike_off(message.id)
        return
    if not opened(bot, caller, message.channel, private=False).collections:
        await reply.say(NOTHING_OPEN)
        await service.strike_off(message.id)
        return
    shown = await reply.open()
    service.observer.signed(message.id)
    replied_to = await _replied_to(bot, message, caller)
    after = replied_to and replied_to.key
    await service.open_answers.detail(message.id, place=channel.id, shown=shown, after=after)
    asked = AskedInMessage(message.id, text, caller, message.channel, channel, replied_to)
    await answer_in_place(bot, reply, asked)


async def answer_in_place(bot: QuothBot, reply: Reply, asked: AskedInMessage) -> None:
    """Answer a question from a message, what is opened by today's rules."""
    service, caller = bot.service, asked.caller
    await service.elsewhere.catch_up()
    place = caller.model_copy(update={"channel": asked.place.id})
    conversation = conversation_of(place, asked.place, private=False)
    if asked.after and caller.guild is not None and asked.place == asked.channel:
        conversation = asked.after.conversation
    open_to = opened(bot, caller, asked.channel, private=False)
    question = Question(
        text=asked.text,
        caller=place,
        scope=await scope_of(service, caller, open_to, None, None),
        conversation=conversation,
    )
    notes = await notes_for(service, open_to, asked.after)
    notes = notes.also(looked_in(bot, caller, open_to.collections))
    await service.under_way.start(respond(service, reply, question, notes, asked.id))


async def _replied_to(bot: QuothBot, message: discord.Message, caller: Caller) -> Kept | None:
    """Return the open answer that a message replies to."""
    id = message.reference.message_id if message.reference else None
    kept = await bot.service.answers.on_message(id, caller) if id else None
    return kept if kept and not kept.private else None
