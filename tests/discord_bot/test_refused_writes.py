"""What Discord tells while the bot's file cannot be written is made up for once it can.

The file fails as it does in life: its disk is full, another program holds it, or it may not be
written.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.community.store.erasure_records import WHOLE, ErasureRecords
from bot.community.store.notice_records import Notice
from bot.community.store.open_answers import OpenAnswer
from bot.discord_bot.run import SYNCED, commands_hash, sync_commands
from index.config import SHARED_COLLECTION
from index.store.catalog_format import COMMUNITY_FILE
from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged
from tests.doubles.discord.server import Person, Shown
from tests.doubles.discord.world import Channel, Message
from tests.doubles.small_disks import filled, small_disk

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."

Trouble: TypeAlias = Callable[[Stage], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def full_disk(stage: Stage) -> AsyncIterator[None]:
    """Leave no room on the disk of the home, nor in SQLite's log."""
    await _execute(stage, "PRAGMA wal_checkpoint(TRUNCATE)")
    with filled(stage.parts.settings.index.home):
        yield


@asynccontextmanager
async def held_by_another(stage: Stage) -> AsyncIterator[None]:
    """Let another program write to the file for long."""
    await _execute(stage, "PRAGMA busy_timeout = 50")
    path = stage.parts.settings.index.home / COMMUNITY_FILE
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
    await _execute(stage, "PRAGMA busy_timeout = 10000")


@asynccontextmanager
async def may_not_be_written(stage: Stage) -> AsyncIterator[None]:
    """Have SQLite refuse every change, as it does where the file may only be read."""
    await _execute(stage, "PRAGMA query_only = ON")
    yield
    await _execute(stage, "PRAGMA query_only = OFF")


async def _execute(stage: Stage, statement: str) -> None:
    records = stage.parts.records
    await records.run(records.rows, statement)


every_trouble = pytest.mark.parametrize(
    "trouble",
    [full_disk, may_not_be_written, pytest.param(held_by_another, marks=pytest.mark.long)],
    ids=lambda each: each.__name__,
)


@contextmanager
def disk_for(home: Path, trouble: Trouble) -> Iterator[None]:
    """Put a small disk at the home where it is to be filled; skips where none may be made."""
    home.mkdir()
    if trouble is full_disk:
        with small_disk(home, "4m"):
            yield
    else:
        yield


