"""Open questions, team answers that expire, and who asked, over a local Discord."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.community.store.feedback import Feedback
from bot.community.store.records_file import open_records
from bot.community.team_answers import NO_TEXT
from bot.discord_bot.gap_buttons import CLOSED, DROPPED
from index.config import SHARED_COLLECTION
from tests.doubles.discord.fixtures import Stage, a_server, kept, source, staged
from tests.doubles.discord.server import Person, Shown
from tests.doubles.discord.world import Channel

HANDBOOK = "Holidays are arranged with the office.\nParking is free of charge."
QUESTION = "How many vacation days?"
ANSWER = "There are thirty vacation days."


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        yield made


def handbook(stage: Stage, text: str = HANDBOOK) -> None:
    stage.documents.put(source(SHARED_COLLECTION, "handbook.txt", text, title="Handbook"))


async def asks(person: Person, place: Channel, question: str = QUESTION) -> Shown:
    return await person.sees(to=await person.slash("ask", question=question, in_=place))


def today() -> str:
    now = datetime.now(UTC)
    return f"{now.day} {now:%B %Y}"


async def gaps(person: Person, place: Channel) -> Shown:
    return await person.sees(to=await person.slash("gaps", in_=place))


async def answers(person: Person, place: Channel, text: str = ANSWER, rests_on: str = "") -> Shown:
    """Answer the first open question."""
    form = await person.sees_modal(await person.click(await gaps(person, place), "Answer 1"))
    typed = {"Your answer": text, "Source it rests on (optional)": rests_on}
    return await person.sees(to=await person.submit(form, typed))


async def answered(stage: Stage, *, rests_on: str = "") -> tuple[Channel, Person, Person]:
    """Start beside the handbook, where Ann has asked and Kim has given a team answer."""
    _, general, kim, ann = a_server(stage)
    handbook(stage)
    await stage.start()
    await asks(ann, general)
    await answers(kim, general, rests_on=rests_on)
    return general, kim, ann


async def change(stage: Stage, text: str | None) -> None:
    """Change or remove the handbook, and let the next minute come."""
    if text is None:
        stage.documents.papers = {
            id: paper for id, paper in stage.documents.papers.items() if paper.title != "Handbook"
        }
    else:
        handbook(stage, text)
    await stage.service.sources.shared.bring_in_step()


# --- what is kept ----------------------------------------------------------------------------


async def test_who_asked_is_shown_only_where_the_operator_wants_it(tmp_path: Path) -> None:
    async with staged(tmp_path / "home", QUOTH_GAP_NAMES="on") as stage:
        _, general, kim, ann = a_server(stage)
        await stage.start()
        await asks(ann, general)
        await asks(kim, general, "how many days of vacation?")
        shown = await gaps(kim, general)
        assert "asked 2 times" in shown.text
        assert shown.text.endswith(f" · by <@{kim.id}>, <@{ann.id}>")
        about = await ann.sees(to=await ann.slash("about", in_=general))
        assert "with your name" in about.text


async def test_names_are_neither_kept_nor_shown_otherwise(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    await asks(ann, general)
    assert "<@" not in (await gaps(kim, general)).text
    about = await ann.sees(to=await ann.slash("about", in_=general))
    assert "without a name" in about.text


async def test_switching_names_off_deletes_those_that_were_kept(tmp_path: Path) -> None:
    with closing(open_records(tmp_path)) as records:
        await Feedback(records, names=True).add_unanswered(kept(asker=424242))
        assert [g.person for g in await Feedback(records, names=True).gaps(100)] == [424242]
        assert [g.person for g in await Feedback(records).gaps(100)] == [None]
        assert "424242" not in repr(records.rows("SELECT * FROM bot_gaps"))


async def test_gaps_of_an_earlier_version_are_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "community.sqlite")) as file:
        file.executescript(
            "CREATE TABLE bot_gaps (id INTEGER PRIMARY KEY, guild INTEGER NOT NULL, question TEXT "
            "NOT NULL, kind TEXT NOT NULL, reason TEXT, asker TEXT NOT NULL, answer TEXT NOT NULL, "
            "at REAL NOT NULL, UNIQUE (answer, kind, asker));"
            "INSERT INTO bot_gaps VALUES (1, 100, 'Where?', 'not_found', NULL, 'x', 'key', 1.0);"
        )
    with closing(open_records(tmp_path)) as records:
        feedback = Feedback(records, names=True)
        await feedback.add_unanswered(kept("other"))
        assert [(gap.question, gap.person) for gap in await feedback.gaps(100)] == [
            ("What is it?", 7),
            ("Where?", None),
        ]


async def test_a_question_is_closed_without_an_answer(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    await asks(ann, general)
    assert "Add what is missing with `/source add`" in (await gaps(kim, general)).text
    assert (await answers(kim, general, "")).text == CLOSED
    assert "No open questions" in (await gaps(kim, general)).text
    assert stage.documents.calls == []


async def test_a_team_answer_names_who_gave_it_beside_its_quote_and_not_in_it(
    stage: Stage,
) -> None:
    general, kim, ann = await answered(stage)
    day = today()
    shown = await asks(ann, general)
    assert shown.text == (
        f"{ANSWER} [1]\n\n**Sources**\n[1] **Team answer: {QUESTION}** · by Kim, {day}"
    )
    await kim.slash("ask", question=f"Which team answer was by Kim in {day}?", in_=general)
    other = await kim.sees("The sources do not say", in_=general)
    assert "> Team answer" not in other.text
    (paper,) = (paper for paper in stage.documents.papers.values() if paper.title != "Handbook")
    assert paper.text == f"{ANSWER}\n"


async def test_the_signature_in_the_text_of_an_earlier_release_is_taken_out_at_the_start(
    stage: Stage,
) -> None:
    general, _, ann = await answered(stage)
    (paper,) = (paper for paper in stage.documents.papers.values() if paper.title != "Handbook")
    signed = f"{ANSWER}\n\nTeam answer by Kim, 03 March 2026.\n"
    stage.documents.put(paper.model_copy(update={"text": signed, "added_by": "Kim"}))
    await stage.restart()
    assert stage.documents.papers[paper.id].text == f"{ANSWER}\n"
    assert "by Kim, " in (await asks(ann, general)).text
    calls = len(stage.documents.calls)
    await stage.restart()
    assert len(stage.documents.calls) == calls


# --- expiring --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [("Holidays are arranged with your boss.", "has changed"), (None, "was removed")],
    ids=["changed", "removed"],
)
async def test_a_team_answer_is_not_used_once_the_source_it_names_changed(
    stage: Stage, text: str | None, reason: str
) -> None:
    _, general, kim, ann = a_server(stage)
    handbook(stage)
    await stage.start()
    await asks(ann, general)
    assert "1 added" in (await answers(kim, general, rests_on="handbook")).text
    assert ANSWER in (await asks(ann, general)).text
    await stage.service.sources.shared.bring_in_step()
    assert ANSWER in (await asks(ann, general)).text
    await change(stage, text)
    assert ANSWER not in (await asks(ann, general)).text
    shown = await gaps(kim, general)
    assert "**Team answers to review** · 1" in shown.text
    assert f"1. {QUESTION} · 'Handbook' {reason}." in shown.text
    card = await kim.sees(to=await kim.click(shown, "Review 1"))
    assert card.ephemeral
    assert ANSWER in card.text
    assert f"'Handbook' {reason}." in card.text
    assert "Team answer by Kim" in card.text
    assert card.buttons == ["Confirm", "Rewrite", "Drop"]


async def test_a_confirmed_team_answer_is_used_until_the_next_change(stage: Stage) -> None:
    general, kim, ann = await answered(stage, rests_on="Handbook")
    await change(stage, "Holidays are up to you.")
    await stage.restart()
    card = await kim.sees(to=await kim.click(await gaps(kim, general), "Review 1"))
    assert "1 added" in (await kim.sees(to=await kim.click(card, "Confirm"))).text
    shown = await asks(ann, general)
    assert ANSWER in shown.text
    by = f"by Kim, confirmed by Kim, {today()}"
    assert f"[1] **Team answer: {QUESTION}** · {by}" in shown.text
    opened = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert by in opened.text
    again = await kim.sees(to=await kim.click(card, "Confirm"))
    assert "no longer waiting" in again.text
    await change(stage, "Holidays are abolished.")
    assert ANSWER not in (await asks(ann, general)).text


async def test_a_rewritten_team_answer_takes_the_place_of_the_old_one(stage: Stage) -> None:
    general, kim, ann = await answered(stage, rests_on="Handbook")
    await change(stage, "Holidays are up to you.")
    card = await kim.sees(to=await kim.click(await gaps(kim, general), "Review 1"))
    form = await kim.sees_modal(await kim.click(card, "Rewrite"))
    assert form.fields["Your answer"]["value"] == ANSWER
    new = "There are forty vacation days."
    done = await kim.submit(form, {"Your answer": new})
    assert "1 added" in (await kim.sees(to=done)).text
    shown = await asks(ann, general)
    assert new in shown.text
    assert ANSWER not in shown.text
    assert "Team answers to review" not in (await gaps(kim, general)).text
    await change(stage, "Holidays are abolished.")
    assert "Team answers to review" in (await gaps(kim, general)).text


@pytest.mark.parametrize("text", [" ", "\u200b\u202e"])
async def test_a_team_answer_that_nobody_sees_is_none(stage: Stage, text: str) -> None:
    general, kim, ann = await answered(stage, rests_on="Handbook")
    await change(stage, "Holidays are up to you.")
    card = await kim.sees(to=await kim.click(await gaps(kim, general), "Review 1"))
    form = await kim.sees_modal(await kim.click(card, "Rewrite"))
    refused = await kim.sees(to=await kim.submit(form, {"Your answer": text}))
    assert refused.text == NO_TEXT
    await asks(ann, general)
    assert (await answers(kim, general, text)).text == CLOSED


async def test_a_dropped_team_answer_is_gone(stage: Stage) -> None:
    general, kim, ann = await answered(stage, rests_on="Handbook")
    await change(stage, None)
    card = await kim.sees(to=await kim.click(await gaps(kim, general), "Review 1"))
    assert (await kim.sees(to=await kim.click(card, "Drop"))).text == DROPPED
    assert "Team answers to review" not in (await gaps(kim, general)).text
    assert ANSWER not in (await asks(ann, general)).text


async def test_a_correction_expires_with_the_words_it_corrects(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    handbook(stage)
    await stage.start()
    shown = await asks(ann, general, "Who arranges holidays?")
    form = await ann.sees_modal(await ann.click(shown, "👎"))
    await ann.sees(to=await ann.submit(form, {"Reason (optional)": "It is *Bo* @everyone"}))
    assert "-# “It is \\*Bo\\*" in (await gaps(kim, general)).text
    correction = "Holidays are arranged with Bo."
    assert "1 added" in (await answers(kim, general, correction)).text
    await change(stage, HANDBOOK.replace("free of charge", "five euros"))
    assert correction in (await asks(ann, general, "Who arranges holidays?")).text
    await change(stage, HANDBOOK.replace("the office", "Bo"))
    assert "Team answer" not in (await asks(ann, general, "Who arranges holidays?")).text
    assert "'Handbook' has changed." in (await gaps(kim, general)).text


async def test_without_a_source_a_team_answer_stays(stage: Stage) -> None:
    general, kim, ann = await answered(stage)
    await change(stage, None)
    assert ANSWER in (await asks(ann, general)).text
    assert "Team answers to review" not in (await gaps(kim, general)).text


@pytest.mark.parametrize(
    ("named", "doubt"),
    [("payroll", "There is no source 'payroll'"), ("a", "More than one source is called 'a'")],
)
async def test_a_source_that_nobody_knows_loses_no_answer(
    stage: Stage, named: str, doubt: str
) -> None:
    _, general, kim, ann = a_server(stage)
    handbook(stage)
    stage.documents.put(source(SHARED_COLLECTION, "parking.txt", "Park anywhere.", title="Parking"))
    await stage.start()
    await asks(ann, general)
    told = await answers(kim, general, rests_on=named)
    assert doubt in told.text
    assert "kept but not used" in told.text
    assert ANSWER not in (await asks(ann, general)).text
    card = await kim.sees(to=await kim.click(await gaps(kim, general), "Review 1"))
    form = await kim.sees_modal(await kim.click(card, "Rewrite"))
    done = await kim.submit(form, {"Source it rests on (optional)": "handbook.txt"})
    assert "1 added" in (await kim.sees(to=done)).text
    assert ANSWER in (await asks(ann, general)).text


async def test_a_removed_team_answer_does_not_come_back(stage: Stage) -> None:
    general, kim, _ = await answered(stage, rests_on="Handbook")
    title = f"Team answer: {QUESTION}"
    refused = await kim.slash("source refresh", source=title, in_=general)
    assert "was written here" in (await kim.sees(to=refused)).text
    await kim.sees("Removed", to=await kim.slash("source remove", source=title, in_=general))
    await change(stage, None)
    assert "Team answers to review" not in (await gaps(kim, general)).text


async def test_reviews_belong_to_the_managers_of_their_server(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    other = stage.discord.guild("Other")
    place, boss = other.text("general"), stage.discord.owner(other)
    handbook(stage)
    await stage.start()
    await asks(ann, general)
    await answers(kim, general, rests_on="Handbook")
    await change(stage, None)
    shown = await gaps(kim, general)
    card = await kim.sees(to=await kim.click(shown, "Review 1"))
    ids = [card.component(name)["custom_id"] for name in card.buttons]
    for custom_id in (shown.component("Review 1")["custom_id"], *ids):
        told = await boss.sees(to=await boss.forge(custom_id, in_=place))
        assert "no longer waiting" in told.text
        told = await ann.sees(to=await ann.forge(custom_id, in_=general))
        assert "Only people with Manage Server" in told.text
    assert "Team answers to review" not in (await gaps(boss, place)).text
    assert "Team answers to review" in (await gaps(kim, general)).text
