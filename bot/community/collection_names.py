"""What collections of servers are called, in the index and by people. Pure."""

from __future__ import annotations

import hashlib
import re

SHARED_LABEL = "shared library"
"""What people call the operator's documents."""

DEFAULT_LABEL = "server"
"""What people call the collection every server begins with."""

_OF_SERVER = re.compile(r"guild-(\d+)(?:-[0-9a-f]{12}|(-channel-\d+))?")


def default_collection(guild: int) -> str:
    """Return the index's name of the collection every server begins with."""
    return f"guild-{guild}"


def collection_name(guild: int, label: str) -> str:
    """Return the index's name of a server's collection called `label`."""
    digest = hashlib.sha256(label.casefold().encode()).hexdigest()[:12]
    return f"{default_collection(guild)}-{digest}"


def channel_collection(guild: int, channel: int) -> str:
    """Return the index's name of what holds the messages of a channel."""
    return f"{default_collection(guild)}-channel-{channel}"


def is_of_channel(collection: str) -> bool:
    """Say whether a collection holds the messages of a channel, by its name in the index."""
    match = _OF_SERVER.fullmatch(collection)
    return match is not None and match[2] is not None


def server_of(collection: str) -> int | None:
    """Return the server that a collection belongs to, by its name in the index."""
    match = _OF_SERVER.fullmatch(collection)
    return int(match[1]) if match else None
