"""Two bots with a home each and one database: what one does, the other knows."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.bridge import Bridge
from bot.community.built_service import Parts
from bot.community.given_answers import GONE
from bot.community.server_rules import ERASED
from bot.community.store.records_file import open_records
from bot.discord_bot.erasure_buttons import ERASED as ERASED_NOW
from bot.discord_bot.error_replies import AWAY
from index.config import SHARED_COLLECTION
from index.store.catalog_format import COMMUNITY_FILE
from index.store.postgres_address import PostgresAddress
from tests.conftest import ROOT
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.discord.fixtures import (
    PaperAnswerer,
    PaperDocuments,
    Stage,
    a_server,
    eventually,
    settings_for,
    source,
)
from tests.doubles.discord.gateway import Session
from tests.doubles.discord.server import DiscordServer, Upload
from tests.doubles.model_plays import obedient
from tests.doubles.model_server import Reply, model_server
from tests.doubles.postgres_server import PostgresServer

QUESTION = "Which ceasefire conditions are there?"
SENTENCE = "A ceasefire agreement must be in place."


@dataclass
class TwoBots:
    """Both bots, over the same documents."""

    discord: DiscordServer
    documents: PaperDocuments
    one: Stage
    other: Stage
    sessions: dict[int, Session]

    async def start(self) -> None:
        for bot in (self.one, self.other):
            await self.start_one(bot)

    async def start_one(self, bot: Stage) -> None:
        before = list(self.discord.gateway.sessions)
        bot.run()
        known = [int(id) for id in self.discord.world.guilds]
        await eventually(lambda: bot.bot and all(map(bot.bot.get_guild, known)), within=30)
        (made,) = (each for each in self.discord.gateway.sessions if each not in before)
        self.sessions[id(bot)] = made

    @contextmanager
    def only(self, bot: Stage) -> Iterator[None]:
        """Let only one of them hear what happens."""
        gateway = self.discord.gateway
        every, gateway.sessions = gateway.sessions, [self.sessions[id(bot)]]
        try:
            yield
        finally:
            gateway.sessions = every

    def times_asked(self) -> int:
        return len(self.one.answerer.asked) + len(self.other.answerer.asked)


@asynccontextmanager
async def two_bots(folder: Path, url: str, **environ: str) -> AsyncIterator[TwoBots]:
    async with DiscordServer() as discord, AsyncExitStack() as stack:
        documents = PaperDocuments()
        documents.put(source(SHARED_COLLECTION, "peace.txt", SENTENCE, title="Peacekeeping"))
        bots, address = [], PostgresAddress.of(url)
        for name in ("one", "other"):
            home = folder / name
            records, bridge = await asyncio.to_thread(open_records, home, address), Bridge()
            stack.push_async_callback(asyncio.to_thread, records.close)
            stack.push_async_callback(asyncio.to_thread, bridge.close)
            settings = settings_for(home, discord.settings() | environ)
            answerer = PaperAnswerer(documents)
            parts = Parts(settings, answerer, bridge, records, documents)
            bots.append(Stage(discord, parts, documents, answerer))
            stack.push_async_callback(bots[-1].stop)
        made = TwoBots(discord, documents, bots[0], bots[1], {})
        yield made
        for bot in bots:
            await bot.stop()
        discord.assert_clean()


@pytest.fixture
async def bots(tmp_path: Path, database_url: str) -> AsyncIterator[TwoBots]:
    async with two_bots(tmp_path, database_url) as made:
        yield made


async def test_what_both_hear_is_answered_once(bots: TwoBots) -> None:
    _, general, _, ann = a_server(bots.one)
    await bots.start()
    shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    assert SENTENCE in shown.text
    mention = await ann.mention(QUESTION, in_=general)
    said = await ann.sees(lambda seen: seen.message.reply_to is mention and bool(seen.buttons))
    card = await ann.sees(to=await ann.click(shown, "Show 1"))
    assert SENTENCE in card.text
    await asyncio.sleep(0.5)  # for a second answer, which must not come
    assert bots.times_asked() == 2
    messages = [seen.message for seen in ann.screen(general)]
    assert messages == [shown.message, mention, said.message, card.message]


async def test_what_a_manager_decides_through_one_holds_for_the_other(bots: TwoBots) -> None:
    _, general, kim, ann = a_server(bots.one)
    await bots.start()
    with bots.only(bots.one):
        await kim.sees(to=await kim.slash("settings shared-library", state="off", in_=general))
    with bots.only(bots.other):
        shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
        assert SENTENCE not in shown.text
        await kim.sees(
            to=await kim.slash("settings threads", channel=general, state="on", in_=general)
        )
    with bots.only(bots.one):
        mention = await ann.mention(QUESTION, in_=general)
        await eventually(lambda: mention.thread)
        assert mention.thread is not None
        await ann.sees(in_=mention.thread)


async def test_what_one_answered_is_forgotten_through_the_other(bots: TwoBots) -> None:
    _, general, _, ann = a_server(bots.one)
    await bots.start()
    with bots.only(bots.one):
        shown = await ann.sees(to=await ann.slash("ask", question=QUESTION, in_=general))
    with bots.only(bots.other):
        card = await ann.sees(to=await ann.click(shown, "Show 1"))
        assert SENTENCE in card.text
        await ann.sees("Forgotten: 1 question", to=await ann.slash("forget", in_=general))
    with bots.only(bots.one):
        assert (await ann.sees(to=await ann.click(shown, "Show 1"))).text == GONE


async def test_a_team_answer_made_through_one_is_given_and_told_by_the_other(
    bots: TwoBots,
) -> None:
    _, general, kim, ann = a_server(bots.one)
    await bots.start()
    with bots.only(bots.one):
        await ann.sees(to=await ann.slash("ask", question="How many vacation days?", in_=general))
    with bots.only(bots.other):
        gaps = await kim.sees("vacation", to=await kim.slash("gaps", in_=general))
        form = await kim.sees_modal(await kim.click(gaps, "Answer 1"))
        done = await kim.submit(form, {"Your answer": "There are thirty vacation days."})
        await kim.sees("1 added", to=done)
    await ann.sees(lambda seen: seen.message.interaction is None, in_=general)  # told by the first
    with bots.only(bots.one):
        asked = await ann.slash("ask", question="How many vacation days?", in_=general)
        await ann.sees("thirty", to=asked)
        await kim.sees("No open questions", to=await kim.slash("gaps", in_=general))


async def test_who_has_to_wait_waits_at_both(tmp_path: Path, database_url: str) -> None:
    cooldown = {"QUOTH_COOLDOWN_SECONDS": "60"}
    async with two_bots(tmp_path, database_url, **cooldown) as bots:
        _, general, _, ann = a_server(bots.one)
        await bots.start()
        with bots.only(bots.one):
            await ann.sees(SENTENCE, to=await ann.slash("ask", question=QUESTION, in_=general))
        with bots.only(bots.other):
            asked = await ann.slash("ask", question=QUESTION, in_=general)
            await ann.sees("Please wait", to=asked)


async def test_what_one_leaves_unanswered_the_other_answers(
    bots: TwoBots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.community.service.GRACE", 0.1)
    monkeypatch.setattr("bot.discord_bot.interrupted_answers.BEAT", 0.1)
    _, general, _, ann = a_server(bots.one)
    await bots.start()
    bots.other.answerer.held = asyncio.Event()
    with bots.only(bots.other):
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        await eventually(lambda: bots.other.answerer.asked)
    await eventually(lambda: bots.one.bot and bots.one.bot.is_ready())
    await asyncio.sleep(0.3)  # while it is alive, nobody takes it over
    assert bots.times_asked() == 1
    await bots.other.stop()
    await ann.sees(SENTENCE, to=asked)
    assert len(bots.one.answerer.asked) == 1


async def test_what_one_erases_is_not_kept_by_the_other_that_was_answering(
    bots: TwoBots,
) -> None:
    acme, general, kim, ann = a_server(bots.one)
    await bots.start()
    bots.one.answerer.held = asyncio.Event()
    with bots.only(bots.one):
        asked = await ann.slash("ask", question=QUESTION, in_=general)
        await eventually(lambda: bots.one.answerer.asked)
    with bots.only(bots.other):
        sure = await kim.sees(to=await kim.slash("settings erase", in_=general))
        done = await kim.click(sure, "Erase everything")
        await kim.sees(ERASED_NOW, to=done)
    bots.one.answerer.held.set()
    await ann.sees(ERASED, to=asked)
    records = bots.one.parts.records
    for table in ("bot_answers", "bot_turns", "bot_gaps", "bot_guilds"):
        assert await records.run(records.rows, f"SELECT * FROM {table}") == []
    assert acme.id


async def test_a_file_that_one_was_adding_goes_with_what_the_other_erases(bots: TwoBots) -> None:
    acme, general, kim, _ = a_server(bots.one)
    await bots.start()
    bots.documents.held = held = threading.Event()
    with bots.only(bots.one):
        file = Upload("plan.txt", b"The plan is secret.")
        added = await kim.slash("source add", file1=file, in_=general)
        await kim.sees("plan.txt", to=added)
    with bots.only(bots.other):
        sure = await kim.sees(to=await kim.slash("settings erase", in_=general))
        await kim.sees(ERASED_NOW, to=await kim.click(sure, "Erase everything"))
    held.set()
    await kim.sees(ERASED, to=added)
    assert not [paper for paper in bots.documents.papers.values() if acme.id in paper.collection]


async def test_while_the_database_is_away_people_are_told_and_then_all_goes_on(
    tmp_path: Path, database_url: str, postgres_server: PostgresServer
) -> None:
    async with two_bots(tmp_path, database_url) as bots:
        _, general, _, ann = a_server(bots.one)
        await bots.start()
        shown = await ann.sees(SENTENCE, to=await ann.slash("ask", question=QUESTION, in_=general))
        for bot in (bots.one, bots.other):
            bot.answerer.held = asyncio.Event()
        under_way = await ann.slash("ask", question=QUESTION, in_=general)
        await eventually(lambda: bots.times_asked() == 2)
        await asyncio.to_thread(postgres_server.stop)
        try:
            await ann.sees(AWAY, to=await ann.slash("ask", question=QUESTION, in_=general))
            await ann.sees(AWAY, to=await ann.click(shown, "Show 1"))
            await ann.mention(QUESTION, in_=general)
            await ann.sees(AWAY, in_=general)
            for bot in (bots.one, bots.other):
                assert bot.answerer.held is not None
                bot.answerer.held.set()
            await ann.sees(SENTENCE, to=under_way)  # found before; its buttons are not kept
            # Where the one cannot see that the other was first, Discord takes the first alone.
            assert all("a second first response" in said for said in bots.discord.problems)
            bots.discord.hub.problems.clear()
        finally:
            await asyncio.to_thread(postgres_server.start)
        again = await ann.sees(SENTENCE, to=await ann.slash("ask", question=QUESTION, in_=general))
        for answer in (shown, again):
            await ann.sees(SENTENCE, to=await ann.click(answer, "Show 1"))
        for bot in (bots.one, bots.other):
            await bot.service.owed.settle()
        assert await bots.one.service.open_answers.all() == ()


# --- processes -------------------------------------------------------------------------------


@pytest.mark.long  # two processes that index and load models, and twenty seconds of a lease
@pytest.mark.limit(300)
async def test_whom_a_killed_process_leaves_waiting_one_of_another_home_answers(
    copied_folder: Path, tmp_path: Path, database_url: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    chroma = ChromaServer(tmp_path / "chroma")
    await asyncio.to_thread(chroma.start)
    slow = lambda prompt: Reply(obedient(prompt), seconds_per_byte=0.2)  # noqa: E731
    try:
        async with model_server(slow) as model, DiscordServer() as discord:
            acme = discord.guild("Acme")
            general, ann = acme.text("general"), acme.member("Ann")
            environ = os.environ | discord.settings() | {
                "QUOTH_LLM": "openai/played", "QUOTH_LLM_BASE_URL": model.url,
                "QUOTH_LLM_API_KEY": "sk-secret", "QUOTH_DATABASE_URL": database_url,
                "QUOTH_CHROMA_URL": chroma.url, "QUOTH_READER": "off", "QUOTH_QUALITY": "fast",
                "QUOTH_DOCUMENTS": str(copied_folder / "documents"), "PYTHONPATH": str(ROOT),
                "QUOTH_COOLDOWN_SECONDS": "0", "OMP_NUM_THREADS": "1",
            }  # fmt: skip
            first = await started(copied_folder, environ, discord, 1)
            question = "What are the UN prerequisites?"
            asked = await ann.slash("ask", question=question, in_=general)
            await eventually(lambda: model.requests, within=60)
            second = await started(elsewhere, environ, discord, 2)
            first.kill()
            await first.wait()
            model.play = lambda prompt: Reply(obedient(prompt))
            shown = await ann.sees(lambda seen: "Show 1" in seen.buttons, to=asked, within=90)
            assert len(ann.screen(general)) == 1
            await ann.sees(to=await ann.click(shown, "Show 1"))
            await ann.sees("Forgotten: 1 question", to=await ann.slash("forget", in_=general))
            second.terminate()
            assert await asyncio.wait_for(second.wait(), 60) == 0
            discord.assert_clean()
    finally:
        await asyncio.to_thread(chroma.kill)
    assert not (elsewhere / ".quoth" / COMMUNITY_FILE).exists()
    records = await asyncio.to_thread(open_records, elsewhere, PostgresAddress.of(database_url))
    for table in ("bot_answers", "bot_turns", "bot_open_answers", "bot_processes"):
        assert await records.run(records.rows, f"SELECT * FROM {table}") == []
    await asyncio.to_thread(records.close)


async def started(
    folder: Path, environ: Mapping[str, str], discord: DiscordServer, number: int
) -> asyncio.subprocess.Process:
    """Start a bot, and wait until so many of them are connected."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "discord", cwd=folder, env=environ,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

    def connected() -> bool:
        assert process.returncode is None, "it has ended"
        return sum(each.socket is not None for each in discord.gateway.sessions) == number

    await eventually(connected, within=90)
    return process
