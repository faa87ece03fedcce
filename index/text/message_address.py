"""The address of one message of a channel of Discord."""

from __future__ import annotations

import re

_CHANNEL = re.compile(r"https://discord\.com/channels/\d{1,20}/\d{1,20}")
_MESSAGE = re.compile(r"message=(\d{1,20})")


def channel_address(server: int, channel: int) -> str:
    """Return the address of a channel, or thread."""
    return f"https://discord.com/channels/{server}/{channel}"


def message_fragment(message: int) -> str:
    """Return what a locator has behind `#` for one message."""
    return f"message={message}"


def message_address(channel: str, fragment: str) -> str | None:
    """Return the address of the message that a fragment names; None where it names none."""
    named = _MESSAGE.fullmatch(fragment)
    return f"{channel}/{named[1]}" if named and _CHANNEL.fullmatch(channel) else None
