"""Quotes of source code and of data, which are shown as they are written, in a block of code."""

from __future__ import annotations

from bisect import bisect_left


def in_fence(text: str, span: tuple[int, int] | None) -> tuple[str, tuple[int, int] | None]:
    """Return code as a block of code, without the indentation that all its lines have.

    With it, where a span of the original stands in it.
    """
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    fence = "```"
    while fence in text:
        fence += "`"
    places: list[int] = []
    shown: list[str] = []
    at = 0
    for line in lines:
        kept = line[margin:]
        start = at + len(line) - len(kept)
        shown.append(kept)
        places += range(start, start + len(kept) + 1)
        at += len(line) + 1
    start, end = (bisect_left(places, offset) for offset in span or (0, 0))
    inside = (start + len(fence) + 1, end + len(fence) + 1) if start < end else None
    return "\n".join([fence, *shown, fence]), inside
