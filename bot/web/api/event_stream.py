"""Server-sent events: a response that grows, and ends its work when nobody listens any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.json_shapes.json_shape import Payload, json_text
from bot.schema import Answer

SILENCE = 15.0
"""Seconds after which a comment is sent, so that nothing between takes the line for dead."""

COMMENT = ": still at work\n\n"

Show: TypeAlias = Callable[[str], None]
"""Takes the text written so far; must not block."""


Answering: TypeAlias = Callable[[Show], Awaitable[Answer]]
"""Answers a question, and shows what is written meanwhile."""


def event(payload: Payload, name: str | None = None) -> str:
    """Return one event; JSON on one line has no line end that could end it early."""
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {json_text(payload)}\n\n"


async def growing_answer(
    answering: Answering, *, silence: float = SILENCE
) -> AsyncGenerator[str | Answer | None]:
    """Yield each text that a model has written so far, and the answer at last.

    None is yielded after a while of silence. Of texts that come faster than they are taken, only
    the latest is kept. The work ends with the generator.
    """
    latest: list[str] = []
    changed = asyncio.Event()

    def show(text: str) -> None:
        latest[:] = [text]
        changed.set()

    async def answered() -> Answer:
        try:
            return await answering(show)
        finally:
            changed.set()

    work = asyncio.create_task(answered())
    try:
        while not work.done() or latest:
            try:
                async with asyncio.timeout(silence):
                    await changed.wait()
            except TimeoutError:
                yield None
                continue
            if not work.done():
                changed.clear()
            if latest:
                yield latest.pop()
        yield await work
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await work


class EventStream(Response):
    """Sends what a generator yields, and closes it once whoever listened has gone."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end, or nobody listens."""
        sending = asyncio.create_task(self._send(send))
        gone = asyncio.create_task(client_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with contextlib.aclosing(self._events) as events:
            async for text in events:
                body = text.encode("utf-8", "replace")
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def client_gone(receive: Receive) -> None:
    """Return once whoever asked has gone; the body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
