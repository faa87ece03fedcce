"""What each button and form does. Rights are checked anew at every click."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import discord

from bot.community.given_answers import SourceGoneError
from bot.community.quoted_pictures import PageView
from bot.community.rights import readable
from bot.community.server_rules import NotAvailableError
from bot.community.store.records import Kept
from bot.discord_bot.callers import audience_of, caller_of
from bot.discord_bot.client import Click, Filled, Handlers, Target
from bot.discord_bot.direct_messages import caller_here, looked_in, shared_servers
from bot.discord_bot.erasure_buttons import ERASURE_CLICKS
from bot.discord_bot.gap_buttons import GAP_CLICKS, GAP_FORMS
from bot.discord_bot.picture_files import with_picture
from bot.discord_bot.promises import think
from bot.discord_bot.questions import answer_interaction, defer_answer, noticed
from bot.discord_bot.replies import pieces, post, say
from bot.discord_bot.source_buttons import SOURCE_CLICKS
from bot.discord_bot.text.answer_grounds import figures_text, why_text
from bot.discord_bot.text.answers import render_answer, show_card, since_then
from bot.discord_bot.text.safe_markdown import literal
from bot.discord_bot.views import (
    ONLY_SHARED,
    again_button,
    again_view,
    answer_view,
    card_view,
    figures_view,
    form,
    servers_view,
)

MAX_REASON = 500

NOTED = "Thank you, noted."
NO_SERVERS = "There is no server that we share and whose documents you may read here."
CONFIRMING = "Thank you. I will give this as the answer from now on."


async def show(click: Click, target: Target) -> None:
    """Open the card of a citation, for the one who clicked."""
    await think(click)
    await _turn(click, target)


async def card(click: Click, target: Target) -> None:
    """Turn an open card to another citation, or back to the part of its page."""
    await click.response.defer()
    await _turn(click, target)


async def whole_page(click: Click, target: Target) -> None:
    """Show the whole page of a citation."""
    await click.response.defer()
    await _turn(click, target, "whole")


async def next_page(click: Click, target: Target) -> None:
    """Show the page on which a quote goes on."""
    await click.response.defer()
    await _turn(click, target, "next")


async def _turn(click: Click, target: Target, view: PageView = "part") -> None:
    answers, caller = click.client.service.answers, await caller_here(click)
    try:
        shown = await answers.citation(target.key, target.number, caller)
    except SourceGoneError as gone:
        await say(click, str(gone), view=again_view(gone.kept))
        return
    card = show_card(
        shown.citation,
        shown.text,
        now=datetime.now(UTC),
        number=shown.number,
        total=shown.total,
        stands=shown.stands,
    )
    card, files, picture = await with_picture(card, shown, click.client.service.pictures, view)
    page = await click.client.service.links.link(shown, caller)
    buttons = card_view(shown, card.link, picture, page=page)
    await say(click, None, card=card, view=buttons, files=files)


async def why(click: Click, target: Target) -> None:
    """Say in one sentence how an answer was found."""
    await think(click)
    answers, caller = click.client.service.answers, await caller_here(click)
    kept = await answers.open(target.key, caller)
    text = why_text(answers.traced(kept, caller))
    await _say_with_changes(click, kept, text, figures_view(kept))


async def figures(click: Click, target: Target) -> None:
    """Show the figures of how an answer was found."""
    await think(click)
    answers, caller = click.client.service.answers, await caller_here(click)
    kept = await answers.open(target.key, caller)
    await say(click, figures_text(answers.traced(kept, caller)))


async def like(click: Click, target: Target) -> None:
    """Count a 👍, which confirms an answer that is not sure of itself."""
    await think(click)
    rated = await click.client.service.answers.rate(
        target.key, await caller_here(click), liked=True
    )
    await _say_with_changes(click, rated.kept, CONFIRMING if rated.confirmed else NOTED)


async def dislike(click: Click, target: Target) -> None:
    """Ask for a reason, and count a 👎 whether or not one is given."""
    await click.response.send_modal(
        form(
            target,
            title="What was wrong?",
            label="Reason (optional)",
            placeholder="Outdated, not what I asked, …",
            required=False,
            length=MAX_REASON,
        )
    )
    await click.client.service.answers.rate(target.key, await caller_here(click), liked=False)


async def dislike_reason(click: Click, target: Target, filled: Filled) -> None:
    """Keep the reason of a 👎."""
    await think(click)
    rated = await click.client.service.answers.rate(
        target.key, await caller_here(click), liked=False, reason=filled.text or None
    )
    await _say_with_changes(click, rated.kept, "Thank you. I passed it on to the managers.")


async def follow_up(click: Click, target: Target) -> None:
    """Ask for the next question of a conversation."""
    await click.response.send_modal(
        form(target, title="Follow up", placeholder="And what about …?")
    )


async def follow_up_question(click: Click, target: Target, filled: Filled) -> None:
    """Answer the next question of a conversation, as privately as the one before.

    Whether that was private stands on its button, since deferring cannot wait for the memory.
    """
    private = await defer_answer(click, bool(target.number), filled.text)
    kept = await click.client.service.answers.open(target.key, caller_of(click))
    same = kept.private == private
    conversation = kept.conversation if same else f"{kept.conversation}-u{click.user.id}"
    await answer_interaction(
        click, filled.text, private=private, conversation=conversation, repeat=True, after=kept
    )


async def again(click: Click, target: Target) -> None:
    """Ask the question of an answer anew, as privately as before."""
    private = await defer_answer(click, bool(target.number))
    kept = await click.client.service.answers.open(target.key, caller_of(click))
    await answer_interaction(click, kept.answer.standalone_question, private=private, repeat=True)


async def about_question(click: Click, target: Target, filled: Filled) -> None:
    """Answer what was asked about a message, for the one who asked."""
    private = await defer_answer(click, True, filled.text)
    await answer_interaction(click, filled.text, private=private, repeat=True)


async def share(click: Click, target: Target) -> None:
    """Show a private answer to everyone in the channel, if all of them may read its sources."""
    await think(click)
    caller = caller_of(click)
    service = click.client.service
    kept = await service.answers.shareable(target.key, caller, audience_of(click.channel, service))
    if not isinstance(click.channel, discord.abc.Messageable):
        raise NotAvailableError
    answer = noticed(kept.answer, since_then(await service.answers.changed(kept, caller)))
    rendered = render_answer(answer, now=datetime.now(UTC), asked=True)
    public = await service.answers.publish(kept, caller)
    message: discord.Message | None = None
    for piece in pieces(rendered, answer_view(public)):
        message = await post(click.channel, piece, click.id, before=message)
        await service.memory.put_on(message.id, public.key)
    await _say_with_changes(click, kept, "Shared.")


async def _say_with_changes(
    click: Click, kept: Kept, text: str, view: discord.ui.View | None = None
) -> None:
    """Show a sentence, and below it what has changed since the answer was given."""
    caller = await caller_here(click)
    note = since_then(await click.client.service.answers.changed(kept, caller))
    if note:
        text = f"{text}\n-# ⚠️ {literal(note)}"
        view = view.add_item(again_button(kept)) if view else again_view(kept)
    await say(click, text, view=view)


async def cancel(click: Click, target: Target) -> None:
    """Cancel what is being added; its own message says what came of it."""
    click.client.service.sources.under_way.cancel(caller_of(click), target.key)
    await click.response.defer()


async def documents(click: Click, target: Target) -> None:
    """Offer the servers whose documents the person may read in direct messages."""
    await think(click)
    text, servers = await _where(click), await shared_servers(click)
    if servers:
        await say(click, text, view=servers_view(servers))
    else:
        await say(click, f"{text} {NO_SERVERS}")


async def choose(click: Click, target: Target) -> None:
    """Look in the documents of a server from now on, for one person's direct messages."""
    await click.response.defer()
    data: dict[str, Any] = dict(click.data or {})
    value = next(iter(data.get("values") or [ONLY_SHARED]))
    chosen = next((one for one in await shared_servers(click) if str(one.id) == value), None)
    if chosen is None and value != ONLY_SHARED:
        raise NotAvailableError
    await click.client.service.memory.choose_server(click.user.id, chosen.id if chosen else None)
    await say(click, f"✅ {await _where(click)}")


async def _where(click: Click) -> str:
    """Return which documents a direct message looks in; raises NotAvailableError in a server."""
    bot, caller = click.client, await caller_here(click)
    if caller.guild is not None:
        raise NotAvailableError
    names = readable(caller, bot.service.rules.of(caller.home))
    return literal(looked_in(bot, caller, names).replace("I looked", "Here I look"))


HANDLERS = Handlers(
    clicks={
        "show": show,
        "card": card,
        "page": whole_page,
        "over": next_page,
        "why": why,
        "figures": figures,
        "up": like,
        "down": dislike,
        "more": follow_up,
        "again": again,
        "share": share,
        "documents": documents,
        "choose": choose,
        "cancel": cancel,
        **GAP_CLICKS,
        **SOURCE_CLICKS,
        **ERASURE_CLICKS,
    },
    forms={
        "down": dislike_reason,
        "more": follow_up_question,
        "about": about_question,
        **GAP_FORMS,
    },
)
"""What to do at every click and form."""
