"""People see their place in the queue, over a local Discord and by the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.community.fair_queue import AT_ONCE
from bot.discord_bot import queue_notices
from bot.discord_bot.edit_pace import WINDOW
from bot.discord_bot.queue_notices import (
    QueueNotice,
    place_text,
)
from bot.discord_bot.replies import LOOKING
from index.config import SHARED_COLLECTION
from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged
from tests.doubles.discord.server import GuildHandle, Shown
from tests.doubles.discord.world import Channel

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."


def is_done(shown: Shown) -> bool:
    return SENTENCE in shown.text


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of the notices run faster."""
    monkeypatch.setattr(queue_notices, "QUICK", 0.05)
    monkeypatch.setattr(queue_notices, "PACE", 0.1)
    monkeypatch.setattr(queue_notices, "PER_QUESTION_BEFORE", 0.0)


async def full(stage: Stage, acme: GuildHandle, general: Channel) -> None:
    """Have as many questions under way as there are places."""
    for number in range(AT_ONCE):
        await acme.member(f"M{number}").slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: len(stage.answerer.asked) == AT_ONCE)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("how", ["slash", "mention"])
async def test_a_place_in_the_queue_is_shown_and_moves(tmp_path: Path, how: str) -> None:
    async with staged(tmp_path / "home") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        acme, general, kim, ann = a_server(stage)
        other = acme.text("other")
        stage.answerer.held = asyncio.Event()
        await stage.start()
        await full(stage, acme, general)
        await kim.slash("ask", question=QUESTION, private=True, in_=general)
        await eventually(lambda: stage.service.questions._queue.total == AT_ONCE + 1)
        if how == "slash":
            await ann.slash("ask", question=QUESTION, in_=other)
        else:
            await ann.mention(QUESTION, in_=other)
        await ann.sees(place_text(1), in_=other)
        stage.answerer.held.set()
        assert "Show 1" in (await ann.sees(is_done, in_=other)).buttons


@pytest.mark.usefixtures("quick")
async def test_ones_own_quick_questions_are_counted(tmp_path: Path) -> None:
    async with staged(tmp_path / "home") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        _, general, _, ann = a_server(stage)
        stage.answerer.held = asyncio.Event()
        await stage.start()
        asked = [await ann.slash("ask", question=QUESTION, in_=general) for _ in range(3)]
        await ann.sees(place_text(2), to=asked[2])
        await ann.sees(place_text(1), to=asked[1])
        stage.answerer.held.set()
        for one in asked:
            await ann.sees(is_done, to=one)


def shown_notice() -> tuple[QueueNotice, list[str]]:
    """Return a notice, and the texts that it is edited to."""
    shown: list[str] = []

    async def edit(text: str) -> bool:
        shown.append(text)
        return True

    return QueueNotice(edit, under_way=LOOKING), shown


@pytest.mark.usefixtures("quick")
async def test_a_question_that_begins_says_so_and_is_edited_no_more() -> None:
    notice, shown = shown_notice()
    for before in (3, 2):
        notice.moved(before)
    await eventually(lambda: shown)
    notice.moved(1)
    await eventually(lambda: len(shown) == 2)
    notice.moved(None)
    await eventually(lambda: len(shown) == 3)
    await notice.stop()
    assert shown == [place_text(2), place_text(1), LOOKING]


async def test_a_question_that_waits_for_a_moment_is_not_edited() -> None:
    notice, shown = shown_notice()
    notice.moved(1)
    notice.moved(None)
    await asyncio.sleep(0.05)
    await notice.stop()
    assert shown == []


@pytest.mark.usefixtures("quick")
async def test_who_moves_up_is_told_when_that_is_due_where_they_are_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue_notices, "PER_QUESTION_BEFORE", 60.0)
    notice, shown = shown_notice()
    notice.moved(9)
    await eventually(lambda: shown == [place_text(9)])
    notice.moved(8)
    await asyncio.sleep(0.3)
    assert shown == [place_text(9)]
    notice.moved(0)
    await eventually(lambda: shown == [place_text(9), place_text(0)])
    notice.moved(None)
    await eventually(lambda: shown[2:] == [LOOKING])
    await notice.stop()


@pytest.mark.usefixtures("quick")
async def test_an_edit_that_fails_ends_no_question() -> None:
    tried: list[str] = []

    async def edit(text: str) -> bool:
        tried.append(text)
        raise OSError

    notice = QueueNotice(edit, under_way=LOOKING)
    notice.moved(1)
    await eventually(lambda: tried)
    notice.moved(None)
    await notice.stop()
    assert tried[0] == place_text(1)


async def test_many_that_wait_in_one_channel_edit_no_faster_than_discord_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_notices, "QUICK", 0.05)
    async with staged(tmp_path / "home") as stage:
        stage.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE))
        acme, general, _, _ = a_server(stage)
        stage.answerer.held = asyncio.Event()
        await stage.start()
        people = [acme.member(f"P{number}") for number in range(AT_ONCE + 20)]
        for one in people:
            await one.mention(QUESTION, in_=general)
        await eventually(lambda: stage.service.questions._queue.total == len(people))
        await asyncio.sleep(5)
        notices = [
            request.at
            for request in stage.discord.log
            if request.method == "PATCH" and "before you" in str(request.json)
        ]
        assert notices
        for first, fourth in zip(notices, notices[3:], strict=False):
            assert fourth - first > WINDOW - 0.5
        stage.answerer.held.set()
        for one in people:
            await one.sees(is_done, in_=general, within=30)
