"""Buttons that need no memory: what each does stands in its custom_id.

A click finds the button's class by pattern, so buttons work after a restart and for as long as
their message exists. What a click does is in `bot.discord_bot.answer_buttons`; rights are checked
there.
"""

from __future__ import annotations

import re
from typing import Any, Self

import discord

from bot.community.gap_groups import GapGroup
from bot.community.given_answers import ShownCitation, shown_citations
from bot.community.store.records import Kept, TeamAnswer
from bot.discord_bot.client import CUSTOM_ID, Target
from bot.discord_bot.error_replies import tell_error
from bot.discord_bot.text.pages import MAX_REVIEWS, PAGE_SIZE, Page

MAX_SHOW_BUTTONS = 10
"""Two rows; further citations are reached by turning over the card."""

EVERY = "every"
"""Stands for every collection in the custom_id of a list."""


class AnswerButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=CUSTOM_ID):
    """Any of Quoth's buttons."""

    def __init__(
        self,
        target: Target,
        *,
        label: str | None = None,
        emoji: str | None = None,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
        row: int | None = None,
    ) -> None:
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=label,
            emoji=emoji,
            style=style,
            custom_id=target.custom_id,
            disabled=disabled,
            row=row,
        )
        super().__init__(button)
        self.target = target

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make the button of a click."""
        return cls(Target(match["action"], match["key"], int(match["number"] or 0)))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says; a failure becomes a sentence."""
        handle = interaction.client.handlers.clicks.get(self.target.action)
        if handle is None:
            await tell_error(interaction, LookupError(self.target.action))
            return
        try:
            await handle(interaction, self.target)
        except Exception as error:
            await tell_error(interaction, error)


def again_button(kept: Kept, *, row: int | None = None) -> AnswerButton:
    """Return what asks the question of an answer anew, as privately as before."""
    target = Target("again", kept.key, int(kept.private))
    return AnswerButton(target, label="Answer again", style=discord.ButtonStyle.primary, row=row)


def again_view(kept: Kept) -> discord.ui.View:
    """Return what stands below a note that a source has changed."""
    return discord.ui.View(timeout=None).add_item(again_button(kept))


def answer_view(kept: Kept, *, outdated: Kept | None = None) -> discord.ui.View:
    """Return the buttons below an answer, and below it those of an outdated one before it."""
    view = discord.ui.View(timeout=None)
    primary = discord.ButtonStyle.primary
    for place, citation in enumerate(shown_citations(kept.answer)[:MAX_SHOW_BUTTONS], start=1):
        name = f"Show {citation.marker or place}"
        view.add_item(
            AnswerButton(
                Target("show", kept.key, place), label=name, style=primary, row=(place - 1) // 5
            )
        )
    view.add_item(AnswerButton(Target("why", kept.key), label="Why?", row=2))
    view.add_item(AnswerButton(Target("up", kept.key), emoji="👍", row=2))
    view.add_item(AnswerButton(Target("down", kept.key), emoji="👎", row=2))
    more = Target("more", kept.key, int(kept.private))
    view.add_item(AnswerButton(more, label="Follow up", row=2))
    if kept.private:
        view.add_item(AnswerButton(Target("share", kept.key), label="Share", row=2))
    if outdated is not None:
        view.add_item(again_button(outdated, row=3))
    return view


def card_view(key: str, shown: ShownCitation, link: str | None) -> discord.ui.View:
    """Return previous, next and the original below a card."""
    view = discord.ui.View(timeout=None)
    if shown.total > 1:
        before, after = shown.number - 1, shown.number + 1
        view.add_item(
            AnswerButton(Target("card", key, before), label="◀ Previous", disabled=before < 1)
        )
        view.add_item(
            AnswerButton(Target("card", key, after), label="Next ▶", disabled=after > shown.total)
        )
    if link:
        view.add_item(discord.ui.Button(label="Open original", url=link))
    if shown.again is not None:
        view.add_item(again_button(shown.again))
    return view


def page_view(action: str, key: str, page: Page) -> discord.ui.View:
    """Return previous and next below a list."""
    view = discord.ui.View(timeout=None)
    if page.pages > 1:
        before, after = page.number - 1, page.number + 1
        view.add_item(AnswerButton(Target(action, key, before), label="◀", disabled=before < 1))
        view.add_item(
            AnswerButton(Target(action, key, after), label="▶", disabled=after > page.pages)
        )
    return view


def gaps_view(groups: list[GapGroup], waiting: list[TeamAnswer], page: Page) -> discord.ui.View:
    """Return one button per open question and review on a page, and previous and next."""
    view = page_view("gaps", EVERY, page)
    first = (page.number - 1) * PAGE_SIZE
    for place, group in enumerate(groups[first : first + PAGE_SIZE], start=first + 1):
        row = 1 + (place - 1 - first) // 5
        target = Target("gap", EVERY, group.gaps[0].id)
        view.add_item(AnswerButton(target, label=f"Answer {place}", row=row))
    for place, held in enumerate(waiting[:MAX_REVIEWS], start=1):
        target = Target("review", EVERY, held.id)
        view.add_item(AnswerButton(target, label=f"Review {place}", row=3))
    return view


def review_view(held: TeamAnswer) -> discord.ui.View:
    """Return what can be done about a team answer that waits for a review."""
    view = discord.ui.View(timeout=None)
    for action, label in (("confirm", "Confirm"), ("rewrite", "Rewrite"), ("drop", "Drop")):
        view.add_item(AnswerButton(Target(action, EVERY, held.id), label=label))
    return view


def form(
    target: Target,
    *,
    title: str,
    label: str,
    placeholder: str,
    required: bool,
    length: int,
    default: str | None = None,
    source: str | None = None,
) -> discord.ui.Modal:
    """Return a form with one field; what is typed comes back under the target's custom_id.

    With `source`, a placeholder, a second field takes the name of a source.
    """
    modal = discord.ui.Modal(title=title, custom_id=target.custom_id, timeout=900)
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        placeholder=placeholder,
        default=default,
        required=required,
        max_length=length,
        custom_id="text",
    )
    modal.add_item(discord.ui.Label(text=label, component=field))
    if source is not None:
        named: discord.ui.TextInput[Any] = discord.ui.TextInput(
            placeholder=source, required=False, max_length=200, custom_id="source"
        )
        modal.add_item(discord.ui.Label(text="Source it rests on (optional)", component=named))
    return modal
