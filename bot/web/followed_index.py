"""Keeps the index in step while `quoth web` serves: the bot does so by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import App
from bot.web.addressed_answers import AddressedAnswers
from bot.web.web_parts import WebParts
from index.errors import QuothError
from index.sync.folder_watch import FolderWatch
from index.sync.time_budget import SERVING

logger = logging.getLogger(__name__)

_PAUSE = 5.0
_AFTER_FAILURE = 60.0
_HOUR = 3600.0
_SLICE = 4.0
"""Seconds of embedding at a time."""


@asynccontextmanager
async def followed_index(parts: WebParts) -> AsyncIterator[None]:
    """Follow the folder, embed what waits and drop old answers while the block runs."""
    works = (_follow(parts.app), _embed(parts.app), tidied(parts))
    chores = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)


async def _follow(app: App) -> None:
    watch = app.library.watch() if app.settings.watch == "on" else None
    while watch is not None:
        await asyncio.sleep(watch.pause)
        try:
            await _step(app, watch)
        except QuothError as error:
            logger.warning("the documents folder was not followed: %s", error)
            await asyncio.sleep(_AFTER_FAILURE)


async def _step(app: App, watch: FolderWatch) -> None:
    if not await app.writers.run(watch.has_changed):
        return
    report = await app.writers.run(app.library.bring_in_step, rest=watch.rest, budget=SERVING)
    watch.take(waiting=report is not None and report.waiting > 0)


async def _embed(app: App) -> None:
    while True:
        pause = _PAUSE
        try:
            if await app.writers.run(app.library.embed_some, _SLICE):
                pause = 0.0
        except QuothError as error:
            logger.warning("Documents are found by words alone for now: %s", error)
            pause = _AFTER_FAILURE
        await asyncio.sleep(pause)


async def tidied(parts: WebParts) -> None:
    """Drop answers that are over their time, once an hour, until this is cancelled."""
    answers = AddressedAnswers.of(parts)
    while True:
        with contextlib.suppress(QuothError):  # the next hour will do
            await parts.app.writers.run(answers.tidy, parts.now())
        await asyncio.sleep(_HOUR)
