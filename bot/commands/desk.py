"""Where questions are answered on the command line: Quoth opened, the index in step, a loop.

The loop runs only while a question is answered, so Ctrl-C interrupts reading and indexing at
once, and cancels an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.app import App
from bot.commands.edge import Edge
from bot.commands.step import bring_in_step
from bot.library import Library
from bot.questions import Asked
from bot.schema import Answer, Scope


@dataclass(frozen=True)
class Desk:
    """Answers questions of one person."""

    library: Library
    scope: Scope
    _app: App
    _runner: asyncio.Runner

    def answer(self, asked: Asked) -> Answer:
        """Answer a question; raises QuothError, or KeyboardInterrupt on Ctrl-C."""
        return self._runner.run(
            self._app.answerer.answer(asked.question, scope=self.scope, history=asked.history)
        )

    def stream(self, asked: Asked, show: Callable[[str], None]) -> Answer:
        """Answer a question, showing the pieces of a model's text as they come."""
        return self._runner.run(self._streamed(asked, show))

    async def _streamed(self, asked: Asked, show: Callable[[str], None]) -> Answer:
        answer: Answer | None = None
        pieces = self._app.answerer.stream(asked.question, scope=self.scope, history=asked.history)
        async for piece in pieces:
            if isinstance(piece, str):
                show(piece)
            else:
                answer = piece
        if answer is None:
            raise RuntimeError("the stream ended without an answer")
        return answer


@contextlib.contextmanager
def open_desk(
    edge: Edge, collections: Sequence[str], *, source: str | None = None
) -> Iterator[Desk]:
    """Open Quoth, bring the index in step and wait for questions; `source` limits them to one."""
    with edge.open_library(edge.settings) as library:
        bring_in_step(library)
        only = library.find(source, collections).id if source else None
        scope = Scope(collections=tuple(collections), source=only)
        with asyncio.Runner() as runner:
            opened = edge.open_app(edge.settings, library)
            app = runner.run(opened.__aenter__())
            try:
                yield Desk(library, scope, app, runner)
            finally:
                runner.run(opened.__aexit__(None, None, None))
