"""Log records as lines: plain text, or one JSON object each. What is secret is left out."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal

HIDDEN = "[hidden]"

_ADDRESSES = re.compile(r"((?:/webhooks|/interactions)/\d+/)[\w-]{20,}")
"""Addresses at Discord whose last part lets anybody answer in the bot's place."""

_SHORT = 6
"""Characters below which a value may stand in any line by chance."""


class TextLines(logging.Formatter):
    """Time, level, logger and message; a traceback below it."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = _to_hide(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return _without(self._secrets, super().format(record))


class JsonLines(logging.Formatter):
    """An object with time (UTC), level, logger, message, and reference and traceback if any."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._secrets = _to_hide(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the object in one line."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _without(self._secrets, record.getMessage()),
        }
        if reference := getattr(record, "reference", None):
            said["reference"] = str(reference)
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            said["traceback"] = _without(self._secrets, record.exc_text)
        return json.dumps(said, ensure_ascii=False)


def json_line(level: str, message: str) -> str:
    """Return an object like those of the log for what is said outside it."""
    record = logging.LogRecord("quoth", logging.INFO, "", 0, message, None, None)
    record.levelname = level
    return JsonLines().format(record)


def log_lines(form: Literal["text", "json"], secrets: Collection[str] = ()) -> logging.Formatter:
    """Return what writes log lines in a form; `secrets` are written nowhere."""
    return JsonLines(secrets) if form == "json" else TextLines(secrets)


def _to_hide(secrets: Collection[str]) -> tuple[str, ...]:
    """Return the secrets, the longest first, so that none is left in part."""
    return tuple(sorted((one for one in secrets if len(one) >= _SHORT), key=len, reverse=True))


def _without(secrets: Collection[str], line: str) -> str:
    for secret in secrets:
        line = line.replace(secret, HIDDEN)
    return _ADDRESSES.sub(rf"\1{HIDDEN}", line)
