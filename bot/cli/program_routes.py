"""What is served to programs and agents beside the reading page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bot.access.token_admission import RequestRate, TokenAdmission
from bot.access.token_records import open_tokens_of
from bot.web.api.api_routes import api_routes
from bot.web.web_parts import WebParts
from index.embed.lazy_models import Once

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def program_routes(parts: WebParts) -> list[BaseRoute]:
    """Return the routes of the HTTP API, and that for agents where its extra is installed."""
    settings = parts.settings
    tokens = Once(partial(open_tokens_of, settings.index))
    rate = RequestRate(settings.api_per_minute)  # of a token, whichever way it comes in
    return [
        *api_routes(parts, tokens, rate=rate),
        *_agent_routes(parts, TokenAdmission(tokens, rate)),
    ]


def _agent_routes(parts: WebParts, admission: TokenAdmission) -> list[BaseRoute]:
    try:
        from bot.mcp_server.http_route import mcp_routes
    except ImportError:
        return []
    return mcp_routes(parts, admission)
