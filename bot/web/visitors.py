"""Who asks for a page, and which collections are opened for them: decided anew at each request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.signed_links import Grant, signed_grant
from bot.web.web_address import host_name, is_loopback
from bot.web.web_parts import WebParts
from index.config import SHARED_COLLECTION

SESSION = "quoth_session"

_FORWARDED = (
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    "cf-connecting-ip", "via",
)  # fmt: skip
"""What a proxy adds: then it is not who sits at this machine that asks."""


@dataclass(frozen=True)
class Visitor:
    """One person at a browser."""

    collections: tuple[str, ...]
    """What is opened; nothing for who may read nothing."""
    id: int
    """Tells visitors apart for their pace; of somebody unknown it is made of their address."""
    grant: Grant | None = None
    """Who it is, where a link of the bot said so."""

    def may_read(self, collection: str) -> bool:
        """Say whether a collection is opened."""
        return collection in self.collections


async def visitor_of(request: Request, parts: WebParts) -> Visitor:
    """Return who asks."""
    shared = (SHARED_COLLECTION,) if is_open(request, parts) else ()
    grant = signed_grant(parts.key, "session", request.cookies.get(SESSION, ""), now=parts.now())
    if grant is None or parts.members is None:
        return Visitor(shared, _number(request))
    own = await parts.members.collections(grant.person, grant.guild, grant.channel)
    return Visitor(tuple(dict.fromkeys((*own, *shared))), grant.person, grant)


async def reader_of(request: Request, parts: WebParts) -> Visitor:
    """Return who asks, if they may read anything; raises HTTPException with status 403."""
    visitor = await visitor_of(request, parts)
    if not visitor.collections:
        raise HTTPException(403)
    return visitor


def is_open(request: Request, parts: WebParts) -> bool:
    """Say whether the shared collection is opened without a link of the bot."""
    if parts.settings.web_open == "local":
        return sits_here(request, parts)
    return parts.settings.web_open == "on"


def sits_here(request: Request, parts: WebParts) -> bool:
    """Say whether nothing tells of a way from another machine to this one."""
    peer = request.client.host if request.client else ""
    name = host_name(request.headers.get("host", ""))
    is_forwarded = any(each in request.headers for each in _FORWARDED)
    return parts.address.is_local and is_loopback(peer) and is_loopback(name) and not is_forwarded


def _number(request: Request) -> int:
    host = request.client.host if request.client else ""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:6])
