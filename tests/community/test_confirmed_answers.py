"""What a member of a server confirmed becomes the answer there, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.community.confirmed_answers import CONFIRMED, confirmable, confirmed, wording
from bot.community.question_intake import Question, QuestionIntake
from bot.community.rights import Caller
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.records import Kept
from bot.community.store.records_file import Records, open_records
from bot.schema import NOT_SURE, AnswerPart, Citation, HitTrace, Scope, Status
from tests.doubles.discord.fixtures import (
    PaperAnswerer,
    PaperDocuments,
    answer,
    citation,
    kept,
    source,
)
from tests.doubles.intake import intake_of

FERRY = source("town", "ferry.txt", "The ferry leaves at nine.\nThe ferry costs two euros.\n")
HOTEL = source("board", "hotel.txt", "The ferry stops at the hotel.\n")
LEAVES = citation(FERRY, "The ferry leaves at nine.", marker=1)
COSTS = citation(FERRY, "The ferry costs two euros.", marker=2)
QUESTION = "What of the ferry?"
UNSURE = answer(QUESTION, LEAVES, COSTS, status="unsure")


# --- the words of a question -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "what of the ferry",
        "  What of\nthe  FERRY ?! ",
        "“What, of (the) ferry…”",
        "what of the ferry？",
    ],
)
def test_case_punctuation_and_white_space_make_no_other_question(text: str) -> None:
    assert wording(text) == wording(QUESTION)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What of the ferry?", "What of the ferries?"),
        ("What is C?", "What is C++?"),
        ("What is C?", "What is C#?"),
        ("Who gets 5?", "Who gets 5%?"),
        ("Is it 1.5?", "Is it 15?"),
        ("की कहाँ है?", "का कहाँ है?"),
    ],
)
def test_other_words_make_another_question(one: str, other: str) -> None:
    assert wording(one) != wording(other)


# --- the answer ------------------------------------------------------------------------------


def test_only_what_was_confirmed_is_quoted_numbered_from_one() -> None:
    made = confirmed(UNSURE, {COSTS.evidence})
    assert (made.status, made.notice) == ("answered", CONFIRMED)
    assert made.text == "The ferry costs two euros. [1]"
    assert made.citations == (COSTS.model_copy(update={"marker": 1}),)


def test_an_order_is_kept_and_so_is_how_each_part_is_set() -> None:
    parts = (
        AnswerPart(text=NOT_SURE, role="lead"),
        AnswerPart(markers=(1,), role="lead"),
        AnswerPart(markers=(1, 2), role="item"),
    )
    unsure = UNSURE.model_copy(update={"parts": parts, "notice": "A note."})
    made = confirmed(unsure, {LEAVES.evidence, COSTS.evidence})
    assert made.parts == parts[1:]
    assert made.notice == f"A note. {CONFIRMED}"


def test_why_marks_only_what_is_still_quoted() -> None:
    trace = tuple(
        HitTrace(
            collection=one.collection,
            source=one.source,
            title=one.title,
            start=one.evidence.start,
            end=one.evidence.end,
            score=0.5,
            used=True,
        )
        for one in (LEAVES, COSTS)
    )
    made = confirmed(UNSURE.model_copy(update={"trace": trace}), {COSTS.evidence})
    assert [hit.used for hit in made.trace] == [False, True]


def test_without_a_confirmed_quote_an_answer_stays_as_it_is() -> None:
    other_version = COSTS.evidence.model_copy(update={"sha256": "0" * 64})
    shorter = COSTS.evidence.model_copy(update={"end": COSTS.evidence.end - 1})
    assert confirmed(UNSURE, {other_version, shorter}) == UNSURE


@pytest.mark.parametrize("status", ["answered", "partial", "not_found"])
def test_an_answer_that_is_sure_of_itself_stays_as_it_is(status: Status) -> None:
    given = answer(QUESTION, LEAVES, status=status)
    assert confirmed(given, {LEAVES.evidence}) == given


@pytest.mark.parametrize(
    ("given", "may"),
    [
        (kept(status="unsure", citations=(LEAVES,)), True),
        (kept(status="unsure", citations=(LEAVES,), private=True), False),
        (kept(status="unsure", citations=(LEAVES,), guild=None), False),
        (kept(status="answered", citations=(LEAVES,)), False),
        (kept(status="not_found"), False),
    ],
)
def test_only_an_open_unsure_answer_in_a_server_can_be_confirmed(given: Kept, may: bool) -> None:
    assert confirmable(given) is may


# --- asked again -----------------------------------------------------------------------------


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(open_records(tmp_path)) as opened:
        yield opened


def unsure() -> PaperAnswerer:
    documents = PaperDocuments()
    documents.papers = {paper.id: paper for paper in (FERRY, HOTEL)}
    answerer = PaperAnswerer(documents)
    answerer.sure = False
    return answerer


async def confirm(records: Records, question: str, *citations: Citation) -> None:
    given = kept(question=question, guild=1, citations=citations, status="unsure")
    await Confirmations(records).add(given, citations, person=7)


async def ask(
    taking: QuestionIntake,
    text: str = QUESTION,
    *,
    guild: int | None = 1,
    collections: tuple[str, ...] = ("town", "board"),
) -> Kept:
    caller = Caller(user=3, guild=guild, channel=2)
    scope = Scope(collections=collections)
    question = Question(text=text, caller=caller, scope=scope, conversation=text)
    return await taking.ask(question, lambda _: None)


async def test_a_confirmed_question_is_answered_and_no_gap(records: Records) -> None:
    await confirm(records, QUESTION, COSTS)
    given = await ask(intake_of(unsure(), records), "what of the FERRY")
    assert given.answer.status == "answered"
    assert given.answer.text == "The ferry costs two euros. [1]"
    assert await Feedback(records).gaps(1) == ()
    assert await Memory(records).answer(given.key) == given


async def test_a_follow_up_is_known_by_the_question_it_stands_for(records: Records) -> None:
    answerer = unsure()
    answerer.changes = {"standalone_question": "What does the ferry cost?"}
    await confirm(records, "What does the ferry cost?", COSTS)
    given = await ask(intake_of(answerer, records), "And the ferry?")
    assert given.answer.status == "answered"


@pytest.mark.parametrize("guild", [2, None])
async def test_another_server_and_a_direct_message_know_nothing_of_it(
    records: Records, guild: int | None
) -> None:
    await confirm(records, QUESTION, COSTS)
    given = await ask(intake_of(unsure(), records), guild=guild)
    assert given.answer.status == "unsure"
    assert given.answer.text.startswith(NOT_SURE)


async def test_what_an_asker_may_not_read_is_not_confirmed_for_them(records: Records) -> None:
    stops = citation(HOTEL, "The ferry stops at the hotel.", marker=1)
    await confirm(records, QUESTION, stops)
    taking = intake_of(unsure(), records)
    outside = await ask(taking, collections=("town",))
    assert outside.answer.status == "unsure"
    assert "hotel" not in outside.answer.text
    assert [gap.question for gap in await Feedback(records).gaps(1)] == [QUESTION]
    inside = await ask(taking)
    assert inside.answer.text == "The ferry stops at the hotel. [1]"


async def test_a_changed_document_voids_what_was_confirmed_of_it(records: Records) -> None:
    await confirm(records, QUESTION, COSTS)
    answerer = unsure()
    answerer.documents.put(FERRY.model_copy(update={"sha256": "0" * 64}))
    given = await ask(intake_of(answerer, records))
    assert given.answer.status == "unsure"
    assert len(await Feedback(records).gaps(1)) == 1
