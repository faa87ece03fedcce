"""What one message of a mailbox quotes of another is kept once: where it was written."""

from __future__ import annotations

import hashlib
import re
from itertools import groupby

_MARKS = re.compile(r"^(?:[ \t]*>)+[ \t]?")


class QuotedReplies:
    """Remembers the lines of the messages so far."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def without_known(self, text: str) -> str:
        """Return a message without the quoted lines of messages before it."""
        kept: list[str] = []
        for is_quoted, group in groupby(
            text.split("\n"), key=lambda line: bool(_MARKS.match(line))
        ):
            lines = list(group)
            if is_quoted:
                lines = [line for line in lines if not self._is_known(line)]
                lines = lines if any(_words(line) for line in lines) else []
            kept += lines
        self._known.update(_digest(words) for line in text.split("\n") if (words := _words(line)))
        return "\n".join(kept)

    def _is_known(self, line: str) -> bool:
        words = _words(line)
        return bool(words) and _digest(words) in self._known


def _words(line: str) -> str:
    return " ".join(_MARKS.sub("", line).split())


def _digest(words: str) -> bytes:
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
