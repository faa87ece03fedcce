"""The tables of TOML and their keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.chunk.key_members import Member, line_starts

_TABLE = re.compile(r"[ \t]*\[{1,2}([^\[\]\n#]{1,200}|\[?\"[^\n]{1,200}\")\]{1,2}[ \t]*(?:#.*)?$")
_KEY = re.compile(
    r"""[ \t]*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ ]*\.[ ]*(?:[\w-]+|"[^"\n]*"))*)[ \t]*="""
)
_SHORT_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'|#.*')


def toml_members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the keys in a stretch; of a whole text, also its tables."""
    whole = (start, end) == (0, len(text))
    begun, key, body, last, remark = -1, "", -1, start, -1
    quote, depth, table = "", 0, False
    for first, stop in line_starts(text, start, end):
        line = text[first:stop]
        if not line.strip():
            continue
        open_value = bool(quote) or depth > 0
        header = _TABLE.match(line) if whole and not open_value else None
        named = None if open_value or table else _KEY.match(line)
        if line.lstrip().startswith("#") and not open_value:
            remark = first if remark < 0 else remark
            continue
        if opening := header or named:
            if begun >= 0:
                yield _member(key, begun, last, body)
            begun, remark = (remark if remark >= 0 else first), -1
            key = " ".join(opening[1].split())
            table, body = bool(header), stop + 1 if header else -1
        quote, depth = _state(line, quote, depth)
        last, remark = stop, -1
    if begun >= 0:
        yield _member(key, begun, end if remark >= 0 else last, body)
    elif remark >= 0:
        yield Member("", remark, end)


def _state(line: str, quote: str, depth: int) -> tuple[str, int]:
    """Return the string of several lines and the brackets that are open behind a line."""
    if quote:
        return ("" if quote in line else quote), depth
    for mark in ('"""', "'''"):
        if line.count(mark) % 2 and not _SHORT_STRING.sub("", line.replace(mark, "")).count(mark):
            return mark, depth
    bare = _SHORT_STRING.sub("", line)
    if _TABLE.match(line) and depth == 0:
        return "", 0
    return "", max(0, depth + bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}"))


def _member(key: str, start: int, end: int, body: int) -> Member:
    return Member(key, start, end, (body, end) if 0 <= body < end else None)
