"""What belongs to the bot as a process of its own: its log file, and its end."""

from __future__ import annotations

import logging
import logging.handlers
import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.settings import Settings

LAST_MOMENT = 9.5
"""Seconds from SIGTERM to the end of the process; systemd and Docker kill it after ten."""


def leave_within(seconds: float) -> None:
    """End the process after `seconds`, whatever still runs by then.

    People have been answered or told long before. What may still run is the indexing of a large
    document: the index repairs itself at the next start, as it does after a crash.
    """
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


@contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """Send the log to its file by a thread of its own: writing to a disk may take a while."""
    settings.log_file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(settings.log_file, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(lines, handler)
    entrance = logging.handlers.QueueHandler(lines)
    root = logging.getLogger()
    level = root.level
    root.addHandler(entrance)
    root.setLevel(settings.log_level.upper())
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(entrance)
        root.setLevel(level)
        listener.stop()
        handler.close()
