"""What belongs to the bot as a process of its own: its log, and its end."""

from __future__ import annotations

import copy
import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bot.operation.log_lines import log_lines
from bot.settings import Settings
from index.store.private_files import make_home

LAST_MOMENT = 9.5
"""Seconds from SIGTERM to the end of the process; systemd and Docker kill it after ten."""

LARGEST_LOG = 10 * 1024 * 1024
"""Bytes of the log file; then it begins anew, and two older ones are kept."""

_OURS = ("bot", "index")


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
    """Send the log to its file, and to standard error where that is no terminal.

    A thread of its own writes: a disk may take a while. Libraries are listened to from `info` on:
    what they say below it repeats requests word by word, with what people asked.
    """
    handlers = _handlers(settings)
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(lines, *handlers)
    entrance = _Entrance(lines)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    levels = {"": max(level, logging.INFO), **dict.fromkeys(_OURS, level)}
    before = {name: logging.getLogger(name).level for name in levels}
    _set(levels)
    logging.getLogger().addHandler(entrance)
    listener.start()
    try:
        yield
    finally:
        logging.getLogger().removeHandler(entrance)
        _set(before)
        listener.stop()
        for handler in handlers:
            handler.close()


def _handlers(settings: Settings) -> list[logging.Handler]:
    make_home(settings.home)
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            settings.log_file, maxBytes=LARGEST_LOG, backupCount=2, encoding="utf-8", delay=True
        )
    ]
    if not sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(log_lines(settings.log_format, settings.secrets))
    return handlers


def _set(levels: dict[str, int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


class _Entrance(logging.handlers.QueueHandler):
    """Hands records to the thread that writes them, their tracebacks apart from what they say."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a record that refers to nothing which may change before it is written."""
        record = copy.copy(record)
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        return record
