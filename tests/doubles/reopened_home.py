"""Opens a home and its service again and again in this process, and tells what that leaves.

`python -m tests.doubles.reopened_home FOLDER TIMES` prints one JSON object a time.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from bot.community.running_service import open_service
from bot.discord_bot.run import open_parts
from bot.schema import Scope
from bot.settings import load_settings


async def used_once(folder: Path) -> None:
    """Open a home with its service, write to it, ask it, and close it."""
    settings = load_settings({"QUOTH_QUALITY": "best", "QUOTH_THREADS": "1"}, folder)
    async with open_parts(settings) as parts, open_service(parts) as service:
        owl = f"The owl is called Minerva {len(gc.get_objects())}."
        add = partial(parts.documents.add_text, title="The owl", added_by=None)
        await parts.writers.run(add, "owls", "owl.txt", owl)
        answer = await parts.answerer.answer(
            "What is the owl called?", scope=Scope(collections=("documents", "owls"))
        )
        assert answer.citations
        await service.memory.set_fact("owl", "Minerva")


def left() -> dict[str, float]:
    """Return what this process holds: MiB, objects that Python tracks, open files, threads.

    What was freed, and only waits to be used again, does not count as held.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library than GNU's
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "MiB": pages * 4096 / 2**20,
        "objects": len(gc.get_objects()),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
    }


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        asyncio.run(used_once(Path(sys.argv[1])))
        print(json.dumps(left()), flush=True)
