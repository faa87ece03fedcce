"""Private questions stay private: who sees which gap, what is published, who is told, over Discord.

Whole transcripts: `texts` is everything that a person has ever been shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.community.published_question import OWN_WORDS
from bot.community.store.records_file import Records
from tests.doubles.discord.fixtures import Stage, eventually, settled, source, staged
from tests.doubles.discord.server import GuildHandle, Person, Shown
from tests.doubles.discord.world import (
    MANAGE_GUILD,
    MANAGE_THREADS,
    VIEW_CHANNEL,
    Channel,
)

OPENLY = "How many vacation days are there?"
PRIVATELY = "How many sabbatical days are there?"
ANSWER = "There are thirty vacation days."
NO_GAPS = "No open questions"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        yield made


def a_server(stage: Stage) -> tuple[GuildHandle, Channel, Person, Person, Person]:
    """A server with an open channel, a manager, and two members."""
    acme = stage.discord.guild("Acme")
    keepers = acme.role("keepers", MANAGE_GUILD)
    people = (acme.member("Kim", keepers), acme.member("Ann"), acme.member("Ben"))
    return acme, acme.text("general"), *people


async def asks(
    person: Person, place: Channel, question: str = OPENLY, *, private: bool = False
) -> Shown:
    return await person.sees(
        to=await person.slash("ask", question=question, private=private, in_=place)
    )


async def gaps(person: Person, place: Channel) -> str:
    return (await person.sees(to=await person.slash("gaps", in_=place))).text


async def answers(person: Person, place: Channel, text: str = ANSWER, **fields: str) -> Shown:
    """Answer an open question, with fields of the form by custom_id."""
    shown = await person.sees(to=await person.slash("gaps", in_=place))
    form = await person.sees_modal(await person.click(shown, "Answer 1"))
    return await person.sees(to=await person.submit(form, {"text": text, **fields}))


def texts(person: Person) -> str:
    """Everything on a person's screens."""
    channels = person.hub.world.channels.values()
    return "\n".join(shown.text for channel in channels for shown in person.screen(channel))


def titles(stage: Stage) -> list[str]:
    return [paper.title for paper in stage.documents.papers.values()]


# --- who sees a gap --------------------------------------------------------------------------


