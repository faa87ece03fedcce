"""`/ask` and the message menu "Ask about this"."""

from __future__ import annotations

import re

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_bot.client import Click, Target
from bot.discord_bot.cogs.autocomplete import collection_choices, source_choices
from bot.discord_bot.questions import answer_interaction, defer_answer, question_in
from bot.discord_bot.views import MAX_QUESTION, form
from index.text.english import OPENING_VERBS, QUESTION_WORDS, one_of

_ENDS = ("?", "？", "؟")
_OPENERS = re.compile(rf"{one_of(QUESTION_WORDS, OPENING_VERBS)}\b", re.IGNORECASE)


class Ask(commands.Cog):
    """Questions by command."""

    @app_commands.command()
    @app_commands.describe(
        question="What you want to know.",
        private="Whether only you see the answer.",
        source="Ask only this document.",
        collection="Ask only this collection.",
    )
    @app_commands.autocomplete(source=source_choices, collection=collection_choices)
    async def ask(
        self,
        interaction: Click,
        question: app_commands.Range[str, 1, MAX_QUESTION],
        private: bool | None = None,
        source: str | None = None,
        collection: str | None = None,
    ) -> None:
        """Ask the documents; every answer quotes its source."""
        hidden = await defer_answer(interaction, private, question)
        await answer_interaction(
            interaction, question, private=hidden, source=source, collection=collection
        )


@app_commands.context_menu(name="Ask about this")
async def about_this(interaction: Click, message: discord.Message) -> None:
    """Answer a message that is a question; ask for one otherwise."""
    text = question_in(message.content)
    if not is_question(text):
        asked = form(
            Target("about", str(interaction.id)),
            title="Ask about this",
            placeholder="What do you want to know?",
            default=text[:MAX_QUESTION],
        )
        await interaction.response.send_modal(asked)
        return
    private = await defer_answer(interaction, True, text[:MAX_QUESTION])
    await answer_interaction(interaction, text[:MAX_QUESTION], private=private, repeat=True)


def is_question(text: str) -> bool:
    """Say whether a message asks something by itself."""
    words = text.split()
    if not 2 <= len(words) <= 60:
        return False
    return text.endswith(_ENDS) or _OPENERS.match(text) is not None
