"""The protocol over HTTP, under the pages: every request brings its token."""

from __future__ import annotations

from typing import Protocol

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.access.token_admission import TooManyRequests
from bot.access.token_records import Token, TokenRefused
from bot.app import App
from bot.mcp_server.agent_server import agent_server
from bot.mcp_server.agent_tools import AgentTools
from bot.mcp_server.opened_app import ServedApp
from index.errors import QuothError

PATH = "/mcp"
"""Where agents find it."""


class ServedParts(Protocol):
    """What is served has an opened Quoth."""

    @property
    def app(self) -> App:
        """The opened Quoth."""
        ...


class Tokens(Protocol):
    """Lets requests in."""

    async def admit(self, authorization: str | None) -> Token:
        """Return the token of a header `Authorization`; raises QuothError."""
        ...


def mcp_routes(parts: ServedParts, tokens: Tokens) -> list[BaseRoute]:
    """Return the route for agents: streamable HTTP, without sessions, one answer a request."""
    return [Route(PATH, _Endpoint(ServedApp(parts.app), tokens))]


class _Endpoint:
    """Answers the requests of agents, each with what its token opens."""

    def __init__(self, opened: ServedApp, tokens: Tokens) -> None:
        self._opened = opened
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            refused = JSONResponse(
                {"error": "Agents send POST here; there is no stream to listen to."},
                405,
                {"Allow": "POST"},
            )
            await refused(scope, receive, send)
            return
        try:
            token = await self._tokens.admit(_authorization(scope))
        except QuothError as error:
            await _refusal(error)(scope, receive, send)
            return
        tools = AgentTools(self._opened, token.collections, asker=f"token:{token.id}")
        manager = StreamableHTTPSessionManager(
            agent_server(lambda: tools), json_response=True, stateless=True
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _authorization(scope: Scope) -> str | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    found = [value.decode("latin-1") for name, value in headers if name == b"authorization"]
    return found[0] if len(found) == 1 else None


def _refusal(error: QuothError) -> JSONResponse:
    """Say why a request was not let in."""
    told = {"error": str(error)}
    if isinstance(error, TooManyRequests):
        return JSONResponse(told, 429, {"Retry-After": str(error.seconds)})
    if isinstance(error, TokenRefused):
        return JSONResponse(told, 401, {"WWW-Authenticate": "Bearer"})
    return JSONResponse(told, 503)