async def test_a_private_question_is_in_nobodys_gaps(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    owner = stage.discord.owner(acme)
    await stage.start()
    await asks(ann, general, PRIVATELY, private=True)
    await ann.dm(PRIVATELY)
    await ann.sees("do not say")
    for manager in (kim, owner):
        assert NO_GAPS in await gaps(manager, general)
        assert "sabbatical" not in texts(manager)


async def test_private_askers_change_neither_count_nor_wording(stage: Stage) -> None:
    _, general, kim, ann, ben = a_server(stage)
    await stage.start()
    await asks(ann, general)
    before = await gaps(kim, general)
    for question in (OPENLY, "How many vacation days are there, please?"):
        await asks(ben, general, question, private=True)
    assert await gaps(kim, general) == before
    assert "asked 1 time," in before


async def test_a_private_answer_that_is_disliked_tells_nobody(stage: Stage) -> None:
    _, general, kim, ann, _ = a_server(stage)
    stage.documents.put(source("shared", "h.txt", "A sabbatical takes days.", title="Handbook"))
    await stage.start()
    shown = await asks(ann, general, PRIVATELY, private=True)
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    await ann.sees(to=await ann.submit(form, {"text": "I want a sabbatical"}))
    assert NO_GAPS in await gaps(kim, general)
    assert "sabbatical" not in texts(kim)


async def test_what_was_asked_where_not_everyone_reads_is_told_to_those_who_read_there(
    stage: Stage,
) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    board = acme.role("board", MANAGE_GUILD)
    bob, abe = acme.member("Bob", board), acme.member("Abe", board)
    boardroom = acme.text("boardroom", only=[board])
    await stage.start()
    await asks(bob, boardroom)
    await asks(ann, general)
    for place in (general, boardroom):
        shown = await gaps(abe, place)
        assert shown.count("asked 1 time,") == 2
        assert f"🔒 <#{boardroom.id}>" in shown
    shown = await gaps(kim, general)
    assert "asked 1 time," in shown
    assert "🔒" not in shown
    assert boardroom.id not in texts(kim)


async def test_where_a_question_stands_is_looked_at_anew_every_time(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    await stage.start()
    await asks(ann, general)
    assert OPENLY in await gaps(kim, general)
    lobby = acme.text("lobby")
    acme.overwrite(general, None, deny=VIEW_CHANNEL)
    assert stage.bot
    hidden = stage.bot.get_channel
    await eventually(lambda: not hidden(int(general.id)).permissions_for(  # type: ignore[union-attr]
        stage.bot.get_guild(int(acme.id)).default_role  # type: ignore[union-attr]
    ).view_channel)  # fmt: skip
    assert NO_GAPS in await gaps(kim, lobby)
    assert OPENLY in await gaps(stage.discord.owner(acme), lobby)
    acme.delete_channel(general)
    await eventually(lambda: hidden(int(general.id)) is None)
    assert NO_GAPS in await gaps(stage.discord.owner(acme), lobby)


async def test_what_was_asked_behind_a_door_stays_so_when_the_door_opens(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    back = acme.text("back", only=[ann, kim])
    await stage.start()
    await asks(ann, back)
    acme.overwrite(back, None, allow=VIEW_CHANNEL)
    assert "🔒" in await gaps(kim, general)


async def test_a_thread_is_seen_by_whom_its_parent_is_and_a_private_one_by_its_members(
    stage: Stage,
) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    boss = acme.member("Boss", acme.role("bosses", MANAGE_GUILD | MANAGE_THREADS))
    await stage.start()
    thread = await ann.thread("a chat", in_=general)
    await asks(ann, thread, OPENLY)
    secret = await ann.private_thread("hush", kim, stage.discord.world.bot, in_=general)
    await asks(ann, secret, PRIVATELY)
    shown = await gaps(kim, general)
    assert OPENLY in shown
    assert "sabbatical" not in shown
    assert "sabbatical" in await gaps(kim, secret)
    assert "sabbatical" in await gaps(boss, general)


async def test_a_form_that_was_forged_or_kept_open_shows_nothing_private(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    board = acme.role("board", MANAGE_GUILD)
    bob = acme.member("Bob", board)
    boardroom = acme.text("boardroom", only=[board])
    await stage.start()
    await asks(bob, boardroom, PRIVATELY)
    shown = await bob.sees(to=await bob.slash("gaps", in_=boardroom))
    custom_id = shown.component("Answer 1")["custom_id"]
    form = await kim.sees_modal(await kim.forge(custom_id, in_=general))
    assert "sabbatical" not in str(form.components)
    late = await kim.submit(form, {"text": ANSWER, "question": OPENLY})
    assert "no longer open" in (await kim.sees(to=late)).text
    assert ann is not kim
    assert stage.documents.calls == []


# --- what is published -----------------------------------------------------------------------


async def test_a_manager_edits_the_question_before_it_is_published(stage: Stage) -> None:
    _, general, kim, ann, _ = a_server(stage)
    await stage.start()
    await asks(ann, general, "how many vacation days do i, Ann, have??")
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    form = await kim.sees_modal(await kim.click(shown, "Answer 1"))
    assert [*form.fields] == [
        "Question",
        "Your answer",
        "Source it rests on (optional)",
        "Collection (optional)",
    ]
    assert form.fields["Question"]["value"] == "how many vacation days do i, Ann, have??"
    done = await kim.submit(form, {"question": OPENLY, "text": ANSWER})
    assert "1 added" in (await kim.sees(to=done)).text
    assert titles(stage) == [f"Team answer: {OPENLY}"]


async def test_the_form_still_works_after_a_restart(stage: Stage) -> None:
    _, general, kim, ann, _ = a_server(stage)
    await stage.start()
    await asks(ann, general)
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    await stage.restart()
    form = await kim.sees_modal(await kim.click(shown, "Answer 1"))
    await kim.sees("1 added", to=await kim.submit(form, {"text": ANSWER}))
    assert titles(stage) == [f"Team answer: {OPENLY}"]


async def test_the_words_of_a_closed_channel_do_not_become_what_everyone_reads(
    stage: Stage,
) -> None:
    acme, _, kim, ann, _ = a_server(stage)
    back = acme.text("back", only=[ann, kim])
    await stage.start()
    await asks(ann, back, PRIVATELY)
    shown = await kim.sees(to=await kim.slash("gaps", in_=back))
    form = await kim.sees_modal(await kim.click(shown, "Answer 1"))
    assert "value" not in form.fields["Question"]
    for question in ("", "how many SABBATICAL days are there"):
        typed = {"text": ANSWER, "question": question}
        refused = await kim.sees(to=await kim.submit(form, typed))
        assert OWN_WORDS in refused.text
        assert [one["filename"] for one in refused.attachments] == ["your-answer.txt"]
    assert stage.documents.calls == []
    done = await kim.submit(form, {"text": ANSWER, "question": "Is there a long leave?"})
    await kim.sees("1 added", to=done)
    assert titles(stage) == ["Team answer: Is there a long leave?"]


async def test_an_answer_goes_where_its_source_is_or_where_it_is_said(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    board = acme.role("board")
    await stage.start()
    await kim.sees(to=await kim.slash("collection create", name="board", role=board, in_=general))
    rule = stage.service.rules.of(int(acme.id)).rule("board")  # type: ignore[union-attr]
    assert rule
    acme.grant(kim, board)
    stage.documents.put(source(rule.name, "plan.txt", "A plan.", title="Plan"))
    for number, question in enumerate((OPENLY, "Where is the printer?", "Who pays lunch?")):
        await asks(ann, general, question)
        fields: list[dict[str, str]] = [
            {"source": "Plan"},
            {"source": "Plan", "collection": f"guild-{acme.id}"},
            {},
        ]
        await answers(kim, general, **fields[number])
    made = [paper for paper in stage.documents.papers.values() if paper.title != "Plan"]
    assert [paper.collection for paper in made] == [rule.name, *[f"guild-{acme.id}"] * 2]


async def test_a_disliked_answer_stands_in_the_form_of_those_who_may_read_it(
    stage: Stage,
) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    name = f"guild-{acme.id}"
    stage.documents.put(source(name, "h.txt", "Few vacation days.", title="Handbook"))
    await stage.start()
    shown = await asks(ann, general)
    await ann.sees_modal(await ann.click(shown, "👎"))
    await eventually(lambda: stage.service.feedback.gaps(int(acme.id)))
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    form = await kim.sees_modal(await kim.click(shown, "Answer 1"))
    assert "Few vacation days." in form.fields["Your answer"]["value"]


# --- who is told -----------------------------------------------------------------------------


async def test_who_asked_openly_is_told_where_they_asked_and_nobody_is_named(
    stage: Stage,
) -> None:
    _, general, kim, ann, ben = a_server(stage)
    await stage.start()
    await asks(ann, general)
    await asks(ben, general, "how many vacation days are there")
    await answers(kim, general)
    told = await ann.sees("Answered since", in_=general)
    await settled(stage)
    assert "how many vacation days are there" in told.text.casefold()
    assert texts(ben).count("Answered since") == 1
    assert not {ann.id, ben.id, "Ann", "Ben"} & set(told.text.replace("@", " ").split())
    assert told.message.mentions == []
    shown = await ben.sees(ANSWER, to=await ben.click(told, "Answer again"))
    assert "Team answer" in shown.text


async def test_who_asked_privately_is_told_alone(stage: Stage) -> None:
    _, general, kim, ann, ben = a_server(stage)
    await stage.start()
    await asks(ann, general)
    await asks(ben, general, "How many vacation days are there for Ben?", private=True)
    await answers(kim, general)
    told = await ben.sees("There is an answer now")
    await settled(stage)
    assert "for Ben?" in told.text
    assert told.channel is stage.discord.world.dm(ben.user)
    assert texts(ann).count("Answered since") == 1
    for person in (ann, kim):
        assert "for Ben" not in texts(person)
    assert NO_GAPS in await gaps(kim, general)


async def test_who_can_no_longer_see_the_channel_is_told_alone_and_who_left_is_not(
    stage: Stage,
) -> None:
    acme, general, kim, ann, ben = a_server(stage)
    back = acme.text("back", only=[ann, ben, kim])
    await stage.start()
    await asks(ann, back)
    await asks(ben, back, "how many vacation days are there?")
    acme.overwrite(back, ann, deny=VIEW_CHANNEL)
    acme.leave(ben)
    await answers(kim, back, question="Vacation?")
    await ann.sees("There is an answer now")
    await settled(stage)
    assert "Answered since" not in texts(kim)
    assert stage.discord.world.dm(ben.user).messages == {}
    assert general.messages == {}


async def test_who_may_not_read_the_answer_is_not_told_of_it(stage: Stage) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    board = acme.role("board")
    await stage.start()
    await kim.sees(to=await kim.slash("collection create", name="board", role=board, in_=general))
    rule = stage.service.rules.of(int(acme.id)).rule("board")  # type: ignore[union-attr]
    assert rule
    await asks(ann, general)
    await answers(kim, general, collection=rule.name)
    await settled(stage)
    assert "Answered since" not in texts(ann)


async def test_a_notice_survives_a_failure_and_a_restart(stage: Stage) -> None:
    _, general, kim, ann, _ = a_server(stage)
    await stage.start()
    await asks(ann, general, private=True)
    await asks(ann, general)
    stage.discord.fail("POST /channels/*/messages", times=50, status=503)
    await answers(kim, general)

    async def tried() -> bool:
        return all(one.tries for one in await stage.service.notices.pending())

    await eventually(tried)
    await stage.stop()
    assert "Answered since" not in texts(ann)
    stage.discord.hub.failures.clear()
    await stage.start()
    await ann.sees("Answered since", in_=general)
    await ann.sees("There is an answer now")
    await settled(stage)
    assert texts(ann).count("Answered since") == 1


async def test_closed_direct_messages_lose_nothing_but_the_notice(stage: Stage) -> None:
    _, general, kim, ann, ben = a_server(stage)
    await stage.start()
    ben.user.dms_closed = True
    await asks(ben, general, private=True)
    await asks(ann, general)
    await answers(kim, general)
    await ann.sees("Answered since", in_=general)
    await settled(stage)
    assert stage.discord.world.dm(ben.user).messages == {}
    assert texts(ann).count("Answered since") == 1


async def test_an_answer_that_waits_for_a_review_is_announced_when_it_is_used(
    stage: Stage,
) -> None:
    _, general, kim, ann, _ = a_server(stage)
    await stage.start()
    await asks(ann, general)
    await answers(kim, general, source="nothing of that name")
    await asyncio.sleep(0.3)
    assert "Answered since" not in texts(ann)
    shown = await kim.sees(to=await kim.slash("gaps", in_=general))
    card = await kim.sees(to=await kim.click(shown, "Review 1"))
    await kim.sees("1 added", to=await kim.click(card, "Confirm"))
    await ann.sees("Answered since", in_=general)


# --- forgetting ------------------------------------------------------------------------------


async def test_forgetting_takes_a_question_out_of_gaps_and_notices(stage: Stage) -> None:
    _, general, kim, ann, ben = a_server(stage)
    stage.documents.put(source("shared", "h.txt", "A sabbatical takes days.", title="Handbook"))
    await stage.start()
    await asks(ann, general)
    shown = await asks(ann, general, PRIVATELY)
    await ben.sees_modal(await ben.click(shown, "👎"))
    await asks(ben, general, "How many vacation days are there?")
    await eventually(lambda: _says(stage, "sabbatical"))
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=general))
    said = await gaps(kim, general)
    assert "sabbatical" not in said
    assert "asked 1 time," in said


async def _says(stage: Stage, word: str) -> bool:
    (guild,) = stage.discord.world.guilds
    return word in str(await stage.service.feedback.gaps(int(guild)))


async def test_forgetting_takes_the_title_of_a_team_answer_that_is_ones_own_words(
    stage: Stage, tmp_path: Path
) -> None:
    acme, general, kim, ann, ben = a_server(stage)
    await stage.start()
    await asks(ann, general, "How many zorblax days are there?")
    await answers(kim, general, "There are thirty days of it.")
    await ann.sees("Answered since", in_=general)
    shown = await asks(ben, general, "How long is it, how many there?")
    assert "zorblax" in shown.text
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=general))
    assert titles(stage) == ["Team answer"]
    (paper,) = stage.documents.papers.values()
    assert "thirty days" in paper.text
    assert "zorblax" not in repr(stage.documents.papers)
    records = stage.parts.records
    rows = await records.run(records.rows, "SELECT body FROM bot_team_answers")
    assert "zorblax" not in repr(rows)
    assert b"zorblax" not in (tmp_path / "home" / "community.sqlite").read_bytes()
    kept = await ben.sees(to=await ben.click(shown, "Show 1"))
    assert "zorblax" not in kept.text
    assert acme.id


async def test_a_title_stays_while_somebody_else_asked_in_the_same_words(stage: Stage) -> None:
    _, general, kim, ann, ben = a_server(stage)
    await stage.start()
    await asks(ann, general)
    await asks(ben, general)
    await answers(kim, general)
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=general))
    assert titles(stage) == [f"Team answer: {OPENLY}"]
    await ben.sees("Forgotten", to=await ben.slash("forget", in_=general))
    assert titles(stage) == ["Team answer"]


async def test_the_title_of_an_old_team_answer_is_compared_with_what_one_asked(
    stage: Stage,
) -> None:
    acme, general, kim, ann, _ = a_server(stage)
    await stage.start()
    for question in (OPENLY, "Where does the printer stand?"):
        await asks(ann, general, question)
        await answers(kim, general, f"About it: {question}")
    records = stage.parts.records
    await records.run(_without_askers, records)
    await stage.restart()
    await asks(kim, general, "Where does the printer stand?")
    await kim.sees("Forgotten", to=await kim.slash("forget", in_=general))
    assert sorted(titles(stage)) == ["Team answer", f"Team answer: {OPENLY}"]
    assert acme.id


def _without_askers(records: Records) -> None:
    """Make team answers those of an earlier version."""
    with records.transaction() as write:
        write.execute("UPDATE bot_team_answers SET body = json_remove(body, '$.asked_by')")
