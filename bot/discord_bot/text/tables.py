"""Tables for Discord, whose Markdown has none: an aligned block, or bullets when too wide. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.discord_bot.text.message_split import units
from bot.discord_bot.text.safe_markdown import in_code
from index.text.layout import aligned, display_width
from index.text.table_rows import cells

WIDEST = 56
"""Columns of a code block that do not wrap on a narrow window."""

LONGEST = 1500
"""Code units of one block; a longer table is dealt into several."""

_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_MARKERS = re.compile(r"(?<=\|)\s*((?:\[\d{1,3}\])+)\s*$")
_BORDERED = re.compile(r"^\s*\|.*\|\s*(?:\[\d{1,3}\]\s*)*$")
_FENCE_LINE = re.compile(r"^\s*(`{3,}|~{3,})")


def without_pipes(markdown: str) -> str:
    """Replace each pipe table outside code blocks by an aligned block or by bullets."""
    return "\n".join(_rewritten(markdown.split("\n"), _table))


def with_aligned_tables(text: str) -> str:
    """Replace each pipe table outside code blocks by an aligned block, unless it is too wide."""
    return "\n".join(_rewritten(text.split("\n"), lambda lines: _block(lines) or "\n".join(lines)))


@dataclass(frozen=True)
class _Row:
    """One line of a table."""

    cells: list[str]
    markers: str
    """Of the citations, which stand behind a quoted row: `[2]`, or nothing."""

    @classmethod
    def of(cls, line: str) -> _Row:
        row, markers = line, ""
        if found := _MARKERS.search(line):
            row, markers = line[: found.start(1)], found[1]
        return cls(cells(row), markers)


def _rewritten(lines: list[str], table: Callable[[Sequence[str]], str]) -> Iterator[str]:
    at, fence = 0, ""
    while at < len(lines):
        fence = _fence_after(lines[at], fence)
        stop = at if fence else _table_end(lines, at)
        if stop > at:
            yield table(lines[at:stop])
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
    """Return the index behind the table that starts at `at`, or `at` when none does.

    Rows that are quoted one by one, below their header, come without a ruler; then each of them
    begins and ends with a pipe.
    """
    ruled = at + 1 < len(lines) and "|" in lines[at] and _is_ruler(lines[at + 1])
    stop = at + 2 if ruled else at
    while stop < len(lines) and _goes_on(lines[stop], ruled=ruled):
        stop += 1
    return stop if ruled or stop >= at + 2 else at


def _is_ruler(line: str) -> bool:
    return "|" in line and _DELIMITER.match(line) is not None


def _goes_on(line: str, *, ruled: bool) -> bool:
    if ruled:
        return "|" in line and not _FENCE_LINE.match(line)
    return _BORDERED.match(line) is not None


def _table(lines: Sequence[str]) -> str:
    return _block(lines) or _as_bullets(_rows(lines))


def _block(lines: Sequence[str]) -> str | None:
    rows = _rows(lines)
    return _as_block(rows, headed=not _is_ruler(lines[0]) and len(rows) > 1)


def _rows(lines: Sequence[str]) -> list[_Row]:
    """Return the rows of a table; one that begins with its ruler has no header."""
    ruler = next((at for at in (0, 1) if _is_ruler(lines[at])), None)
    return [_Row.of(line) for at, line in enumerate(lines) if at != ruler]


def _as_block(rows: Sequence[_Row], *, headed: bool) -> str | None:
    """Return an aligned code block, or None when it would wrap.

    Markers stand behind their row; those of the last row alone are of the whole table.
    """
    plain = [[_bare(cell) for cell in row.cells] for row in rows]
    lines = aligned(plain, ruled=headed).split("\n")
    if headed:
        rows = [rows[0], _Row([], ""), *rows[1:]]
    *above, last = (row.markers for row in rows)
    whole = last if not any(above) else ""
    width = max(map(display_width, lines))
    behind = [
        f"{line}{' ' * (width - display_width(line))}  {row.markers}"
        if row.markers and not whole
        else line
        for line, row in zip(lines, rows, strict=True)
    ]
    if max(map(display_width, behind)) > WIDEST:
        return None
    head = behind[:2] if headed else []
    blocks = [f"```\n{rows}\n```" for rows in _dealt(behind, head)]
    return "\n".join([*blocks, *([whole] if whole else [])])


def _dealt(lines: list[str], head: list[str]) -> Iterator[str]:
    """Deal the lines of a long table into blocks that fit into a message, each with its head."""
    room = LONGEST - sum(units(line) + 1 for line in head)
    part: list[str] = []
    for line in lines[len(head) :]:
        if part and sum(units(each) + 1 for each in [*part, line]) > room:
            yield "\n".join([*head, *part])
            part = []
        part.append(line)
    yield "\n".join([*head, *part])


def _bare(cell: str) -> str:
    return in_code(cell.replace("**", ""))


def _as_bullets(rows: Sequence[_Row]) -> str:
    header, *body = rows
    if not body:
        return f"- {' · '.join(header.cells)} {header.markers}".rstrip()
    bullets = [_bullet(header.cells, row.cells) for row in body]
    markers = [row.markers for row in body]
    markers[0] = f"{header.markers}{markers[0]}"
    return "\n".join(
        f"{bullet} {marker}".rstrip() for bullet, marker in zip(bullets, markers, strict=True)
    )


def _bullet(header: list[str], row: list[str]) -> str:
    names = [*header[1:], *[""] * len(row)]
    rest = [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(names, row[1:], strict=False)
        if cell
    ]
    first = f"**{row[0]}**" if row[0] and "*" not in row[0] else row[0]
    return "- " + " · ".join(part for part in [first, *rest] if part)
