"""Whom a process leaves waiting, the next one answers, over a local Discord."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.community.collection_names import default_collection
from bot.community.question_intake import StoppingError
from bot.community.rights import CollectionRule, Limit
from bot.community.server_rules import NotAvailableError
from bot.community.store.open_answers import OpenAnswers
from bot.community.store.records_file import open_records
from bot.discord_bot.interrupted_answers import UNREPORTED, UNTOLD
from bot.discord_bot.source_uploads import STOPPED
from index.config import SHARED_COLLECTION
from index.store.catalog_format import COMMUNITY_FILE
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import Stage, a_server, eventually, source, staged
from tests.doubles.discord.hub import Interaction
from tests.doubles.discord.server import DiscordServer, Person, Shown, Upload
from tests.doubles.discord.world import Channel
from tests.doubles.model_plays import obedient
from tests.doubles.model_server import ModelServer, Reply, model_server

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A bot that gives nobody time when it is stopped, and whose answers wait."""
    monkeypatch.setattr("bot.community.service.GRACE", 0.1)
    async with staged(tmp_path / "home") as made:
        made.documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        made.answerer.held = asyncio.Event()
        yield made
        await eventually(lambda: nothing_open(made))


async def nothing_open(stage: Stage) -> bool:
    return not await OpenAnswers(stage.parts.records).all()


def is_done(shown: Shown) -> bool:
    return SENTENCE in shown.text


async def asked_times(stage: Stage, times: int) -> None:
    await eventually(lambda: len(stage.answerer.asked) == times)


async def interrupted(stage: Stage, *, answering: int = 1) -> None:
    """Stop the bot in the middle of its answers; later ones do not wait."""
    await asked_times(stage, answering)
    await stage.stop()
    assert stage.answerer.held is not None
    stage.answerer.held.set()


# --- a planned stop --------------------------------------------------------------------------


