"""The HTTP API served on loopback by the real server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx

from bot.access.token_records import TokenRecords, open_tokens
from bot.answering.answerer import Answerer
from bot.app import App, open_app
from bot.schema import Answer, Scope, Turn
from bot.settings import load_settings
from bot.web.api.api_routes import api_routes
from bot.web.api.question_room import QuestionRoom
from bot.web.application import application
from bot.web.page_server import served
from bot.web.web_address import WebAddress
from bot.web.web_parts import WebParts
from index.embed.lazy_models import Once


@dataclass
class ServedApi:
    """A running server and what holds it."""

    url: str
    parts: WebParts
    tokens: TokenRecords
    room: QuestionRoom

    def token(self, *collections: str, seconds: float | None = None) -> str:
        """Make a token; without collections, one for the documents."""
        opened = collections or ("documents",)
        return self.tokens.issue(collections=opened, seconds=seconds).text

    def client(self, token: str | None = None, **options: Any) -> httpx.Client:
        """Return a client that sends a token; without one, a new one for the documents."""
        sent = {"Authorization": f"Bearer {self.token() if token is None else token}"}
        options.setdefault("timeout", 60)
        return httpx.Client(base_url=self.url, headers=sent if token != "" else {}, **options)


@contextmanager
def served_api(
    folder: Path,
    *,
    answerer: object | None = None,
    room: QuestionRoom | None = None,
    **environ: str,
) -> Iterator[ServedApi]:
    """Serve a folder; `answerer` answers in the place of the real one."""
    settings = load_settings(environ, folder)
    ready: Future[ServedApi] = Future()
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def serve() -> None:
        async with open_app(settings) as opened:
            app: App = opened
            if answerer is not None:
                app = replace(opened, answerer=cast(Answerer, answerer))
            address = WebAddress.of(settings, port=0)
            parts = WebParts(app, settings, address, b"k" * 32)
            tokens = open_tokens(settings.home)
            places = room or QuestionRoom()
            routes = api_routes(parts, Once(lambda: tokens), places)
            async with served(application(parts, routes), address) as port:
                ready.set_result(ServedApi(f"http://127.0.0.1:{port}", parts, tokens, places))
                await stopped.wait()
            tokens.close()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=run, name="served api", daemon=True)
    thread.start()
    try:
        yield ready.result(60)
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stopped.set)
        thread.join(60)
        assert not thread.is_alive()


class PacedAnswerer:
    """Answers when it is let, and counts what is under way and what was given up."""

    def __init__(self, answer: Callable[[str], Answer], drafts: Sequence[str] = ()) -> None:
        self._answer = answer
        self._drafts = drafts
        self._gate = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.running = 0
        self.most_running = 0
        self.cancelled = 0
        self.asked: list[tuple[str, tuple[Turn, ...], Scope, str | None]] = []

    def let_go(self) -> None:
        """Let the questions be answered, those that wait and those to come."""
        if self._loop is None:
            self._gate.set()
        else:
            self._loop.call_soon_threadsafe(self._gate.set)

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
        show: Callable[[str], None] | None = None,
    ) -> Answer:
        self._loop = asyncio.get_running_loop()
        self.asked.append((question, tuple(history), scope, asker))
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            for draft in self._drafts:
                if show is not None:
                    show(draft)
                await asyncio.sleep(0.01)
            await self._gate.wait()
            return self._answer(question)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
