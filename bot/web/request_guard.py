"""What every request passes (who is asked, how much is sent), and what every page may do."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.web_address import WebAddress

LONGEST_BODY = 64 * 1024
"""Bytes of a request; a question has a few hundred."""

OWN_BOUNDS = ("/api/", "/v1/")
"""Where the length of a body is looked at by who reads it."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

# With `no-referrer`, browsers would not say either that it is our own form that is sent.
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

OTHER_NAME = "This page is not served under that name. Open it at the address Quoth printed.\n"
TOO_LONG = "That is too long.\n"


class RequestGuard:
    """Refuses requests for other names and of too many bytes, and guards every answer."""

    def __init__(self, app: ASGIApp, address: WebAddress) -> None:
        self._app = app
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                is_ours = scope["path"].startswith("/static/")
                headers.setdefault("Cache-Control", "no-cache" if is_ours else "no-store")
            await send(message)

        is_bounded = scope["path"].startswith(OWN_BOUNDS)
        refused = self._refusal(Headers(scope=scope), is_bounded=is_bounded)
        if refused is not None:
            await refused(scope, receive, guarded)
            return
        await self._app(scope, receive if is_bounded else _bounded(receive), guarded)

    def _refusal(self, headers: Headers, *, is_bounded: bool) -> PlainTextResponse | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._address.serves(hosts[0]):
            return PlainTextResponse(OTHER_NAME, 421)
        told = headers.get("content-length", "0")
        if not is_bounded and (not told.isdecimal() or int(told) > LONGEST_BODY):
            return PlainTextResponse(TOO_LONG, 413)
        return None


def _bounded(receive: Receive) -> Receive:
    """Let a body end where it gets too long, whatever its length was said to be."""
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if read > LONGEST_BODY else message

    return bounded
