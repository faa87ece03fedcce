"""Grids of rules drawn on a PDF page, and the rows of words in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.load.pdf_boxes import Rule
from index.load.pdf_columns import (
    Cells,
    Columns,
    column_at,
    columns_of,
    filled,
    in_columns,
    joined_words,
    line_cells,
)
from index.load.pdf_lines import Word

_TOUCH = 3.0
"""Points between two rules that are meant to meet."""

_MAX_ACROSS = 300
_MAX_DOWN = 150
"""Rules of a page; more are a drawing, or graph paper."""


@dataclass(frozen=True)
class Grid:
    """Rules that make up one table."""

    xs: tuple[float, ...]
    """Places of the borders between columns from the left, the outer ones too."""
    ys: tuple[float, ...]
    """Heights of the borders between rows from above, the outer ones too."""
    down: tuple[Rule, ...]
    across: tuple[Rule, ...]

    @property
    def left(self) -> float:
        """The left border."""
        return self.xs[0]

    @property
    def right(self) -> float:
        """The right border."""
        return self.xs[-1]

    @property
    def top(self) -> float:
        """The upper border."""
        return self.ys[0]

    @property
    def bottom(self) -> float:
        """The lower border."""
        return self.ys[-1]

    @property
    def width(self) -> float:
        """From its left border to its right one."""
        return self.right - self.left

    def holds(self, word: Word) -> bool:
        """Say whether a word stands within the outer borders."""
        x, y = (word.left + word.right) / 2, (word.bottom + word.top) / 2
        return self.left <= x <= self.right and self.bottom <= y <= self.top


def grids_of(across: Sequence[Rule], down: Sequence[Rule]) -> list[Grid]:
    """Return the grids of a page: rules that meet, then rules that only lie above each other."""
    across, down = _merged(across), _merged(down)
    if len(across) < 2 or len(across) > _MAX_ACROSS or len(down) > _MAX_DOWN:
        return []
    grids, used = [], set[Rule]()
    for rows, columns in _meeting(across, down):
        if len(rows) > 2 and len(columns) > 1:
            grids.append(_grid(rows, columns))
            used |= set(rows)
    stacked = _stacked([rule for rule in across if rule not in used])
    grids.extend(_grid(rows, ()) for rows in stacked)
    # Rules at the head and the foot of a page may frame all that stands between them.
    return sorted(grids, key=lambda grid: (len(grid.xs) == 2, grid.top - grid.bottom))


def _grid(rows: Sequence[Rule], columns: Sequence[Rule]) -> Grid:
    left, right = min(rule.start for rule in rows), max(rule.end for rule in rows)
    top, bottom = max(rule.at for rule in rows), min(rule.at for rule in rows)
    xs = _distinct([left, right, *(rule.at for rule in columns)])
    ends = [place for rule in columns for place in (rule.start, rule.end)]
    ys = _distinct([top, bottom, *ends, *(rule.at for rule in rows)])
    return Grid(tuple(xs), tuple(reversed(ys)), tuple(columns), tuple(rows))


def _distinct(places: Iterable[float]) -> list[float]:
    """Return places in order without those that are hardly apart."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _TOUCH:
            found.append(place)
    return found


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules with those joined that lie on one line and touch."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda each: (round(each.at), each.start)):
        last = found[-1] if found else None
        on_one_line = last is not None and abs(last.at - rule.at) <= 1.0
        if last and on_one_line and last.start <= rule.start <= last.end + _TOUCH:
            found[-1] = Rule(last.at, last.start, max(last.end, rule.end))
        else:
            found.append(rule)
    return found


def _meeting(across: Sequence[Rule], down: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Return the groups of rules that meet each other."""
    group = list(range(len(across) + len(down)))

    def root(number: int) -> int:
        while group[number] != number:
            group[number] = group[group[number]]
            number = group[number]
        return number

    for a, row in enumerate(across):
        for b, column in enumerate(down, start=len(across)):
            if _meet(row, column):
                group[root(a)] = root(b)
    found: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for number, rule in enumerate((*across, *down)):
        rows, columns = found.setdefault(root(number), ([], []))
        (rows if number < len(across) else columns).append(rule)
    return list(found.values())


def _meet(row: Rule, column: Rule) -> bool:
    return (
        row.start - _TOUCH <= column.at <= row.end + _TOUCH
        and column.start - _TOUCH <= row.at <= column.end + _TOUCH
    )


def _stacked(across: Iterable[Rule]) -> list[list[Rule]]:
    """Return rules of the same ends, which lie above each other and may part rows."""
    found: list[list[Rule]] = []
    for rule in sorted(across, key=lambda each: -each.at):
        for stack in found:
            same = abs(stack[0].start - rule.start) <= _TOUCH
            if same and abs(stack[0].end - rule.end) <= _TOUCH:
                stack.append(rule)
                break
        else:
            found.append([rule])
    return [stack for stack in found if len(stack) > 1]


def rows_of_grid(grid: Grid, words: Sequence[Word], edges: tuple[float, ...]) -> list[Cells]:
    """Return the cells of a ruled table, row by row.

    Where rules lie between rows, what stands between two of them is one row, whose cells may have
    several lines; but rules may also lie above and below the whole, and below its header.
    """
    bands = [
        [word for word in words if low <= (word.bottom + word.top) / 2 < high]
        for high, low in pairwise(grid.ys)
    ]
    bands = [band for band in bands if band]
    rows: list[Cells] = []
    for number, band in enumerate(bands):
        columns = columns_of(band, edges)
        several = in_columns(columns)
        header = number == 0 and len(bands) > 1
        if len(several) > 1 and _are_rows(several, len(bands)) and not header:
            rows += several
        else:
            rows.append(_one_row(grid, columns))
    return rows


def _are_rows(rows: Sequence[Cells], bands: int) -> bool:
    """Say whether the lines of a band are rows themselves."""
    if len(rows[0]) > 2 and all(map(all, rows)):
        return True
    full = sum(bool(row[0]) and filled(row) > 1 for row in rows)
    return full >= 0.7 * len(rows) and (bands < 4 or len(rows) > 3)


def _one_row(grid: Grid, columns: Columns) -> Cells:
    """Return a band as one row; a cell that spans columns stands in the first of them."""
    cells: list[list[Word]] = [[] for _ in columns.edges[1:]]
    if len(grid.xs) == 2:
        for line in columns.lines:
            for cell, found in zip(cells, line_cells(line, columns), strict=True):
                cell += found
        return tuple(map(joined_words, cells))
    words = [word for line in columns.lines for word in line]
    middle = sum((word.bottom + word.top) / 2 for word in words) / len(words)
    open_to = _spans(grid, columns.edges, middle)
    for word in words:
        place = (word.left + word.right) / 2
        cells[open_to[column_at(place, columns.edges)]].append(word)
    return tuple(map(joined_words, cells))


def _spans(grid: Grid, edges: Sequence[float], height: float) -> list[int]:
    """Return for each column the first one that no border parts it from, at a height."""
    first = list(range(len(edges) - 1))
    for column in range(1, len(first)):
        parted = any(
            abs(rule.at - edges[column]) <= _TOUCH and rule.start <= height <= rule.end
            for rule in grid.down
        )
        if not parted:
            first[column] = first[column - 1]
    return first
