"""A progress bar on standard error while documents are indexed; nothing in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeAlias

from bot.time_left import TimeLeft, time_left_text

Progress: TypeAlias = Callable[[int, int, str], None]
"""Called with documents done, documents in all, and the name of the one at hand."""

Steps: TypeAlias = Callable[[int, int], None]
"""Called with passages done and in all, of the documents that are embedded together."""

Draw: TypeAlias = Callable[[float, int, str], None]
"""Shows documents done, documents in all, and what is said beside the bar."""


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Show a bar from the first call on; None where nobody watches."""
    with _bar() as draw:
        yield draw


@dataclass(frozen=True)
class Bar:
    """What is called while documents are indexed; None where nobody watches."""

    progress: Progress | None = None
    steps: Steps | None = None


@contextlib.contextmanager
def indexing_bar() -> Iterator[Bar]:
    """Show a bar that moves within a large document, and how long the rest will take."""
    with _bar() as draw:
        if draw is None:
            yield Bar()
            return
        course = Course(draw)
        yield Bar(course.progress, course.steps)


@contextlib.contextmanager
def _bar() -> Iterator[Draw | None]:
    if not sys.stderr.isatty():
        yield None
        return
    with contextlib.ExitStack() as shown:
        start = cache(partial(_start, shown))  # draws and imports nothing until there is work
        yield lambda done, total, said: start()(done, total, said)


class Course:
    """How far documents are, and then how many of their passages are embedded.

    While an index is built anew, some documents at a time are embedded after they have been read.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._left = TimeLeft()
        self._embedded = self._read = self._total = 0
        self._shown = 0.0
        self._is_read = False
        self._name = ""

    def progress(self, done: int, total: int, name: str) -> None:
        """Show which document is read."""
        self._name = name
        if done == 0:
            self._embedded, self._shown = 0, 0.0
            self._left.step(0, total)
        self._read, self._total = min(done + 1, total), total
        self._is_read = done == total
        self._show(self._embedded or done)

    def steps(self, done: int, total: int) -> None:
        """Show how far the documents are that are embedded now."""
        if self._is_read or not self._total:
            self._left.step(done, total)
            self._draw(done, total, f"passages embedded. {self._said()}".strip())
            return
        share = done / total if total else 1.0
        at = self._embedded + (self._read - self._embedded) * share
        if at:
            self._left.step(at, self._total)
        self._show(at)
        if done == total:
            self._embedded = self._read

    def _show(self, at: float) -> None:
        """Draw the bar, which never goes back: what is read first may be embedded later."""
        self._shown = max(self._shown, at)
        self._draw(self._shown, self._total, f"{self._said()} {self._name}".strip())

    def _said(self) -> str:
        """Say how long the rest will take, where that can be told."""
        seconds = self._left.seconds()
        return "" if seconds is None else time_left_text(seconds)


def _start(shown: contextlib.ExitStack) -> Draw:
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

    def draw(done: float, total: int, said: str) -> None:
        bar.update(task, completed=done, total=total, description=escape(one_line(said)))

    return draw
