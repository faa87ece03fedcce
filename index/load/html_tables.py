"""Tables of HTML pages as rows of cells, and rows in which a page only lays out other things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from index.load.line_signs import unsigned

ROWS = ("tr",)
CELLS = frozenset({"td", "th"})

_MOST = 65_534
"""Rows or columns that one cell may span, as in a browser."""

_LONGEST_NAME = 40
"""Characters of a cell that can be the name of its column."""

Words = Callable[[Any], str]
"""Returns the words of an element on one line."""


def table_parts(table: Any, words: Words) -> Iterator[list[list[str]] | list[Any]]:
    """Yield a table in order: rows of words, the first of them the header, or elements.

    Elements are the cells of rows that hold what is no word of a table, such as headings or code.
    """
    rows = [row for row in table.iter(*ROWS) if _table_of(row) is table]
    cells = [[cell for cell in row if cell.tag in CELLS] for row in rows]
    if _lays_out(table, cells):
        yield [cell for row in cells for cell in row]
        return
    grid = _Grid(words, most=sum(len(words(cell)) + 1 for row in cells for cell in row))
    named = _has_header(rows, cells, words)
    lines: list[list[str]] = []
    for row in cells:
        if any(_stands_apart(cell) for cell in row):
            yield from _with_header(lines, named)
            yield row
            lines, named = [], False
            grid.leave()
        elif line := grid.line(row):
            lines.append(line)
    yield from _with_header(lines, named)


def _with_header(lines: list[list[str]], named: bool) -> Iterator[list[list[str]]]:
    """Yield rows below their header, or below an empty one."""
    if lines:
        yield lines if named else [[""] * max(map(len, lines)), *lines]


def _table_of(row: Any) -> Any:
    """Return the table a row belongs to."""
    return next(row.iterancestors("table"), None)


def _lays_out(table: Any, cells: list[list[Any]]) -> bool:
    """Say whether a table only puts things beside each other."""
    if table.get("role") == "presentation" or max(map(len, cells), default=0) < 2:
        return True
    return any(next(cell.iter("table"), None) is not None for row in cells for cell in row)


def _stands_apart(cell: Any) -> bool:
    """Say whether a cell holds what would be lost in a row: a heading, or code of several lines."""
    if next(cell.iter("h1", "h2", "h3", "h4", "h5", "h6"), None) is not None:
        return True
    return any("\n" in "".join(code.itertext()).strip() for code in cell.iter("pre"))


def _has_header(rows: list[Any], cells: list[list[Any]], words: Words) -> bool:
    """Say whether the first row names the columns.

    Where no row is marked so, it does if it is bold, or wide and all names.
    """
    if not cells or len(cells) < 2:
        return False
    first, parent = [cell for cell in cells[0] if words(cell)], rows[0].getparent()
    if parent.tag == "thead" or (first and all(cell.tag == "th" for cell in first)):
        return True
    if any(cell.tag == "th" for row in cells for cell in row):
        return False
    if first and all(_is_bold(cell, words) for cell in first):
        return True
    names = [words(cell) for cell in cells[0]]
    return len(names) > 2 and len(set(names)) == len(names) and all(map(_is_name, names))


def _is_bold(cell: Any, words: Words) -> bool:
    bold = "".join(words(each) for each in cell.iter("b", "strong"))
    return len(bold) >= len(words(cell))


def _is_name(words: str) -> bool:
    return 0 < len(words) <= _LONGEST_NAME and not any(letter.isdigit() for letter in words)


class _Grid:
    """Puts cells into their columns; one that spans rows is said in each of them."""

    def __init__(self, words: Words, *, most: int) -> None:
        self._words = words
        self._left = most
        """How much may still be said again, in characters and cells: as much as the table holds.

        Beyond that, nothing spans any more: few letters can state a million cells.
        """
        self._spanning: dict[int, tuple[int, str]] = {}
        """By column, the rows that a cell from above goes on for, and its words."""

    def leave(self) -> None:
        """Forget what goes on from above."""
        self._spanning.clear()

    def line(self, row: list[Any]) -> list[str]:
        """Return the words of a row by columns, empty where a cell spans several."""
        line: list[str] = []
        for cell in row:
            self._from_above(line)
            text, down = self._words(cell), _span(cell, "rowspan")
            across = min(_span(cell, "colspan"), 1 + max(0, self._left))
            self._left -= across - 1
            for said in (text, *[""] * (across - 1)):
                if down > 1:
                    self._spanning[len(line)] = (down - 1, unsigned(said))
                line.append(said)
        self._from_above(line)
        while line and not line[-1]:
            line.pop()
        return line

    def _from_above(self, line: list[str]) -> None:
        """Put what goes on from above into its columns."""
        while found := self._spanning.pop(len(line), None):
            down, said = found
            self._left -= len(said) + 1
            if self._left < 0:
                self.leave()
                return
            if down > 1:
                self._spanning[len(line)] = (down - 1, said)
            line.append(said)


def _span(cell: Any, name: str) -> int:
    """Return how many rows or columns a cell spans."""
    stated = cell.get(name, "").strip()[:6]
    return max(1, min(int(stated), _MOST)) if stated.isdecimal() else 1
