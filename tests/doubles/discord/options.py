"""How Discord's client turns what a person enters into the data of an interaction."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.doubles.discord.hub import Hub, Payload
from tests.doubles.discord.world import (
    ADMINISTRATOR,
    DM,
    USE_COMMANDS,
    Channel,
    Role,
    User,
    guild_permissions,
    permissions,
)

_KINDS: dict[int, type | tuple[type, ...]] = {3: str, 4: int, 5: bool, 10: (int, float)}


@dataclass(frozen=True)
class Upload:
    """A file for an attachment option or a message."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


def visible(hub: Hub, user: User, channel: Channel, type: int, name: str) -> Payload:
    """Return a command as Discord offers it to this person here."""
    guild = channel.guild
    offered = [*hub.commands[None], *(hub.commands[guild.id] if guild else [])]
    found = [item for item in offered if (item["type"], item["name"]) == (type, name)]
    if not found:
        raise LookupError(f"no command {name!r} among {sorted(item['name'] for item in offered)}")
    if len(found) > 1:
        hub.problem(f"the command {name!r} is shown twice: global and in the server")
    _allowed(user, channel, found[-1])
    return found[-1]


def _allowed(user: User, channel: Channel, command: Payload) -> None:
    guild = channel.guild
    contexts = command.get("contexts")
    if contexts is not None and (0 if guild else 1) not in contexts:
        raise PermissionError(f"/{command['name']} is not offered here")
    if guild is None:
        return
    if not permissions(user, channel) & USE_COMMANDS:
        raise PermissionError(f"{user.name} may not use commands in #{channel.name}")
    needed = command.get("default_member_permissions")
    member = guild.members[user.id]
    if guild.commands_for & {user.id, guild.id, *(role.id for role in member.roles)}:
        return
    has = guild_permissions(member, guild)
    missing = needed is not None and int(needed) & ~has
    if (missing or needed == "0") and not has & ADMINISTRATOR:
        raise PermissionError(f"{user.name} may not use /{command['name']}")


def data(
    hub: Hub,
    user: User,
    channel: Channel,
    command: Payload,
    path: Sequence[str],
    given: Mapping[str, Any],
    *,
    focus: str | None = None,
) -> Payload:
    """Return the data of a slash command; with `focus`, of its autocomplete."""
    known, groups = command["options"], []
    for name in path:
        inner = next((item for item in known if item["name"] == name and item["type"] < 3), None)
        if inner is None:
            raise LookupError(f"/{command['name']} has no subcommand {name!r}")
        groups.append(inner)
        known = inner.get("options") or []
    resolved: Payload = {}
    filled = _filled(hub, channel, known, given, resolved, focus)
    for inner in reversed(groups):
        filled = [{"type": inner["type"], "name": inner["name"], "options": filled}]
    made = {"id": command["id"], "name": command["name"], "type": 1, "options": filled}
    if command.get("guild_id"):
        made["guild_id"] = command["guild_id"]
    return made | ({"resolved": resolved} if resolved else {})


def _filled(
    hub: Hub,
    channel: Channel,
    known: list[Payload],
    given: Mapping[str, Any],
    resolved: Payload,
    focus: str | None,
) -> list[Payload]:
    names = {item["name"] for item in known}
    if not set(given) <= names:
        raise LookupError(f"no such option: {sorted(set(given) - names)}, only {sorted(names)}")
    missing = [i["name"] for i in known if i.get("required") and i["name"] not in given]
    if missing and focus is None:
        raise ValueError(f"required: {missing}")
    filled = []
    for item in known:
        if item["name"] in given:
            value = _value(hub, channel, item, given[item["name"]], resolved, item["name"] == focus)
            filled.append(
                {"type": item["type"], "name": item["name"], "value": value}
                | ({"focused": True} if item["name"] == focus else {})
            )
    return filled


def _value(
    hub: Hub, channel: Channel, item: Payload, value: Any, resolved: Payload, focused: bool
) -> Any:
    kind, name = item["type"], item["name"]
    if isinstance(value, Upload):
        stored = hub.attach(channel, value.name, value.content, value.kind)
        resolved.setdefault("attachments", {})[stored["id"]] = stored | {"ephemeral": True}
        return stored["id"]
    if kind in (6, 7, 8, 9):
        return _resolve(hub, channel, value, resolved)
    if kind not in _KINDS or not isinstance(value, _KINDS[kind]):
        raise ValueError(f"{name} does not take {value!r}")
    if isinstance(value, str) and not focused:
        _check_text(item, value)
    chosen = [choice["value"] for choice in item.get("choices") or []]
    if chosen and value not in chosen:
        raise ValueError(f"{name} does not offer {value!r}, only {chosen}")
    return value


def _check_text(item: Payload, value: str) -> None:
    most = item.get("max_length") or 6000
    if not (item.get("min_length") or 0) <= len(value) <= most:
        raise ValueError(f"{item['name']} does not take {len(value)} characters")


def _resolve(hub: Hub, channel: Channel, value: Any, resolved: Payload) -> str:
    """Put a user, role or channel among the resolved ones and return its id."""
    value = getattr(value, "user", value)
    id: str = value.id
    for key, items in resolved_ids(hub, channel, [id]).items():
        resolved.setdefault(key, {}).update(items)
    return id


def resolved_ids(hub: Hub, channel: Channel, ids: Sequence[str]) -> Payload:
    """Return users, members, roles and channels by id, as they come with selects."""
    found: Payload = {"users": {}, "members": {}, "roles": {}, "channels": {}}
    guild = channel.guild
    for id in ids:
        role: Role | None = guild.roles.get(id) if guild else None
        if role is not None:
            found["roles"][id] = role.payload()
        elif id in hub.world.channels and hub.world.channels[id].type != DM:
            target = hub.world.channels[id]
            bits = {"permissions": "0", "app_permissions": str(permissions(hub.world.bot, target))}
            found["channels"][id] = target.payload() | bits
        elif id in hub.world.users:
            found["users"][id] = hub.world.users[id].payload()
            if guild and id in guild.members:
                member = guild.members[id].payload() | {"permissions": "0"}
                found["members"][id] = {k: v for k, v in member.items() if k != "user"}
    return {key: items for key, items in found.items() if items}


def filled(components: Sequence[Payload], values: Mapping[str, Any]) -> list[Payload]:
    """Return the components of a submitted form."""
    left = dict(values)
    made: list[Payload] = []
    for item in components:
        if item["type"] == 1:
            inner = [_input(field, field.get("label"), left) for field in item["components"]]
            made.append({"type": 1, "id": item.get("id", 0), "components": inner})
        elif item["type"] == 18:
            field = _input(item["component"], item.get("label"), left)
            made.append({"type": 18, "id": item.get("id", 0), "component": field})
    if left:
        raise LookupError(f"the form has no fields {sorted(left)}")
    return made


def _input(field: Payload, label: str | None, left: dict[str, Any]) -> Payload:
    value = left.pop(field["custom_id"], None)
    if value is None and label is not None:
        value = left.pop(label, None)
    shown = {"type": field["type"], "id": field.get("id", 0), "custom_id": field["custom_id"]}
    if field["type"] != 4:
        return shown | {"values": [value] if isinstance(value, str) else list(value or [])}
    text = field.get("value") or "" if value is None else value
    required = field.get("required", True)
    if required and not text:
        raise ValueError(f"{label!r} is required")
    if text and not (field.get("min_length") or 0) <= len(text) <= (
        field.get("max_length") or 4000
    ):
        raise ValueError(f"{label!r} does not take {len(text)} characters")
    return shown | {"value": text}
