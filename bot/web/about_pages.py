"""The pages beside: what this is, the report of `quoth eval`, and what cannot be shown."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.signed_links import sign, signed_grant
from bot.web.page_frame import PageFrame
from bot.web.request_guard import SECURITY_HEADERS
from bot.web.shown_text import label
from bot.web.visitors import SESSION, reader_of, visitor_of
from index.config import SHARED_COLLECTION
from index.errors import QuothError

logger = logging.getLogger(__name__)

LARGEST_REPORT = 5_000_000
"""Bytes of a report."""

MOST_FAILING = 200

SENTENCES = {
    400: ("That cannot be read", "The form did not arrive as it was sent. Please try again."),
    403: (
        "Not open to you",
        "This page opens with a link that Quoth gives in Discord, below a source. A link is for "
        "one person and holds for a day.",
    ),
    404: (
        "Not here",
        "There is no such page, or what it showed was removed, is no longer kept, or is not open "
        "to you. You can ask again.",
    ),
    405: ("That cannot be done here", "Go back, and use the form."),
    409: (
        "Somebody else reads here",
        "This browser is open to another person, and a link on a web site would put you in their "
        "place. If you want that, copy the link into the address bar, or open a private window.",
    ),
    429: ("That is too often", "Please wait a minute, and load the page again."),
    413: ("That is too long", "Please ask in fewer words."),
    410: (
        "That version is no longer kept",
        "The source has changed since, and no answer refers to the version of this address.",
    ),
}


@dataclass(frozen=True)
class AboutPages:
    """Answers requests for them."""

    frame: PageFrame

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of these pages."""
        return [
            Route("/about", self.about),
            Route("/report", self.report),
            Route("/open/{token}", self.open),
        ]

    async def about(self, request: Request) -> Response:
        """Say what this is, what it does not know, and what is kept."""
        visitor = await visitor_of(request, self.frame.parts)
        settings = self.frame.parts.settings
        return self.frame.page(
            request,
            "about.html",
            release=_release(),
            days=settings.web_days,
            model=settings.llm,
            is_known=visitor.grant is not None,
            is_reader=bool(visitor.collections),
        )

    async def report(self, request: Request) -> Response:
        """Show the report that the operator named."""
        visitor = await reader_of(request, self.frame.parts)
        path = self.frame.parts.settings.web_report
        if path is None or not visitor.may_read(SHARED_COLLECTION):
            raise HTTPException(404)
        found = await self.frame.parts.app.bridge.run(_read_report, path)
        return self.frame.page(request, "report.html", report=found)

    async def open(self, request: Request) -> Response:
        """Take a link of the bot, and lead to what it is for."""
        parts = self.frame.parts
        grant = signed_grant(parts.key, "link", request.path_params["token"], now=parts.now())
        if grant is None or parts.members is None:
            raise HTTPException(403)
        held = signed_grant(parts.key, "session", request.cookies.get(SESSION, ""), now=parts.now())
        if held is not None and held.person != grant.person and _led_from_elsewhere(request):
            raise HTTPException(409)
        response = RedirectResponse(grant.path, 303)
        if request.method == "HEAD":
            return response
        response.set_cookie(
            SESSION,
            sign(parts.key, "session", grant.model_copy(update={"path": "/"})),
            max_age=int(grant.until - parts.now()),
            secure=parts.address.is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    async def refusal(self, request: Request, error: Exception) -> Response:
        """Say why a page cannot be shown."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        title, sentence = SENTENCES.get(status, SENTENCES[404])
        newest = error.detail if isinstance(error, HTTPException) and status == 410 else None
        response = self.frame.page(
            request, "refusal.html", status=status, title=title, sentence=sentence, newest=newest
        )
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    async def failure(self, request: Request, error: Exception) -> Response:
        """Say what failed in a sentence; what was unforeseen goes into the log."""
        if isinstance(error, QuothError):
            sentence = str(error)
        else:
            reference = secrets.token_hex(4)
            logger.error("A page failed (reference %s)", reference, exc_info=error)
            sentence = f"Quoth failed in an unforeseen way. The log says more under {reference}."
        title = "That failed"
        response = self.frame.page(
            request, "refusal.html", status=500, title=title, sentence=sentence, newest=None
        )
        response.headers.update(SECURITY_HEADERS)  # it is made outside of the guard
        return response


def _led_from_elsewhere(request: Request) -> bool:
    """Say whether another web site had the browser come here, perhaps unseen."""
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _release() -> str:
    try:
        return version("quoth")
    except PackageNotFoundError:
        return ""


def _read_report(path: Path) -> dict[str, Any] | None:
    """Return what a report says as it is shown; None where it cannot be read as one."""
    try:
        if path.stat().st_size > LARGEST_REPORT:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            "questions": int(found["questions"]),
            "metrics": [(label(str(n)), float(v)) for n, v in found["metrics"].items()],
            "latency": [(label(str(n)), float(v)) for n, v in found["latency_ms"].items()],
            "failing": [
                (label(str(one["question"])), "; ".join(map(label, one["problems"])))
                for one in found["failing"][:MOST_FAILING]
            ],
            "failing_total": len(found["failing"]),
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
