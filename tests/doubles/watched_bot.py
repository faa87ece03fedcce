"""The bot as a process that tells, at a signal, what its threads and tasks are at.

`python -m tests.doubles.watched_bot FILE discord` is `quoth discord`, and adds to FILE at SIGUSR1.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bot.__main__ import main

TELL = signal.SIGUSR1


def tell_tasks(path: Path) -> None:
    """Have the stack of every thread and task added to a file whenever the signal comes.

    A thread of its own waits for it, so that what the others are at does not matter; faulthandler
    would need none, but breaks the process when a thread runs while it looks.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {TELL})  # for the threads that are started later, too
    threading.Thread(target=_tell_when_asked, args=(path,), daemon=True, name="tell").start()


def _tell_when_asked(path: Path) -> None:
    while True:
        signal.sigwait({TELL})
        with path.open("a") as file:
            for thread, frame in sys._current_frames().items():
                said = "".join(traceback.format_stack(frame)[-12:])
                print(f"Thread {thread}:\n{said}", file=file)
            tasks = asyncio.all_tasks(loop) if (loop := _loop()) else set()
            for task in sorted(tasks, key=lambda one: one.get_name()):
                print(f"{task.get_name()}: {' > '.join(_stands(task.get_coro()))}", file=file)
            print(f"--- {len(tasks)} tasks", file=file)


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop that the main thread runs, if it does."""
    main = threading.main_thread().ident
    frame = sys._current_frames().get(main) if main is not None else None
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, asyncio.AbstractEventLoop):
            return owner
        frame = frame.f_back
    return None


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
