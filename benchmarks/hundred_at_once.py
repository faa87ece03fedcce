"""A hundred people ask within one second: `python -m benchmarks.hundred_at_once DOCUMENTS FILE`.

DOCUMENTS is a folder, FILE.jsonl has questions over it. The bot runs as a process of its own over
a local Discord, in four servers, with everything as it is but the limit of questions a minute.
Told are, for the clock: how long each waits for the first sign and for the answer, and by how much
the bot's event loop is late; for the processor: what an answer costs, everything that the bot does
meanwhile counted. What the clock says holds only for a machine that is free: its load is told, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.corpus import COLLECTION, questions
from bot.evaluation.metrics import percentile
from bot.settings import load_settings
from index.library import open_library
from tests.doubles.discord.server import DiscordServer, Person, Shown
from tests.doubles.discord.world import Channel

PATIENCE = 900.0
"""Seconds that people wait for an answer."""

ROOT = Path(__file__).parents[1]
REPORT = signal.SIGUSR1


def main() -> None:
    """Measure one quality, or both, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("documents", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--servers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0, help="within which all ask")
    parser.add_argument("--quality", nargs="*", default=["fast", "best"])
    parser.add_argument("--home", type=Path, help="an index of the documents, made if missing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home = given.home or Path(place) / "home"
        environ = {"QUOTH_HOME": str(home), "QUOTH_DOCUMENTS": str(given.documents.resolve())}
        with open_library(load_settings(environ, Path(place)).index) as library:
            library.sync(COLLECTION)
        for quality in given.quality:
            quiet = {"QUOTH_QUALITY": quality, "QUOTH_SERVER_PER_MINUTE": "6000"}
            asyncio.run(measured(given, Path(place), environ | quiet))


async def measured(given: argparse.Namespace, place: Path, environ: dict[str, str]) -> None:
    """Run one bot, let everybody ask, and print what was seen."""
    asked = [each.text for each in questions(given.questions)]
    async with DiscordServer() as discord:
        discord.deadline = PATIENCE
        people = people_of(discord, given.people, given.servers)
        report = place / "report.jsonl"
        report.write_text("")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.hundred_at_once_bot", report),
            cwd=place,
            env={**os.environ, **environ, **discord.settings(), "PYTHONPATH": str(ROOT)},
        )
        try:
            await discord.gateway.connected(within=PATIENCE)
            await answered(people[0], asked[0])  # the models are opened
            await told(process, report)
            load = os.getloadavg()[0]
            rush = [
                asyncio.create_task(answered(person, text, given.seconds * at / len(people)))
                for at, (person, text) in enumerate(zip(people, cycle(asked), strict=False))
            ]
            waits = await asyncio.gather(*rush)
            seen = await told(process, report)
        finally:
            process.terminate()
            await process.wait()
        show(environ["QUOTH_QUALITY"], waits, seen, load)
        for problem in discord.problems:
            print("problem:", problem)


def people_of(discord: DiscordServer, people: int, servers: int) -> list[tuple[Person, Channel]]:
    """Return people with the channel that each asks in."""
    channels = []
    for number in range(servers):
        guild = discord.guild(f"Server {number}")
        channels.append((guild, guild.text("general")))
    return [
        (guild.member(f"Person {number}"), channel)
        for number, (guild, channel) in enumerate(islice(cycle(channels), people))
    ]


async def answered(
    who: tuple[Person, Channel], text: str, after: float = 0.0
) -> tuple[float, float, str]:
    """Ask; return the seconds to the first sign and to the answer, and how it ended."""
    person, channel = who
    await asyncio.sleep(after)
    began = time.monotonic()
    used = await person.slash("ask", in_=channel, question=text)
    await asyncio.wait_for(used.responded.wait(), PATIENCE)
    sign = time.monotonic() - began
    try:
        shown = await person.sees(is_final, to=used, within=PATIENCE)
    except AssertionError:
        return sign, PATIENCE, "nothing"
    return sign, time.monotonic() - began, "answer" if shown.buttons else shown.text[:60]


def is_final(shown: Shown) -> bool:
    """Say whether something is no word about the queue or the search."""
    return bool(shown.buttons) or not shown.text.startswith("-# ")


async def told(process: asyncio.subprocess.Process, report: Path) -> dict[str, list[float]]:
    """Have the bot write what it measured since it was asked last."""
    before = lines_of(report)
    process.send_signal(REPORT)
    async with asyncio.timeout(PATIENCE):
        while (lines := lines_of(report)) == before:  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.05)
    found: dict[str, list[float]] = json.loads(lines[-1])
    return found


def lines_of(report: Path) -> list[str]:
    """Return the whole lines that were written so far."""
    text = report.read_text(encoding="utf-8")
    return text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]


def show(
    quality: str,
    waits: Sequence[tuple[float, float, str]],
    seen: dict[str, list[float]],
    load: float,
) -> None:
    signs, answers = [each[0] for each in waits], [each[1] for each in waits]
    spent = seen["processor"][0]
    print(f"{quality}: {len(waits)} people, load of the machine {load:.1f}")
    for name, values, unit, digits in (
        ("first sign", signs, "s", 2),
        ("answer", answers, "s", 1),
        ("loop late", [1000 * each for each in seen["late"]], "ms", 0),
        ("loop busy", [1000 * each for each in seen["busy"]], "ms of the processor", 0),
    ):
        told = [f"{name} {percentile(values, at):.{digits}f}" for name, at in POINTS.items()]
        print(f"  {name:12} {', '.join(told)}, most {max(values):.{digits}f} {unit}")
    print(f"  processor    {1000 * spent / len(waits):.0f} ms an answer")
    print(f"  ended        {dict(Counter(each[2] for each in waits))}")


POINTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

if __name__ == "__main__":
    main()
