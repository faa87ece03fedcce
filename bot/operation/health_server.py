"""A small web server that says whether the bot is well, and how much it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web

from index.errors import ConfigurationError

READY = "ready"
"""The word for a bot that answers."""

Exposition: TypeAlias = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Returns the figures and their media type, by what the caller accepts."""

_CLOSING = 1.0
"""Seconds for whoever is still being answered when the bot ends."""


@asynccontextmanager
async def open_health_server(
    host: str, port: int, health: Callable[[], str], figures: Exposition
) -> AsyncIterator[None]:
    """Serve `/healthz` and `/metrics` while the block runs; raises ConfigurationError.

    `health` says `ready`, or in one word why it is not.
    """

    async def healthz(request: web.Request) -> web.Response:
        word = health()
        return web.Response(text=f"{word}\n", status=200 if word == READY else 503)

    async def metrics(request: web.Request) -> web.Response:
        body, media_type = await figures(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": media_type})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSING)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigurationError(
            f"The figures cannot be served at {host!r}, port {port} ({error.strerror}). Set "
            "QUOTH_METRICS_PORT to a free port, and QUOTH_METRICS_HOST to an address of this "
            "machine."
        ) from None
