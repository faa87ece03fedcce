"""Tables for Discord, whose Markdown has none: an aligned block, or bullets when too wide. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.text.layout import aligned, display_width
from index.text.table_rows import cells

WIDEST = 56
"""Columns of a code block that do not wrap on a narrow window."""

_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_FENCE_LINE = re.compile(r"^\s*(`{3,}|~{3,})")


def without_pipes(markdown: str) -> str:
    """Replace each pipe table outside code blocks by an aligned block or by bullets."""
    return "\n".join(_rewritten(markdown.split("\n")))


def _rewritten(lines: list[str]) -> Iterator[str]:
    at, fence = 0, ""
    while at < len(lines):
        fence = _fence_after(lines[at], fence)
        stop = at if fence else _table_end(lines, at)
        if stop > at:
            rows = [cells(line) for line in [lines[at], *lines[at + 2 : stop]]]
            yield _as_block(rows) or _as_bullets(rows)
            at = stop
        else:
            yield lines[at]
            at += 1


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that is open after `line`, given the one before."""
    match = _FENCE_LINE.match(line)
    if not match:
        return fence
    if not fence:
        return match[1]
    closes = match[1].startswith(fence) and not line.strip(" `~")
    return "" if closes else fence


def _table_end(lines: list[str], at: int) -> int:
    """Return the index behind the table that starts at `at`, or `at` when none does."""
    if at + 1 >= len(lines) or "|" not in lines[at] or "|" not in lines[at + 1]:
        return at
    if not _DELIMITER.match(lines[at + 1]):
        return at
    stop = at + 2
    while stop < len(lines) and "|" in lines[stop] and not _FENCE_LINE.match(lines[stop]):
        stop += 1
    return stop


def _as_block(rows: list[list[str]]) -> str | None:
    """Return an aligned code block, or None when it would wrap."""
    plain = [[cell.replace("**", "").replace("```", "` ` `") for cell in row] for row in rows]
    text = aligned(plain, ruled=True)
    if max(display_width(line) for line in text.split("\n")) > WIDEST:
        return None
    return f"```\n{text}\n```"


def _as_bullets(rows: list[list[str]]) -> str:
    header, *body = rows
    return "\n".join(_bullet(header, row) for row in body) or "- " + " · ".join(header)


def _bullet(header: list[str], row: list[str]) -> str:
    names = [*header[1:], *[""] * len(row)]
    rest = [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(names, row[1:], strict=False)
        if cell
    ]
    first = f"**{row[0]}**" if row[0] and "*" not in row[0] else row[0]
    return "- " + " · ".join(part for part in [first, *rest] if part)
