"""What every part of the local Discord shares: the world, the gateway, the log, the verdicts."""

from __future__ import annotations

import asyncio
import fnmatch
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.doubles.discord.gateway import Gateway
from tests.doubles.discord.world import (
    Attachment,
    Channel,
    Guild,
    Message,
    User,
    World,
    permissions,
)

Payload: TypeAlias = dict[str, Any]

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 1, 2, 3, 4, 5


class ApiError(Exception):
    """An answer of the API that is not a success."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Payload = {"code": code, "message": message} | more


@dataclass(frozen=True)
class Request:
    """One request of the bot, for tests to look at."""

    method: str
    path: str
    json: Payload | list[Payload] | None
    status: int
    at: float
    """Seconds on the server's clock."""


@dataclass
class Interaction:
    """One command, click, choice or modal, and what became of it."""

    id: str
    token: str
    type: int
    user: User
    channel: Channel
    guild: Guild | None
    data: Payload
    created: float
    name: str
    """What the person did, for messages."""
    source: Message | None = None
    """The message whose component was used."""
    forged: bool = False
    responded: asyncio.Event = field(default_factory=asyncio.Event)
    response_type: int | None = None
    original: Message | None = None
    modal: Payload | None = None
    choices: list[Payload] | None = None
    messages: list[Message] = field(default_factory=list)
    expired: bool = False


@dataclass
class Throttle:
    """A 429 that waits for requests."""

    method: str
    pattern: str
    left: int
    retry_after: float
    is_global: bool
    until: float = 0.0


@dataclass
class Failure:
    """An error that waits for requests."""

    pattern: str
    """`METHOD /path`, with wildcards."""
    left: int
    status: int
    """0 cuts the line without an answer."""
    code: int


class Hub:
    """The parts of the server that know each other through it."""

    def __init__(self, token: str) -> None:
        self.world = World()
        self.token = token
        self.url = ""
        """Origin of the HTTP server, for example `http://127.0.0.1:1234`."""
        self.gateway = Gateway(self.world, token, lambda: self.gateway_url)
        self.deadline = 3.0
        """Seconds until an interaction must have its first response."""
        self.log: list[Request] = []
        self.problems: list[str] = []
        self.interactions: dict[str, Interaction] = {}
        self.commands: dict[str | None, list[Payload]] = defaultdict(list)
        """Registered application commands by guild id; None is global."""
        self.registrations: list[str | None] = []
        """One entry per bulk overwrite: the guild id, or None for global."""
        self.typing: list[Channel] = []
        self.throttles: list[Throttle] = []
        self.slowdown: dict[str, float] = {}
        """Seconds that a request waits before it is served, by `METHOD /path` pattern."""
        self.failures: list[Failure] = []
        self.nonces: dict[tuple[str, str], Message] = {}
        self.changed = asyncio.Condition()
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def gateway_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/gateway"

    @property
    def api_url(self) -> str:
        return self.url + "/api/v10"

    def problem(self, text: str) -> None:
        """Record something that Discord would not have, or that a person would suffer from."""
        self.problems.append(text)

    def require(self, problems: list[str], where: str) -> None:
        """Refuse a payload as Discord does, and record why."""
        if problems:
            self.problems += [f"{where}: {problem}" for problem in problems]
            raise ApiError(400, 50035, "Invalid Form Body", errors={"_errors": problems})

    def spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, ready: Callable[[], Any], *, within: float, what: str) -> Any:
        """Wait for `ready` to return something; fail with what was waited for."""
        try:
            async with asyncio.timeout(within), self.changed:
                return await self.changed.wait_for(ready)
        except TimeoutError:
            pass
        said = "; ".join(self.problems) or "none"
        raise AssertionError(f"{what}: nothing within {within} s (problems: {said})")

    # --- messages ----------------------------------------------------------------------------

    async def post(self, channel: Channel, author: User, content: str, **more: Any) -> Message:
        """Put a new message into a channel and tell everybody."""
        world = self.world
        message = Message(world.ids.next(), channel, author, content, world.clock.stamp(), **more)
        message.mentions = self.mentioned(message)
        channel.messages[message.id] = message
        channel.archived = False
        await self.publish(message, "MESSAGE_CREATE")
        return message

    def mentioned(self, message: Message) -> list[User]:
        """Return who a message names: by mention, or by a reply that pings."""
        if message.author.bot:
            return []
        found = [u for u in self.world.users.values() if _names(message.content, u)]
        replied = message.reply_to
        # A reply to an interaction's response does not count as a mention of the bot.
        if replied is not None and replied.interaction is None:
            found.append(replied.author)
        return [user for at, user in enumerate(found) if user not in found[:at]]

    async def publish(self, message: Message, event: str) -> None:
        """Tell the bot and the people about a new or changed message."""
        self.world.touch(message)
        await self.gateway.message(event, message)
        await self.notify()

    async def delete(self, message: Message) -> None:
        message.deleted = True
        self.world.touch(message)
        channel = message.channel
        channel.messages.pop(message.id, None)
        data = {"id": message.id, "channel_id": channel.id}
        if channel.guild:
            data["guild_id"] = channel.guild.id
        if message.only_for is None:
            await self.gateway.dispatch("MESSAGE_DELETE", data, guild=channel.guild)
        await self.notify()

    async def delete_many(self, messages: list[Message]) -> None:
        """Delete messages of one channel at once, as moderators and other bots do."""
        channel = messages[0].channel
        for message in messages:
            message.deleted = True
            self.world.touch(message)
            channel.messages.pop(message.id, None)
        data: Payload = {"ids": [message.id for message in messages], "channel_id": channel.id}
        if channel.guild:
            data["guild_id"] = channel.guild.id
        await self.gateway.dispatch("MESSAGE_DELETE_BULK", data, guild=channel.guild)
        await self.notify()

    def attach(self, channel: Channel, name: str, content: bytes, kind: str) -> Payload:
        """Store a file on the content network and return its attachment."""
        id = self.world.ids.next()
        url = f"{self.url}/attachments/{channel.id}/{id}/{name}"
        payload = {
            "id": id, "filename": name, "size": len(content), "url": url, "proxy_url": url,
            "content_type": kind,
        }  # fmt: skip
        self.world.files[id] = Attachment(payload, content)
        return payload

    # --- interactions ------------------------------------------------------------------------

    async def interact(self, interaction: Interaction) -> Interaction:
        """Hand an interaction to the bot and watch the deadline."""
        self.interactions[interaction.token] = interaction
        guild = interaction.guild
        delivered = await self.gateway.dispatch(
            "INTERACTION_CREATE", interaction_payload(self.world, interaction), guild=guild
        )
        if not delivered:
            interaction.expired = True
            await self.notify()
        else:
            self.spawn(self._watch(interaction))
        return interaction

    async def _watch(self, interaction: Interaction) -> None:
        try:
            await asyncio.wait_for(interaction.responded.wait(), self.deadline)
        except TimeoutError:
            interaction.expired = True
            if not interaction.forged:
                self.problem(f"no response to {interaction.name} within {self.deadline} s")
            await self.notify()

    def failing(self, method: str, path: str) -> Failure | None:
        """Return the error that this request meets, if any."""
        for failure in self.failures:
            if failure.left and fnmatch.fnmatch(f"{method} {path}", failure.pattern):
                failure.left -= 1
                return failure
        return None

    def throttled(self, method: str, path: str) -> Throttle | None:
        """Return the 429 that this request meets, if any."""
        now = self.world.clock.now()
        for throttle in self.throttles:
            matches = throttle.is_global or (
                throttle.method == method and fnmatch.fnmatch(path, throttle.pattern)
            )
            if matches and throttle.until > now + 0.05:
                self.problem(f"{method} {path} came {throttle.until - now:.2f} s too early")
                return throttle
            if matches and throttle.left > 0:
                throttle.left -= 1
                throttle.until = now + throttle.retry_after
                return throttle
        return None


