"""Buttons that need no memory: what each does stands in its custom_id.

A click finds the button's class by pattern, so buttons work after a restart and for as long as
their message exists. What a click does is in `bot.discord_bot.answer_buttons`; rights are checked
there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

import discord

from bot.community.gap_groups import GapGroup
from bot.community.given_answers import ShownCitation
from bot.community.quoted_pictures import ShownPicture
from bot.community.rights import CollectionRule
from bot.community.store.records import Kept, TeamAnswer
from bot.discord_bot.client import CUSTOM_ID, Target, act
from bot.discord_bot.direct_messages import SharedServer
from bot.discord_bot.text.pages import MAX_REVIEWS, Page
from bot.discord_bot.text.safe_markdown import one_line

MAX_SHOW_BUTTONS = 10
"""Two rows; further citations are reached by turning over the card."""

MAX_QUESTION = 1000

READ = "Read in the source"
"""On the button that leads to the reading page."""

MAX_CHOICES = 25

ONLY_SHARED = "0"
"""Stands for no server in a list of servers."""

MAX_ANSWER = 3800
"""A form's field takes 4000 characters."""

MAX_TITLE = 180
"""Characters of a question that is published; a source's title takes 200."""

MAX_OPTIONS = 25

EVERY = "every"
"""Stands for every collection in the custom_id of a list."""


class AnswerButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=CUSTOM_ID):
    """Any of Quoth's buttons."""

    def __init__(self, target: Target, **look: Any) -> None:
        super().__init__(discord.ui.Button(custom_id=target.custom_id, **look))
        self.target = target

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make the button of a click."""
        return cls(Target.matched(match))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says."""
        await act(interaction, interaction.client.handlers.clicks, self.target)


class AnswerSelect(
    discord.ui.DynamicItem[discord.ui.Select[Any]], template=re.compile(f"s{CUSTOM_ID.pattern}")
):
    """A list to choose from; like a button, it needs no memory."""

    def __init__(self, target: Target, **look: Any) -> None:
        super().__init__(discord.ui.Select(custom_id=f"s{target.custom_id}", **look))
        self.target = target

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make the list of a choice."""
        return cls(Target.matched(match))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what was chosen."""
        await act(interaction, interaction.client.handlers.clicks, self.target)


def again_button(kept: Kept, *, row: int | None = None) -> AnswerButton:
    """Return what asks the question of an answer anew, as privately as before."""
    target = Target("again", kept.key, int(kept.private))
    return AnswerButton(target, label="Answer again", style=discord.ButtonStyle.primary, row=row)


def again_view(kept: Kept) -> discord.ui.View:
    """Return what stands below a note that a source has changed."""
    return discord.ui.View(timeout=None).add_item(again_button(kept))


def figures_view(kept: Kept) -> discord.ui.View:
    """Return what stands below a sentence on how an answer was found."""
    return discord.ui.View(timeout=None).add_item(
        AnswerButton(Target("figures", kept.key), label="Figures")
    )


