"""The members of objects and arrays in JSON, which may have comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from index.chunk.key_members import Member, line_starts

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|[\[\]{},:]|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?')
_SPACE = re.compile(r"[\s,]*")


def json_members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the members of the object or array in a stretch; of a whole text, what it holds."""
    number, depth = 0, 0
    begun, key, value = -1, "", -1
    opened: tuple[str, int] | None = None
    body: tuple[int, int] | None = None
    at = start
    for token in _TOKEN.finditer(text, start, end):
        sign = token[0][0]
        begun = _SPACE.match(text, at, token.start() + 1).end() if begun < 0 else begun  # type: ignore[union-attr]
        if sign in "[{":
            if depth == 0:
                opened = (sign, token.end())
            depth += 1
        elif sign in "]}":
            depth -= 1
            if depth == 0 and opened:
                body = (opened[1], token.start())
        elif depth == 0 and sign == ":" and value < 0:
            value = token.end()
            key = _name(text[begun : token.start()])
        elif depth == 0 and sign == ",":
            yield Member(key if value >= 0 else f"[{number}]", begun, token.end(), body)
            number += 1
            begun, key, value, body, at = -1, "", -1, None, token.end()
    last = _SPACE.match(text, at, end)
    begun = last.end() if last and begun < 0 else begun
    if 0 <= begun < end and text[begun:end].strip():
        whole = start == 0 and end == len(text) and number == 0 and value < 0
        yield Member(key if value >= 0 else "" if whole else f"[{number}]", begun, end, body)


def line_members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the records of a text that has one on each line; of a record, its members."""
    if (start, end) != (0, len(text)):
        yield from json_members(text, start, end)
        return
    for first, stop in line_starts(text, start, end):
        body = text[first:stop].strip()
        if body:
            begun = text.index(body[0], first)
            inside = (begun + 1, begun + len(body) - 1) if body[0] in "[{" else None
            yield Member("", begun, begun + len(body), inside)


def _name(written: str) -> str:
    """Return the key that is written, with comments above it or not."""
    quoted = written.rstrip()
    found = re.search(r'"(?:[^"\\]|\\.)*+"$', quoted[-400:])
    if found is None:
        return quoted[-80:]
    try:
        return str(json.loads(found[0]))
    except ValueError:
        return found[0].strip('"')
