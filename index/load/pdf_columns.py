"""Columns and rows of words, by the gaps that the words leave."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, TypeAlias

from index.load.pdf_lines import WORD_BREAK, Word

Cells: TypeAlias = tuple[str, ...]

_GAP = 0.6
"""Heights of a letter between two words from which they stand in different cells."""

_WIDE_GAP = 1.0
"""The same for letters of one width, whose blanks are as wide as they are."""

_ACROSS = 0.15
"""Share of the lines that may cross the gap between two columns: headings of several columns."""

_SAME_LINE = 0.5
"""Heights of a letter within which words stand on one line."""


def visual_lines(words: Iterable[Word]) -> list[list[Word]]:
    """Return words by the lines they are seen on, from above, each from the left."""
    found: list[list[Word]] = []
    for word in sorted(words, key=lambda each: -(each.top + each.bottom)):
        high = word.top - word.bottom
        middle = (word.top + word.bottom) / 2
        last = found[-1][0] if found else None
        if last and (last.top + last.bottom) / 2 - middle < _SAME_LINE * min(
            high, last.top - last.bottom
        ):
            found[-1].append(word)
        else:
            found.append([word])
    for line in found:
        line.sort(key=lambda each: each.left)
    return found


def joined_words(words: Iterable[Word]) -> str:
    """Return words as text; a divided one is put together later."""
    text, above = "", 0.0
    for word in words:
        if text[-1:] == "-" and text[-2:-1].isalpha() and word.top < above:
            # The hyphen of a word that a narrow cell divides.
            text = text[:-1] + WORD_BREAK if word.text[0].islower() else text
        joined = not text or text.endswith(WORD_BREAK)
        text += word.text if joined else f" {word.text}"
        above = (word.bottom + word.top) / 2
    return text


def column_edges(visual: Sequence[Sequence[Word]], gap: float) -> tuple[float, ...]:
    """Return where columns begin, and the last one ends; two edges are no columns."""
    lines = [
        [(segment[0].left, segment[-1].right) for segment in _segments(line, gap)]
        for line in visual
    ]
    several = [line for line in lines if len(line) > 1]
    if len(several) < 2:
        return ()
    # A title above the columns, or the rest of a long cell, says nothing of where they are.
    allowed = int(_ACROSS * len(several)) or (1 if len(several) > 3 else 0)
    high = median(word.top - word.bottom for line in visual for word in line)
    turns = sorted(
        [(left, 1) for line in several for left, _ in line]
        + [(right, -1) for line in several for _, right in line]
    )
    edges, widest = [turns[0][0]], 0.0
    covering, clear_from = 0, None
    for place, turn in turns:
        if covering > allowed >= covering + turn:
            clear_from = place
        elif covering <= allowed < covering + turn and clear_from is not None:
            if place - clear_from >= gap * high:
                edges.append((place + clear_from) / 2)
                widest = max(widest, place - clear_from)
            clear_from = None
        covering += turn
    if len(edges) == 2 and widest < _WIDE_GAP * high:
        return ()  # blanks of a few lines of prose may happen to stand below each other
    return (*edges, max(right for line in several for _, right in line))


class Columns(NamedTuple):
    """Words on their lines, and where the columns they make begin, and the last one ends."""

    lines: list[list[Word]]
    edges: tuple[float, ...]
    gap: float
    """Between two cells, in heights of a letter."""


def columns_of(words: Sequence[Word], edges: tuple[float, ...] | None = None) -> Columns:
    """Return words in the columns that their gaps make, or in those that are given."""
    lines = visual_lines(words)
    gap = gap_of(words)
    return Columns(lines, column_edges(lines, gap) if edges is None else edges, gap)


def gap_of(words: Sequence[Word]) -> float:
    """Return the gap between two cells, in heights of a letter."""
    return _WIDE_GAP if is_typewritten(words) else _GAP


def is_typewritten(words: Sequence[Word]) -> bool:
    """Say whether all letters are of one width, as in listings."""
    widths = [(w.right - w.left) / len(w.text) for w in words if len(w.text) > 3]
    usual = median(widths) if widths else 0.0
    alike = sum(abs(width - usual) < 0.03 * usual for width in widths)
    return bool(widths) and alike > 0.8 * len(widths)


def has_gap(words: Sequence[Word], gap: float) -> bool:
    """Say whether a line has a gap that can part two cells."""
    return any(b.left - a.right >= gap * (b.top - b.bottom) for a, b in pairwise(words))


def _segments(line: Sequence[Word], gap: float) -> list[list[Word]]:
    """Return the stretches of a line that no gap parts."""
    found: list[list[Word]] = []
    right = 0.0
    for word in line:
        if found and word.left - right < gap * (word.top - word.bottom):
            found[-1].append(word)
        else:
            found.append([word])
            right = word.right
        right = max(right, word.right)
    return found


def filled(row: Cells) -> int:
    """Return how many cells of a row hold something."""
    return sum(map(bool, row))


def in_columns(columns: Columns) -> list[Cells]:
    """Return rows of cells; the rest of a long cell joins the row it belongs to."""
    lines = [line_cells(line, columns) for line in columns.lines]
    apart = _row_distance(lines)
    rows: list[list[list[Word]]] = []
    for number, cells in enumerate(lines):
        if number and _goes_on(rows[-1], cells, _distance(lines[number - 1], cells), apart):
            for whole, part in zip(rows[-1], cells, strict=True):
                whole += part
        else:
            rows.append([list(cell) for cell in cells])
    return [tuple(map(joined_words, row)) for row in rows]


def torn_share(columns: Columns) -> float:
    """Return the share of lines whose words run on across the border of two columns."""
    torn = sum(is_torn(line, columns) for line in columns.lines)
    return torn / max(1, len(columns.lines))


def is_torn(line: Sequence[Word], columns: Columns) -> bool:
    """Say whether words of a line run on across the border of two columns."""
    segments = _segments(line, columns.gap)
    return any(_column_of(segment, columns.edges) is None for segment in segments)


def line_cells(line: Sequence[Word], columns: Columns) -> list[list[Word]]:
    """Return the words of one line by their columns."""
    edges = columns.edges
    cells: list[list[Word]] = [[] for _ in edges[1:]]
    for segment in _segments(line, columns.gap):
        column = _column_of(segment, edges)
        for word in segment:
            place = column_at((word.left + word.right) / 2, edges) if column is None else column
            cells[place].append(word)
    return cells


def column_at(place: float, edges: Sequence[float]) -> int:
    """Return the column that a place lies in; what lies beside the table is in the nearest."""
    return min(max(bisect_right(edges, place) - 1, 0), len(edges) - 2)


def _column_of(segment: Sequence[Word], edges: Sequence[float]) -> int | None:
    """Return the column that a stretch of words lies in; None where it spans several."""
    left, right = segment[0].left, segment[-1].right
    column = column_at((left + right) / 2, edges)
    inside = min(right, edges[column + 1]) - max(left, edges[column])
    return column if inside >= 0.7 * (right - left) else None


_LineCells: TypeAlias = Sequence[Sequence[Word]]


def _distance(above: _LineCells, below: _LineCells) -> float:
    a, b = (next(cell[0] for cell in line if cell) for line in (above, below))
    return (a.bottom + a.top - b.bottom - b.top) / 2


def _row_distance(lines: Sequence[_LineCells]) -> float:
    """Return the distance of two rows of one line each, as far as there are such; else 0."""
    distances = [
        _distance(above, below) for above, below in pairwise(lines) if above[0] and below[0]
    ]
    return median(distances) if distances else 0.0


def _goes_on(row: _LineCells, cells: _LineCells, distance: float, apart: float) -> bool:
    """Say whether a line is the rest of the cells of the row above it."""
    found = [cell for cell in cells if cell]
    high = found[0][0].top - found[0][0].bottom
    if cells[0] or distance > 2.2 * high or (apart and distance > 1.1 * apart):
        return False
    added = sum(bool(cell) and not above for above, cell in zip(row, cells, strict=True))
    if len(found) == 1:
        return not added or bool(row[0])
    # Figures below an empty first cell are a row whose label is that of the row above.
    figures = sum(any(c.isdigit() for c in cell[0].text) for cell in found)
    if added > len(found) / 2 or figures > len(found) / 2:
        return False
    return not apart or distance < 0.93 * apart
