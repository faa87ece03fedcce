"""Messages: mentions, replies, direct messages, and channels the bot listens to."""

from __future__ import annotations

import logging
import time

import discord
from discord.ext import commands

from bot.community.store.open_answers import OpenAnswer
from bot.discord_bot.client import QuothBot
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.error_replies import sentence_for
from bot.discord_bot.message_questions import answer_message
from bot.discord_bot.questions import question_in

logger = logging.getLogger(__name__)

_CANNOT_WRITE = (
    "You asked me in {channel}, but I may not write there. Ask a moderator to give me Send "
    "Messages (in threads: Send Messages in Threads), or ask me here."
)
_KINDS = (discord.MessageType.default, discord.MessageType.reply)


class Talk(commands.Cog):
    """Answers messages that are meant for the bot."""

    def __init__(self, bot: QuothBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a message, or say why not."""
        if message.author.bot or message.webhook_id or not self._addressed(message):
            return
        service, at = self.bot.service, time.monotonic()
        try:
            if not await service.open_answers.begin(_promise(message)):
                return
            service.observer.arrived(message.id, at)
            await service.elsewhere.catch_up()
            await answer_message(self.bot, message)
        except discord.Forbidden:
            await self._tell_privately(message)
        except Exception as error:
            await self._excuse(message, error)
        else:
            return
        await service.strike_off(message.id)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Forget an answer when its message is deleted."""
        await self._forget({event.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget answers when their messages are deleted."""
        await self._forget(event.message_ids)

    async def _forget(self, ids: set[int]) -> None:
        memory, told = self.bot.service.memory, f"What was kept of {len(ids)} deleted messages"
        undone = (
            "A deleted answer was not forgotten" if len(ids) == 1 else f"{told} was not forgotten"
        )
        await self.bot.service.owed.make(
            ("forget", *ids), undone, lambda: memory.forget_messages(ids)
        )

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
        rules = self.bot.service.rules.of(message.guild.id if message.guild else None)
        parent = getattr(message.channel, "parent_id", None)
        return rules is not None and bool({message.channel.id, parent} & rules.listening)

    async def _tell_privately(self, message: discord.Message) -> None:
        channel = getattr(message.channel, "mention", "that channel")
        try:
            await message.author.send(_CANNOT_WRITE.format(channel=channel))
        except NOT_SENT:
            logger.warning("channel %s: I may not write there", message.channel.id)

    async def _excuse(self, message: discord.Message, error: Exception) -> None:
        sentence = sentence_for(error)
        try:
            await message.reply(sentence, mention_author=False, nonce=f"{message.id}-e")
        except NOT_SENT:
            await self._tell_author(message, sentence)

    async def _tell_author(self, message: discord.Message, sentence: str) -> None:
        try:
            await message.author.send(sentence)
        except NOT_SENT as failure:
            logger.warning("message %s could not be answered: %s", message.id, failure)


def _promise(message: discord.Message) -> OpenAnswer:
    """Return what is written down of a message until it is answered."""
    return OpenAnswer(
        id=message.id,
        at=message.created_at.timestamp(),
        person=message.author.id,
        guild=message.guild.id if message.guild else None,
        channel=message.channel.id,
        private=False,
        text=question_in(message.content),
    )