async def test_a_command_is_answered_where_it_was_asked(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await interrupted(stage)
    assert (await ann.sees(to=asked)).text == str(StoppingError())
    await stage.start()
    shown = await ann.sees(is_done, to=asked)
    assert "Show 1" in shown.buttons
    assert len(ann.screen(general)) == 1
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert SENTENCE in card.text


async def test_a_mention_is_answered_in_the_message_that_stands_there(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    mention = await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    told = await ann.sees(str(StoppingError()), in_=general)
    await stage.start()
    shown = await ann.sees(is_done, in_=general)
    assert shown.message is told.message
    assert shown.message.reply_to is mention
    more = await ann.reply(shown, "And the ceasefire date?")
    await ann.sees(lambda seen: seen.message.reply_to is more and is_done(seen))
    assert stage.answerer.asked[-1].history


async def test_a_direct_message_is_answered(stage: Stage) -> None:
    a_server(stage)
    cat = stage.discord.stranger("Cat")
    await stage.start()
    await cat.dm(QUESTION)
    await interrupted(stage)
    await stage.start()
    await cat.sees(is_done)
    assert len(cat.screen(stage.discord.world.dm(cat.user))) == 2


async def test_a_question_in_a_thread_of_its_own_is_answered_there(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    done = await kim.slash("settings threads", channel=general, state="on", in_=general)
    await kim.sees(to=done)
    mention = await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    await stage.start()
    await eventually(lambda: mention.thread)
    assert mention.thread is not None
    await ann.sees(is_done, in_=mention.thread)
    assert not [seen for seen in ann.screen(general) if is_done(seen)]


async def test_a_private_question_is_answered_for_the_asker_alone(stage: Stage) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, private=True, in_=general)
    await interrupted(stage)
    await stage.start()
    assert (await ann.sees(is_done, to=asked)).ephemeral
    assert not kim.screen(general)


async def test_a_follow_up_goes_on_with_its_conversation(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    assert stage.answerer.held is not None
    stage.answerer.held.set()
    await stage.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    stage.answerer.held.clear()
    form = await ann.sees_modal(await ann.click(shown, "Follow up"))
    more = await ann.submit(form, {"Your question": "And the ceasefire date?"})
    await interrupted(stage, answering=2)
    await stage.start()
    answered = await ann.sees(is_done, to=more)
    assert "And the ceasefire date?" in answered.text
    assert [turn.text for turn in stage.answerer.asked[-1].history][:1] == [QUESTION]


async def test_what_waits_in_the_queue_is_answered_too(stage: Stage) -> None:
    acme, general, _, ann = a_server(stage)
    people = [ann, *(acme.member(f"M{number}") for number in range(11))]
    await stage.start()
    asked = [await one.slash("ask", question=QUESTION, in_=general) for one in people]
    await interrupted(stage, answering=8)
    await stage.start()
    for one, used in zip(people, asked, strict=True):
        await one.sees(is_done, to=used)


async def test_a_message_that_was_deleted_meanwhile_is_answered_all_the_same(
    stage: Stage,
) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    mention = await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    await stage.discord.hub.delete((await ann.sees(in_=general)).message)
    await stage.discord.hub.delete(mention)
    await stage.start()
    await ann.sees(is_done, in_=general)


async def test_work_that_begins_while_the_bot_stops_is_excused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, kim, ann = a_server(stage)
    monkeypatch.setattr("bot.community.service.GRACE", 1.0)
    assert stage.answerer.held is not None
    stage.documents.held = threading.Event()
    await stage.start()
    await ann.slash("ask", question=QUESTION, in_=general)
    await asked_times(stage, 1)
    stopping = asyncio.create_task(stage.stop())
    refused = await ann.slash("ask", question=QUESTION, in_=general)
    await ann.sees(str(StoppingError()), to=refused)
    used = await kim.slash("source add", file1=Upload("a.txt", b"A paper."), in_=general)
    await eventually(lambda: stage.documents.calls)
    stage.answerer.held.set()
    assert (await kim.sees(STOPPED, to=used)).ephemeral
    stage.documents.held.set()
    await stopping
    await stage.start()
    await ann.sees(is_done, to=refused)


async def test_a_command_that_is_nearly_done_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, general, _, ann = a_server(stage)
    monkeypatch.setattr("bot.community.service.GRACE", 3.0)
    stage.discord.throttle("PATCH", "/webhooks/*", retry_after=0.5)
    await stage.start()
    used = await ann.slash("sources", in_=general)
    await used.responded.wait()
    await stage.stop()
    assert "Peacekeeping" in (await ann.sees(to=used)).text


@contextmanager
def busy_records(stage: Stage) -> Iterator[sqlite3.Connection]:
    """Let nobody else write the records until the transaction ends."""
    with closing(
        sqlite3.connect(stage.parts.settings.index.home / COMMUNITY_FILE, isolation_level=None)
    ) as busy:
        busy.execute("BEGIN IMMEDIATE")
        yield busy


async def promised(stage: Stage, command: str) -> Interaction:
    """Ask for something that is promised, and done at once after that."""
    _, general, kim, _ = a_server(stage)
    assert stage.answerer.held is not None
    stage.answerer.held.set()
    file = Upload("a.txt", b"A paper.")
    given: dict[str, dict[str, Any]] = {
        "ask": {"question": QUESTION}, "source add": {"file1": file},
    }  # fmt: skip
    return await kim.slash(command, in_=general, **given.get(command, {}))


@pytest.mark.parametrize("command", ["ask", "source add", "gaps"])
async def test_a_promise_is_written_down_before_it_is_shown(
    stage: Stage, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_bot.promises._FOR_WRITING", 60.0)
    await stage.start()
    with busy_records(stage) as busy:
        used = await promised(stage, command)
        asyncio.get_running_loop().call_later(0.1, busy.execute, "ROLLBACK")
        await used.responded.wait()
        assert not busy.in_transaction
    await eventually(lambda: nothing_open(stage))


@pytest.mark.parametrize("command", ["ask", "source add", "gaps"])
async def test_a_disk_that_is_slow_keeps_no_sign_of_life_back(stage: Stage, command: str) -> None:
    await stage.start()
    with busy_records(stage) as busy:
        used = await promised(stage, command)
        await used.responded.wait()  # within the three seconds of Discord, or the stage complains
        assert busy.in_transaction
    await eventually(lambda: nothing_open(stage))


async def test_who_could_not_be_excused_is_told_by_the_next_process(stage: Stage) -> None:
    _, general, kim, _ = a_server(stage)
    stage.documents.held = threading.Event()
    await stage.start()
    used = await kim.slash("source add", file1=Upload("a.txt", b"A paper."), in_=general)
    await kim.sees("0 of 1", to=used)
    stage.discord.fail("PATCH /webhooks/*", times=9, status=404, code=10015)
    stage.discord.fail("POST /*", times=9, status=403, code=50001)
    await stage.stop()
    stage.documents.held.set()
    stage.discord.hub.failures.clear()
    await stage.start()
    assert (await kim.sees(UNREPORTED, to=used)).ephemeral


# --- rights ----------------------------------------------------------------------------------


async def board(stage: Stage) -> tuple[Channel, Person, CollectionRule]:
    """Return a channel, one who is on the board, and the rule that only the board may read."""
    acme = stage.discord.guild("Acme")
    role = acme.role("board")
    own = default_collection(int(acme.id))
    stage.documents.put(source(own, "plan.txt", "The secret ceasefire plan is canaryplan."))
    rule = CollectionRule(name=own, label="server", roles=Limit().with_allowed(int(role.id)))
    return acme.text("general"), acme.member("Abe", role), rule


@pytest.mark.parametrize("still", [True, False])
async def test_what_may_be_read_is_decided_anew(stage: Stage, still: bool) -> None:
    general, abe, rule = await board(stage)
    await stage.start()
    guild = general.guild
    assert guild is not None
    await stage.service.rules.change(int(guild.id), lambda held: held.with_rule(rule))
    asked = await abe.slash("ask", question=QUESTION, private=True, in_=general)
    await interrupted(stage)
    if not still:
        guild.members[abe.id].roles.clear()
    await stage.start()
    assert ("canaryplan" in (await abe.sees(is_done, to=asked)).text) is still


@pytest.mark.parametrize("how", ["slash", "mention"])
async def test_who_has_left_the_server_gets_no_answer(stage: Stage, how: str) -> None:
    acme, general, kim, ann = a_server(stage)
    await stage.start()
    if how == "slash":
        await ann.slash("ask", question=QUESTION, in_=general)
    else:
        await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    acme.leave(ann)
    await stage.start()
    await kim.sees(str(NotAvailableError()), in_=general)
    assert not [seen for seen in kim.screen(general) if is_done(seen)]


@pytest.mark.parametrize("how", ["slash", "mention"])
async def test_a_channel_that_is_gone_ends_the_waiting(stage: Stage, how: str) -> None:
    acme, general, _, ann = a_server(stage)
    await stage.start()
    if how == "slash":
        await ann.slash("ask", question=QUESTION, in_=general)
    else:
        await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    acme.delete_channel(general)
    await stage.start()
    await eventually(lambda: nothing_open(stage))


async def test_what_is_forgotten_is_not_answered(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    await ann.slash("ask", question=QUESTION, in_=general)
    await eventually(lambda: stage.answerer.asked)
    await ann.sees("Forgotten", to=await ann.slash("forget", in_=general))
    await interrupted(stage)
    await stage.start()
    assert len(stage.answerer.asked) == 1


# --- too late --------------------------------------------------------------------------------


@pytest.mark.parametrize("private", [False, True])
async def test_a_command_of_long_ago_is_told_to_whom_its_answer_was_for(
    stage: Stage, private: bool
) -> None:
    _, general, kim, ann = a_server(stage)
    await stage.start()
    stage.discord.advance(-16 * 60)
    await ann.slash("ask", question=QUESTION, private=private, in_=general)
    await interrupted(stage)
    stage.discord.advance(16 * 60)
    await stage.start()
    place = stage.discord.world.dm(ann.user) if private else general
    told = await ann.sees("too late now", in_=place)
    assert QUESTION in told.text
    assert ("too late" in str([seen.text for seen in kim.screen(general)])) is not private
    assert len(stage.answerer.asked) == 1


async def test_a_message_of_long_ago_is_told_in_its_place(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    stage.discord.advance(-16 * 60)
    await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    stage.discord.advance(16 * 60)
    await stage.start()
    await ann.sees("too late now", in_=general)
    assert len(ann.screen(general)) == 2


async def test_any_number_of_planned_stops_is_outlived(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    for times in (1, 2):
        await asked_times(stage, times)
        await stage.stop()
        await stage.start()
    await interrupted(stage, answering=3)
    await stage.start()
    await ann.sees(is_done, to=asked)


async def test_a_sign_of_life_that_a_killed_process_did_not_note_is_found(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    mention = await ann.mention(QUESTION, in_=general)
    await interrupted(stage)
    told = await ann.sees(str(StoppingError()), in_=general)
    await OpenAnswers(stage.parts.records).detail(int(mention.id), tried=True, shown=None)
    await stage.start()
    shown = await ann.sees("too late now", in_=general)
    assert shown.message is told.message
    assert len(ann.screen(general)) == 2


async def test_what_ended_two_processes_does_not_end_a_third(stage: Stage) -> None:
    _, general, _, ann = a_server(stage)
    await stage.start()
    asked = await ann.slash("ask", question=QUESTION, in_=general)
    await interrupted(stage)
    await OpenAnswers(stage.parts.records).detail(int(asked.id), tried=True)
    await stage.start()
    await ann.sees("too late now", to=asked)
    assert len(stage.answerer.asked) == 1


# --- a process that is killed ----------------------------------------------------------------


@dataclass
class Bots:
    """Processes of the bot on one home, one after another."""

    discord: DiscordServer
    model: ModelServer
    folder: Path

    async def start(self, *, writes: bool = True) -> asyncio.subprocess.Process:
        """Start the next one; one that only quotes starts faster than one that `writes`."""
        model = {
            "QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": self.model.url,
            "QUOTH_LLM_API_KEY": "sk-secret",
        }  # fmt: skip
        environ = os.environ | self.discord.settings() | (model if writes else {}) | {
            "QUOTH_COOLDOWN_SECONDS": "0", "QUOTH_QUALITY": "fast", "QUOTH_READER": "off",
            "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "discord", cwd=self.folder, env=environ,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await self.discord.gateway.connected(within=60)
        return process

    async def end(self, process: asyncio.subprocess.Process, how: signal.Signals) -> None:
        process.send_signal(how)
        await asyncio.wait_for(process.wait(), 60)


@pytest.fixture
async def bots(copied_folder: Path) -> AsyncIterator[Bots]:
    slow = lambda prompt: Reply(obedient(prompt), seconds_per_byte=0.05)  # noqa: E731
    async with model_server(slow) as model, DiscordServer() as discord:
        yield Bots(discord, model, copied_folder)
        discord.assert_clean()


def kept_tokens(folder: Path, asked: Sequence[Interaction]) -> list[str]:
    """Return the tokens that stand in a home's records, or in SQLite's log of them."""
    home = folder / ".quoth"
    held = b"".join(path.read_bytes() for path in home.glob(f"{COMMUNITY_FILE}*"))
    return [one.token for one in asked if one.token.encode() in held]


@pytest.mark.limit(300)  # three processes, each of which imports for seconds
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGTERM, id="stopped", marks=pytest.mark.long),
    ],
)
async def test_who_waits_for_a_process_that_ends_is_answered_by_the_next(
    bots: Bots, how: signal.Signals
) -> None:
    acme = bots.discord.guild("Acme")
    general, other = acme.text("general"), acme.text("other")
    ann, ben, cat, dan = (acme.member(name) for name in ("Ann", "Ben", "Cat", "Dan"))
    question = "What are the UN prerequisites?"
    process = await bots.start()
    open_, private = (
        await ann.slash("ask", question=question, in_=general),
        await ben.slash("ask", question=question, private=True, in_=general),
    )
    mention = await cat.mention(question, in_=other)
    await dan.dm(question)
    await eventually(lambda: len(bots.model.requests) == 4, within=60)
    assert len(kept_tokens(bots.folder, (open_, private))) == 2
    await bots.end(process, how)
    assert open_.original is not None
    assert open_.original.loading is (how is signal.SIGKILL)
    bots.model.play = lambda prompt: Reply(obedient(prompt))
    process = await bots.start()

    def answered(shown: Shown) -> bool:
        return "Show 1" in shown.buttons

    await ann.sees(answered, to=open_, within=60)
    assert (await ben.sees(answered, to=private, within=60)).ephemeral
    reply = await cat.sees(answered, in_=other, within=60)
    assert reply.message.reply_to is mention
    await dan.sees(answered, within=60)
    assert len(ann.screen(general)) == 1
    assert len(cat.screen(other)) == 2
    assert len(dan.screen(bots.discord.world.dm(dan.user))) == 2
    await eventually(lambda: not kept_tokens(bots.folder, (open_, private)))
    await bots.end(process, signal.SIGTERM)
    with closing(open_records(bots.folder / ".quoth")) as records:
        assert not await OpenAnswers(records).all()


@pytest.mark.limit(300)
async def test_who_waits_for_an_upload_of_a_killed_process_is_told_by_the_next(
    bots: Bots,
) -> None:
    acme = bots.discord.guild("Acme")
    general, kim = acme.text("general"), bots.discord.owner(acme)
    bots.discord.slow("GET /attachments/*", 600)
    process = await bots.start(writes=False)
    used = await kim.slash("source add", file1=Upload("a.txt", b"A paper."), in_=general)
    await kim.sees("0 of 1", to=used, within=60)
    await bots.end(process, signal.SIGKILL)
    process = await bots.start(writes=False)
    assert (await kim.sees(UNREPORTED, to=used, within=60)).ephemeral
    await bots.end(process, signal.SIGTERM)


@pytest.mark.limit(300)
async def test_who_waits_for_a_list_of_a_killed_process_is_told_by_the_next(bots: Bots) -> None:
    acme = bots.discord.guild("Acme")
    general, kim = acme.text("general"), bots.discord.owner(acme)
    bots.discord.slow("PATCH /webhooks/*", 600)
    process = await bots.start(writes=False)
    used = await kim.slash("gaps", in_=general)
    await eventually(lambda: used.original is not None and used.original.loading, within=60)
    assert kept_tokens(bots.folder, [used])
    await bots.end(process, signal.SIGKILL)
    bots.discord.slow("PATCH /webhooks/*", 0)
    process = await bots.start(writes=False)
    assert (await kim.sees(UNTOLD, to=used, within=60)).ephemeral
    again = await kim.slash("gaps", in_=general)
    await kim.sees("question", to=again, within=60)
    await eventually(lambda: not kept_tokens(bots.folder, [used, again]))
    await bots.end(process, signal.SIGTERM)


def test_nothing_is_shown_as_thinking_that_is_not_written_down() -> None:
    folder = ROOT / "bot" / "discord_bot"
    promising = [
        path for path in folder.rglob("*.py") if "thinking=True" in path.read_text("utf-8")
    ]
    assert promising == [folder / "promises.py"]
