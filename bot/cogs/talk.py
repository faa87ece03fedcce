"""Messages: mentions, replies, direct messages, and channels the bot listens to."""

from __future__ import annotations

import logging
import re

import discord
from discord.ext import commands

from bot.asking import Question
from bot.discord_asking import (
    NOTHING_OPEN,
    WITHHELD,
    conversation_of,
    open_thread,
    opened,
    opens_thread,
    respond,
)
from bot.discord_callers import caller_of_message
from bot.discord_client import QuothBot
from bot.discord_errors import sentence_for
from bot.discord_reply import SILENT, MessageReply
from bot.markdown import one_line
from bot.rights import Caller, Opening
from bot.schema import Scope

logger = logging.getLogger(__name__)

NO_WORDS = (
    "Ask me a question, for example: *what are the prerequisites?* If you did: Discord shows me "
    "only messages that mention me, so reply with the ping switched on, or use `/ask`."
)
_CANNOT_WRITE = (
    "You asked me in {channel}, but I may not write there. Ask a moderator to give me Send "
    "Messages (in threads: Send Messages in Threads), or ask me here."
)
_KINDS = (discord.MessageType.default, discord.MessageType.reply)
_MENTION = re.compile(r"<@[!&]?\d+>")


class Talk(commands.Cog):
    """Answers messages that are meant for the bot."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a message, or say why not."""
        if message.author.bot or message.webhook_id or not self._addressed(message):
            return
        if not await self.bot.service.first_time(message.id):
            return
        try:
            await self._answer(message)
        except discord.Forbidden:
            await self._tell_privately(message)
        except Exception as error:
            await self._excuse(message, error)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Forget an answer when its message is deleted."""
        service = self.bot.service
        await service.records.run(service.memory.forget_messages, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget answers when their messages are deleted."""
        service = self.bot.service
        await service.records.run(service.memory.forget_messages, list(event.message_ids))

    def _addressed(self, message: discord.Message) -> bool:
        me = self.bot.user
        if me is None or message.type not in _KINDS:
            return False
        return (
            message.guild is None
            or me in message.mentions
            or self._replied(message)
            or (bool(message.content) and self._listens(message))
        )

    def _replied(self, message: discord.Message) -> bool:
        replied_to = message.reference.resolved if message.reference else None
        me = self.bot.user
        return isinstance(replied_to, discord.Message) and replied_to.author == me

    def _listens(self, message: discord.Message) -> bool:
        rules = self.bot.service.rulebook.of(message.guild.id if message.guild else None)
        parent = getattr(message.channel, "parent_id", None)
        return rules is not None and bool({message.channel.id, parent} & rules.listening)

    async def _answer(self, message: discord.Message) -> None:
        caller = caller_of_message(message)
        text = one_line(_MENTION.sub("", message.content))
        open_to = opened(self.bot, caller, message.channel, private=False)
        channel = message.channel
        if text and opens_thread(self.bot, caller, channel):
            channel = await open_thread(message, text) or channel
        reply = MessageReply(message, channel)
        if not text or not open_to.collections:
            await reply.say(NO_WORDS if not text else NOTHING_OPEN)
            return
        await reply.open()
        question = await self._question(message, channel, caller, open_to, text)
        note = WITHHELD if open_to.withheld else ""
        await self.bot.service.flights.start(respond(self.bot.service, reply, question, note=note))

    async def _question(
        self,
        message: discord.Message,
        channel: discord.abc.MessageableChannel,
        caller: Caller,
        open_to: Opening,
        text: str,
    ) -> Question:
        place = caller.model_copy(update={"channel": channel.id})
        conversation = conversation_of(place, channel, private=False)
        replied_to = message.reference.message_id if message.reference else None
        if replied_to and caller.guild is not None and channel is message.channel:
            kept = await self.bot.service.reopening.on_message(replied_to, caller)
            conversation = kept.conversation if kept and not kept.private else conversation
        return Question(
            text=text,
            caller=place,
            scope=Scope(collections=open_to.collections),
            conversation=conversation,
        )

    async def _tell_privately(self, message: discord.Message) -> None:
        channel = getattr(message.channel, "mention", "that channel")
        try:
            await message.author.send(
                _CANNOT_WRITE.format(channel=channel), allowed_mentions=SILENT
            )
        except discord.HTTPException:
            logger.warning("channel %s: I may not write there", message.channel.id)

    async def _excuse(self, message: discord.Message, error: Exception) -> None:
        sentence = sentence_for(error)
        try:
            await message.reply(
                sentence, mention_author=False, nonce=f"{message.id}-e", allowed_mentions=SILENT
            )
        except discord.HTTPException as failure:
            logger.warning("message %s could not be answered: %s", message.id, failure)
