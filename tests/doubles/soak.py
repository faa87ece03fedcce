"""A soak: the real bot as a process, with its people, its files, and a trace of what was done."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from index.store.catalog_format import COMMUNITY_FILE
from tests.conftest import ROOT
from tests.doubles.discord.fixtures import eventually
from tests.doubles.discord.hub import Interaction
from tests.doubles.discord.server import DiscordServer, GuildHandle, Person, Upload
from tests.doubles.discord.world import MANAGE_GUILD, Channel, Message, permissions
from tests.doubles.homes import put
from tests.doubles.soak_ledger import SHARED, Asked, Ledger, Paper, is_unfinished
from tests.doubles.watched_bot import TELL

START = 120.0
"""Seconds that a process may take to connect on a busy machine."""

FEWEST, MOST = 6, 14
"""Files in the documents folder; fewer could look like a folder that was lost."""

DONE = ("1 added", "1 updated", "1 unchanged", "Removed")
"""What a manager is told of a document that is as it was wished."""

Act: TypeAlias = Callable[["Soak"], Coroutine[Any, Any, str]]

T = TypeVar("T")


@dataclass
class Soak:
    """One bot on one home, in two servers with their people."""

    discord: DiscordServer
    folder: Path
    seed: int
    small: bool = False
    """Whether the home lies on a small disk of its own, which can be filled."""
    process: asyncio.subprocess.Process | None = None
    trace: list[str] = field(default_factory=list)
    sizes: list[tuple[float, int, float]] = field(default_factory=list)
    """Moment, id of the process, and its resident MiB."""
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ledger = Ledger(self.discord.world)
        self.began = time.monotonic()
        self.guilds: list[GuildHandle] = []
        self.people: list[Person] = []
        self.keepers: dict[str, Person] = {}
        self._deleted = 0

    @property
    def home(self) -> Path:
        return self.folder / ".quoth"

    def note(self, line: str) -> None:
        """Put a line into the trace."""
        self.trace.append(f"{time.monotonic() - self.began:7.1f} {line}")

    @property
    def standing(self) -> Path:
        """Where the process tells what its threads and tasks are at."""
        return self.folder / "standing.txt"

    def told(self) -> str:
        """Return how it went, for whoever has to find out why."""
        log = self.home / "quoth.log"
        logs = [path for path in [log, *self.home.rglob("*.log")] if path.is_file()]
        tail = logs[0].read_text("utf-8", "replace")[-6000:] if logs else "no log"
        return "\n".join([f"seed {self.seed}", *self.trace, "--- log", tail])

    # --- the world ---------------------------------------------------------------------------

    def build(self) -> None:
        """Make two servers with a keeper, two members and two channels each, and one in both."""
        both = self.discord.stranger("Zoe")
        for letter in "AB":
            guild = self.discord.guild(letter)
            guild.text("general")
            guild.text("other")
            keeper = guild.member(f"Kim{letter}", guild.role("keepers", MANAGE_GUILD))
            self.keepers[guild.id] = keeper
            self.people += [keeper, guild.member(f"Ann{letter}"), guild.member(f"Ben{letter}")]
            guild.join(both)
            self.guilds.append(guild)
        self.people.append(both)
        for _ in range(8):
            self.write(self.ledger.paper(SHARED))

    def write(self, paper: Paper) -> None:
        """Write a file of the documents folder as it should be."""
        put(self.folder / "documents" / paper.uri, f"{paper.sentence}\n")

    def places(self, person: Person) -> list[Channel]:
        """Return the channels of servers that somebody sees."""
        every = [channel for guild in self.guilds for channel in guild.guild.channels.values()]
        return [channel for channel in every if permissions(person.user, channel)]

    # --- the process -------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the bot and wait until it listens."""
        environ = os.environ | self.discord.settings() | {
            "QUOTH_COOLDOWN_SECONDS": "0", "QUOTH_SERVER_PER_MINUTE": "6000",
            "QUOTH_QUALITY": "fast", "QUOTH_THREADS": "1", "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.doubles.watched_bot", self.standing, "discord",
            cwd=self.folder, env=environ,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._deleted = 0
        await self.connected()

    async def connected(self) -> None:
        """Wait until the bot has a line; fails when its process has ended."""
        assert self.process is not None
        line = asyncio.create_task(self.discord.gateway.connected(within=START))
        end = asyncio.create_task(self.process.wait())
        await asyncio.wait({line, end}, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if not line.done():
            line.cancel()
            raise AssertionError(f"the bot ended with {self.process.returncode}")
        await line

    async def end(self, how: signal.Signals) -> None:
        """End the process, and note who is to be answered by the next."""
        assert self.process is not None
        if how is signal.SIGKILL:
            self.process.send_signal(how)
            await self.process.wait()
        else:
            self.process.send_signal(how)
            await asyncio.wait_for(self.process.wait(), 60)
        self.process = None
        self.discord.gateway.sessions.clear()  # else what comes now would count as delivered
        self.ledger.line_ends(self.written())
        self.settle()

    def written(self) -> set[int]:
        """Return what the bot has written down as not answered yet."""
        path = self.home / COMMUNITY_FILE
        if not path.exists():
            return set()
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
            return {id for (id,) in connection.execute("SELECT id FROM bot_open_answers")}

    def measure(self) -> None:
        """Note the resident size of the process."""
        if self.process is None:
            return
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
            kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
            if len(self.sizes) % 50 == 0:
                self.note(f"the process has {int(kilobytes) // 1024} MiB")
            now = time.monotonic() - self.began
            self.sizes.append((now, self.process.pid, int(kilobytes) / 1024))

    # --- looking -----------------------------------------------------------------------------

    def look(self, step: str) -> None:
        """Look at the screens; what is wrong is kept with the step at which it was seen."""
        self.wrong += [f"{step}: {what}" for what in self.ledger.misread(self.people)]
        self.settle()

    def settle(self) -> None:
        """Take note of what managers were told about the documents that they keep."""
        for paper in self.ledger.papers.values():
            used = paper.doing
            if used is None:
                continue
            shown = next((one for one in reversed(used.messages) if not one.deleted), None)
            text = shown.content if shown and not shown.loading else ""
            if text and not is_unfinished(text):
                paper.doing = None
                done = any(each in text for each in DONE)
                paper.state = paper.wished if done else "unsure"
                self.note(f"{paper.uri} of {paper.owner} is {paper.state}: {text[:80]!r}")
            elif used.expired:
                paper.doing, paper.state = None, "unsure"

    async def quiet(self, *, within: float) -> list[str]:
        """Wait until nobody waits and no work is under way.

        Returns who still waits and what is under way after that many seconds, with what the process
        was at.
        """
        left: list[str] = []

        def nobody() -> bool:
            self.look("quiet")
            left[:] = [*self.ledger.waiting(), *self.ledger.under_way()]
            return not left

        with contextlib.suppress(TimeoutError):
            await eventually(nobody, within=within, every=0.1)
        return [*left, *await self.stands()] if left else []

    async def within(self, seconds: float, doing: Coroutine[Any, Any, T]) -> T:
        """Do something; fail with where everything stands when that takes too long."""
        task = asyncio.create_task(doing)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            return await task
        stack = io.StringIO()
        task.print_stack(file=stack)
        stands = await self.stands()
        task.cancel()
        await asyncio.wait({task}, timeout=10)
        raise AssertionError("\n".join([f"not done in {seconds} s", stack.getvalue(), *stands]))

    async def stands(self) -> list[str]:
        """Return what the bot has written down as open, and what its process is at."""
        if self.process is None or self.process.returncode is not None:
            return [f"no process runs: {self.process and self.process.returncode}"]
        self.standing.write_text("")
        self.process.send_signal(TELL)
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: "--- " in self.standing.read_text(), within=5)
        open_answers = ", ".join(map(str, sorted(self.written()))) or "nothing"
        return [f"written down as open: {open_answers}", self.standing.read_text()]

    # --- acts of people ----------------------------------------------------------------------

    def asks(
        self, what: str, person: Person, used: Interaction | Message, *, private: bool = False
    ) -> str:
        """Note that somebody waits; return what they did."""
        lost = not self.discord.gateway.sessions
        self.ledger.asked.append(Asked(what, person, used, private, may_be_lost=lost))
        return f"{person.user.name} {what} ({used.id}){' into the void' if lost else ''}"

    def question(self) -> str:
        """Return a question about any document, one that may be read or not, there or gone."""
        return self.chance.choice(list(self.ledger.papers.values())).question

    def private_question(self, person: Person) -> str:
        """Return a question with a word that nobody else may ever read."""
        return f"{self.question()} I ask for {self.ledger.word(person.id)}."

    async def slash(self, person: Person, name: str, channel: Channel, **given: object) -> str:
        """Use a command, and wait for its answer from now on."""
        used = await person.slash(name, in_=channel, **given)
        private = given.get("private") is True
        return self.asks(f"/{name} {given}", person, used, private=private)

    async def manage(self, paper: Paper, name: str, wished: str, **given: object) -> str:
        """Have a keeper do something to a document of their server."""
        keeper = self.keepers[paper.owner]
        channel = next(
            one for one in self.places(keeper) if one.guild and one.guild.id == paper.owner
        )
        used = await keeper.slash(name, in_=channel, **given)
        paper.doing, paper.wished = used, "gone" if wished == "gone" else "there"
        return self.asks(f"/{name} {paper.uri} {wished}", keeper, used)

    async def add(self, paper: Paper) -> str:
        """Have a document added, or again."""
        upload = Upload(paper.uri, f"{paper.sentence}\n".encode())
        return await self.manage(paper, "source add", "there", file1=upload)

    async def remove(self, paper: Paper) -> str:
        """Have a document removed."""
        return await self.manage(paper, "source remove", "gone", source=paper.uri)
