"""A command line in a test: one runner, and an answerer that records what it is asked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from click.testing import CliRunner, Result

from bot.answering.answerer import Answerer
from bot.app import App
from bot.bridge import Bridge
from bot.cli.environment import Environment
from bot.cli.main import cli
from bot.community.store.records_file import open_records
from bot.schema import Answer, Scope, Turn
from bot.settings import Settings
from index.embed.lazy_models import Once
from index.library import Library


def answer(question: str, **changes: object) -> Answer:
    """Return an answer that says that it was asked."""
    values = {
        "id": "a1", "status": "answered", "parts": [{"text": f"You asked: {question}"}],
        "confidence": 0.9,
        "question": question, "standalone_question": question,
    }  # fmt: skip
    return Answer.model_validate(values | changes)


@dataclass
class FakeAnswerer:
    """Answers by a function and records every call."""

    reply: Callable[[str], Answer] = answer
    drafts: tuple[str, ...] = ()
    """Ever longer texts that are shown before the answer."""
    asked: list[tuple[str, tuple[Turn, ...], Scope]] = field(default_factory=list)

    async def answer(
        self,
        question: str,
        *,
        scope: Scope,
        history: Sequence[Turn] = (),
        asker: str | None = None,
        show: Callable[[str], None] | None = None,
    ) -> Answer:
        self.asked.append((question, tuple(history), scope))
        if show is not None:
            for text in self.drafts:
                show(text)
        return self.reply(question)


def opener(
    fake: FakeAnswerer,
) -> Callable[[Settings, Library], AbstractAsyncContextManager[App]]:
    """Return what opens an app around `fake`."""

    @asynccontextmanager
    async def open_fake(settings: Settings, library: Library) -> AsyncIterator[App]:
        bridge = Bridge()
        try:
            records = Once(partial(open_records, settings.home))
            yield App(settings, library, bridge, bridge, cast(Answerer, fake), records)
        finally:
            bridge.close()

    return open_fake


def run(
    folder: Path,
    *arguments: str,
    fake: FakeAnswerer | None = None,
    stdin: str | bytes | None = None,
    **environ: str,
) -> Result:
    """Run `quoth` in `folder`, with real parts except where a fake answerer is given.

    The models are those of all tests, unless `environ` names another folder.
    """
    environ = {"QUOTH_MODELS": os.environ["QUOTH_MODELS"], **environ}
    environment = Environment(environ=environ, folder=folder)
    if fake is not None:
        environment = Environment(environ=environ, folder=folder, open_app=opener(fake))
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(cli, list(arguments), input=stdin, obj=environment)
    finally:
        os.chdir(before)
