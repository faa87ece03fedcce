"""The working Quoth as the Discord edge takes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.app import App, open_app
from bot.asking import Answering
from bot.bridge import Bridge
from bot.protocols import Embed
from bot.records import Tables
from bot.settings import Settings
from bot.shelf import LibraryShelf, Shelf
from index.protocols import Vectors


@dataclass(frozen=True)
class AppParts:
    """What the service is made from, taken out of an `App`."""

    settings: Settings
    answerer: Answering
    bridge: Bridge
    tables: Tables
    shelf: Shelf
    embed: Embed | None = None


def parts_of(app: App) -> AppParts:
    """Return the parts of an opened app."""
    library, bridge = app.library, app.bridge

    async def embed(texts: Sequence[str]) -> Vectors:
        return await bridge.run(lambda: library.models.embedder.embed(texts))

    return AppParts(
        settings=app.settings,
        answerer=app.answerer,
        bridge=bridge,
        tables=library.catalog,
        shelf=LibraryShelf(library, allowed_hosts=app.settings.allowed_hosts),
        embed=embed,
    )


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[AppParts]:
    """Open Quoth for Discord; raises QuothError."""
    async with open_app(settings) as app:
        yield parts_of(app)
