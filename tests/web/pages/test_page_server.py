"""The server under the page, over real sockets: nobody keeps others out by saying nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web import bounded_connections
from bot.web.bounded_connections import MOST, MOST_OF_ONE
from bot.web.page_server import served
from bot.web.web_address import WebAddress

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\nhalf"


async def said(request: Request) -> Response:
    try:
        return PlainTextResponse(f"read {len(await request.body())}")
    except ClientDisconnect:
        return PlainTextResponse("", 400)


async def much(_: Request) -> Response:
    return PlainTextResponse("much" * 10_000_000)


@contextlib.asynccontextmanager
async def listening(url: str | None = None) -> AsyncIterator[int]:
    routes = [Route("/", said, methods=["GET", "POST"]), Route("/much", much)]
    async with served(Starlette(routes=routes), WebAddress("127.0.0.1", 0, url)) as port:
        yield port


class Clients:
    """Connections that say what they are told to, and no more."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def open(self, number: int, words: bytes) -> None:
        for _ in range(number):
            stream = await asyncio.open_connection("127.0.0.1", self._port, limit=1)
            stream[1].write(words)
            self._streams.append(stream)

    async def ends(self) -> int:
        """Wait until the server has closed all of them; returns how much it sent."""
        taken = 0
        for reader, _ in self._streams:
            with contextlib.suppress(ConnectionError):
                while part := await reader.read(65536):
                    taken += len(part)
        return taken

    async def held(self) -> int:
        await asyncio.sleep(0.2)
        for reader, _ in self._streams:
            with contextlib.suppress(TimeoutError, ConnectionError):
                await asyncio.wait_for(reader.read(1), 0.001)
        return sum(not reader.at_eof() and not reader.exception() for reader, _ in self._streams)

    def close(self) -> None:
        for _, writer in self._streams:
            writer.transport.abort()


@contextlib.contextmanager
def clients(port: int) -> Iterator[Clients]:
    made = Clients(port)
    try:
        yield made
    finally:
        made.close()


async def answer(port: int) -> str:
    async with httpx.AsyncClient(timeout=10) as client:
        found = await client.post(f"http://127.0.0.1:{port}/", content=b"x" * 1000)
        assert found.status_code == 200
        return found.text


@pytest.mark.parametrize("words", [HALF, BODY, b""])
async def test_who_asks_is_answered_whoever_else_sends_half_a_request(
    words: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening() as port:
        with clients(port) as half:
            await half.open(300, words)
            assert await answer(port) == "read 1000"
            assert await half.held() <= MOST_OF_ONE
    told = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [each.name for each in told] == ["bot.web.bounded_connections"]


async def test_a_proxy_brings_as_many_as_can_be_held() -> None:
    async with listening("https://docs.example.org") as port:
        with clients(port) as half:
            await half.open(300, HALF)
            assert await answer(port) == "read 1000"
            assert MOST_OF_ONE < await half.held() <= MOST


@pytest.mark.parametrize(
    "words",
    [HALF, BODY, b"", b"GET /much HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"],
)
async def test_nobody_is_waited_for_without_an_end(
    words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_connections, "PATIENCE", 0.3)
    async with listening() as port:
        with clients(port) as slow:
            await slow.open(3, words)
            await asyncio.sleep(1)
            assert await slow.ends() < len("much" * 10_000_000)
            assert await answer(port) == "read 1000"


async def test_too_few_files_are_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    loop = asyncio.get_running_loop()
    async with listening() as port:
        with contextlib.ExitStack() as made:
            sockets = [made.enter_context(socket.socket()) for _ in range(40)]
            for each in sockets:
                each.setblocking(False)
            resource.setrlimit(resource.RLIMIT_NOFILE, (sockets[-1].fileno() + 1, hard))
            try:
                for each in sockets:
                    await loop.sock_connect(each, ("127.0.0.1", port))
                await asyncio.sleep(0.5)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert await answer(port) == "read 1000"
    told = [each.name for each in caplog.records if each.levelno >= logging.WARNING]
    assert told == ["bot.web.bounded_connections"]
