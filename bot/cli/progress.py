"""A progress bar on standard error while documents are indexed; nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with documents done, documents in all, and the name of the one at hand."""


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Show a bar from the first call on; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with contextlib.ExitStack() as shown:
        yield _Bar(shown).update


class _Bar:
    """Draws nothing, and imports nothing, until there is something to do."""

    def __init__(self, shown: contextlib.ExitStack) -> None:
        self._shown = shown
        self._draw: Progress | None = None

    def update(self, done: int, total: int, name: str) -> None:
        """Move the bar."""
        if self._draw is None:
            self._draw = self._start()
        self._draw(done, total, name)

    def _start(self) -> Progress:
        from rich import progress
        from rich.console import Console
        from rich.markup import escape

        from bot.cli.terminal_text import one_line

        bar = self._shown.enter_context(
            progress.Progress(
                progress.TextColumn("Indexing"),
                progress.BarColumn(),
                progress.MofNCompleteColumn(),
                progress.TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
        )
        task = bar.add_task("", total=None)

        def draw(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=escape(one_line(name)))

        return draw
