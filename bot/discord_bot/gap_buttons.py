"""What the buttons and forms of `/gaps` do: answering questions, and reviewing team answers."""

from __future__ import annotations

import io
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import discord

from bot.community.rights import manageable
from bot.community.server_rules import NotAvailableError
from bot.community.team_answers import Written, WrittenAnswer
from bot.discord_bot.callers import SeenPlaces, caller_of
from bot.discord_bot.client import Click, Filled, Target
from bot.discord_bot.list_messages import gaps_text
from bot.discord_bot.promises import think
from bot.discord_bot.replies import say
from bot.discord_bot.source_uploads import finished
from bot.discord_bot.text.pages import review_card, sync_text
from bot.discord_bot.text.safe_markdown import literal
from bot.discord_bot.views import MAX_ANSWER, form, review_view, team_answer_form

TO_REVIEW = "I do not use this answer until you confirm it, rewrite it or drop it."
CLOSED = "✅ Closed, without a team answer."
DROPPED = "✅ Dropped. The question is open to everybody again."


async def gaps(click: Click, target: Target) -> None:
    """Turn the page of `/gaps`."""
    await click.response.defer()
    text, view = await gaps_text(click, target.number)
    await say(click, text, view=view)


async def gap(click: Click, target: Target) -> None:
    """Ask for a team answer; what is known without any waiting stands in the form."""
    service, caller = click.client.service, caller_of(click)
    rules = service.rules.managed(caller)
    draft = service.open_questions.draft(caller, target.number, SeenPlaces(click))
    is_open = draft is not None and draft.group.open
    await click.response.send_modal(
        team_answer_form(
            target,
            manageable(caller, rules),
            question=draft.group.wording if draft and is_open else "",
            answer=draft.answer if draft else "",
            closed=draft is not None and not is_open,
        )
    )


async def gap_answer(click: Click, target: Target, filled: Filled) -> None:
    """Keep a team answer as a source, or close the question without one."""
    await think(click)
    caller, service, places = caller_of(click), click.client.service, SeenPlaces(click)
    if not filled.text:
        await service.open_questions.close(caller, target.number, places)
        await say(click, CLOSED)
        return
    given = WrittenAnswer(filled.question, filled.text, filled.source, filled.collection)
    done = service.team_answers.answer(
        caller, target.number, given, places, author=click.user.display_name
    )
    try:
        await finished(click, _told(done))
    except NotAvailableError as error:
        typed = discord.File(io.BytesIO(filled.text.encode()), filename="your-answer.txt")
        await say(click, literal(str(error)), files=[typed])


async def review(click: Click, target: Target) -> None:
    """Show a team answer that waits for a review."""
    await think(click)
    held = click.client.service.team_answers.waiting(caller_of(click), target.number)
    card = review_card(held, now=datetime.now(UTC))
    await say(click, TO_REVIEW, card=card, view=review_view(held))


async def confirm(click: Click, target: Target) -> None:
    """Use a team answer again as it stands."""
    by = click.user.display_name
    done = click.client.service.team_answers.confirm(caller_of(click), target.number, by=by)
    await finished(click, _told(done))


async def rewrite(click: Click, target: Target) -> None:
    """Ask for another text of a team answer."""
    held = click.client.service.team_answers.waiting(caller_of(click), target.number)
    await click.response.send_modal(
        form(
            target,
            title="Team answer",
            label="Your answer",
            placeholder="What holds now.",
            default=held.text,
            length=MAX_ANSWER,
            source="Empty leaves it as it is.",
        )
    )


async def rewritten(click: Click, target: Target, filled: Filled) -> None:
    """Use a team answer again with another text."""
    done = click.client.service.team_answers.rewrite(
        caller_of(click),
        target.number,
        filled.text,
        named=filled.source,
        author=click.user.display_name,
    )
    await finished(click, _told(done))


async def drop(click: Click, target: Target) -> None:
    """Delete a team answer that waits for a review."""
    await think(click)
    await click.client.service.team_answers.drop(caller_of(click), target.number)
    await say(click, DROPPED)


async def _told(writing: Coroutine[Any, Any, Written]) -> str:
    done = await writing
    if done.doubt is None:
        return sync_text(done.report)
    return (
        f"⚠️ {literal(done.doubt)} Your answer is kept but not used: it waits under **Team answers "
        "to review** in `/gaps`, where you can name another source or confirm it without one."
    )


GAP_CLICKS = {
    "gaps": gaps,
    "gap": gap,
    "review": review,
    "confirm": confirm,
    "rewrite": rewrite,
    "drop": drop,
}
"""What to do at a click, by action."""

GAP_FORMS = {"gap": gap_answer, "rewrite": rewritten}
"""What to do with a filled-in form, by action."""
