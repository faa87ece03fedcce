"""SIGTERM and SIGINT: what they do before the bot serves, and while it does."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_NOT_HERE = (NotImplementedError, ValueError, RuntimeError)
"""On Windows, and outside the main thread, a loop takes no signals."""


@asynccontextmanager
async def stopped_by_signals(
    shut_down: Callable[[], Awaitable[None]], announce: Callable[[], None]
) -> AsyncIterator[None]:
    """Shut down at the first signal, told to `announce`, and let that come to its end."""
    loop = asyncio.get_running_loop()
    stopping: set[asyncio.Future[None]] = set()

    def stop() -> None:
        if not stopping:
            announce()
            stopping.add(asyncio.ensure_future(shut_down()))

    for name in _SIGNALS:
        with contextlib.suppress(*_NOT_HERE):
            loop.add_signal_handler(name, stop)
    try:
        yield
    finally:
        for name in _SIGNALS:
            with contextlib.suppress(*_NOT_HERE):
                loop.remove_signal_handler(name)
        await asyncio.gather(*stopping, return_exceptions=True)


@contextmanager
def cancelled_by_sigterm(announce: Callable[[], None]) -> Iterator[None]:
    """Cancel the task at hand at SIGTERM, as long as the bot does not serve yet.

    The first process of a container does not end at that signal by itself.
    """
    task = asyncio.current_task()
    assert task is not None

    def stop() -> None:
        announce()
        task.cancel()

    with contextlib.suppress(*_NOT_HERE):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    yield
