"""Lines of Markdown told apart: code between fences, rows of tables, and text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

LineKind: TypeAlias = Literal["text", "row", "fence", "code"]

# A fence may stand in a quotation or begin an item of a list.
_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)")


class MarkdownLine(NamedTuple):
    """One line with what it is."""

    text: str
    """Without its line end."""
    kind: LineKind
    start: int
    """Offset of its first character."""


def markdown_lines(text: str) -> Iterator[MarkdownLine]:
    """Yield every line of `text`; code whose fence is never closed goes on to the end."""
    fence, start = "", 0
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        kind: LineKind = "code" if fence else "row" if line.lstrip().startswith("|") else "text"
        if fence and _closes(line, fence):
            fence, kind = "", "fence"
        elif not fence and opened and not (opened[1][0] == "`" and "`" in opened[2]):
            fence, kind = opened[1], "fence"
        yield MarkdownLine(line, kind, start)
        start += len(line) + 1


def open_fence(text: str) -> str:
    """Return the fence, with its language, that is still open at the end of `text`, or nothing."""
    fence = ""
    for line in markdown_lines(text):
        if line.kind == "fence":
            fence = "" if fence else line.text.strip(" \t>")
        elif line.kind != "code":
            fence = ""
    return fence


def _closes(line: str, fence: str) -> bool:
    mark = line.strip(" \t>")
    return len(mark) >= len(fence) and not mark.strip(fence[0])
