"""Who was left waiting by a process that ended: answered anew, or told, by the next one.

Rights are those of today: the person's roles and the channel are asked of Discord anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any

import discord

from bot.community.rights import Caller
from bot.community.server_rules import NotAvailableError
from bot.community.store.live_processes import BEAT
from bot.community.store.open_answers import OpenAnswer
from bot.community.store.records import Kept
from bot.discord_bot.callers import caller_at
from bot.discord_bot.client import Click, QuothBot
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.direct_messages import caller_here, with_chosen_server
from bot.discord_bot.error_replies import sentence_for
from bot.discord_bot.message_questions import AskedInMessage, answer_in_place
from bot.discord_bot.questions import answer_interaction
from bot.discord_bot.replies import InteractionReply, MessageReply, Reply
from bot.discord_bot.text.safe_markdown import literal, one_line
from index.errors import QuothError

logger = logging.getLogger(__name__)

ANSWERED_ANEW = 14.5 * 60
"""Seconds for which a question is answered anew; an interaction can be answered for 15 minutes."""

TOO_LATE = "I was restarted while I looked up “{question}”, and am too late now. Please ask again."
UNTOLD = "I was restarted before I could reply to this. Please try again."
UNREPORTED = (
    "I was restarted while I worked on this. Look whether it is done; if not, please try again."
)


def take_up_when_ready(bot: QuothBot, left: Sequence[OpenAnswer]) -> None:
    """Have everybody answered who was left waiting, or told why not, once servers are known."""

    async def on_ready() -> None:
        bot.remove_listener(on_ready)
        for one in left:
            bot.service.under_way.start(_take_up(bot, one))

    if left:
        bot.add_listener(on_ready)


async def take_up_deserted(bot: QuothBot) -> None:
    """Answer, while the bot runs, whom others on the same records leave waiting when they end."""
    service = bot.service
    while service.processes.is_shared:
        await asyncio.sleep(BEAT)
        try:
            for one in await service.left_waiting() if bot.is_ready() else ():
                service.under_way.start(_take_up(bot, one))
        except QuothError as error:
            logger.debug("whom other bots left waiting is not known: %s", error)


async def _take_up(bot: QuothBot, left: OpenAnswer) -> None:
    try:
        await (_take_up_interaction if left.token else _take_up_message)(bot, left)
    except Exception as error:  # Discord knows the person or the place no more
        logger.warning("what %s asked was not taken up: %s", left.id, sentence_for(error))
        await bot.service.strike_off(left.id)


async def _take_up_interaction(bot: QuothBot, left: OpenAnswer) -> None:
    click = await _click_again(bot, left)
    reply = InteractionReply(click, private=left.private)
    if why_not := _why_not(left, is_here=click.channel is not None):
        await _tell(bot, left, reply, why_not)
        return
    try:
        await bot.service.open_answers.detail(left.id, tried=True)
        await answer_interaction(
            click,
            left.text,
            private=left.private,
            collection=left.collection,
            source=left.source,
            conversation=left.conversation,
            repeat=left.repeat,
            after=await _after(bot, left, await caller_here(click)),
        )
    except Exception as error:
        await _tell(bot, left, reply, sentence_for(error))


async def _click_again(bot: QuothBot, left: OpenAnswer) -> Click:
    """Return an interaction as if it came now; without a channel where the person is gone."""
    payload: dict[str, Any] = {
        "id": left.id,
        "type": discord.InteractionType.application_command.value,
        "version": 1,
        "application_id": bot.application_id,
        "token": left.token,
        "attachment_size_limit": 0,
    }
    try:
        if left.guild is None:
            payload["user"] = await bot.http.get_user(left.person)
        else:
            member = await bot.http.get_member(left.guild, left.person)
            payload |= {"guild_id": left.guild, "member": {**member, "permissions": "0"}}
        payload["channel"] = await bot.http.get_channel(left.channel)
    except discord.HTTPException as failure:
        logger.warning("the place of %s is not known any more: %s", left.id, failure)
        payload["user"] = await bot.http.get_user(left.person)
        payload = {key: payload[key] for key in payload if key not in ("guild_id", "member")}
    return discord.Interaction(data=payload, state=bot._connection)  # type: ignore[arg-type]


async def _take_up_message(bot: QuothBot, left: OpenAnswer) -> None:
    channel = await _channel(bot, left.channel)
    place = await _channel(bot, left.place) if left.place else channel
    asker, is_here = await _asker(bot, left)
    shown = place.get_partial_message(left.shown) if left.shown else None
    message = channel.get_partial_message(left.id)
    reply = MessageReply(message, place, asker, bot.paces.of(place.id), shown)
    if shown is None:  # its first message may be there, and is found by its nonce
        with contextlib.suppress(*NOT_SENT):
            await reply.open()
    if why_not := _why_not(left, is_here=is_here):
        await _tell(bot, left, reply, why_not)
        return
    caller = await with_chosen_server(bot, caller_at(asker, channel, bot.service))
    try:
        await bot.service.open_answers.detail(left.id, tried=True)
        after = await _after(bot, left, caller)
        asked = AskedInMessage(left.id, left.text, caller, channel, place, after)
        await answer_in_place(bot, reply, asked)
    except Exception as error:
        await _tell(bot, left, reply, sentence_for(error))


async def _channel(bot: QuothBot, id: int) -> Any:
    return bot.get_channel(id) or await bot.fetch_channel(id)


async def _asker(bot: QuothBot, left: OpenAnswer) -> tuple[discord.User | discord.Member, bool]:
    """Return who asked, with the roles of today, and whether the person is still there."""
    guild = bot.get_guild(left.guild) if left.guild else None
    if guild is None:
        return await bot.fetch_user(left.person), left.guild is None
    try:
        return await guild.fetch_member(left.person), True
    except discord.NotFound:
        return await bot.fetch_user(left.person), False


async def _after(bot: QuothBot, left: OpenAnswer, caller: Caller) -> Kept | None:
    """Return the answer that was followed up on, where it is still there."""
    with contextlib.suppress(NotAvailableError):
        return await bot.service.answers.open(left.after, caller) if left.after else None
    return None


def _why_not(left: OpenAnswer, *, is_here: bool) -> str:
    """Say why a question is not answered anew; nothing where it is."""
    if not left.text:
        return UNREPORTED if left.work else UNTOLD
    if not is_here:
        return str(NotAvailableError())
    # What was tried before may be what ended the process.
    if left.tried or time.time() - left.at > ANSWERED_ANEW:
        return TOO_LATE.format(question=literal(one_line(left.text, 100)))
    return ""


async def _tell(bot: QuothBot, left: OpenAnswer, reply: Reply, sentence: str) -> None:
    try:
        await reply.say(sentence)
    except NOT_SENT as failure:
        logger.warning("who asked %s could not be told: %s", left.id, failure)
    await bot.service.strike_off(left.id)
