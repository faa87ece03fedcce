"""A progress bar on standard error while documents are indexed; nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
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
        start = cache(partial(_start, shown))  # draws and imports nothing until there is work
        yield lambda done, total, name: start()(done, total, name)


def _start(shown: contextlib.ExitStack) -> Progress:
    from rich import progress
    from rich.console import Console
    from rich.markup import escape

    from bot.cli.terminal_text import one_line

    bar = shown.enter_context(
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
