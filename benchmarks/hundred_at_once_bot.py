"""`quoth discord` that measures its own loop: `python -m benchmarks.hundred_at_once_bot FILE`.

At SIGUSR1 it adds a line of JSON to FILE: the seconds by which each look at the loop came late, the
processor's seconds that the loop's thread had between two looks, and those of the whole process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from bot.discord_bot.client import QuothBot
from bot.discord_bot.run import open_parts, serve
from bot.settings import load_settings

PROBE = 0.005
"""Seconds between two looks at the event loop."""


class LoopProbe:
    """Looks at the loop it runs in, again and again."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._late: list[float] = []
        self._busy: list[float] = []
        self._spent = time.process_time()

    async def run(self) -> None:
        """Look until this is cancelled."""
        while True:
            due, had = time.monotonic() + PROBE, time.thread_time()
            await asyncio.sleep(PROBE)
            self._late.append(max(0.0, time.monotonic() - due))
            self._busy.append(time.thread_time() - had)

    def tell(self) -> None:
        """Write what was seen since the last time."""
        spent = time.process_time()
        seen = {"late": self._late, "busy": self._busy, "processor": [spent - self._spent]}
        with self._report.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(seen)}\n")
        self._late, self._busy, self._spent = [], [], time.process_time()


async def run(report: Path) -> None:
    """Run the bot until it is stopped."""
    probe = LoopProbe(report)
    looking: list[asyncio.Task[None]] = []

    def ready(_: QuothBot) -> None:
        loop = asyncio.get_running_loop()
        looking.append(loop.create_task(probe.run()))
        loop.add_signal_handler(signal.SIGUSR1, probe.tell)

    async with open_parts(load_settings(os.environ, Path.cwd())) as parts:
        await serve(parts, ready=ready)
    for task in looking:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
