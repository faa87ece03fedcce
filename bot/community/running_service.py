"""The service at work: opened, with the chores that run beside it, and stopped."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.community.built_service import Parts, build_service
from bot.community.owed_writes import Write
from bot.community.service import Service
from bot.community.store.live_processes import BEAT
from index.errors import QuothError

logger = logging.getLogger(__name__)

_HOUR = 3600.0

_MINUTE = 60.0


@asynccontextmanager
async def open_service(parts: Parts, *, deadline: float | None = None) -> AsyncIterator[Service]:
    """Open everything that works on the bot's records, and its chores; stop them at the end."""
    service = await build_service(parts, deadline)
    await _erase(service)
    await service.team_answers.sign()
    if await service.sources.shared.is_empty():
        # Nobody is told "not found" only because nothing has been read yet.
        await service.folder.step(at_once=True)
    follow = service.folder.run() if parts.settings.watch == "on" else service.look_again()
    works = (
        *(_expire(service), follow, service.folder.embed()),
        *(_follow_pages(service), service.owed.run()),
        *(_beat(service), service.elsewhere.run()),
    )
    chores = [asyncio.create_task(work) for work in works]
    try:
        yield service
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await service.owed.settle()
        service.sources.under_way.stop()
        with suppress(QuothError):  # it counts as ended a little later
            await service.processes.leave()


async def _beat(service: Service) -> None:
    """Give signs of life to the others on the same records, and do what falls to the first."""
    processes, is_known = service.processes, True
    while processes.is_shared:
        was_first = processes.is_first
        try:
            await processes.beat()
            is_known = True
        except QuothError as error:
            if is_known:
                logger.warning("others may take this bot for ended: %s", error)
            is_known = False
        if processes.is_first and not was_first:
            service.notices.on_new()
            service.channels.on_new()
        await asyncio.sleep(BEAT)


async def _expire(service: Service) -> None:
    while True:
        if service.processes.is_first:
            undone = "What is over its time was not deleted"
            await service.owed.make("expire", undone, _over(service))
        await _erase(service)
        await asyncio.sleep(_HOUR)


def _over(service: Service) -> Write:
    """Return what deletes from memory what is over its time."""
    days = service.settings.history_days
    return lambda: service.memory.expire(time.time(), history_days=days)


async def _erase(service: Service) -> None:
    """Erase what is due of servers that were left."""
    undone = "What is due of servers that were left was not erased"
    await service.owed.make("erase", undone, service.erasure.finish)


async def _follow_pages(service: Service) -> None:
    """Ask for what is new of web pages; what fails now may work the next time."""
    while True:
        try:
            if service.processes.is_first:
                await service.sources.sites.refresh_due()
        except QuothError as error:
            logger.warning("the web pages were not refreshed: %s", error)
            service.observer.not_synced("web")
        except Exception:
            logger.exception("the web pages were not refreshed")
            service.observer.not_synced("web")
        else:
            service.observer.synced("web")
        await asyncio.sleep(_MINUTE)
