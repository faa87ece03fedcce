"""The HTTP API of the local Discord, version 10: routes, tokens, rate limits, the request log."""

from __future__ import annotations

import asyncio
import fnmatch
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import BodyPartReader, web

from tests.doubles.discord import callbacks as callbacks
from tests.doubles.discord import messages as messages
from tests.doubles.discord import rules as rules
from tests.doubles.discord.hub import ApiError, Hub, Payload, Request, Throttle
from tests.doubles.discord.messages import Call, channel_of, need
from tests.doubles.discord.world import Guild

Handler: TypeAlias = Callable[[Hub, Call], Awaitable[tuple[int, Any]]]

_OPEN = ("/interactions/", "/webhooks/")
_PREFIX = "/api/v10"


def application(hub: Hub) -> web.Application:
    """Return the web application: API, gateway and content network on one port."""
    app = web.Application(client_max_size=rules.REQUEST_LIMIT + rules.MEBIBYTE)
    for method, path, handler in _ROUTES:
        app.router.add_route(method, _PREFIX + path, _served(hub, handler))
    app.router.add_get("/gateway", hub.gateway.handle)
    app.router.add_get("/gateway/", hub.gateway.handle)
    app.router.add_get("/attachments/{channel}/{file}/{name}", _file(hub))
    app.router.add_route("*", "/{path:.*}", _served(hub, _unknown))
    return app


def _served(hub: Hub, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        path = request.path.removeprefix(_PREFIX)
        if request.content_type != "multipart/form-data":
            await request.read()  # what has arrived is done, even if the bot hangs up meanwhile
        await _slowed(hub, request.method, path)
        throttle = hub.throttled(request.method, path)
        payload: Any = None
        headers = _limit_headers(request)
        body: Any
        failure = hub.failing(request.method, path)
        if throttle is not None:
            status, body = 429, _too_many(throttle, headers)
        elif failure is not None:
            status, body = failure.status, {"code": failure.code, "message": "failing"}
        else:
            status, body, payload = await _answer(hub, handler, request, path)
        hub.log.append(Request(request.method, path, payload, status, hub.world.clock.now()))
        await hub.notify()
        if not status:
            assert request.transport is not None
            request.transport.abort()
            status = 500
        if body is None:
            return web.Response(status=status, headers=headers)
        text = json.dumps(body).encode()
        return web.Response(
            status=status, body=text, headers=headers | {"Content-Type": "application/json"}
        )

    return serve


async def _answer(
    hub: Hub, handler: Handler, request: web.Request, path: str
) -> tuple[int, Any, Any]:
    payload: Any = None
    try:
        call = await _parsed(request)
        payload = call.payload
        if (
            not path.startswith(_OPEN)
            and request.headers.get("Authorization") != f"Bot {hub.token}"
        ):
            raise ApiError(401, 0, "401: Unauthorized")
        status, body = await handler(hub, call)
    except ApiError as error:
        status, body = error.status, error.body
    return status, body, payload


async def _parsed(request: web.Request) -> Call:
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    text = await request.text()
    return Call(request, json.loads(text) if text else {})


async def _multipart(request: web.Request) -> Call:
    payload: Any = {}
    files: dict[str, tuple[str, bytes, str]] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader), "no part of discord.py has parts of its own"
        name = part.name or ""
        content = bytes(await part.read())
        if name == "payload_json":
            payload = json.loads(content)
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[name.removeprefix("files[").removesuffix("]")] = (
                part.filename or name, content, kind,
            )  # fmt: skip
    return Call(request, payload, files)


async def _slowed(hub: Hub, method: str, path: str) -> None:
    for pattern, seconds in hub.slowdown.items():
        if fnmatch.fnmatch(f"{method} {path}", pattern):
            await asyncio.sleep(seconds)


def _limit_headers(request: web.Request) -> dict[str, str]:
    """Return roomy limits; each route is its own bucket, as far as a client can tell."""
    resource = request.match_info.route.resource
    route = f"{request.method} {resource.canonical if resource else request.path}"
    return {
        "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "99",
        "X-RateLimit-Reset-After": "1.0", "X-RateLimit-Reset": "0",
        "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:16],
        "Via": "1.1 local",
    }  # fmt: skip


def _too_many(throttle: Throttle, headers: dict[str, str]) -> Payload:
    after = str(throttle.retry_after)
    scope = "global" if throttle.is_global else "user"
    headers |= {
        "Retry-After": after, "X-RateLimit-Remaining": "0", "X-RateLimit-Scope": scope,
        "X-RateLimit-Reset-After": after,
    }  # fmt: skip
    return {
        "message": "You are being rate limited.", "retry_after": throttle.retry_after,
        "global": throttle.is_global,
    }  # fmt: skip


def _file(hub: Hub) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        found = hub.world.files.get(request.match_info["file"])
        if found is None:
            return web.Response(status=404)
        return web.Response(body=found.content, content_type="application/octet-stream")

    return serve


async def _unknown(hub: Hub, call: Call) -> tuple[int, Any]:
    hub.problem(f"{call.where}: the local Discord does not know this route")
    raise ApiError(404, 0, "404: Not Found")


# --- the bot itself --------------------------------------------------------------------------


async def gateway_bot(hub: Hub, call: Call) -> tuple[int, Any]:
    start = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    shown = {"url": hub.gateway_url, "shards": hub.gateway.shards, "session_start_limit": start}
    return 200, shown


