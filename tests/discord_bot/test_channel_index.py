"""Channels in the real index: found and quoted, gone without a trace, and read on after a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli.connection_checks import channel_finding
from bot.cli.health_examination import Finding, Patient
from bot.settings import load_settings
from index.library import open_library
from tests.doubles.discord.channel_stage import CONTENT, address, asks, follows
from tests.doubles.discord.fixtures import a_server, eventually, staged_for_real
from tests.doubles.discord.server import DiscordServer

ROOT = Path(__file__).parents[2]
CANARY = "zorblaxium"
ON = {"QUOTH_MESSAGE_CONTENT": "on", "QUOTH_CHANNEL_SECONDS": "0.1", "QUOTH_QUALITY": "fast"}
DAY = 86_400.0


def holders(home: Path, words: str) -> list[str]:
    """Return which tables of the index hold some words, and which files of it do."""
    found = []
    for name in ("catalog.sqlite", "additions.sqlite", "chroma/chroma.sqlite3"):
        path = home / name
        if not path.exists():
            continue
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (table,) in file.execute(query).fetchall():
                rows = file.execute(f"SELECT * FROM {table}").fetchall()
                if any(words in text for row in rows for text in map(_plain, row)):
                    found.append(f"{path.stem}: {table}")
        files = (path, path.with_name(f"{path.name}-wal"))
        found += [one.name for one in files if one.exists() and words.encode() in one.read_bytes()]
    return found


def _plain(cell: object) -> str:
    try:
        return repr(zlib.decompress(cell) if isinstance(cell, bytes) else cell)
    except zlib.error:
        return repr(cell)


async def test_what_was_said_is_found_quoted_and_gone_without_a_trace(own_folder: Path) -> None:
    home = own_folder / ".quoth"
    async with staged_for_real(own_folder, **ON) as stage:
        stage.discord.gateway.allowed = CONTENT
        acme, general, kim, ann = a_server(stage)
        support = acme.text("support")
        await kim.say("Where do I get a new battery for the scooter?", in_=support)
        said = await ann.say(
            f"The battery for the scooter is in the {CANARY} cupboard on the second floor.",
            in_=support,
        )
        await kim.say("Thanks, and the charger is on my desk.", in_=support)
        await stage.start()
        await follows(kim, support, in_=general)
        collection = f"guild-{acme.id}-channel-{support.id}"
        listed = stage.parts.documents.sources
        await eventually(lambda: asyncio.to_thread(listed, collection), within=20)
        question = "Where is the battery for the scooter?"
        shown = await asks(ann, general, question)
        assert f"{CANARY} cupboard on the second floor" in shown.text
        assert address(acme, said) in shown.text
        assert "message of Ann" in shown.text
        held = await asyncio.to_thread(holders, home, CANARY)
        assert {"catalog", "additions"} <= {one.split(":")[0] for one in held}
        await ann.delete(said)

        async def gone() -> bool:
            return not await asyncio.to_thread(holders, home, CANARY)

        await eventually(gone, within=20)
        assert CANARY not in (await asks(ann, general, question)).text
        assert await asyncio.to_thread(holders, home, "charger")
    assert health(own_folder, message_content="on").state == "ok"
    found = health(own_folder, message_content="off")
    assert found.state == "problem"
    assert "Message Content intent" in str(found.advice)


def health(folder: Path, *, message_content: str) -> Finding:
    """Return what doctor says of channels."""
    environ = {"QUOTH_MESSAGE_CONTENT": message_content}
    settings = load_settings(environ, folder)
    with open_library(settings.index) as library:
        return channel_finding(Patient(settings, environ, folder, library))


@pytest.mark.long
@pytest.mark.limit(300)
async def test_a_process_killed_while_it_reads_a_history_is_followed_by_one_that_reads_on(
    own_folder: Path,
) -> None:
    async with DiscordServer() as discord:
        discord.gateway.allowed = CONTENT
        acme = discord.guild("Acme")
        kim, support = discord.owner(acme), acme.text("support")
        for day in range(12, 0, -1):
            discord.advance(-day * DAY)
            await kim.say(f"On day {day} the boat number {day} came in.", in_=support)
            discord.advance(day * DAY)
        process = await started(discord, own_folder)
        told = await kim.slash("source channel", channel=support, in_=support)
        await kim.sees("From now on", to=told, within=60)
        sources = own_folder / ".quoth" / "additions.sqlite"
        await eventually(lambda: len(list(days(sources))) >= 3, within=60)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        read = set(days(sources))
        assert 3 <= len(read) < 12
        before = len(discord.log)
        process = await started(discord, own_folder)
        await eventually(lambda: len(list(days(sources))) == 12, within=60)
        asked = [one for one in discord.log[before:] if one.path.endswith("/messages")]
        assert len(asked) <= 12 + 2 * 12, "it went on, and compared once"
        shown = await kim.slash("ask", question="Which boat came in on day 12?", in_=support)
        assert "boat number 12" in (await kim.sees("boat", to=shown, within=60)).text
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)
        discord.assert_clean()


async def started(discord: DiscordServer, folder: Path) -> asyncio.subprocess.Process:
    """Start a process of the bot."""
    environ = os.environ | discord.settings() | ON | {
        "QUOTH_COOLDOWN_SECONDS": "0", "QUOTH_READER": "off", "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "discord", cwd=folder, env=environ,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await discord.gateway.connected(within=60)
    return process


def days(sources: Path) -> Iterator[str]:
    """Yield the days that are written."""
    if sources.exists():
        with closing(sqlite3.connect(f"file:{sources}?mode=ro", uri=True)) as file:
            for (uri,) in file.execute("SELECT uri FROM documents"):
                yield str(uri)
