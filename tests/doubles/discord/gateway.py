"""The gateway of the local Discord: version 10, JSON, zlib-stream or plain, resumable sessions.

Follows https://discord.com/developers/docs/events/gateway. Content is left out of messages as
Discord leaves it out for a bot without the message content intent.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.doubles.discord.world import (
    DM,
    VIEW_CHANNEL,
    Channel,
    Guild,
    Message,
    World,
    permissions,
)

GUILDS, MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | MESSAGE_CONTENT

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT = 0, 1, 2, 3, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, ACK = 8, 9, 10, 11

_CONTENT_FIELDS = {"content": "", "embeds": [], "attachments": [], "components": []}


class Socket:
    """One connection; compresses when it was asked to."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.ws = ws
        self.request = request
        streamed = request.query.get("compress") == "zlib-stream"
        self._compressor = zlib.compressobj() if streamed else None
        self._sending = asyncio.Lock()

    async def send(self, text: str) -> None:
        async with self._sending:
            if self.ws.closed:
                return
            try:
                if self._compressor is None:
                    await self.ws.send_str(text)
                else:
                    packed = self._compressor.compress(text.encode())
                    await self.ws.send_bytes(packed + self._compressor.flush(zlib.Z_SYNC_FLUSH))
            except ConnectionError:
                return

    def abort(self) -> None:
        """Cut the line without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()


@dataclass(eq=False)
class Session:
    """What survives a lost connection."""

    intents: int
    shard: tuple[int, int]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    socket: Socket | None = None
    sent: list[str] = field(default_factory=list)
    """Every dispatch so far; sequence numbers count from 1."""

    async def dispatch(self, event: str, data: Any) -> None:
        number = len(self.sent) + 1
        self.sent.append(json.dumps({"op": DISPATCH, "t": event, "s": number, "d": data}))
        if self.socket is not None:
            await self.socket.send(self.sent[-1])


class Gateway:
    """All sessions of the one bot."""

    def __init__(self, world: World, token: str, url: Callable[[], str]) -> None:
        self.world = world
        self.token = token
        self.url = url
        self.shards = 1
        """How many shards Discord recommends."""
        self.allowed = 0
        """Privileged intents switched on in the developer portal."""
        self.resume_url: str | None = None
        """Where READY says to resume, if elsewhere."""
        self.refusing = False
        """Whether new connections are turned away."""
        self.sessions: list[Session] = []
        self.identified: list[float] = []
        self.resumed: list[float] = []
        self.problems: list[str] = []
        self.presences: list[Any] = []
        self._changed = asyncio.Condition()

    # --- for tests ---------------------------------------------------------------------------

    async def connected(self, *, within: float = 15) -> None:
        """Wait until every shard has a live session."""

        def complete() -> bool:
            live = {s.shard[0]: s.shard[1] for s in self.sessions if s.socket is not None}
            return bool(live) and set(live) == set(range(max(live.values())))

        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(complete)

    async def drop(self, code: int | None = None, *, resumable: bool = True) -> None:
        """End every connection: cut without a word, or closed with `code`."""
        for session in list(self.sessions):
            socket, session.socket = session.socket, None
            if not resumable:
                self.sessions.remove(session)
            if socket is not None and code is None:
                socket.abort()
            elif socket is not None:
                await socket.ws.close(code=code or 1000)

    async def reconnect(self) -> None:
        """Send op 7: the client shall connect again and resume."""
        await self._op({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9: the session is over, or resumable."""
        sockets = [session.socket for session in self.sessions]
        if not resumable:
            self.sessions.clear()
        for socket in sockets:
            if socket is not None:
                await socket.send(json.dumps({"op": INVALID_SESSION, "d": resumable}))

    async def _op(self, frame: dict[str, Any]) -> None:
        for session in self.sessions:
            if session.socket is not None:
                await session.socket.send(json.dumps(frame))

    # --- events ------------------------------------------------------------------------------

    def _shard_sessions(self, guild: Guild | None) -> list[Session]:
        """Return the sessions that an event of this server goes to; direct ones go to shard 0."""
        number = int(guild.id) >> 22 if guild else 0
        return [s for s in self.sessions if s.shard[0] == number % s.shard[1]]

    async def dispatch(
        self, event: str, data: Any, *, guild: Guild | None, intents: int = 0
    ) -> bool:
        """Send an event to whom it concerns; say whether there was a session for it."""
        concerned = [s for s in self._shard_sessions(guild) if s.intents & intents == intents]
        for session in concerned:
            await session.dispatch(event, data)
        return bool(concerned)

    async def message(self, event: str, message: Message) -> None:
        """Announce a message or its edit to the bot, if it may see it, content as allowed."""
        channel = message.channel
        if message.only_for is not None or not bot_sees(self.world, channel):
            return
        needed = GUILD_MESSAGES if channel.guild else DIRECT_MESSAGES
        for session in self._shard_sessions(channel.guild):
            if session.intents & needed:
                full = bool(session.intents & MESSAGE_CONTENT)
                await session.dispatch(event, announced(self.world, message, full=full))

    # --- the connection ----------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self.refusing:
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=4096)
        await ws.prepare(request)
        socket = Socket(ws, request)
        await socket.send(json.dumps({"op": HELLO, "d": {"heartbeat_interval": 41250}}))
        received: list[float] = []
        try:
            async for frame in ws:
                if frame.type is not WSMsgType.TEXT:
                    break
                if not await self._paced(received, socket):
                    break
                await self._frame(socket, json.loads(frame.data))
        finally:
            for session in self.sessions:
                if session.socket is socket:
                    session.socket = None
        return ws

    async def _paced(self, received: list[float], socket: Socket) -> bool:
        now = time.monotonic()
        received[:] = [at for at in received if at > now - 60] + [now]
        if len(received) <= 120:
            return True
        self.problems.append("more than 120 gateway messages in 60 seconds")
        await socket.ws.close(code=4008)
        return False

    async def _frame(self, socket: Socket, frame: dict[str, Any]) -> None:
        op: int = frame["op"]
        data: Any = frame.get("d")
        if op == HEARTBEAT:
            await socket.send(json.dumps({"op": ACK, "d": None}))
        elif op == IDENTIFY:
            await self._identify(socket, data)
        elif op == RESUME:
            await self._resume(socket, data)
        elif op == PRESENCE:
            self.presences.append(data)
        elif op == REQUEST_MEMBERS:
            self.problems.append("members were requested over the gateway")

    async def _identify(self, socket: Socket, data: dict[str, Any]) -> None:
        shard = tuple(data.get("shard") or (0, 1))
        refused = self._refusal(data, shard)
        if refused:
            await socket.ws.close(code=refused)
            return
        self.sessions = [s for s in self.sessions if s.shard != shard or s.socket is not None]
        session = Session(data["intents"], (shard[0], shard[1]), socket=socket)
        guilds = [g for g in self.world.guilds.values() if self._mine(g, session)]
        self.identified.append(time.monotonic())
        ready = {
            "v": 10, "user": self.world.bot.payload(), "session_id": session.id,
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "resume_gateway_url": self.resume_url or self.url(), "shard": list(shard),
            "application": {"id": self.world.bot.id, "flags": 0},
        }  # fmt: skip
        await session.dispatch("READY", ready)
        self.sessions.append(session)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.payload(self.world.bot))
        await self._notify()

    def _mine(self, guild: Guild, session: Session) -> bool:
        mine = (int(guild.id) >> 22) % session.shard[1] == session.shard[0]
        return mine and self.world.bot.id in guild.members

    def _refusal(self, data: dict[str, Any], shard: tuple[int, ...]) -> int | None:
        """Return the close code that Discord would answer with, or None."""
        if data.get("token") != self.token:
            return 4004
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return 4010
        if not isinstance(data.get("intents"), int):
            return 4013
        if data["intents"] & PRIVILEGED & ~self.allowed:
            return 4014
        return None

    async def _resume(self, socket: Socket, data: dict[str, Any]) -> None:
        if data.get("token") != self.token:
            await socket.ws.close(code=4004)
            return
        found = next((s for s in self.sessions if s.id == data["session_id"]), None)
        if found is None or data["seq"] > len(found.sent):
            await socket.send(json.dumps({"op": INVALID_SESSION, "d": False}))
            return
        at = data["seq"]
        while at < len(found.sent):
            await socket.send(found.sent[at])
            at += 1
        found.socket = socket
        self.resumed.append(time.monotonic())
        await found.dispatch("RESUMED", {"_trace": []})
        await self._notify()

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def bot_sees(world: World, channel: Channel) -> bool:
    return channel.type == DM or bool(permissions(world.bot, channel) & VIEW_CHANNEL)


def announced(world: World, message: Message, *, full: bool) -> dict[str, Any]:
    """Return a message as the bot receives it, over the gateway or by HTTP."""
    data = message.payload()
    if not full and not _content_is_shown(world, message):
        data |= _CONTENT_FIELDS
    shown = data.get("referenced_message")
    if shown and message.reply_to and not full and not _content_is_shown(world, message.reply_to):
        data["referenced_message"] = shown | _CONTENT_FIELDS
    guild = message.channel.guild
    if guild is not None:
        data["guild_id"] = guild.id
        member = guild.members.get(message.author.id)
        if member is not None:
            data["member"] = {key: v for key, v in member.payload().items() if key != "user"}
    return data


def _content_is_shown(world: World, message: Message) -> bool:
    """Say whether a bot without the intent reads this: its own, direct, or mentioning it."""
    own = message.author is world.bot
    return own or message.channel.type == DM or world.bot in message.mentions
