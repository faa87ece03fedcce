"""The link that invites the bot: exactly what it needs, known without the Discord library."""

from __future__ import annotations

import base64

PERMISSIONS = {
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "create_public_threads": 1 << 35,
    "send_messages_in_threads": 1 << 38,
}
"""Everything the bot does, with the bits of
https://discord.com/developers/docs/topics/permissions."""

SCOPES = "bot+applications.commands"


def invite_link(application: int) -> str:
    """Return the link that invites the bot with its scopes and permissions, and no others."""
    return (
        f"https://discord.com/oauth2/authorize?client_id={application}&scope={SCOPES}"
        f"&permissions={sum(PERMISSIONS.values())}"
    )


def application_of(token: str) -> int | None:
    """Return the application's id, which a bot token begins with; None if it is no token."""
    first = token.split(".")[0]
    try:
        return int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        return None
