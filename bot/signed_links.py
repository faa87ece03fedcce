"""Links that are signed for one person and a while: who holds one is taken for that person.

What a link opens is decided anew each time from what the person may read then; the signature only
says who that is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Literal, TypeAlias

from pydantic import Field, ValidationError

from index.schema import Value

LINK_SECONDS = 86_400.0
"""A day."""

_LONGEST = 2000

Purpose: TypeAlias = Literal["link", "session"]
"""A session is no link, and a link no session."""


class Grant(Value):
    """Who a link or a session is for."""

    person: int = Field(description="Id of the person.")
    guild: int | None = Field(description="Id of the server; None in a direct message.")
    channel: int = Field(description="Channel in which the link was given: rights depend on it.")
    until: float = Field(description="When it ends, in seconds since 1970.")
    path: str = Field(default="/", description="What a link leads to.")


def sign(key: bytes, purpose: Purpose, grant: Grant) -> str:
    """Return a token that only who has the key can make."""
    fields = (grant.person, grant.guild, grant.channel, int(grant.until), grant.path)
    body = _encoded(json.dumps(fields, separators=(",", ":")).encode())
    return f"{body}.{_encoded(_seal(key, purpose, body))}"


def signed_grant(key: bytes, purpose: Purpose, token: str, *, now: float) -> Grant | None:
    """Return what a token grants; None where it was not made with the key, or is over."""
    body, _, seal = token.partition(".")
    try:
        given = _decoded(seal)
        if len(token) > _LONGEST or not hmac.compare_digest(given, _seal(key, purpose, body)):
            return None
        names = ("person", "guild", "channel", "until", "path")
        fields = dict(zip(names, json.loads(_decoded(body)), strict=True))
        grant = Grant.model_validate(fields)
    except (ValueError, TypeError, binascii.Error, ValidationError):
        return None
    return grant if now < grant.until else None


def _seal(key: bytes, purpose: Purpose, body: str) -> bytes:
    return hmac.new(key, f"{purpose}:{body}".encode(), hashlib.sha256).digest()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