async def me(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.world.bot.payload()


async def my_application(hub: Hub, call: Call) -> tuple[int, Any]:
    bot = hub.world.bot
    flags = sum(bit for intent, bit in _INTENT_FLAGS.items() if hub.gateway.allowed & intent)
    return 200, {
        "id": bot.id, "name": bot.name, "description": "", "icon": None, "bot_public": True,
        "bot_require_code_grant": False, "owner": bot.payload(), "verify_key": "0" * 64,
        "team": None, "flags": flags, "bot": bot.payload(),
    }  # fmt: skip


_INTENT_FLAGS = {1 << 8: 1 << 13, 1 << 1: 1 << 15, 1 << 15: 1 << 19}
"""Which flag of the application says that a privileged intent is on (for few servers)."""


async def user(hub: Hub, call: Call) -> tuple[int, Any]:
    found = hub.world.users.get(call["user"])
    if found is None:
        raise ApiError(404, 10013, "Unknown User")
    return 200, found.payload()


async def open_dm(hub: Hub, call: Call) -> tuple[int, Any]:
    found = hub.world.users.get(str(call.payload["recipient_id"]))
    if found is None or found.bot:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return 200, hub.world.dm(found).payload()


# --- servers ---------------------------------------------------------------------------------


def _guild(hub: Hub, call: Call) -> Guild:
    guild = hub.world.guilds.get(call["guild"])
    if guild is None or hub.world.bot.id not in guild.members:
        raise ApiError(404, 10004, "Unknown Guild")
    return guild


async def guild(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, _guild(hub, call).payload(hub.world.bot)


async def guild_channels(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, [channel.payload() for channel in _guild(hub, call).channels.values()]


async def guild_roles(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, [role.payload() for role in _guild(hub, call).roles.values()]


async def guild_member(hub: Hub, call: Call) -> tuple[int, Any]:
    member = _guild(hub, call).members.get(call["user"])
    if member is None:
        raise ApiError(404, 10007, "Unknown Member")
    return 200, member.payload()


async def guild_members(hub: Hub, call: Call) -> tuple[int, Any]:
    if not hub.gateway.allowed & 1 << 1:
        raise ApiError(403, 50001, "Missing Access")
    return 200, [member.payload() for member in _guild(hub, call).members.values()]


async def channel(hub: Hub, call: Call) -> tuple[int, Any]:
    found = channel_of(hub, call["channel"])
    need(hub, found, 0)
    return 200, found.payload()


# --- commands --------------------------------------------------------------------------------


def _command_scope(hub: Hub, call: Call) -> str | None:
    if call["application"] != hub.world.bot.id:
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    return call.request.match_info.get("guild")


async def commands(hub: Hub, call: Call) -> tuple[int, Any]:
    return 200, hub.commands[_command_scope(hub, call)]


async def register(hub: Hub, call: Call) -> tuple[int, Any]:
    scope = _command_scope(hub, call)
    hub.require(rules.commands(call.payload), call.where)
    hub.registrations.append(scope)
    known = {(item["type"], item["name"]): item["id"] for item in hub.commands[scope]}
    hub.commands[scope] = [
        {
            "default_member_permissions": None, "options": [], "nsfw": False,
            "description": "", "version": hub.world.ids.next(), "type": 1,
        } | item | {
            "application_id": hub.world.bot.id,
            "id": known.get((item.get("type") or 1, item["name"])) or hub.world.ids.next(),
        } | ({"guild_id": scope} if scope else {})
        for item in call.payload
    ]  # fmt: skip
    return 200, hub.commands[scope]


_MESSAGE = "/channels/{channel}/messages/{message}"
_HOOK = "/webhooks/{application}/{token}"

_ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/gateway/bot", gateway_bot),
    ("GET", "/users/@me", me),
    ("POST", "/users/@me/channels", open_dm),
    ("GET", "/users/{user}", user),
    ("GET", "/oauth2/applications/@me", my_application),
    ("GET", "/applications/@me", my_application),
    ("GET", "/applications/{application}/commands", commands),
    ("PUT", "/applications/{application}/commands", register),
    ("GET", "/applications/{application}/guilds/{guild}/commands", commands),
    ("PUT", "/applications/{application}/guilds/{guild}/commands", register),
    ("GET", "/guilds/{guild}", guild),
    ("GET", "/guilds/{guild}/channels", guild_channels),
    ("GET", "/guilds/{guild}/roles", guild_roles),
    ("GET", "/guilds/{guild}/members", guild_members),
    ("GET", "/guilds/{guild}/members/{user}", guild_member),
    ("GET", "/channels/{channel}", channel),
    ("PATCH", "/channels/{channel}", messages.edit_channel),
    ("POST", "/channels/{channel}/typing", messages.typing),
    ("GET", "/channels/{channel}/messages", messages.history),
    ("POST", "/channels/{channel}/messages", messages.create),
    ("GET", _MESSAGE, messages.fetch),
    ("PATCH", _MESSAGE, messages.edit),
    ("DELETE", _MESSAGE, messages.delete),
    ("PUT", _MESSAGE + "/reactions/{emoji}/@me", messages.react),
    ("DELETE", _MESSAGE + "/reactions/{emoji}/@me", messages.react),
    ("POST", _MESSAGE + "/threads", messages.thread_from_message),
    ("POST", "/channels/{channel}/threads", messages.thread_without_message),
    ("GET", "/channels/{channel}/threads/archived/public", messages.archived_threads),
    ("PUT", "/channels/{channel}/thread-members/@me", messages.join_thread),
    ("POST", "/interactions/{interaction}/{token}/callback", callbacks.callback),
    ("POST", _HOOK, callbacks.followup),
    ("GET", _HOOK + "/messages/{message}", callbacks.fetch),
    ("PATCH", _HOOK + "/messages/{message}", callbacks.edit),
    ("DELETE", _HOOK + "/messages/{message}", callbacks.delete),
]
