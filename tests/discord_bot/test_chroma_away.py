"""A hundred ask while the Chroma server and the bot are killed, over a local Discord.

`pytest -n 0 -m long tests/discord_bot/test_chroma_away.py` takes some minutes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.settings import load_settings
from index.config import SHARED_COLLECTION
from index.library import open_library
from tests.conftest import ROOT
from tests.doubles.chroma_server import ChromaServer
from tests.doubles.discord.server import DiscordServer, Person
from tests.doubles.discord.world import Channel
from tests.doubles.homes import put

pytestmark = [pytest.mark.long, pytest.mark.limit(1800)]

PEOPLE = 100
WITHIN = 900.0
"""Seconds for everything on a busy machine."""


@dataclass
class Rush:
    """A hundred people, each with a question about a document of its own."""

    discord: DiscordServer
    folder: Path
    environ: dict[str, str]
    answered: int = 0
    process: asyncio.subprocess.Process | None = None
    told: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self) -> None:
        """Start the bot, and wait until it listens."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "discord"),
            cwd=self.folder,
            env=os.environ | self.environ | self.discord.settings() | {"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self.discord.gateway.connected(within=WITHIN)

    async def kill(self) -> None:
        """Kill the bot; what comes now, it gets when it is back."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.discord.gateway.sessions.clear()
            self.process = None

    async def ask(self, number: int, person: Person, channel: Channel) -> None:
        """Ask, and wait until what the document says is on the screen."""
        used = await person.slash("ask", in_=channel, question=question(number))
        await person.sees(
            lambda shown: sentence(number) in shown.text.replace("**", ""), to=used, within=WITHIN
        )
        async with self.told:
            self.answered += 1
            self.told.notify_all()

    async def until(self, answered: int) -> None:
        """Wait until so many have their answer."""
        async with self.told:
            await self.told.wait_for(lambda: self.answered >= answered)


def code(number: int) -> str:
    return "".join("bcdfghklmn"[int(digit)] for digit in f"{number:04}")


def sentence(number: int) -> str:
    return f"The register of {code(number)} is kept in cabinet {number + 1000}."


def question(number: int) -> str:
    return f"Where is the register of {code(number)} kept?"


async def test_a_hundred_are_answered_while_server_and_bot_are_killed(
    tmp_path: Path, models: Path
) -> None:
    home, server = tmp_path / ".quoth", ChromaServer(tmp_path / "server")
    home.mkdir()
    (home / "models").symlink_to(models)
    for number in range(PEOPLE):
        put(tmp_path / "documents" / f"{code(number)}.md", f"{sentence(number)}\n")
    server.start()
    environ = {
        "QUOTH_CHROMA_URL": server.url, "QUOTH_QUALITY": "fast", "QUOTH_COOLDOWN_SECONDS": "0",
        "QUOTH_SERVER_PER_MINUTE": "6000", "QUOTH_THREADS": "1",
    }  # fmt: skip
    try:
        with open_library(load_settings(environ, tmp_path).index) as library:
            assert library.sync(SHARED_COLLECTION).added == PEOPLE
        async with DiscordServer() as discord:
            discord.deadline = WITHIN
            acme = discord.guild("Acme")
            general = acme.text("general")
            rush = Rush(discord, tmp_path, environ)
            await rush.start()
            try:
                asking = [
                    asyncio.create_task(rush.ask(number, acme.member(f"P{number}"), general))
                    for number in range(PEOPLE)
                ]
                await rush.until(15)
                server.kill()
                await rush.until(35)
                await rush.kill()
                await rush.start()
                await rush.until(60)
                server.start()
                async with asyncio.timeout(WITHIN):
                    await asyncio.gather(*asking)
            finally:
                await rush.kill()
            assert rush.answered == PEOPLE
            discord.assert_clean()
        with open_library(load_settings(environ, tmp_path).index) as library:
            library.sync(SHARED_COLLECTION)
            kept = library.catalog.embedded_ids(SHARED_COLLECTION)
            assert library.vectors.ids(SHARED_COLLECTION) == kept
            assert len(kept) == PEOPLE
    finally:
        server.kill()
