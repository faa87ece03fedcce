"""Failures as people see them in Discord: one plain sentence, never silence."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import discord
from discord import app_commands

from bot.community.server_rules import NotAvailableError
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.replies import SILENT
from bot.discord_bot.text.safe_markdown import literal, one_line
from bot.errors import Busy
from index.errors import QuestionError, QuothError

logger = logging.getLogger(__name__)

_KNOWN_CODES = {
    50001: "I cannot see this channel. Ask a moderator to give me View Channel.",
    50013: "I lack a permission here. `quoth doctor` prints a link that invites me with all of "
    "them; a moderator can use it again.",
    50027: "Discord waits 15 minutes for a private answer, and this one took longer. Please ask "
    "again.",
    40005: "The file is too large for this server.",
}

_TOO_LATE = 10062

_OVER = (_TOO_LATE, 40060)
"""The interaction is over (three seconds have passed), or was answered before: a duplicate."""


def not_sent_sentence(failure: BaseException, otherwise: str) -> str:
    """Return what is known of the reason for which Discord did not take something."""
    code = failure.code if isinstance(failure, discord.HTTPException) else 0
    return _KNOWN_CODES.get(code, otherwise)


def sentence_for(error: BaseException) -> str:
    """Return what to tell the person; what needs looking into is logged under a reference."""
    if known := not_sent_sentence(error, ""):
        return known
    if isinstance(error, NotAvailableError | QuestionError | Busy):
        return literal(one_line(str(error), 900))
    reference = secrets.token_hex(3)
    logger.error("reference %s", reference, exc_info=error)
    if isinstance(error, QuothError):
        return f"{literal(one_line(str(error), 900))} (reference {reference})"
    return f"Something went wrong on my side. Please try again. (reference {reference})"


async def tell_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the person what went wrong, whatever was sent before; what cannot be told is logged."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.HTTPException) and error.code in _OVER:
        logger.warning("interaction %s: %s", interaction.id, error)
        if error.code == _TOO_LATE:  # of a duplicate, the first one still works on the answer
            await interaction.client.service.open_answers.strike(interaction.id)
        return
    sentence = sentence_for(error)
    try:
        await _tell(interaction, sentence)
    except NOT_SENT as failure:
        logger.warning("interaction %s could not be told: %s", interaction.id, failure)
    await interaction.client.service.open_answers.strike(interaction.id)


async def _tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Answer, follow up on what was answered, or write to the person directly."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True, allowed_mentions=SILENT)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except NOT_SENT:
        await interaction.user.send(sentence)
