"""Ctrl-C, kept waiting while something is written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def kept_from_interrupting() -> Iterator[None]:
    """Let Ctrl-C end the program after the block, and a second one at once.

    Only where it would end the program with KeyboardInterrupt, which is in the main thread.
    """
    plain = signal.default_int_handler
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not plain:
        yield
        return
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, plain)
        asked.append(number)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, plain)
    if asked:
        raise KeyboardInterrupt
