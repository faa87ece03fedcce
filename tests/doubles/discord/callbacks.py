"""Interaction responses and webhooks: one first response in three seconds, a token of 15 minutes.

Follows https://discord.com/developers/docs/interactions/receiving-and-responding.
"""

from __future__ import annotations

from typing import Any

from tests.doubles.discord import rules as rules
from tests.doubles.discord.hub import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    ApiError,
    Hub,
    Interaction,
    Payload,
)
from tests.doubles.discord.messages import Call, change, put
from tests.doubles.discord.rules import EPHEMERAL, LOADING
from tests.doubles.discord.world import Message, User

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
TOKEN_LIFE = 15 * 60

_ALLOWED = {
    COMMAND: {MESSAGE, DEFERRED, MODAL},
    COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}


async def callback(hub: Hub, call: Call) -> tuple[int, Any]:
    interaction = hub.interactions.get(call["token"])
    if interaction is None or interaction.id != call["interaction"] or interaction.expired:
        raise ApiError(404, 10062, "Unknown interaction")
    kind = call.payload["type"]
    where = f"response to {interaction.name}"
    if interaction.response_type is not None:
        hub.problem(f"{where}: a second first response")
        raise ApiError(400, 40060, "Interaction has already been acknowledged")
    data = call.payload.get("data") or {}
    hub.require(list(_misfits(interaction, kind, data, call)), where)
    interaction.response_type = kind
    interaction.responded.set()
    await _respond(hub, call, interaction, kind, data)
    await hub.notify()
    return 200, _resource(interaction, kind)


def _misfits(interaction: Interaction, kind: int, data: Payload, call: Call) -> list[str]:
    """Return what is wrong with a first response."""
    if kind not in _ALLOWED[interaction.type]:
        return [f"type {kind} does not answer an interaction of type {interaction.type}"]
    if kind in (DEFERRED_UPDATE, UPDATE) and interaction.source is None:
        return ["there is no message to update"]
    if kind == MESSAGE:
        return rules.message(data, new=True, files=len(call.files))
    if kind == DEFERRED and (data.get("flags") or 0) & ~EPHEMERAL:
        return ["a deferred response may only be ephemeral"]
    if kind == CHOICES:
        return rules.choices(data.get("choices") or [])
    return rules.modal(data) if kind == MODAL else []


async def _respond(
    hub: Hub, call: Call, interaction: Interaction, kind: int, data: Payload
) -> None:
    if kind == MESSAGE:
        interaction.original = await _message(hub, call, interaction, data)
    elif kind == DEFERRED:
        interaction.original = await _message(hub, call, interaction, data, loading=True)
    elif kind in (DEFERRED_UPDATE, UPDATE):
        interaction.original = interaction.source
        if kind == UPDATE and interaction.source is not None:
            await change(hub, interaction.source, call, data)
    elif kind == CHOICES:
        interaction.choices = data.get("choices") or []
    else:
        interaction.modal = data


async def _message(
    hub: Hub, call: Call, interaction: Interaction, data: Payload, *, loading: bool = False
) -> Message:
    flags = data.get("flags") or 0
    metadata = {
        "id": interaction.id, "type": interaction.type, "user": interaction.user.payload(),
        "authorizing_integration_owners": {},
    }  # fmt: skip
    only_for: User | None = interaction.user if flags & EPHEMERAL else None
    message = await put(
        hub, interaction.channel, call, data, flags=LOADING if loading else 0, only_for=only_for,
        interaction=metadata, type=20, reply_to=interaction.source if not only_for else None,
    )  # fmt: skip
    interaction.messages.append(message)
    return message


def _resource(interaction: Interaction, kind: int) -> Payload:
    shown: Payload = {"id": interaction.id, "type": interaction.type}
    original = interaction.original
    if kind not in (MESSAGE, DEFERRED, UPDATE, DEFERRED_UPDATE) or original is None:
        return {"interaction": shown, "resource": {"type": kind}}
    shown |= {
        "response_message_id": original.id, "response_message_loading": original.loading,
        "response_message_ephemeral": original.ephemeral,
    }  # fmt: skip
    resource: Payload = {"type": kind}
    if kind in (MESSAGE, UPDATE):
        resource["message"] = original.payload()
    return {"interaction": shown, "resource": resource}


# --- webhooks --------------------------------------------------------------------------------


def _by_token(hub: Hub, call: Call) -> Interaction:
    interaction = hub.interactions.get(call["token"])
    if interaction is None or call["application"] != hub.world.bot.id:
        raise ApiError(404, 10015, "Unknown Webhook")
    if hub.world.clock.now() > interaction.created + TOKEN_LIFE:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    if interaction.response_type is None:
        raise ApiError(404, 10015, "Unknown Webhook")
    return interaction


def _target(hub: Hub, call: Call) -> tuple[Interaction, Message]:
    interaction = _by_token(hub, call)
    id = call["message"]
    if id == "@original":
        found = interaction.original
    else:
        found = next((m for m in interaction.messages if m.id == id), None)
    if found is None or found.deleted:
        raise ApiError(404, 10008, "Unknown Message")
    return interaction, found


async def followup(hub: Hub, call: Call) -> tuple[int, Any]:
    interaction = _by_token(hub, call)
    payload = call.payload
    where = f"follow-up to {interaction.name}"
    original = interaction.original
    promised = original is not None and original.loading and not original.deleted
    if interaction.response_type == DEFERRED and original is not None and promised:
        # The first follow-up of a deferred response takes its place.
        await change(hub, original, call, payload)
        return 200, original.payload()
    hub.require(rules.message(payload, new=True, files=len(call.files)), where)
    message = await _message(hub, call, interaction, payload)
    return 200, message.payload()


async def edit(hub: Hub, call: Call) -> tuple[int, Any]:
    _, message = _target(hub, call)
    await change(hub, message, call, call.payload)
    return 200, message.payload()


async def fetch(hub: Hub, call: Call) -> tuple[int, Any]:
    _, message = _target(hub, call)
    return 200, message.payload()


async def delete(hub: Hub, call: Call) -> tuple[int, Any]:
    _, message = _target(hub, call)
    await hub.delete(message)
    return 204, None
