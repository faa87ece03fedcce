"""What the bot does to messages and threads, with Discord's rights and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.discord import rules as rules
from tests.doubles.discord.gateway import announced
from tests.doubles.discord.hub import ApiError, Hub, Payload
from tests.doubles.discord.world import (
    ATTACH_FILES,
    CREATE_THREADS,
    DM,
    EMBED_LINKS,
    FORUM,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Channel,
    Message,
    permissions,
)


@dataclass
class Call:
    """One request, its body parsed."""

    request: web.Request
    payload: Any
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)
    """By field index: name, content, media type."""

    def __getitem__(self, name: str) -> str:
        return self.request.match_info[name]

    @property
    def where(self) -> str:
        return f"{self.request.method} {self.request.path.removeprefix('/api/v10')}"


def channel_of(hub: Hub, channel_id: str) -> Channel:
    channel = hub.world.channels.get(channel_id)
    if channel is None:
        raise ApiError(404, 10003, "Unknown Channel")
    return channel


def message_of(channel: Channel, message_id: str) -> Message:
    message = channel.messages.get(message_id)
    if message is None or message.only_for is not None:
        raise ApiError(404, 10008, "Unknown Message")
    return message


def need(hub: Hub, channel: Channel, bits: int) -> None:
    """Raise what Discord answers when the bot lacks a right in a channel."""
    has = permissions(hub.world.bot, channel)
    if not has & VIEW_CHANNEL:
        raise ApiError(403, 50001, "Missing Access")
    if has & bits != bits:
        raise ApiError(403, 50013, "Missing Permissions")


def seen(hub: Hub, message: Message) -> Payload:
    """Return a message as HTTP shows it to the bot."""
    full = bool(hub.gateway.allowed & 1 << 15)
    return announced(hub.world, message, full=full)


# --- messages --------------------------------------------------------------------------------


async def create(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    payload = call.payload
    _may_send(hub, channel, payload, call)
    reference = payload.get("message_reference")
    hub.require(rules.message(payload, new=True, files=len(call.files)), call.where)
    known = hub.nonces.get((channel.id, str(payload.get("nonce"))))
    if known is not None and payload.get("enforce_nonce"):
        return 200, seen(hub, known)
    reply_to = _reply(hub, channel, reference) if reference else None
    message = await put(hub, channel, call, payload, reply_to=reply_to)
    if message.nonce:
        hub.nonces[channel.id, message.nonce] = message
    return 200, seen(hub, message)


def _may_send(hub: Hub, channel: Channel, payload: Payload, call: Call) -> None:
    if channel.type == DM:
        if channel.recipient and channel.recipient.dms_closed:
            raise ApiError(403, 50007, "Cannot send messages to this user")
        return
    if channel.type == FORUM:
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    bits = SEND_IN_THREADS if channel.is_thread else SEND_MESSAGES
    bits |= ATTACH_FILES if call.files else 0
    bits |= EMBED_LINKS if payload.get("embeds") else 0
    need(hub, channel, bits)
    if channel.locked and not permissions(hub.world.bot, channel) & MANAGE_THREADS:
        raise ApiError(400, 160005, "Thread is locked")


def _reply(hub: Hub, channel: Channel, reference: Payload) -> Message | None:
    if channel.guild:
        has = permissions(hub.world.bot, channel)
        if not has & READ_HISTORY:
            raise ApiError(400, 160002, "Cannot reply without permission to read message history")
    found = channel.messages.get(str(reference.get("message_id")))
    if found is None and reference.get("fail_if_not_exists", True):
        raise ApiError(400, 50035, "Invalid Form Body: Unknown message")
    return found


async def put(hub: Hub, channel: Channel, call: Call, payload: Payload, **more: Any) -> Message:
    """Store a new message of the bot."""
    return await hub.post(
        channel,
        hub.world.bot,
        payload.get("content") or "",
        embeds=payload.get("embeds") or [],
        components=numbered(payload.get("components") or []),
        attachments=_attachments(hub, channel, call, payload, []),
        flags=(payload.get("flags") or 0) | more.pop("flags", 0),
        nonce=str(payload["nonce"]) if payload.get("nonce") is not None else None,
        **more,
    )


def numbered(components: list[Payload]) -> list[Payload]:
    """Give every component the id that Discord would give it."""
    for number, item in enumerate(rules.walk(components), start=1):
        item.setdefault("id", number)
    return components


def _attachments(
    hub: Hub, channel: Channel, call: Call, payload: Payload, kept: list[Payload]
) -> list[Payload]:
    hub.require(rules.files([len(content) for _, content, _ in call.files.values()]), call.where)
    said = {str(each["id"]): each.get("description") for each in payload.get("attachments") or []}
    hub.require(list(rules.descriptions(said.values())), call.where)
    return kept + [
        hub.attach(channel, *file) | {"description": said.get(number)}
        for number, file in call.files.items()
    ]


async def change(hub: Hub, message: Message, call: Call, payload: Payload) -> None:
    """Apply an edit of the bot to one of its messages."""
    v2 = bool(message.flags & rules.COMPONENTS_V2)
    hub.require(rules.message(payload, new=False, v2=v2, files=len(call.files)), call.where)
    if payload.get("content", ...) is not ...:
        message.content = payload["content"] or ""
    if payload.get("embeds", ...) is not ...:
        message.embeds = payload["embeds"] or []
    if payload.get("components", ...) is not ...:
        message.components = numbered(payload["components"] or [])
    if "attachments" in payload or call.files:
        listed = {str(item["id"]) for item in payload.get("attachments") or []}
        kept = [item for item in message.attachments if item["id"] in listed]
        message.attachments = _attachments(hub, message.channel, call, payload, kept)
    message.flags |= (payload.get("flags") or 0) & rules.COMPONENTS_V2
    loading = message.loading
    message.flags &= ~rules.LOADING
    message.edited = None if loading else hub.world.clock.stamp()
    await hub.publish(message, "MESSAGE_UPDATE")


async def edit(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, 0)
    message = message_of(channel, call["message"])
    if message.author is not hub.world.bot:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    if channel.archived:
        raise ApiError(400, 50083, "Thread is archived")
    await change(hub, message, call, call.payload)
    return 200, seen(hub, message)


async def delete(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    message = message_of(channel, call["message"])
    need(hub, channel, 0 if message.author is hub.world.bot else MANAGE_MESSAGES)
    await hub.delete(message)
    return 204, None


async def fetch(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, READ_HISTORY)
    return 200, seen(hub, message_of(channel, call["message"]))


async def history(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, READ_HISTORY)
    query = call.request.query
    found = [m for m in channel.messages.values() if m.only_for is None]
    if "before" in query:
        found = [m for m in found if int(m.id) < int(query["before"])]
    if "after" in query:
        found = [m for m in found if int(m.id) > int(query["after"])]
    found.sort(key=lambda message: int(message.id), reverse="after" not in query)
    shown = found[: int(query.get("limit", 50))]
    return 200, [seen(hub, message) for message in shown]


async def typing(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, SEND_IN_THREADS if channel.is_thread else SEND_MESSAGES)
    hub.typing.append(channel)
    return 204, None


async def react(hub: Hub, call: Call) -> tuple[int, Any]:
    need(hub, channel_of(hub, call["channel"]), READ_HISTORY)
    return 204, None


# --- threads ---------------------------------------------------------------------------------


async def thread_from_message(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, CREATE_THREADS)
    message = message_of(channel, call["message"])
    if message.thread is not None:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    hub.require(rules.thread(call.payload), call.where)
    # A thread that starts from a message has the message's id.
    thread = await open_thread(hub, channel, call.payload, id=message.id)
    message.thread = thread
    await hub.publish(message, "MESSAGE_UPDATE")
    return 201, thread.payload()


async def thread_without_message(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, SEND_MESSAGES if channel.type == FORUM else CREATE_THREADS)
    hub.require(rules.thread(call.payload), call.where)
    thread = await open_thread(hub, channel, call.payload, type=call.payload.get("type"))
    if channel.type != FORUM:
        return 201, thread.payload()
    payload = call.payload.get("message") or {}
    hub.require(rules.message(payload, new=True, files=len(call.files)), call.where)
    message = await put(hub, thread, call, payload)
    return 201, thread.payload() | {"message": seen(hub, message)}


async def open_thread(
    hub: Hub, channel: Channel, payload: Payload, *, id: str | None = None, **more: Any
) -> Channel:
    """Create a thread and tell the bot."""
    owner = more.get("owner") or hub.world.bot
    thread = Channel(
        id or hub.world.ids.next(), more.get("type") or PUBLIC_THREAD, payload["name"],
        guild=channel.guild, parent=channel, owner=owner,
        members=more.get("members") or [owner],
        auto_archive=payload.get("auto_archive_duration") or 1440,
    )  # fmt: skip
    assert channel.guild is not None
    hub.world.channels[thread.id] = thread
    channel.guild.threads[thread.id] = thread
    if permissions(hub.world.bot, thread) & VIEW_CHANNEL:
        await hub.gateway.dispatch(
            "THREAD_CREATE", thread.payload() | {"newly_created": True}, guild=channel.guild
        )
    return thread


async def archived_threads(hub: Hub, call: Call) -> tuple[int, Any]:
    """Serve the public threads that are archived, newest first, and whether there are more."""
    channel = channel_of(hub, call["channel"])
    need(hub, channel, READ_HISTORY)
    assert channel.guild is not None
    before, limit = call.request.query.get("before"), int(call.request.query.get("limit", 50))
    found = [
        thread.payload() for thread in channel.guild.threads.values()
        if thread.parent is channel and thread.archived and thread.type != PRIVATE_THREAD
    ]  # fmt: skip
    moment = {one["id"]: one["thread_metadata"]["archive_timestamp"] for one in found}
    found = [one for one in found if before is None or moment[one["id"]] < before]
    found.sort(key=lambda one: moment[one["id"]], reverse=True)
    return 200, {"threads": found[:limit], "members": [], "has_more": len(found) > limit}


async def edit_channel(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    mine = channel.is_thread and channel.owner is hub.world.bot
    need(hub, channel, 0 if mine else MANAGE_THREADS)
    hub.require(rules.thread(call.payload), call.where)
    channel.name = call.payload.get("name", channel.name)
    channel.archived = call.payload.get("archived", channel.archived)
    channel.locked = call.payload.get("locked", channel.locked)
    await hub.gateway.dispatch("THREAD_UPDATE", channel.payload(), guild=channel.guild)
    return 200, channel.payload()


async def join_thread(hub: Hub, call: Call) -> tuple[int, Any]:
    channel = channel_of(hub, call["channel"])
    need(hub, channel, 0)
    if hub.world.bot not in channel.members:
        channel.members.append(hub.world.bot)
    return 204, None