def _names(content: str, user: User) -> bool:
    return f"<@{user.id}>" in content or f"<@!{user.id}>" in content


def new_interaction(
    world: World, type: int, user: User, channel: Channel, data: Payload, **more: Any
) -> Interaction:
    return Interaction(
        id=world.ids.next(), token=secrets.token_urlsafe(40), type=type, user=user,
        channel=channel, guild=more.pop("guild", channel.guild), data=data,
        created=world.clock.now(), **more,
    )  # fmt: skip


def interaction_payload(world: World, interaction: Interaction) -> Payload:
    """Return what INTERACTION_CREATE carries: the member with roles and permissions, no intent."""
    guild, channel, user = interaction.guild, interaction.channel, interaction.user
    known: Payload = {
        "id": interaction.id, "application_id": world.bot.id, "type": interaction.type,
        "data": interaction.data, "token": interaction.token, "version": 1,
        "channel_id": channel.id, "locale": "en-US", "entitlements": [],
        "attachment_size_limit": 10 << 20, "context": 0 if guild else 1,
        "app_permissions": str(permissions(world.bot, channel)),
        "authorizing_integration_owners": {"0": guild.id if guild else "0"},
        "channel": channel.payload() | {"permissions": str(permissions(user, channel))},
    }  # fmt: skip
    if interaction.source is not None:
        known["message"] = interaction.source.payload()
    if guild is None:
        return known | {"user": user.payload()}
    member = guild.members.get(user.id)
    shown = member.payload() if member else {"user": user.payload(), "roles": [], "flags": 0}
    known["member"] = shown | {"permissions": str(permissions(user, channel))}
    known["guild"] = {"id": guild.id, "locale": "en-US", "features": []}
    return known | {"guild_id": guild.id, "guild_locale": "en-US"}
