"""Serves the application at an address, in a process of its own or beside the bot."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from bot.web.bounded_connections import ConnectionRoom, bounded_by
from bot.web.web_address import WebAddress
from index.errors import ConfigurationError

_CLOSING = 5
"""Seconds for whoever is still being answered at the end."""

_WAITING = 64
"""Connections that are taken in one go; each holds a file until it is looked at."""


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(application: Starlette, address: WebAddress) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port. Raises ConfigurationError where it is taken.

    Nothing is written of requests: their addresses may open what others may not read.
    """
    listening = _listening(address)
    room = ConnectionRoom(behind_proxy=address.url is not None)
    config = uvicorn.Config(
        application,
        http=cast(Any, bounded_by(room)),
        ws="none",
        backlog=min(_WAITING, room.most),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=_CLOSING,
    )
    server = _Server(config)
    with room.told_by(asyncio.get_running_loop()):
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            listens = asyncio.ensure_future(server.listens.wait())
            await asyncio.wait({listens, serving}, return_when=asyncio.FIRST_COMPLETED)
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            await serving
            listening.close()


def _listening(address: WebAddress) -> socket.socket:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, place = found[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen()
    except OSError as error:
        raise ConfigurationError(
            f"The page cannot be served at {address.host!r}, port {address.port} "
            f"({error.strerror}). Give a free port with --port or QUOTH_WEB_PORT, and an address "
            "of this machine with --host or QUOTH_WEB_HOST."
        ) from None
    listening.setblocking(False)
    return listening
