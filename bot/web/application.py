"""The application that `quoth web` and the bot serve: pages, and what else is put beside them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.web.about_pages import AboutPages
from bot.web.ask_pages import AskPages
from bot.web.page_frame import PageFrame
from bot.web.page_templates import STATIC
from bot.web.request_guard import RequestGuard
from bot.web.source_pages import SourcePages
from bot.web.web_parts import WebParts
from index.errors import QuothError


def application(parts: WebParts, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the application; `routes` are tried before those of the pages.

    Every answer gets the headers of `bot.web.request_guard`, but those it sets itself.
    """
    frame = PageFrame.of(parts)
    sources = SourcePages(frame)
    about = AboutPages(frame)
    pages = [*AskPages(frame, sources).routes, *sources.routes, *about.routes]
    return Starlette(
        routes=[*routes, *pages, Mount("/static", StaticFiles(directory=STATIC))],
        middleware=[Middleware(RequestGuard, address=parts.address)],
        exception_handlers={
            HTTPException: about.refusal,
            QuothError: about.failure,
            Exception: about.failure,
        },
    )
