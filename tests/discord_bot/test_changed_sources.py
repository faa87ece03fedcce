"""Old answers whose sources have changed since, over a local Discord."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.community.rights import Limit
from index.config import SHARED_COLLECTION
from index.schema import Source
from tests.doubles.discord.fixtures import Stage, source, staged
from tests.doubles.discord.server import Person, Shown
from tests.doubles.discord.world import Channel

OLD = "A ceasefire agreement must be in place."
NEW = "A ceasefire agreement is enough."
QUESTION = "Which ceasefire conditions are there?"
NOTE = "⚠️ 'Peacekeeping' has changed since that answer."
AGAIN = "Answer again"


def paper(text: str, collection: str = SHARED_COLLECTION) -> Source:
    return source(collection, "peace.txt", text, title="Peacekeeping")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(paper(OLD))
        yield made


def a_server(stage: Stage) -> tuple[Channel, Person]:
    acme = stage.discord.guild("Acme")
    return acme.text("general"), acme.member("Ann")


def is_done(shown: Shown) -> bool:
    return "Looking it up" not in shown.text


async def answered(person: Person, place: Channel, **given: object) -> Shown:
    used = await person.slash("ask", question=QUESTION, in_=place, **given)
    return await person.sees(to=used)


@pytest.mark.parametrize("which", ["Show 1", "Why?", "👍", "Share"])
async def test_every_button_says_that_a_source_has_changed_and_asks_again(
    stage: Stage, which: str
) -> None:
    general, ann = a_server(stage)
    await stage.start()
    shown = await answered(ann, general, private=True)
    stage.documents.put(paper(NEW))
    await stage.restart()
    stage.discord.advance(30 * 86_400)
    before = shown.message.version
    told = await ann.sees(to=await ann.click(shown, which))
    assert ("has changed since" if which == "Show 1" else NOTE) in told.text
    assert told.buttons[-1] == AGAIN
    fresh = await ann.sees(to=await ann.click(told, AGAIN))
    assert NEW in fresh.text
    assert fresh.ephemeral
    assert AGAIN not in fresh.buttons
    # Messages of more than an hour are not edited.
    assert shown.message.version == before


async def test_what_is_shared_says_that_its_source_has_changed(stage: Stage) -> None:
    general, ann = a_server(stage)
    await stage.start()
    shown = await answered(ann, general, private=True)
    stage.documents.put(paper(NEW))
    await ann.sees("Shared.", to=await ann.click(shown, "Share"))
    public = await ann.sees(OLD, in_=general)
    assert "'Peacekeeping' has changed since that answer." in public.text


async def test_a_thumb_down_is_told_once_its_reason_is_given(stage: Stage) -> None:
    general, ann = a_server(stage)
    await stage.start()
    shown = await answered(ann, general)
    stage.documents.put(paper(NEW))
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    told = await ann.sees(to=await ann.submit(form, {"Reason (optional)": "old"}))
    assert "Thank you" in told.text
    assert NOTE in told.text


async def test_follow_ups_and_replies_carry_the_note_and_the_button(stage: Stage) -> None:
    general, ann = a_server(stage)
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(lambda seen: OLD in seen.text, in_=general)
    stage.documents.put(paper(NEW))
    form = await ann.sees_modal(await ann.click(shown, "Follow up"))
    used = await ann.submit(form, {"Your question": "And the ceasefire date?"})
    followed = await ann.sees(to=used)
    assert "'Peacekeeping' has changed since that answer." in followed.text
    assert followed.buttons[-1] == AGAIN
    message = await ann.reply(shown, "And the ceasefire place?")
    replied = await ann.sees(lambda seen: seen.message.reply_to is message and is_done(seen))
    assert "'Peacekeeping' has changed since that answer." in replied.text
    fresh = await ann.sees(to=await ann.click(replied, AGAIN))
    assert NEW in fresh.text
    assert not fresh.ephemeral
    assert stage.answerer.asked[-1].question == QUESTION


async def test_a_removed_source_is_named_and_the_question_asked_again(stage: Stage) -> None:
    general, ann = a_server(stage)
    await stage.start()
    shown = await answered(ann, general)
    stage.documents.papers.clear()
    why = await ann.sees(to=await ann.click(shown, "Why?"))
    assert "'Peacekeeping' was removed since that answer." in why.text
    gone = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert OLD not in gone.text
    fresh = await ann.sees(to=await ann.click(gone, AGAIN))
    assert "do not say" in fresh.text


async def test_other_changes_of_the_same_source_are_no_reason_to_ask_again(stage: Stage) -> None:
    general, ann = a_server(stage)
    await stage.start()
    shown = await answered(ann, general)
    stage.documents.put(paper(f"Read this first.\n{OLD}"))
    why = await ann.sees(to=await ann.click(shown, "Why?"))
    assert "has changed" not in why.text
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert "but it still says this" in card.text
    assert AGAIN not in why.buttons + card.buttons


async def test_asking_again_opens_only_what_the_person_may_read_now(stage: Stage) -> None:
    acme = stage.discord.guild("Acme")
    board = acme.role("board")
    general, abe, ben = acme.text("general"), acme.member("Abe", board), acme.member("Ben")
    kim = stage.discord.owner(acme)
    await stage.start()
    made = await kim.slash("collection create", name="board", role=board, in_=general)
    await kim.sees("board", to=made)
    rules = stage.service.rules.of(int(acme.id))
    rule = rules.rule("board") if rules else None
    assert rule is not None
    assert rule.roles == Limit().with_allowed(int(board.id))
    stage.documents.put(paper("The ceasefire plan is secret.", rule.name))
    shown = await answered(abe, general, private=True)
    assert "secret" in shown.text
    stage.documents.put(paper("The ceasefire plan stays secret.", rule.name))
    told = await abe.sees(to=await abe.click(shown, "Why?"))
    custom_id = told.component(AGAIN)["custom_id"]
    forged = await ben.sees(to=await ben.forge(custom_id, in_=general))
    assert "not available to you" in forged.text
    forged = await ben.sees(to=await ben.forge(custom_id[:-1] + "0", in_=general))
    assert "not available to you" in forged.text
    acme.revoke(abe, board)
    fresh = await abe.sees(to=await abe.click(told, AGAIN))
    assert "secret" not in fresh.text
    assert OLD in fresh.text
    why = await abe.sees(to=await abe.click(shown, "Why?"))
    assert "has changed" not in why.text


async def test_why_and_the_note_fit_into_one_message(stage: Stage) -> None:
    general, ann = a_server(stage)
    title = "*" * 90
    stage.documents.put(paper(OLD).model_copy(update={"title": title}))
    stage.answerer.changes = {"standalone_question": "*" * 900, "engine": "*" * 90}
    for number in range(20):
        stage.documents.put(source(SHARED_COLLECTION, f"{number}.txt", "Nothing.", title="漢" * 90))
    await stage.start()
    shown = await answered(ann, general)
    stage.documents.put(paper(NEW))
    why = await ann.sees(to=await ann.click(shown, "Why?"))
    assert "has changed since that answer." in why.text
    assert why.buttons == ["Figures", AGAIN]
    figures = await ann.sees(to=await ann.click(why, "Figures"))
    assert "# " in figures.text
