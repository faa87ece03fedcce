"""Failures as people see them in Discord: one plain sentence, never silence."""

from __future__ import annotations

import contextlib
import logging
import secrets
from typing import Any

import discord
from discord import app_commands

from bot.community.question_intake import StoppingError
from bot.community.server_rules import NotAvailableError
from bot.discord_bot.delivery import NOT_SENT
from bot.discord_bot.replies import SILENT
from bot.discord_bot.text.plain_words import for_people
from bot.discord_bot.text.safe_markdown import literal, one_line
from bot.errors import Busy, ModelError, PromptError
from index.errors import (
    ConfigurationError,
    DatabaseAway,
    EmbeddingError,
    EmbeddingUnavailable,
    IndexLocked,
    QuestionError,
    QuothError,
    SourceNotFound,
    StoreError,
)

logger = logging.getLogger(__name__)

_KNOWN_CODES = {
    50001: "I cannot see this channel. Ask a moderator to give me View Channel.",
    50013: "I lack a permission here. A moderator can give it to me: I need View Channel, Send "
    "Messages (in threads too), Create Public Threads, Embed Links, Attach Files and Read Message "
    "History.",
    50027: "Discord waits 15 minutes for a private answer, and this one took longer. Please ask "
    "again.",
    40005: "The file is too large for this server.",
}


class SeenBeforeError(Exception):
    """Another bot, or this one, works on the same interaction already: nothing is said again."""


OPEN = "open"
"""Of an interaction, whether its answer was promised to everybody."""

UNFORESEEN = "Something went wrong on my side. Please try again."
AWAY = "I cannot reach my records at the moment. Please try again in a minute."
OUT_OF_ORDER = (
    "I cannot look into the documents at the moment. Whoever runs me finds the reason in the log."
)

_IN_PLAIN_WORDS: tuple[tuple[type[QuothError] | tuple[type[QuothError], ...], str], ...] = (
    (IndexLocked, "The documents are being updated at the moment. Please try again in a minute."),
    (SourceNotFound, "There is no such document here any more. `/sources` lists what there is."),
    (DatabaseAway, AWAY),
    (EmbeddingUnavailable, "I cannot search at the moment. Please try again in a minute."),
    ((StoreError, EmbeddingError, ConfigurationError, PromptError), OUT_OF_ORDER),
    (ModelError, "The language model does not answer at the moment. Please try again later."),
)
"""What to tell of errors whose own words name files, settings or servers; the first that fits."""

REFUSALS = (NotAvailableError, QuestionError, Busy, StoppingError)
"""What a person is told in the error's own words; nothing has gone wrong."""

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
    if isinstance(error, REFUSALS):
        return literal(one_line(for_people(str(error)) or UNFORESEEN, 900))
    reference = secrets.token_hex(3)
    logger.error("reference %s", reference, exc_info=error, extra={"reference": reference})
    return f"{literal(one_line(_sentence(error), 900))} (reference {reference})"


def _sentence(error: BaseException) -> str:
    """Return what a person can do about a failure; its own words are for the log."""
    for kinds, sentence in _IN_PLAIN_WORDS:
        if isinstance(error, kinds):
            return sentence
    return (for_people(str(error)) if isinstance(error, QuothError) else "") or UNFORESEEN


async def tell_error(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Tell the person what went wrong, whatever was sent before; what cannot be told is logged."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, SeenBeforeError):
        return
    if isinstance(error, discord.HTTPException) and error.code in _OVER:
        logger.warning("interaction %s: %s", interaction.id, error)
        if error.code == _TOO_LATE:  # of a duplicate, the first one still works on the answer
            await interaction.client.service.strike_off(interaction.id)
        return
    sentence = sentence_for(error)
    try:
        await _tell(interaction, sentence, hide=isinstance(error, NotAvailableError))
    except NOT_SENT as failure:
        logger.warning("interaction %s could not be told: %s", interaction.id, failure)
    await interaction.client.service.strike_off(interaction.id)


async def _tell(interaction: discord.Interaction[Any], sentence: str, *, hide: bool) -> None:
    """Answer, follow up on what was answered, or write to the person directly.

    `hide` shows to the person alone what was promised to everybody.
    """
    try:
        if interaction.response.is_done():
            if interaction.extras.get(OPEN) and hide:
                # The first follow-up would take the place of the promise, before everybody's eyes.
                with contextlib.suppress(discord.NotFound):
                    await interaction.delete_original_response()
            await interaction.followup.send(sentence, ephemeral=True, allowed_mentions=SILENT)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except NOT_SENT:
        await interaction.user.send(sentence)
