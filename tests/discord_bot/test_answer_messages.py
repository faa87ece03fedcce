"""The messages of one answer: a chain of replies, drafts that keep moving, and paced edits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from bot.discord_bot.edit_pace import EDITS, SPARE, WINDOW, ChannelPaces, EditPace
from index.config import SHARED_COLLECTION
from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged, wordy
from tests.doubles.discord.server import SEND_MESSAGES, Shown, Upload
from tests.doubles.discord.world import Channel, Message

SENTENCE = "A ceasefire agreement must be in place."
QUESTION = "Which ceasefire conditions are there?"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        yield made


def long(stage: Stage) -> None:
    """Let every answer take several messages."""
    stage.answerer.changes = {"parts": wordy(500), "engine": "test/model"}


def parts_in(person_screen: list[Shown]) -> list[Shown]:
    return [shown for shown in person_screen if "ceasefire ceasefire" in shown.content]


def assert_chained(parts: list[Shown], *, to: object) -> None:
    assert len(parts) >= 2
    assert parts[0].message.reply_to is to
    for before, part in pairwise(parts):
        assert part.message.reply_to is before.message


# --- one thread of replies -------------------------------------------------------------------


async def test_each_part_of_a_long_answer_replies_to_the_one_before(stage: Stage) -> None:
    acme, general, _, ann = a_server(stage)
    long(stage)
    await stage.start()
    message = await ann.mention(QUESTION, in_=general)
    await ann.sees(lambda seen: bool(seen.buttons), in_=general)
    assert_chained(parts_in(ann.screen(general)), to=message)
    other = acme.text("other")
    await ann.slash("ask", question=QUESTION, in_=other)
    await ann.sees(lambda seen: bool(seen.buttons), in_=other)
    assert_chained(parts_in(ann.screen(other)), to=None)


async def test_parts_in_a_thread_and_in_a_direct_message_are_chained_too(stage: Stage) -> None:
    acme, general, _, ann = a_server(stage)
    owner = stage.discord.owner(acme)
    long(stage)
    await stage.start()
    on = await owner.slash("settings threads", channel=general, state="on", in_=general)
    await owner.sees(to=on)
    await ann.mention(QUESTION, in_=general)
    shown = await ann.sees(lambda seen: bool(seen.buttons))
    assert shown.channel.parent is general
    assert_chained(parts_in(ann.screen(shown.channel)), to=None)
    message = await ann.dm(QUESTION)
    await ann.sees(lambda seen: bool(seen.buttons))
    assert_chained(parts_in(ann.screen(message.channel)), to=message)


async def test_the_parts_of_a_private_answer_follow_up_for_the_asker_alone(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    long(stage)
    await stage.start()
    await ann.slash("ask", question=QUESTION, private=True, in_=general)
    shown = await ann.sees(lambda seen: bool(seen.buttons))
    parts = parts_in(ann.screen(general))
    assert len(parts) >= 2
    assert all(part.ephemeral for part in parts)
    assert kim.screen(general) == []
    await ann.sees("Shared.", to=await ann.click(shown, "Share"))
    assert_chained(parts_in(kim.screen(general)), to=None)


async def test_where_the_bot_may_not_write_a_command_is_followed_up_on(stage: Stage) -> None:
    acme, general, _, ann = a_server(stage)
    acme.overwrite(general, stage.discord.world.bot, deny=SEND_MESSAGES)
    long(stage)
    await stage.start()
    await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees(lambda seen: bool(seen.buttons))
    assert len(parts_in(ann.screen(general))) >= 2


# --- drafts ----------------------------------------------------------------------------------


async def test_a_draft_longer_than_a_message_keeps_moving(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    words = [f"word{number:04}" for number in range(900)]
    stage.answerer.drafts = tuple(" ".join(words[: at + 1]) for at in (10, 400, 899))
    stage.answerer.pause = 1.4
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    for number in (10, 400, 899):
        shown = await ann.sees(f"word{number:04}", to=asked)
        assert shown.content.endswith("\n-# …")
    await ann.sees(SENTENCE, to=asked)


def answering(message: Message) -> Callable[[Shown], bool]:
    return lambda seen: seen.message.reply_to is message and SENTENCE in seen.text


def edits_of(stage: Stage, channel: Channel) -> list[float]:
    path = f"/channels/{channel.id}/messages/"
    return [
        request.at
        for request in stage.discord.log
        if request.method == "PATCH" and request.path.startswith(path)
    ]


async def test_drafts_in_one_channel_leave_room_for_the_answers(stage: Stage) -> None:
    acme, general, _, _ = a_server(stage)
    people = [acme.member(f"P{number}") for number in range(6)]
    stage.answerer.drafts = tuple(f"draft {number}" for number in range(40))
    stage.answerer.pause = 0.1
    await stage.start()
    messages = [await person.mention(QUESTION, in_=general) for person in people]
    await eventually(lambda: len(stage.answerer.asked) == len(people))
    await asyncio.sleep(3.0)
    edits = edits_of(stage, general)
    assert 1 <= len(edits) <= EDITS - SPARE
    for person, message in zip(people, messages, strict=True):
        await person.sees(answering(message), in_=general)


def test_a_pace_lets_some_edits_through_in_a_while_and_counts_answers() -> None:
    pace = EditPace()
    assert [pace.take(0.0) for _ in range(5)] == [True] * (EDITS - SPARE) + [False] * 2
    assert not pace.take(WINDOW - 0.1)
    assert pace.take(WINDOW)
    for _ in range(EDITS):
        pace.count(WINDOW)
    assert not pace.take(2 * WINDOW - 0.1)
    assert pace.take(2 * WINDOW)


def test_a_channel_has_one_pace_and_not_all_are_kept_for_ever() -> None:
    paces = ChannelPaces()
    first = paces.of(1)
    assert paces.of(1) is first
    for channel in range(2, 1100):
        paces.of(channel)
    assert paces.of(1) is not first


async def test_progress_of_many_files_is_paced_and_the_report_arrives(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    await stage.start()
    files = {f"file{n}": Upload(f"{n}.txt", f"File {n}.".encode()) for n in range(1, 11)}
    used = await kim.slash("source add", in_=general, **files)
    await kim.sees("10 added", to=used)
    edits = [
        request for request in stage.discord.log
        if request.method == "PATCH" and "@original" in request.path
    ]  # fmt: skip
    assert len(edits) <= EDITS - SPARE + 1


async def test_a_draft_that_comes_after_the_answer_does_not_stay(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_bot.drafts._LAST_DRAFT", 0.2)
    monkeypatch.setattr("bot.discord_bot.replies._SETTLED", 2.0)
    _, general, _, ann = a_server(stage)
    stage.answerer.drafts = ("an unfinished draft",)
    stage.answerer.pause = 0.3
    edits = "PATCH /channels/*/messages/*"
    stage.discord.slow(edits, 1.5)
    await stage.start()
    await ann.mention(QUESTION, in_=general)
    # The draft is on its way for 1.5 seconds; what is sent from now on arrives at once.
    await asyncio.sleep(0.5)
    stage.discord.slow(edits, 0.0)
    await ann.sees(SENTENCE, in_=general)
    await ann.sees("an unfinished draft", in_=general)
    shown = await ann.sees(SENTENCE, in_=general)
    assert shown.buttons
