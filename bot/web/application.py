"""The application that `quoth web` and the bot serve: pages, and what else is put beside them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.web.page_templates import STATIC, page_templates
from bot.web.request_guard import RequestGuard
from bot.web.web_parts import WebParts


def application(parts: WebParts, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the application; `routes` are tried before those of the pages.

    Every answer gets the headers of `bot.web.request_guard`, but those it sets itself.
    """
    templates = page_templates()

    async def home(request: Request) -> Response:
        return templates.TemplateResponse(request, "home.html", {})

    pages: list[BaseRoute] = [
        Route("/", home),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=[*routes, *pages],
        middleware=[Middleware(RequestGuard, address=parts.address)],
    )
