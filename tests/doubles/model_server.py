"""A server on loopback that speaks OpenAI's chat completions and plays models, good and bad.

What it answers is a play: a function of the request's last message that returns a Reply. What
models write stands in `tests.doubles.model_plays`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    text: str = ""
    status: int = 200
    code: str | None = None
    """Error code of OpenAI's API, for a status that is no success."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is, in the place of a proper reply."""
    drop_after: int | None = None
    """Bytes after which the connection is cut."""
    seconds_per_byte: float = 0.0
    seconds_per_piece: float = 0.0
    silent_after: int | None = None
    """Bytes after which nothing comes any more, while the connection stays."""
    piece: int = 5
    """Characters of each streamed piece."""


Play = Callable[[str], Reply]


@dataclass
class ModelServer:
    """A running server."""

    url: str = ""
    play: Play = lambda _: Reply("The sources do not say.")
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    """The `Authorization` header of each request."""
    running: int = 0
    most_running: int = 0

    async def chat(self, request: web.Request) -> web.StreamResponse:
        payload = await request.json()
        self.requests.append(payload)
        self.keys.append(request.headers.get("Authorization"))
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            return await self._answer(request, payload)
        finally:
            self.running -= 1

    async def _answer(self, request: web.Request, payload: dict[str, Any]) -> web.StreamResponse:
        reply = self.play(payload["messages"][-1]["content"])
        if reply.status != 200:
            error = {"message": f"refused {request.headers.get('Authorization')}"}
            refused = json.dumps({"error": {**error, "code": reply.code, "type": reply.code}})
            return web.Response(status=reply.status, text=refused, headers=reply.headers)
        stream = bool(payload.get("stream"))
        body = reply.body if reply.body is not None else _body(reply, payload["model"], stream)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream" if stream else "application/json"}
        )
        await response.prepare(request)
        await self._send(request, response, reply, body)
        return response

    async def _send(
        self, request: web.Request, response: web.StreamResponse, reply: Reply, body: bytes
    ) -> None:
        if reply.drop_after is not None:
            await response.write(body[: reply.drop_after] or b" ")
            assert request.transport is not None
            request.transport.abort()
        elif reply.silent_after is not None:
            await response.write(body[: reply.silent_after])
            await asyncio.sleep(600)
        elif reply.seconds_per_piece:
            for event in body.split(b"\n\n"):
                await response.write(event + b"\n\n")
                await asyncio.sleep(reply.seconds_per_piece)
        elif reply.seconds_per_byte:
            for byte in body:
                await response.write(bytes([byte]))
                await asyncio.sleep(reply.seconds_per_byte)
        else:
            await response.write(body)


def _body(reply: Reply, model: str, stream: bool) -> bytes:
    """Return the bytes of a proper reply."""
    common = {"id": "chatcmpl-1", "created": 1, "model": model}
    if not stream:
        message = {"role": "assistant", "content": reply.text}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        whole = {**common, "object": "chat.completion", "choices": [choice], "usage": usage}
        return json.dumps(whole).encode()
    pieces = [reply.text[at : at + reply.piece] for at in range(0, len(reply.text), reply.piece)]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in pieces]
    lines = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas] + [
        {"index": 0, "delta": {}, "finish_reason": "stop"}
    ]
    chunks = ({**common, "object": "chat.completion.chunk", "choices": [line]} for line in lines)
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + (
        b"data: [DONE]\n\n"
    )


@asynccontextmanager
async def model_server(play: Play | None = None) -> AsyncIterator[ModelServer]:
    """Run a server on a free port of loopback."""
    server = ModelServer()
    if play is not None:
        server.play = play
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.chat)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


Trouble = Literal["retryable", "final"]

TROUBLES: dict[str, tuple[Reply, Trouble]] = {
    "rate limit": (Reply(status=429, code="rate_limit_exceeded"), "retryable"),
    "no credit": (Reply(status=429, code="insufficient_quota"), "final"),
    "server error": (Reply(status=500), "retryable"),
    "overloaded": (Reply(status=503), "retryable"),
    "wrong key": (Reply(status=401, code="invalid_api_key"), "final"),
    "unknown model": (Reply(status=404, code="model_not_found"), "final"),
    "context length": (Reply(status=400, code="context_length_exceeded"), "final"),
    "dropped at once": (Reply("Hello.", drop_after=1), "retryable"),
    "invalid JSON": (Reply(body=b"<html>502 Bad Gateway</html>"), "retryable"),
    "JSON of another kind": (Reply(body=b'{"detail": "nothing here"}'), "retryable"),
}
"""Failures by name, and whether another attempt may help."""
