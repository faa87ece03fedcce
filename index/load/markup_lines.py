"""What loaders of markup share: text taken out without moving a line, and tables as rows.

The canonical text of a markup is the file's own, so that its lines are those of the file. What no
reader sees of it is taken out, and blocks of code and tables get the marks that Markdown has for
them, each on the line that it stood on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FENCE = "```"

_COLUMNS = 60
"""Cells of a row that still make sense."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    line: int
    """The line on which it begins, counted from that of the table."""
    cells: tuple[str, ...]


def emptied(text: str) -> str:
    """Return as many line ends as a text has, and nothing else."""
    return "\n" * text.count("\n")


def table_lines(rows: Sequence[Row], count: int, *, headed: bool) -> list[str]:
    """Return `count` lines with a row of Markdown on each line that a row began on.

    The lines between hold a border, so that no row is parted from its header. Without one, the line
    above the first row is a ruler, if there is such a line.
    """
    lines = ["|"] * count
    for row in rows:
        if lines[row.line] == "|":
            lines[row.line] = _written(row.cells)
    if rows:
        ruler = "| " + " | ".join(["---"] * min(len(rows[0].cells), _COLUMNS)) + " |"
        place = rows[0].line + 1 if headed else rows[0].line - 1
        if 0 <= place < count and lines[place] == "|":
            lines[place] = ruler
    filled = [number for number, line in enumerate(lines) if line != "|"]
    first, last = (filled[0], filled[-1]) if filled else (count, count)
    return [line if first <= n <= last else "" for n, line in enumerate(lines)]


def _written(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in cells) + " |"


def replaced(
    text: str, opening: re.Pattern[str], closing: str, made: Callable[[re.Match[str], str], str]
) -> str:
    """Replace what stands between `opening` and `closing`, which may hold `{tag}`, with both.

    `made` gets the match of the opening, and the text inside; a group `alone` that matched says
    that there is none. An opening that nothing closes stays.
    """
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()
    found = opening.search(text)
    while found:
        groups = found.groupdict()
        end = closing.format(tag=(groups.get("tag") or "").lower())
        alone = groups.get("alone") is not None
        stop = found.end() if alone else -1
        if not alone and end not in unclosed:
            closed = re.compile(re.escape(end), re.IGNORECASE).search(text, found.end())
            stop = closed.start() if closed else -1
            if stop < 0:
                unclosed.add(end)
        if stop >= 0:
            kept += (text[at : found.start()], made(found, text[found.end() : stop]))
            at = stop + (0 if alone else len(end))
        found = opening.search(text, max(at, found.end()))
    return "".join([*kept, text[at:]])


def nothing(found: re.Match[str], inside: str) -> str:
    """Return as many line ends as were there, and nothing else."""
    return emptied(found[0]) + emptied(inside)
