"""The one door from asynchronous code to the synchronous index.

The loop's default pool also resolves host names, so index work has a small pool of its own; see
https://github.com/python/cpython/issues/112169.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bot.errors import Busy

P = ParamSpec("P")
T = TypeVar("T")


WORKERS = 2
"""Two, so that a synchronisation never keeps a question waiting."""


class Bridge:
    """Runs blocking calls on a few threads, behind a bounded queue."""

    def __init__(self, *, workers: int = WORKERS, queue: int = 64) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="quoth")
        self._places = threading.BoundedSemaphore(workers + queue)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call(*args, **kwargs)` on a worker thread.

        Raises Busy at once when every worker is taken and the queue is full. A caller that is
        cancelled takes its call out of the queue; one that already runs goes on to its end.
        """
        if not self._places.acquire(blocking=False):
            raise Busy("Too many questions are waiting. Try again in a few seconds.")
        try:
            future = self._pool.submit(call, *args, **kwargs)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Drop what is queued and wait for what runs."""
        self._pool.shutdown(cancel_futures=True)


WRITERS = 16
"""Most of them wait: for the model, which serves one share after the other, or for the lock."""


def open_writers() -> Bridge:
    """Return the threads that write to the index; those of the bridge stay free for questions."""
    return Bridge(workers=WRITERS, queue=1000)


class WriteQueue:
    """Writes to the index for everybody: of each share one thing after another, as it comes.

    What one share writes does not wait until another is done: the index lets them take turns.
    """

    def __init__(self, writers: Bridge) -> None:
        self._bridge = writers
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def write(self, share: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call(*args, **kwargs)` once everything of its share before it is written."""
        async with self._writing[share]:
            return await self._bridge.run(call, *args, **kwargs)
