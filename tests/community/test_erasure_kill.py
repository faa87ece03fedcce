"""Erasing a server, killed at every step: the next start finishes it, and nothing is left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.bridge import Bridge
from bot.community.built_service import Parts
from bot.community.rights import Caller
from bot.community.running_service import open_service
from bot.community.service import Service
from bot.community.store.records_file import open_records
from index.errors import SourceNotFound
from index.schema import LoadedDocument, Source, SourceEntry, SyncReport
from index.sync.additions import Addition
from tests.doubles.discord.fixtures import PaperAnswerer, PaperDocuments, kept, settings_for
from tests.doubles.homes import Home, open_home

ROOT = Path(__file__).parents[2]
GUILD, CANARY = 100, "canaryzorblax"
KIM = Caller(user=1, guild=GUILD, channel=10, manager=True)
OWN, BOARD, OTHER = f"guild-{GUILD}", f"guild-{GUILD}-0123456789ab", "guild-1001"

# Erases in a process of its own, which is killed at the n-th write to SQLite or Chroma.
ERASER = """
import asyncio, os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from index.store.chroma_vectors import ChromaVectors
from index.store.sqlite_file import SqliteFile
from tests.community.test_erasure_kill import KIM, served

left = int(sys.argv[2])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

original, drop = SqliteFile.transaction, ChromaVectors.drop

@contextmanager
def transaction(self):
    step()
    with original(self) as connection:
        yield connection
        step()

def dropped(self, *given):
    step()
    drop(self, *given)
    step()

async def main():
    async with served(Path(sys.argv[1])) as (service, _):
        SqliteFile.transaction, ChromaVectors.drop = transaction, dropped
        await service.erasure.erase_server(KIM)
        print("done", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


class HomeDocuments(PaperDocuments):
    """The documents of a whole index, as the service asks for them."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home = home

    def collections(self) -> Sequence[str]:
        with closing(self._home.catalog.open_added()) as added:
            return sorted(added.collections() | self._home.catalog.collections())

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        return self._home.catalog.sources(collection)

    def source(self, id: str) -> Source:
        return self._home.catalog.source(id)

    def remove(self, source: str) -> SyncReport:
        raise SourceNotFound(source)

    def remove_collection(self, collection: str) -> None:
        self._home.synchroniser.remove_collection(collection)


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Service, Home]]:
    """Open the service over a real index and real records; what is due is erased by that."""
    with open_home(folder, folder) as home, closing(open_records(folder)) as records:
        bridge = Bridge()
        documents = HomeDocuments(home)
        parts = Parts(settings_for(folder), PaperAnswerer(documents), bridge, records, documents)
        try:
            async with open_service(parts) as service:
                yield service, home
        finally:
            await asyncio.to_thread(bridge.close)


async def fill(folder: Path) -> None:
    async with served(folder) as (service, home):
        text = LoadedDocument(text=f"The {CANARY} eats.", title="Menu", mime="text/plain")
        for name in (OWN, BOARD, OTHER):
            await asyncio.to_thread(home.synchroniser.add, name, [Addition("a.txt", text, "Kim")])
        for guild in (GUILD, 1001):
            question = f"Where is {CANARY}?"
            one = kept(f"k{guild}", guild=guild, question=question, at=time.time())
            await service.memory.keep(one)
            await service.memory.add_turns(one)
            await service.feedback.add_unanswered(one)
        await service.rules.switch_shared(KIM, on=False)


async def left(folder: Path) -> dict[str, object]:
    """Return what there is of servers after a start."""
    async with served(folder) as (service, home):
        records = service.memory._records
        tables = ("bot_answers", "bot_turns", "bot_gaps", "bot_guilds", "bot_erasures")
        found: dict[str, object] = {
            table: {row[0] for row in records.rows(f"SELECT guild FROM {table}")}
            for table in tables
        }
        documents = HomeDocuments(home)
        found["collections"] = {
            name: (len(documents.sources(name)), home.vectors.count(name))
            for name in documents.collections()
            if name.startswith("guild")
        }
    return found


@pytest.mark.parametrize(
    "steps",
    [(2, 7), pytest.param(range(1, 100), marks=[pytest.mark.long, pytest.mark.limit(900)])],
    ids=["some", "all"],
)
async def test_a_kill_at_any_step_erases_nothing_by_halves(
    tmp_path: Path, steps: Sequence[int]
) -> None:
    await fill(tmp_path / "full")
    before = await left(tmp_path / "full")
    assert before["collections"] == {OWN: (1, 1), BOARD: (1, 1), OTHER: (1, 1)}
    erased, done = [], False
    for step in steps:
        home = tmp_path / f"killed-{step}"
        shutil.copytree(tmp_path / "full", home)
        done = await asyncio.to_thread(erase_and_kill, home, step)
        found = await left(home)
        shutil.rmtree(home)
        if found != before:
            rest: tuple[object, ...] = ({1001}, {1001}, {1001}, set(), set(), {OTHER: (1, 1)})
            assert tuple(found.values()) == rest, f"killed at step {step}"
        erased.append(found != before)
        if done:
            break
    assert erased == sorted(erased), "what was written down was not finished"
    assert {*erased} == {False, True}
    assert done or len(steps) == 2, "the erasing never came to its end"


def erase_and_kill(home: Path, step: int) -> bool:
    """Erase in a process that is killed; say whether it was done before that."""
    run = subprocess.run(
        [sys.executable, "-c", ERASER, str(home), str(step)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr
    return "done" in run.stdout
