"""The reading page over a real index, served on loopback by a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from bot.answering.answerer import Answerer
from bot.app import App, open_app
from bot.schema import Answer
from bot.settings import load_settings
from bot.signing_key import signing_key
from bot.web.application import application
from bot.web.page_server import served
from bot.web.web_address import WebAddress
from bot.web.web_parts import WebParts

HOSTILE = (
    "# Fees <script>alert(1)</script> \u202e\n\n"
    "The zorbulation fee is 45 euros a day. <style>body{display:none}</style> "
    "[pay](javascript:alert(2)) <img src=http://127.0.0.1:9/x.png onerror=alert(3)>\n"
)
"""A document that wants to be more than text."""

SCOPED = "guild-77"
"""The collection of a server, which nobody reads without a link."""


@dataclass
class PaperMembers:
    """What people of Discord may read, as a test says."""

    may_read: dict[int, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[int, int | None, int]] = field(default_factory=list)

    async def collections(self, person: int, guild: int | None, channel: int) -> tuple[str, ...]:
        self.asked.append((person, guild, channel))
        return self.may_read.get(person, ())


@dataclass
class ServedPage:
    """A page that is served."""

    url: str
    app: App
    key: bytes
    members: PaperMembers
    clock: list[float]
    """Seconds since 1970 by which links end; a test may move it."""


class DraftingAnswerer:
    """The answerer, as if a model had written these drafts before, faster than anybody reads."""

    def __init__(self, real: Answerer, drafts: tuple[str, ...]) -> None:
        self._real = real
        self._drafts = drafts

    async def answer(
        self, question: str, *, show: Callable[[str], None] | None = None, **given: Any
    ) -> Answer:
        for draft in self._drafts:
            assert show is not None
            show(draft)
        return await self._real.answer(question, **given)


@contextmanager
def served_page(
    folder: Path, *, drafts: tuple[str, ...] = (), **environ: str
) -> Iterator[ServedPage]:
    """Serve the home in a folder while the block runs."""
    ready: list[ServedPage] = []
    begun, ended = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    async def serve() -> None:
        async with _served(folder, environ, drafts) as page:
            ready.append(page)
            begun.set()
            await asyncio.to_thread(ended.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    try:
        if failed:
            raise failed[0]
        yield ready[0]
    finally:
        ended.set()
        thread.join()


@asynccontextmanager
async def _served(
    folder: Path, environ: Mapping[str, str], drafts: tuple[str, ...]
) -> AsyncIterator[ServedPage]:
    given = {
        "QUOTH_COOLDOWN_SECONDS": "0",
        "QUOTH_QUALITY": "fast",
        "QUOTH_READER": "off",
        "QUOTH_SERVER_PER_MINUTE": "6000",
        "QUOTH_WEB_PORT": "0",
        **environ,
    }
    settings = load_settings(given, folder)
    members, clock = PaperMembers(), [time.time()]
    async with open_app(settings) as opened:
        answerer = DraftingAnswerer(opened.answerer, drafts) if drafts else opened.answerer
        app = replace(opened, answerer=cast(Answerer, answerer))
        address = WebAddress.of(settings)
        key = signing_key(settings.home)
        parts = WebParts(app, settings, address, key, members, now=lambda: clock[0])
        async with served(application(parts), address) as port:
            yield ServedPage(f"http://127.0.0.1:{port}", app, key, members, clock)
