"""Rows of comma-, semicolon-, tab- or bar-separated values, each with the line it begins in."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from index.text.layout import folded

SEPARATORS = "\t;|,"
"""The first of those that fit wins: commas also stand inside numbers and sentences."""

_SAMPLE_ROWS = 200
"""Rows from which separator and width are told."""

_PREAMBLE_ROWS = 20
"""Rows above the header among which titles and notes are looked for."""

_CELL_LINES = 500
"""Lines of one cell; a quotation mark that is not closed by then opened none."""

_MOST_OPEN = 20
"""Quotation marks that are never closed, from which they are letters in the whole file."""

_MAX_PADDING = 8
"""Cells for each cell that a table holds, beyond which short rows are not filled up."""


@dataclass(frozen=True)
class _Shape:
    """What is known of a file before its rows are written."""

    separator: str
    width: int
    """Cells of the longest row."""
    preamble: int
    """Rows above the header, blank ones included: the number of the header."""
    filled: bool
    """Whether short rows are filled up."""


class _LineFeed:
    """The lines of a text, with those that a cell turned out not to go on in given back."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text)
        self._back: list[str] = []
        self.taken: list[str] = []
        """Lines of the row that is being read."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _CELL_LINES:
            raise StopIteration
        line = self._back.pop() if self._back else next(self._lines)
        self.taken.append(line)
        return line

    def rewind(self) -> None:
        """Give back the lines of the row."""
        self._back.extend(reversed(self.taken))
        self.taken.clear()


def table_lines(text: str, separator: str | None = None) -> str | None:
    """Write separated values as rows between pipes, each in the line of `text` it begins in.

    Lines that a cell goes on in are left blank. What stands above the header, and comments, stand
    there without pipes. None when it is no table: below two rows or two columns.
    """
    shape = _shape(text, separator)
    if shape is None:
        return None
    written = io.StringIO()
    for number, (lines, row) in enumerate(_rows(text, shape.separator)):
        written.write(_written(row, shape, number))
        written.write("\n" * lines)
    return written.getvalue()


def _written(row: Sequence[str], shape: _Shape, number: int) -> str:
    """Return the row of this number, from 0, as a line without its end."""
    told = _told(row)
    if number < shape.preamble or _is_beside(told):
        return "" if _states_separator(told) else " ".join(told)
    full = shape.filled or number == shape.preamble
    return table_row([*row, *[""] * (shape.width - len(row))] if full else row)


def table_row(cells: Sequence[str]) -> str:
    """Write cells as a row of a Markdown table."""
    return "| " + " | ".join(folded(cell).replace("|", "\\|") for cell in cells) + " |"


def _shape(text: str, separator: str | None) -> _Shape | None:
    """Look at all rows; None when they are no table."""
    separator = separator or _separator(text)
    preamble = _preamble([row for _, row in islice(_rows(text, separator), _SAMPLE_ROWS)])
    first = width = rows = cells = tabular = 0
    for _, row in islice(_rows(text, separator), preamble, None):
        if not _is_beside(_told(row)):
            first, width = first or len(row), max(width, len(row))
            rows, cells, tabular = rows + 1, cells + len(row), tabular + (len(row) > 1)
    if rows < 2 or first < 2 or tabular * 2 < rows:
        return None
    return _Shape(separator, width, preamble, filled=rows * width <= _MAX_PADDING * cells)


def _told(row: Sequence[str]) -> list[str]:
    """Return the cells that are not blank, each on one line."""
    return [cell for cell in map(folded, row) if cell]


def _is_beside(told: Sequence[str]) -> bool:
    """Say whether a row with these cells is blank or a comment."""
    return not told or (len(told) == 1 and told[0].startswith("#"))


def _states_separator(told: Sequence[str]) -> bool:
    """Say whether a row is the line `sep=;` that spreadsheets are told the separator by."""
    return len(told) == 1 and told[0].casefold().rstrip(SEPARATORS) == "sep="


def _preamble(sample: Sequence[Sequence[str]]) -> int:
    """Return how many rows stand above the header: those with few cells above rows with more."""
    told = [len(_told(row)) for row in sample]
    usual = _most_common([count for count in told if count > 1])
    needed = max(2, (usual * 3 + 4) // 5)
    above = told[:_PREAMBLE_ROWS]
    first = next((at for at, count in enumerate(above) if count >= needed), 0)
    full = next((at for at, count in enumerate(above) if count >= usual), first)
    return full if 0 in above[first:full] else first  # a blank line parts the notes from the table


def _separator(text: str) -> str:
    """Return what separates the cells: stated in the first line, else what fits most rows."""
    stated = text.split("\n", 1)[0].strip().strip('"')
    if stated[:4].casefold() == "sep=" and stated[4:5] in tuple(SEPARATORS):
        return stated[4]
    return max(SEPARATORS, key=lambda mark: _fit(text, mark))


def _fit(text: str, separator: str) -> float:
    """Return the share of rows that have as many cells as most, if those are more than one."""
    sample = islice(_rows(text, separator), _SAMPLE_ROWS)
    widths = [len(row) for _, row in sample if any(map(str.strip, row))]
    usual = _most_common([width for width in widths if width > 1])
    return widths.count(usual) / len(widths) if usual else 0.0


def _most_common(counts: Sequence[int]) -> int:
    return Counter(counts).most_common(1)[0][0] if counts else 0


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row, blank ones too, with how many lines it takes."""
    feed, left_open = _LineFeed(text), 0
    for line in feed:
        if '"' not in line or left_open >= _MOST_OPEN:
            row = line.rstrip("\n").split(separator)
        else:
            row, closed = _quoted_row(feed, separator)
            left_open += not closed
        yield len(feed.taken), row
        feed.taken.clear()


def _quoted_row(feed: _LineFeed, separator: str) -> tuple[list[str], bool]:
    """Return the row that begins in the line taken, and whether its quotation marks are closed."""
    feed.rewind()
    try:
        return next(csv.reader(feed, delimiter=separator, skipinitialspace=True, strict=True)), True
    except (csv.Error, StopIteration):
        feed.rewind()
    line = next(feed).rstrip("\n")
    if line.count('"') % 2:
        return line.split(separator), False
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True)), True
    except csv.Error:
        return line.split(separator), False
