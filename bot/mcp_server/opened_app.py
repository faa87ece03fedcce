"""Quoth opened when an agent first needs it, and its index kept in step meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from index.errors import QuothError, StoreError
from index.sync.time_budget import SERVING, STARTING

if TYPE_CHECKING:
    from bot.app import App

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0
"""How long a question waits for what changed just now; it is answered from what is there then."""

EMPTY_SECONDS = 25.0
"""The same while nothing is indexed yet."""

EMBED_SECONDS = 4.0
"""How long passages are embedded at a time, so that a question need not wait for more."""


class AgentApp(Protocol):
    """Gives the opened Quoth to a tool."""

    async def app(self) -> App:
        """Return Quoth, its index in step as far as a short wait allows; raises QuothError."""
        ...


class ServedApp:
    """One that somebody else has opened and keeps in step."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def app(self) -> App:
        """Return it."""
        return self._app


class LazyApp:
    """Opens Quoth at the first call, off the loop's way, and looks at the folder at each."""

    def __init__(self, open_it: Callable[[], AbstractAsyncContextManager[App]]) -> None:
        self._open = open_it
        self._opened: asyncio.Future[App] | None = None
        self._holder: asyncio.Task[None] | None = None
        self._step: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def app(self) -> App:
        """Return Quoth; raises QuothError, and tries anew at the next call."""
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            self._holder = asyncio.create_task(self._hold(self._opened))
        try:
            app = await asyncio.shield(self._opened)
        except Exception:
            self._opened = None
            raise
        await self._in_step(app)
        return app

    async def close(self) -> None:
        """Let go of what was opened."""
        self._closing.set()
        for task in (self._step, self._holder):
            if task is not None:
                await asyncio.wait([task])

    async def _hold(self, opened: asyncio.Future[App]) -> None:
        """Keep Quoth open: what opens it closes it, in one task."""
        try:
            async with self._open() as app:
                opened.set_result(app)
                await self._closing.wait()
        except Exception as error:
            if not opened.done():
                opened.set_exception(error)
            else:
                logger.warning("Quoth was not closed in order: %s", type(error).__name__)

    async def _in_step(self, app: App) -> None:
        """Begin to bring the index in step, unless that is being done, and wait a moment."""
        if self._step is None or self._step.done():
            self._step = asyncio.create_task(self._follow(app))
        empty = await app.bridge.run(app.library.is_empty)
        await asyncio.wait([self._step], timeout=EMPTY_SECONDS if empty else STEP_SECONDS)

    async def _follow(self, app: App) -> None:
        """Index what changed, then embed what waits for it; what fails is tried again later."""
        library = app.library
        try:
            empty = await app.bridge.run(library.is_empty)
            budget = STARTING if empty else SERVING
            await app.writers.run(library.bring_in_step, budget=budget)
            while not self._closing.is_set() and await app.writers.run(
                library.embed_some, EMBED_SECONDS
            ):
                pass
        except StoreError as error:
            logger.warning("Answers come from the index as it is: %s", error)
        except QuothError as error:
            logger.warning("The documents folder was not followed: %s", error)
        except Exception as error:
            logger.warning("The documents folder was not followed: %s", type(error).__name__)


@asynccontextmanager
async def lazy_app(
    open_it: Callable[[], AbstractAsyncContextManager[App]],
) -> AsyncIterator[LazyApp]:
    """Return what opens Quoth at the first need, and close it at the end."""
    app = LazyApp(open_it)
    try:
        yield app
    finally:
        await app.close()
