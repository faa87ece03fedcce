"""One table of what the API can do: its routes are made of it, and its description, too."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.access.token_admission import RequestRate, TokenAdmission
from bot.json_shapes.json_shape import JsonShape, json_text
from bot.schema import Scope as Opened
from bot.web.api.event_stream import client_gone
from bot.web.api.problem_details import (
    Problem,
    openai_response,
    problem_of,
    problem_response,
)
from bot.web.api.read_request import read_body, read_query
from index.config import SHARED_COLLECTION
from index.errors import CollectionNotFound

Manner: TypeAlias = Literal["problem", "openai"]
"""How failures are told."""

FAILURES: dict[Manner, Callable[[Problem], Response]] = {
    "problem": problem_response,
    "openai": openai_response,
}


@dataclass(frozen=True)
class Call:
    """One request that was let in and understood."""

    given: Any
    """What was asked for: an instance of the operation's `takes`."""
    opened: Opened
    """The collections that this token opens."""
    asker: str
    """Who asks, for what is counted by person."""
    accept: str
    """The kinds of answer that are understood."""

    def scope(self, collection: str | None) -> Opened:
        """Return what is opened: all of it, or one collection; raises CollectionNotFound.

        One that the token does not open is not there.
        """
        if collection is None:
            return self.opened
        if collection not in self.opened.collections:
            raise CollectionNotFound(collection, list(self.opened.collections))
        return Opened(collections=(collection,))


Handle: TypeAlias = Callable[[Call], Awaitable[JsonShape | Response]]


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for."""

    method: Literal["GET", "POST"]
    path: str
    summary: str
    handle: Handle
    gives: type[BaseModel]
    takes: type[BaseModel] | None = None
    """A POST's body, a GET's parameters."""
    events: str | None = None
    """What the events of a stream are, where one can be had."""
    is_open: bool = False
    """Whether it needs no token."""
    manner: Manner = "problem"


class Door:
    """Lets requests in by their token or, where the operator says so, without one."""

    def __init__(
        self, admission: TokenAdmission, rate: RequestRate, *, is_shared_open: bool
    ) -> None:
        self._admission = admission
        self._rate = rate
        self._is_shared_open = is_shared_open

    async def admit(self, request: Request) -> tuple[Opened, str]:
        """Return what a request opens and who asks; raises TokenRefused and TooManyRequests."""
        header = request.headers.get("authorization")
        if header is None and self._is_shared_open:
            client = request.client.host if request.client else ""
            self._rate.take(f"visitor {client}")
            return Opened(collections=(SHARED_COLLECTION,)), "visitor"
        token = await self._admission.admit(header)
        return token.scope, f"token {token.id}"


def routes_of(operations: Sequence[Operation], door: Door) -> list[BaseRoute]:
    """Return a route for each path, and one for each first part that refuses all others."""
    paths = dict.fromkeys(operation.path for operation in operations)
    found = [
        Route(path, _Resource([one for one in operations if one.path == path], door))
        for path in paths
    ]
    for first in dict.fromkeys(path.split("/")[1] for path in paths):
        manner = next(one.manner for one in operations if one.path.startswith(f"/{first}/"))
        found.append(Route(f"/{first}/{{rest:path}}", _Nothing(FAILURES[manner])))
    return list(map(_of_any_line, found))


def _of_any_line(route: Route) -> Route:
    """Let a path have line ends in it; no other route would be tried for it but the pages'."""
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return route


class _Nothing:
    """Says that there is nothing at an address."""

    def __init__(self, failure: Callable[[Problem], Response]) -> None:
        self._failure = failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = Problem(404, "There is nothing at this address. /api/openapi.json lists what is.")
        await self._failure(problem)(scope, receive, send)


class _Resource:
    """Serves the operations of one path."""

    def __init__(self, operations: Sequence[Operation], door: Door) -> None:
        self._operations = {operation.method: operation for operation in operations}
        self._failure = FAILURES[operations[0].manner]
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        method = "GET" if request.method == "HEAD" else request.method
        operation = next((one for name, one in self._operations.items() if name == method), None)
        allowed = {"Allow": ", ".join(self._operations)}
        if operation is None:
            said = f"This address takes {' and '.join(self._operations)} only."
            await self._failure(Problem(405, said, allowed))(scope, receive, send)
            return
        try:
            response = await self._response(operation, request)
        except ClientDisconnect:
            return
        if response is not None:
            await response(scope, receive, send)

    async def _response(self, operation: Operation, request: Request) -> Response | None:
        """Return the response; None where whoever asked has gone, and with it the work."""
        try:
            call = await self._call(operation, request)
            given = await _while_listening(operation.handle(call), request.receive)
        except ClientDisconnect:
            raise
        except Exception as error:
            return self._failure(problem_of(error))
        if given is None or isinstance(given, Response):
            return given
        return Response(json_text(given.payload()), media_type="application/json")

    async def _call(self, operation: Operation, request: Request) -> Call:
        if operation.is_open:
            opened, asker = Opened(collections=()), ""
        else:
            opened, asker = await self._door.admit(request)
        given = None
        if operation.takes is not None:
            posted = operation.method == "POST"
            read = read_body(request, operation.takes) if posted else None
            given = await read if read else read_query(request, operation.takes)
        return Call(given, opened, asker, request.headers.get("accept", ""))


async def _while_listening(
    work: Awaitable[JsonShape | Response], receive: Receive
) -> JsonShape | Response | None:
    """Await work, and end it when whoever asked has gone."""
    working = asyncio.ensure_future(work)
    gone = asyncio.create_task(client_gone(receive))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        gone.cancel()
        if not working.done():
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await working


def is_stream_wanted(call: Call) -> bool:
    """Say whether server-sent events are asked for."""
    return "text/event-stream" in call.accept.lower()
