"""Watches a running bot for whoever runs it: serves its figures, and tells systemd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from bot.community.built_service import Parts
from bot.community.service import Service
from bot.observer import Observer
from bot.operation.figures import Figures, Moment
from bot.operation.health_server import open_health_server
from bot.operation.heartbeat import beat
from bot.operation.home_size import HomeMeter
from bot.operation.service_notice import ServiceNotice
from bot.settings import Settings
from index.store.work_state import WorkState


class Connections(Protocol):
    """Says whether the bot is connected: `bot.discord_bot.gateway_state.GatewayState`."""

    @property
    def word(self) -> str:
        """Return `ready`, or in one word why it is not."""
        ...

    @property
    def connected(self) -> bool:
        """Whether every connection stands."""
        ...


def open_observer(settings: Settings) -> Observer:
    """Return what counts, where figures are asked for."""
    return Figures() if settings.metrics_port else Observer()


class Monitor:
    """What is known of the running bot at any moment."""

    def __init__(self, parts: Parts, connections: Connections) -> None:
        self._parts = parts
        self._connections = connections
        self._service: Service | None = None
        self._home: HomeMeter | None = None
        if parts.stats is not None:
            self._home = HomeMeter(
                parts.settings.index, parts.records, parts.stats, parts.work or WorkState
            )

    def watch(self, service: Service) -> None:
        """Look at this service from now on."""
        self._service = service

    @property
    def word(self) -> str:
        """Return `ready`, or in one word why the bot does not answer."""
        if self._service is not None and self._service.questions.stopping:
            return "stopping"
        return self._connections.word

    async def moment(self) -> Moment:
        """Return what holds now."""
        questions = self._service.questions if self._service else None
        return Moment(
            connected=self._connections.connected,
            under_way=questions.under_way if questions else 0,
            waiting=questions.waiting if questions else 0,
            home=await self._home.read() if self._home else None,
        )

    async def close(self) -> None:
        """End what still reads."""
        if self._home is not None:
            await self._home.close()


@asynccontextmanager
async def monitored(
    parts: Parts, connections: Connections, notice: ServiceNotice
) -> AsyncIterator[Monitor]:
    """Watch the bot while the block runs; raises ConfigurationError where the port is taken."""
    async with AsyncExitStack() as stack:
        monitor = Monitor(parts, connections)
        stack.push_async_callback(monitor.close)
        if isinstance(figures := parts.observer, Figures):
            await stack.enter_async_context(_served(parts.settings, figures, monitor))
        heart = asyncio.create_task(beat(parts.observer, notice))
        stack.callback(heart.cancel)
        yield monitor


def _served(
    settings: Settings, figures: Figures, monitor: Monitor
) -> AbstractAsyncContextManager[None]:
    async def expose(accept: str) -> tuple[bytes, str]:
        # Figures of the process are read from files.
        return await asyncio.to_thread(figures.exposed, await monitor.moment(), accept)

    return open_health_server(
        settings.metrics_host, settings.metrics_port, lambda: monitor.word, expose
    )
