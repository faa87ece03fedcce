"""The control words and the text of an RTF file, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})?[ ]?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z'])|(?P<brace>[{}])"
    rb"|[\r\n\x00]+|(?P<text>[^\\{}\r\n\x00]+)|\\"
)


class Token(NamedTuple):
    """One piece of an RTF file."""

    kind: str
    """`word`, `hex`, `sign`, `brace` or `text`."""
    value: bytes
    number: int | None = None


def tokens(data: bytes) -> Iterator[Token]:
    """Yield the pieces of a file; bytes that pictures put between them are passed over."""
    at = 0
    while at < len(data):
        found = _TOKEN.match(data, at)
        if found is None:
            return
        at = found.end()
        kind = found.lastgroup
        if kind is None:
            continue
        if found["word"] is None:
            yield Token(kind, found[kind])
            continue
        number = None if found["number"] is None else int(found["number"])
        if found["word"] == b"bin" and number and number > 0:
            at += number
        else:
            yield Token("word", found["word"], number)
