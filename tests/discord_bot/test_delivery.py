"""Answers and reports arrive though Discord fails on the way, over a local Discord."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.discord_bot.message_questions import NO_QUESTION
from bot.discord_bot.questions import NOT_DELIVERED
from bot.discord_bot.replies import REST_IS_MISSING
from bot.discord_bot.source_uploads import DONE
from index.config import SHARED_COLLECTION
from index.errors import StoreError
from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged, wordy
from tests.doubles.discord.hub import interaction_payload
from tests.doubles.discord.server import READ_HISTORY, VIEW_CHANNEL, Shown, Upload

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."
EDITS = "PATCH /webhooks/*"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        yield made


def is_done(shown: Shown) -> bool:
    return SENTENCE in shown.text


async def nothing_open(stage: Stage) -> bool:
    return not await stage.service.open_answers.all()


# --- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [(0, 0), (500, 0), (403, 50013), (404, 10008), (400, 50035), (404, 10015)],
    ids=["cut", "500", "403", "deleted", "refused", "token over"],
)
async def test_an_answer_whose_edit_fails_arrives_all_the_same(
    stage: Stage, status: int, code: int
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    stage.discord.fail(EDITS, status=status, code=code)
    await ann.slash("ask", question=QUESTION, in_=general)
    shown = await ann.sees(is_done, in_=general)
    assert "Show 1" in shown.buttons
    said = [seen.text for seen in ann.screen(general)]
    assert "went wrong" not in str(said)
    await eventually(lambda: nothing_open(stage))


@pytest.mark.parametrize(("status", "code"), [(0, 0), (403, 50001), (400, 50083)])
async def test_a_reply_whose_edit_fails_is_sent_as_a_new_message(
    stage: Stage, status: int, code: int
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    stage.discord.fail("PATCH /channels/*/messages/*", times=1, status=status, code=code)
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(is_done, in_=general)
    assert "Show 1" in shown.buttons
    await eventually(lambda: "Looking it up" not in str([s.text for s in ann.screen(general)]))
    await eventually(lambda: nothing_open(stage))


async def test_a_draft_that_cannot_be_shown_costs_no_answer(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    stage.answerer.drafts = ("A ceasefire", "A ceasefire agreement")
    await stage.start()
    stage.discord.fail(EDITS, times=1, status=0)
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    assert "Show 1" in (await ann.sees(is_done, to=asked)).buttons


async def test_an_answer_that_discord_never_takes_is_told_directly_and_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    for pattern in (EDITS, "POST /webhooks/*", f"POST /channels/{general.id}/*"):
        stage.discord.fail(pattern, times=9, status=403, code=50001)
    with caplog.at_level(logging.ERROR):
        await ann.slash("ask", question=QUESTION, in_=general)
        told = await ann.sees(in_=stage.discord.world.dm(ann.user))
    assert "View Channel" in told.text
    assert "could not be delivered" in caplog.text
    await eventually(lambda: nothing_open(stage))


async def test_a_private_answer_that_discord_never_takes_is_shown_to_nobody_else(
    stage: Stage,
) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    for pattern in (EDITS, "POST /webhooks/*"):
        stage.discord.fail(pattern, times=9, status=400, code=50035)
    await ann.slash("ask", question=QUESTION, private=True, in_=general)
    told = await ann.sees(in_=stage.discord.world.dm(ann.user))
    assert told.text == NOT_DELIVERED
    assert not kim.screen(general)


async def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()

    async def full(kept: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(stage.service.memory, "keep", full)
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert SENTENCE in shown.text


async def test_an_answer_that_cannot_be_struck_off_stands_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    strike = stage.service.open_answers.strike
    tried: list[int] = []

    async def full(id: int) -> None:
        await strike(id)
        tried.append(id)
        raise StoreError("The disk is full.")

    monkeypatch.setattr(stage.service.open_answers, "strike", full)
    await ann.sees(is_done, to=await ann.slash("ask", question=QUESTION, in_=general))
    await eventually(lambda: tried)
    assert len(ann.screen(general)) == 1


async def test_who_asks_while_nothing_can_be_written_down_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()

    async def full(promise: object) -> bool:
        raise StoreError("The disk is full.")

    for promise in ("begin", "is_ours"):
        monkeypatch.setattr(stage.service.open_answers, promise, full)
    await ann.sees("reference", to=await ann.slash("ask", question=QUESTION, in_=general))
    await ann.mention(QUESTION, in_=general)
    await ann.sees("reference", in_=general)


async def test_what_is_shown_of_a_long_answer_stays_though_the_rest_fails(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    stage.answerer.changes = {"parts": wordy(450), "engine": "test/model"}
    await stage.start()
    stage.discord.fail("POST /webhooks/*", times=1, status=403, code=50013)
    stage.discord.fail(f"POST /channels/{general.id}/*", times=2, status=403, code=50013)
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees("ceasefire", to=asked)
    await ann.sees(REST_IS_MISSING, in_=general)
    assert "ceasefire" in ann.screen(general)[0].text


@pytest.mark.parametrize("given", [{"source": "none such"}, {"collection": "none such"}])
async def test_what_is_refused_after_it_was_promised_leaves_nothing_open(
    stage: Stage, given: dict[str, str]
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general, **given)
    await ann.sees("There is no", to=asked)
    await eventually(lambda: nothing_open(stage))


async def test_a_promise_told_twice_is_kept_once(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    payload = interaction_payload(stage.discord.world, asked)
    await stage.discord.gateway.dispatch("INTERACTION_CREATE", payload, guild=general.guild)
    await eventually(lambda: "a second first response" in str(stage.discord.problems))
    stage.discord.hub.problems.clear()
    await ann.sees(to=await ann.slash("about", in_=general))
    assert not await nothing_open(stage)
    stage.answerer.held.set()
    await ann.sees(is_done, to=asked)
    await eventually(lambda: nothing_open(stage))


async def test_who_asks_where_replies_are_not_allowed_is_answered_without_one(
    stage: Stage,
) -> None:
    acme, general, _, ann = a_server(stage)
    acme.overwrite(general, stage.discord.world.bot, deny=READ_HISTORY)
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    assert "Show 1" in (await ann.sees(is_done, in_=general)).buttons


async def test_who_asked_in_a_channel_that_closed_meanwhile_is_told_directly(
    stage: Stage,
) -> None:
    acme, general, _, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    await ann.sees("Looking it up", in_=general)
    acme.overwrite(general, stage.discord.world.bot, deny=VIEW_CHANNEL)
    stage.answerer.held.set()
    told = await ann.sees(in_=stage.discord.world.dm(ann.user))
    assert "View Channel" in told.text
    await eventually(lambda: nothing_open(stage))


async def test_a_question_that_is_none_leaves_nothing_open(stage: Stage) -> None:
    a_server(stage)
    cat = stage.discord.stranger("Cat")
    await stage.start()
    await cat.dm("")
    assert (await cat.sees()).text == NO_QUESTION
    await eventually(lambda: nothing_open(stage))


# --- work on documents -----------------------------------------------------------------------


def files(count: int) -> dict[str, Upload]:
    return {
        f"file{number}": Upload(f"paper {number}.txt", f"Paper number {number}.".encode())
        for number in range(1, count + 1)
    }


@pytest.mark.parametrize(
    ("status", "code"), [(403, 50013), (404, 10008), (401, 50027), (0, 0), (500, 0)]
)
async def test_a_bar_that_cannot_be_shown_stops_no_upload(
    stage: Stage, status: int, code: int
) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    stage.discord.fail(EDITS, times=2, status=status, code=code)
    used = await kim.slash("source add", in_=general, **files(6))
    await kim.sees("6 added", to=used, within=30)
    assert len(stage.documents.papers) == 7
    await eventually(lambda: nothing_open(stage))


@pytest.mark.parametrize("closed", [False, True], ids=["directly", "direct messages closed"])
async def test_the_report_of_work_that_took_longer_than_the_token_reaches_the_person(
    stage: Stage, closed: bool
) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    held = stage.documents.held = threading.Event()
    await kim.slash("source add", in_=general, **files(2))
    await eventually(lambda: stage.documents.calls)
    stage.discord.advance(16 * 60)
    kim.user.dms_closed = closed
    held.set()
    place = general if closed else stage.discord.world.dm(kim.user)
    told = await kim.sees(lambda seen: "of 2" not in seen.text, in_=place)
    assert ("2 added" in told.text) is not closed
    assert (DONE in told.text) is closed
    assert "paper" not in str([seen.text for seen in ann.screen(general)])


async def test_a_refusal_that_comes_after_the_token_is_told_directly(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    stage.discord.fail(EDITS, times=9, status=401, code=50027)
    stage.discord.fail("POST /webhooks/*", times=9, status=401, code=50027)
    await kim.slash("source remove", source="nothing like it", in_=general)
    told = await kim.sees(in_=stage.discord.world.dm(kim.user))
    assert "There is no source" in told.text
