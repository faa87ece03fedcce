"""A soak: mixed use with kills, edits, full disks and lost lines leaves nobody and nothing behind.

The long form takes an hour, or the minutes that SOAK_MINUTES says, with the seed of
SOAK_SEED, and some minutes more for a hundred ends of the process in a row:
`pytest -n 0 -m long tests/discord_bot/test_soak.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bot.community.collection_names import default_collection
from bot.settings import load_settings
from index.config import SHARED_COLLECTION
from index.library import open_library
from index.store.catalog_format import COMMUNITY_FILE
from tests.conftest import ROOT
from tests.doubles import soak_acts
from tests.doubles.discord.server import DiscordServer
from tests.doubles.small_disks import small_disk
from tests.doubles.soak import Soak
from tests.doubles.soak_ledger import SHARED, Paper
from tests.doubles.traces import traces

SEED = int(os.environ.get("SOAK_SEED", "1"))
MINUTES = float(os.environ.get("SOAK_MINUTES", "60"))

DEADLINE = 30.0
"""Seconds for a first response: how fast the bot is on a busy machine is not tested here."""

QUIET = 180.0
"""Seconds after which everybody is served once the trouble is over."""

JUDGED = 1200.0
"""Seconds for everything that is looked at in the end: quiet three times, and two starts."""

GROWTH = 1.05
"""How much larger the process may be in the last third of its life than in the middle one."""


@contextmanager
def disk_for(home: Path) -> Iterator[bool]:
    """Put a small disk at the home, where one may; say whether there is one."""
    models = (home / "models").readlink()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(small_disk(home, "96m"))
        except pytest.skip.Exception:
            yield False
            return
        (home / "models").symlink_to(models)
        yield True


@asynccontextmanager
async def soaking(folder: Path, seed: int) -> AsyncIterator[Soak]:
    """A soak whose bot runs; its trace is shown when something fails."""
    with disk_for(folder / ".quoth") as small:
        async with DiscordServer() as discord:
            discord.deadline = DEADLINE
            soak = Soak(discord, folder, seed, small)
            soak.build()
            try:
                await soak.start()
                yield soak
            finally:
                print(soak.told())
                if soak.process is not None:
                    soak.process.kill()
                    await soak.process.wait()


def expected(soak: Soak, owner: str) -> dict[str, str]:
    """Return what a collection should hold, by uri."""
    return {one.uri: one.sentence for one in soak.ledger.of(owner, "there")}


def indexed(soak: Soak, owner: str) -> dict[str, str]:
    """Return what a collection holds, by uri."""
    name = SHARED_COLLECTION if owner == SHARED else default_collection(int(owner))
    with open_library(load_settings({}, soak.folder).index) as library:
        return {entry.uri: library.source(entry.id).text.strip() for entry in library.sources(name)}


async def as_wished(soak: Soak) -> None:
    """Have done again what nobody knows whether it was done, as the bot says to do."""
    for paper in [one for one in soak.ledger.papers.values() if one.state == "unsure"]:
        wished = paper.wished
        soak.note(await (soak.add(paper) if wished == "there" else soak.remove(paper)))
        assert not await soak.quiet(within=QUIET)
        # Removed before the bot could say so: there is nothing left to remove.
        paper.state = "gone" if wished == "gone" else paper.state
        assert paper.state == wished, f"{paper} is not {wished}"


async def quoted(soak: Soak, paper: Paper) -> str:
    """Ask about a document, where it may be read, until nothing is said of the past."""
    guild = next(one for one in soak.guilds if paper.owner in (SHARED, one.id))
    keeper = soak.keepers[guild.id]
    channel = next(one for one in soak.places(keeper) if one.guild is guild.guild)
    used = await keeper.slash("ask", in_=channel, question=paper.question)
    return (await keeper.sees(to=used, within=60)).text.replace("**", "")


async def everything_is_quoted(soak: Soak) -> None:
    """Every document answers its question with what its file says, and what is gone answers none.

    The bot looks at the folder every few seconds, and before that as it starts.
    """
    gone, ends = soak.ledger.gone_words(), time.monotonic() + QUIET
    for paper in [one for one in soak.ledger.papers.values() if one.state == "there"]:
        while paper.sentence not in (said := await quoted(soak, paper)):
            assert time.monotonic() < ends, f"{paper} is not quoted: {said}"
            await asyncio.sleep(1)
        assert not [word for word in gone if word in said], f"what is gone is told: {said}"
    for paper in [one for one in soak.ledger.papers.values() if one.state == "gone"][-5:]:
        said = await quoted(soak, paper)
        assert not [word for word in gone if word in said], f"what is gone is told: {said}"


async def doctor(soak: Soak) -> str:
    """Return what `quoth doctor` finds wrong."""
    environ = os.environ | soak.discord.settings() | {"PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "doctor", cwd=soak.folder, env=environ,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return said.decode() if process.returncode else ""


def remains(soak: Soak) -> dict[str, set[str]]:
    """Return what is left in the home of documents that are gone.

    What was answered is kept for the conversations: a quote that was given may stand there.
    """
    gone = soak.ledger.gone_words()
    found = {file: words & gone for file, words in traces(soak.home).items()}
    found = {
        file: words - soak.ledger.shown if file.startswith(COMMUNITY_FILE) else words
        for file, words in found.items()
    }
    return {file: words for file, words in found.items() if words}


def problems(soak: Soak) -> list[str]:
    """Return what the local Discord has to complain about, apart from what was provoked."""
    provoked = [
        f"no response to {one.used.name} within"
        for one in soak.ledger.asked
        if one.may_be_lost and hasattr(one.used, "name")
    ]
    found = soak.discord.problems
    return [said for said in found if not any(said.startswith(each) for each in provoked)]


def growth(soak: Soak, pid: int) -> float:
    """Return how large a process was in the last third of its life, with the middle one for 1.

    In the first it opens what it needs, and fills its caches.
    """
    life = [(at, size) for at, of, size in soak.sizes if of == pid]
    first, last = life[0][0], life[-1][0]
    thirds = [
        statistics.median(
            size for at, size in life if part <= 3 * (at - first) / (last - first) <= part + 1
        )
        for part in range(3)
    ]
    soak.note(f"process {pid} had in its thirds {', '.join(f'{size:.1f} MiB' for size in thirds)}")
    return thirds[2] / thirds[1]


async def told_where_it_stands(soak: Soak) -> None:
    """Fail when nobody could find out what a process that hangs is at."""
    stands = "\n".join(await soak.stands())
    assert "serve" in stands, stands
    assert "Thread " in stands, stands


async def judge(soak: Soak) -> None:
    """Wait until it is quiet, and fail on anything that is lost, left, leaked or untrue."""
    soak.discord.hub.failures.clear()
    soak.discord.hub.throttles.clear()
    await soak.connected()
    left = await soak.quiet(within=QUIET)
    assert not left, "\n".join(left)
    await as_wished(soak)
    await soak.end(signal.SIGTERM)
    await soak.start()
    await told_where_it_stands(soak)
    await everything_is_quoted(soak)
    left = await soak.quiet(within=QUIET)
    assert not left, "\n".join(left)
    assert not soak.wrong, "\n".join(soak.wrong)
    await soak.end(signal.SIGTERM)
    assert not soak.written()
    for owner in (SHARED, *(guild.id for guild in soak.guilds)):
        assert indexed(soak, owner) == expected(soak, owner)
    assert not (sick := await doctor(soak)), sick
    assert not (left_over := remains(soak)), left_over
    assert not (complaints := problems(soak)), "\n".join(complaints)
    lost = soak.ledger.lost()
    soak.note(f"{len(soak.ledger.asked)} asked, {lost} of them into a line that was cut")
    assert lost < len(soak.ledger.asked) / 2, "most of it never reached the bot"


@pytest.mark.limit(JUDGED + 600)  # four processes, each of which imports for seconds
async def test_a_short_soak_leaves_nobody_and_nothing_behind(own_folder: Path) -> None:
    async with soaking(own_folder, SEED) as soak:
        acts = [
            *soak_acts.USES, *soak_acts.FILES, soak_acts.drop, soak_acts.drop_for_good,
            soak_acts.fail, soak_acts.throttle, soak_acts.kill, soak_acts.fill_disk,
        ]  # fmt: skip
        soak.chance.shuffle(acts)
        for act in acts:
            await soak_acts.do(soak, act)
            await asyncio.sleep(soak.chance.random() * 0.3)
        await soak.within(JUDGED, judge(soak))


@pytest.mark.long
@pytest.mark.limit(3600)
async def test_a_hundred_ends_leave_nobody_and_nothing_behind(own_folder: Path) -> None:
    """Each while somebody waits for everything that is written down, at any of its steps."""
    async with soaking(own_folder, SEED) as soak:
        for number in range(100):
            await soak_acts.do(soak, soak_acts.kill if number % 4 else soak_acts.stop)
        await soak.within(JUDGED, judge(soak))


@pytest.mark.long
@pytest.mark.limit(MINUTES * 60 + 1800)
async def test_a_long_soak_leaves_nobody_and_nothing_behind(own_folder: Path) -> None:
    """A third with kills, then one process to the end, so that its memory can be compared."""
    async with soaking(own_folder, SEED) as soak:
        await soak_acts.soak_for(soak, MINUTES * 20, ends=True)
        await soak_acts.soak_for(soak, MINUTES * 40, ends=False)
        assert soak.process is not None
        grown = growth(soak, soak.process.pid)  # says it in the trace of short runs, too
        await soak_acts.do(soak, soak_acts.kill)
        await soak.within(JUDGED, judge(soak))
        # A process of some minutes is still filling its caches in the second third of them.
        assert grown <= GROWTH or MINUTES < 30, f"it grew to {grown:.0%} of what it was"
