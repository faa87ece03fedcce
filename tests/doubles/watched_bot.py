"""The bot as a process that tells, at a signal, what its threads and tasks are at.

`python -m tests.doubles.watched_bot FILE discord` is `quoth discord`, and adds to FILE at SIGUSR1.
"""

from __future__ import annotations

import asyncio
import faulthandler
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bot.__main__ import main

TELL = signal.SIGUSR1


def tell_tasks(path: Path) -> None:
    """Have the stack of every thread and task added to a file whenever the signal comes.

    The threads are told by C code, so also where Python itself stands still.
    """
    file = path.open("a")

    def tell(number: int, frame: FrameType | None) -> None:
        try:
            tasks = asyncio.all_tasks()
        except RuntimeError:  # no loop runs
            tasks = set()
        for task in sorted(tasks, key=lambda one: one.get_name()):
            print(f"{task.get_name()}: {' > '.join(_stands(task.get_coro()))}", file=file)
        print(f"--- {len(tasks)} tasks", file=file, flush=True)

    signal.signal(TELL, tell)
    faulthandler.register(TELL, file, all_threads=True, chain=True)


def _stands(waiting: Any) -> Iterator[str]:
    """Yield where a task stands, from its outermost coroutine to what that waits for."""
    while waiting is not None:
        code, frame = _code_and_frame(waiting)
        if code is None:
            yield type(waiting).__name__
            return
        line = frame.f_lineno if frame is not None else 0
        yield f"{code.co_qualname} ({Path(code.co_filename).name}:{line})"
        waiting = next(
            (
                inner
                for name in ("cr_await", "ag_await", "gi_yieldfrom")
                if (inner := getattr(waiting, name, None)) is not None
            ),
            None,
        )


def _code_and_frame(waiting: Any) -> tuple[CodeType | None, FrameType | None]:
    for kind in ("cr", "ag", "gi"):
        if hasattr(waiting, f"{kind}_code"):
            return getattr(waiting, f"{kind}_code"), getattr(waiting, f"{kind}_frame")
    return None, None


if __name__ == "__main__":
    tell_tasks(Path(sys.argv.pop(1)))
    main()
