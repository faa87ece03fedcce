"""From a message that is meant for the bot to its answer."""

from __future__ import annotations

import re

import discord

from bot.asking import Question
from bot.discord_asking import (
    NOTHING_OPEN,
    WITHHELD,
    conversation_of,
    open_thread,
    opened,
    opens_thread,
    outdated,
    respond,
)
from bot.discord_callers import caller_of_message
from bot.discord_client import QuothBot
from bot.discord_reply import MessageReply
from bot.markdown import clean
from bot.records import Kept
from bot.rights import Caller
from bot.schema import Scope

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
    await service.flights.start(respond(service, reply, question, note=note, before=before))


async def _replied_to(bot: QuothBot, message: discord.Message, caller: Caller) -> Kept | None:
    """Return the open answer that a message replies to."""
    id = message.reference.message_id if message.reference else None
    kept = await bot.service.reopening.on_message(id, caller) if id else None
    return kept if kept and not kept.private else None