def answer_view(kept: Kept, *, outdated: Kept | None = None) -> discord.ui.View:
    """Return the buttons below an answer, and below it those of an outdated one before it."""
    view = discord.ui.View(timeout=None)
    primary = discord.ButtonStyle.primary
    for place, citation in enumerate(kept.answer.shown_citations[:MAX_SHOW_BUTTONS], start=1):
        target, name = Target("show", kept.key, place), f"Show {citation.marker or place}"
        view.add_item(AnswerButton(target, label=name, style=primary, row=(place - 1) // 5))
    view.add_item(AnswerButton(Target("why", kept.key), label="Why?", row=2))
    view.add_item(AnswerButton(Target("up", kept.key), emoji="👍", row=2))
    view.add_item(AnswerButton(Target("down", kept.key), emoji="👎", row=2))
    more = Target("more", kept.key, int(kept.private))
    view.add_item(AnswerButton(more, label="Follow up", row=2))
    if kept.private:
        view.add_item(AnswerButton(Target("share", kept.key), label="Share", row=2))
    elif kept.guild is None:
        view.add_item(AnswerButton(Target("documents", kept.key), label="Documents", row=2))
    if outdated is not None:
        view.add_item(again_button(outdated, row=3))
    return view


def card_view(
    shown: ShownCitation,
    link: str | None,
    picture: ShownPicture | None = None,
    *,
    page: str | None = None,
) -> discord.ui.View:
    """Return the buttons below a card: what else there is of its page, and where it stands.

    `page` shows the quote in its source, `link` is the original.
    """
    target = Target("card", shown.kept.key, shown.number)
    view = _turning_view(target, shown.total, "◀ Previous", "Next ▶")
    if page:
        view.add_item(discord.ui.Button(label=READ, url=page))
    if link:
        view.add_item(discord.ui.Button(label="Open original", url=link))
    if shown.stands is False:
        view.add_item(again_button(shown.kept))
    for action, label in _page_buttons(picture):
        view.add_item(AnswerButton(replace(target, action=action), label=label, row=1))
    return view


def _page_buttons(picture: ShownPicture | None) -> Iterator[tuple[str, str]]:
    """Yield what shows another part of a page, or the next one, and what it is called."""
    if picture is None or picture.view is None:
        return
    if picture.view == "next":
        yield "card", "Page before"
        return
    if picture.view == "whole":
        yield "card", "Part of page"
    elif picture.has_more:
        yield "page", "Whole page"
    if picture.next_page is not None:
        yield "over", f"Page {picture.next_page}"


def servers_view(servers: Sequence[SharedServer]) -> discord.ui.View:
    """Return a list of servers, whose documents a direct message can look in."""
    only = discord.SelectOption(
        label="The shared library only",
        value=ONLY_SHARED,
        default=not any(server.chosen for server in servers),
    )
    options = [
        discord.SelectOption(
            label=one_line(server.name, 100) or "Untitled",
            value=str(server.id),
            default=server.chosen,
        )
        for server in servers[: MAX_CHOICES - 1]
    ]
    chooser = AnswerSelect(
        Target("choose", EVERY), placeholder="Where shall I look?", options=[*options, only]
    )
    return discord.ui.View(timeout=None).add_item(chooser)


def cancel_view(key: str) -> discord.ui.View:
    """Return what cancels work that is under way."""
    return discord.ui.View(timeout=None).add_item(
        AnswerButton(Target("cancel", key), label="Cancel")
    )


def page_view(action: str, key: str, page: Page) -> discord.ui.View:
    """Return previous and next below a list."""
    return _turning_view(Target(action, key, page.number), page.pages, "◀", "▶")


def forget_button(missing: int) -> AnswerButton:
    """Return what asks whether documents whose files are gone are to be forgotten."""
    target = Target("missing", EVERY, missing)
    return AnswerButton(target, label=f"Missing files ({missing})", row=1)


def forget_view(missing: int) -> discord.ui.View:
    """Return what confirms that documents whose files are gone are forgotten."""
    target, danger = Target("forget", EVERY, missing), discord.ButtonStyle.danger
    label = "Forget 1 document" if missing == 1 else f"Forget {missing} documents"
    return discord.ui.View(timeout=None).add_item(AnswerButton(target, label=label, style=danger))


def _turning_view(here: Target, total: int, before: str, after: str) -> discord.ui.View:
    """Return the buttons to the one before and the one after, where there are several."""
    view = discord.ui.View(timeout=None)
    if total > 1:
        left, right = replace(here, number=here.number - 1), replace(here, number=here.number + 1)
        view.add_item(AnswerButton(left, label=before, disabled=here.number <= 1))
        view.add_item(AnswerButton(right, label=after, disabled=here.number >= total))
    return view


def gaps_view(groups: list[GapGroup], waiting: list[TeamAnswer], page: Page) -> discord.ui.View:
    """Return one button per open question and review on a page, and previous and next."""
    view = page_view("gaps", EVERY, page)
    for place in page.rows:
        row = 1 + (place - page.rows.start) // 5
        target = Target("gap", EVERY, groups[place].gaps[0].id)
        view.add_item(AnswerButton(target, label=f"Answer {place + 1}", row=row))
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


def team_answer_form(
    target: Target,
    collections: Sequence[CollectionRule],
    *,
    question: str,
    answer: str,
    closed: bool,
) -> discord.ui.Modal:
    """Return the form of a team answer: its question, its text, its source and its collection.

    More collections than a list takes are left out; the server's own one stands first.
    """
    modal = form(
        target,
        title="Team answer",
        label="Your answer",
        placeholder="Everyone here can find it, with your name. Empty: the question is closed.",
        required=False,
        length=MAX_ANSWER,
        default=answer[:MAX_ANSWER] or None,
        source="Its title or file name. When it changes, you are asked to look again.",
    )
    asked: discord.ui.TextInput[Any] = discord.ui.TextInput(
        placeholder="In your own words" if closed else "As people will read it",
        default=question[:MAX_TITLE] or None,
        required=False,
        max_length=MAX_TITLE,
        custom_id="question",
    )
    chosen: discord.ui.Select[Any] = discord.ui.Select(
        placeholder="The one its source is in",
        required=False,
        min_values=0,
        options=[
            discord.SelectOption(label=rule.label[:100], value=rule.name)
            for rule in collections[:MAX_OPTIONS]
        ],
        custom_id="collection",
    )
    fields = list(modal.children)
    modal.clear_items()
    modal.add_item(discord.ui.Label(text="Question", component=asked))
    for field in fields:
        modal.add_item(field)
    modal.add_item(discord.ui.Label(text="Collection (optional)", component=chosen))
    return modal


def form(
    target: Target,
    *,
    title: str,
    label: str = "Your question",
    placeholder: str,
    required: bool = True,
    length: int = MAX_QUESTION,
    default: str | None = None,
    source: str | None = None,
) -> discord.ui.Modal:
    """Return a form with one field, which takes a question if nothing else is said.

    What is typed comes back under the target's custom_id. With `source`, a placeholder, a second
    field takes the name of a source.
    """
    modal = discord.ui.Modal(title=title, custom_id=target.custom_id, timeout=900)
    text: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        placeholder=placeholder,
        default=default,
        required=required,
        max_length=length,
        custom_id="text",
    )
    modal.add_item(discord.ui.Label(text=label, component=text))
    if source is not None:
        named: discord.ui.TextInput[Any] = discord.ui.TextInput(
            placeholder=source, required=False, max_length=200, custom_id="source"
        )
        modal.add_item(discord.ui.Label(text="Source it rests on (optional)", component=named))
    return modal
