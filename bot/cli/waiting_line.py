"""A line on the terminal that says what is waited for, and goes when there is something to read."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

OPENING = "Opening the index …"
LOADING = "Loading the models …"
LOOKING = "Looking for the answer …"


@contextlib.contextmanager
def waiting_line(said: str) -> Iterator[Callable[[], None]]:
    """Show a line on standard error until the block ends, or what is yielded is called.

    The cursor stays at its beginning, so that whatever is printed meanwhile takes its place; what
    is longer hides it whole. It is taken away once only: behind it may be an answer by then. In a
    pipe there is none.
    """
    shown = [said] if sys.stderr.isatty() else []

    def erase() -> None:
        if shown:
            _write(" " * len(shown.pop()) + "\r")

    if shown:
        _write(f"{said}\r")
    try:
        yield erase
    finally:
        erase()


def _write(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