@pytest.fixture
async def stage(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> AsyncIterator[Stage]:
    """A bot that does not wait a minute; nothing that fails ends in a trace in its log."""
    monkeypatch.setattr("bot.community.owed_writes.PAUSE", 0.2)
    with (
        disk_for(tmp_path / "home", request.getfixturevalue("trouble")),
        caplog.at_level(logging.INFO),
    ):
        async with staged(tmp_path / "home") as made:
            made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peace"))
            yield made
    traces = [record.getMessage() for record in caplog.records if record.exc_info]
    assert [said for said in traces if "reference" not in said] == []


def told(caplog: pytest.LogCaptureFixture, *words: str) -> list[str]:
    """Return the warnings of the log that hold all these words."""
    lines = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    return [line for line in lines if all(word in line for word in words)]


async def logged(caplog: pytest.LogCaptureFixture, *words: str) -> None:
    """Wait until the log warns of something; it may be warned of only once."""
    await eventually(lambda: told(caplog, *words))
    assert len(told(caplog, *words)) == 1, told(caplog, *words)


async def scheduled(stage: Stage) -> set[int]:
    """Return the servers whose time runs."""
    due = await ErasureRecords(stage.parts.records).due(time.time() + 400 * 86_400)
    return {one.guild for one in due if one.collection == WHOLE}


async def are_scheduled(stage: Stage, *guilds: str) -> None:
    async def so() -> bool:
        return await scheduled(stage) == set(map(int, guilds))

    await eventually(so)


async def begun(stage: Stage) -> None:
    """Start the bot and wait until it has looked at what happened before."""
    await stage.start()
    await eventually(lambda: stage.bot and stage.bot.is_ready())


async def has_asked(ann: Person, general: Channel) -> None:
    """Leave something of a server in the records."""
    await ann.sees(SENTENCE, to=await ann.slash("ask", question=QUESTION, in_=general))


# --- servers ---------------------------------------------------------------------------------


@every_trouble
async def test_servers_that_were_left_are_noted_though_that_failed_at_first(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    acme, general, _, ann = a_server(stage)
    stage.discord.guild("Other")
    await begun(stage)
    await has_asked(ann, general)
    async with trouble(stage):
        await stage.discord.gateway.drop(resumable=False)
        acme.remove_bot()
        await logged(caplog, "Which servers", "again")
        assert await scheduled(stage) == set()
    await are_scheduled(stage, acme.id)


@pytest.mark.parametrize("trouble", [full_disk], ids=lambda each: each.__name__)
async def test_a_disk_that_is_full_at_the_start_is_one_line_and_made_up_for(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    acme, general, _, ann = a_server(stage)
    other = stage.discord.guild("Other")
    bob, hall = other.member("Bob"), other.text("hall")
    mention = await bob.mention(QUESTION, in_=hall)
    await begun(stage)
    await has_asked(ann, general)
    await stage.service.open_answers.begin(left_open(mention.id, bob, hall))
    await stage.stop()
    acme.remove_bot()
    async with trouble(stage):
        await stage.start()
        await logged(caplog, "Which servers", "is full", "again")
        await logged(caplog, mention.id, "is told", "struck off", "again")
        assert not told(caplog, "not taken up")
        assert await scheduled(stage) == set()
    await are_scheduled(stage, acme.id)
    await eventually(lambda: nobody_waits(stage))
    await has_asked(bob, hall)


@every_trouble
async def test_leaving_and_coming_back_are_noted_though_that_failed(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    acme, general, _, ann = a_server(stage)
    other = stage.discord.guild("Other")
    place, bob = other.text("hall"), other.member("Bob")
    await begun(stage)
    await has_asked(ann, general)
    await has_asked(bob, place)
    acme.remove_bot()
    await are_scheduled(stage, acme.id)
    async with trouble(stage):
        acme.invite_bot()
        await logged(caplog, "Which servers", "again")
        other.remove_bot()
        assert stage.bot
        await eventually(lambda: stage.bot and stage.bot.get_guild(int(other.id)) is None)
    await are_scheduled(stage, other.id)


# --- messages --------------------------------------------------------------------------------


@every_trouble
async def test_a_deleted_answer_is_forgotten_though_that_failed(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    _, general, _, ann = a_server(stage)
    await begun(stage)
    shown = []
    for _ in range(3):
        asked = await ann.mention(QUESTION, in_=general)
        shown.append(await ann.sees(answer_to(asked), in_=general))
    memory = stage.service.memory

    async def kept() -> list[bool]:
        return [await memory.answer_on(int(each.message.id)) is not None for each in shown]

    await eventually(lambda: _is(kept(), [True, True, True]))
    async with trouble(stage):
        await stage.discord.hub.delete(shown[0].message)
        await stage.discord.hub.delete_many([each.message for each in shown[1:]])
        await eventually(lambda: len(told(caplog, "deleted", "again")) == 2)
    await eventually(lambda: _is(kept(), [False, False, False]))


@every_trouble
async def test_a_deleted_message_takes_its_source_along_though_that_failed(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    acme, general, kim, ann = a_server(stage)
    hall = acme.text("hall")
    await begun(stage)
    me = stage.discord.world.bot.mention
    messages = [
        await ann.say(f"{me} source {number}", in_=place)
        for number, place in enumerate((general, general, hall))
    ]
    for message in messages:
        await kim.sees("added", to=await kim.menu("Add to sources", message))
    async with trouble(stage):
        await ann.delete(messages[0])
        await ann.edit(messages[1], f"{me} source with other words")
        acme.delete_channel(hall)
        await eventually(lambda: len(told(caplog, "not followed", "again")) == 3)

    async def rows() -> list[int]:
        return [row.message for row in await stage.service.followed.followed()]

    await eventually(lambda: _is(rows(), [int(messages[1].id)]))
    texts = {paper.text for paper in stage.documents.papers.values()}
    assert texts == {SENTENCE, f"{me} source with other words"}


# --- who waits -------------------------------------------------------------------------------


@every_trouble
async def test_who_was_told_of_a_failure_is_not_told_again_by_the_next_process(
    stage: Stage, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    _, general, kim, ann = a_server(stage)
    stage.answerer.held = asyncio.Event()
    await begun(stage)
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    mention = await kim.mention(QUESTION, in_=general)
    await eventually(lambda: len(stage.answerer.asked) == 2)
    async with trouble(stage):
        stage.answerer.held.set()
        await ann.sees(SENTENCE, to=asked)
        await ann.sees(answer_to(mention))
        await logged(caplog, asked.id, "is told", "struck off", "again")
        await logged(caplog, mention.id, "is told", "struck off", "again")
        assert not told(caplog, "not taken up")
    await eventually(lambda: nobody_waits(stage))
    await stage.restart()
    assert len([seen for seen in ann.screen(general) if is_done(seen)]) == 2


def left_open(message: str, person: Person, channel: Channel) -> OpenAnswer:
    """Return what a process of an hour ago has left behind."""
    return OpenAnswer(
        id=int(message),
        at=time.time() - 3600,
        person=int(person.id),
        guild=int(channel.guild.id) if channel.guild else None,
        channel=int(channel.id),
        private=False,
        text=QUESTION,
    )


@every_trouble
async def test_who_asks_meanwhile_is_told_and_nothing_else_happens(
    stage: Stage, trouble: Trouble
) -> None:
    _, general, _, ann = a_server(stage)
    await begun(stage)
    async with trouble(stage):
        await ann.sees("reference", to=await ann.slash("ask", question=QUESTION, in_=general))
        await ann.mention(QUESTION, in_=general)
        await ann.sees("reference", in_=general)
    await has_asked(ann, general)
    await eventually(lambda: nobody_waits(stage))


# --- what goes on by itself ------------------------------------------------------------------


@every_trouble
async def test_a_notice_is_delivered_once_though_that_could_not_be_noted(
    stage: Stage, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_bot.cogs.notices.RETRY", 0.2)
    acme, _, _, ann = a_server(stage)
    await begun(stage)
    notices = stage.service.notices
    about = "https://discord.com/channels/1/2/3"
    await notices.add(
        Notice(guild=int(acme.id), person=int(ann.id), kind="unreadable", about=about, at=0)
    )
    direct = stage.discord.world.dm(ann.user)
    async with trouble(stage):
        notices.on_new()
        await ann.sees("does not show me", in_=direct)
        await asyncio.sleep(1)  # several times the pause
    await eventually(lambda: _is(notices.pending(), []))
    sent = [one for one in stage.discord.log if one.path == f"/channels/{direct.id}/messages"]
    assert len(sent) == 1


@every_trouble
async def test_what_is_over_its_time_goes_though_it_could_not_go_the_first_time(
    stage: Stage,
    trouble: Trouble,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.community.running_service._HOUR", 0.2)
    _, general, _, ann = a_server(stage)
    await begun(stage)
    await has_asked(ann, general)
    records, days = stage.parts.records, stage.parts.settings.history_days

    async def turns() -> list[tuple[object, ...]]:
        return await records.run(records.rows, "SELECT at FROM bot_turns")

    def age() -> None:
        with records.transaction() as write:
            write.execute("UPDATE bot_turns SET at = ?", (time.time() - days * 86_400 + 2,))

    assert await turns()
    await records.run(age)
    async with trouble(stage):
        await eventually(lambda: told(caplog, "over its time", "again"))
        await asyncio.sleep(2)
        assert await turns()
    await eventually(lambda: _is(turns(), []))


@every_trouble
async def test_that_commands_are_registered_is_noted_though_that_failed(
    stage: Stage, trouble: Trouble
) -> None:
    a_server(stage)
    await begun(stage)
    bot, memory = stage.bot, stage.service.memory
    assert bot
    await memory.set_fact(SYNCED, "others")
    async with trouble(stage):
        assert await sync_commands(bot)
        assert await memory.fact(SYNCED) == "others"
    await eventually(lambda: _is(memory.fact(SYNCED), commands_hash(bot)))


def is_done(seen: Shown) -> bool:
    return SENTENCE in seen.text


def answer_to(message: Message) -> Callable[[Shown], bool]:
    return lambda seen: seen.message.reply_to is message and is_done(seen)


async def nobody_waits(stage: Stage) -> bool:
    return not await stage.service.open_answers.all()


async def _is(found: Awaitable[object], expected: object) -> bool:
    return await found == expected
