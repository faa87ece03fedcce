"""The reading page in the process of the bot, which knows what the members of servers may read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from bot.app import App
from bot.signing_key import signing_key_of
from bot.web.application import application
from bot.web.followed_index import tidied
from bot.web.page_server import served
from bot.web.web_address import WebAddress
from bot.web.web_parts import Members, WebParts


@asynccontextmanager
async def page_beside_bot(
    app: App,
    members: Members,
    routes: Callable[[WebParts], Sequence[BaseRoute]] = lambda parts: (),
) -> AsyncIterator[None]:
    """Serve the page while the block runs, and what else `routes` makes of its parts.

    Raises ConfigurationError where the port is taken.
    """
    address = WebAddress.of(app.settings)
    key = await app.bridge.run(signing_key_of, app.settings.index)
    parts = WebParts(app, app.settings, address, key, members)
    async with served(application(parts, routes(parts)), address):
        chore = asyncio.create_task(tidied(parts))
        try:
            yield
        finally:
            chore.cancel()
            await asyncio.gather(chore, return_exceptions=True)
