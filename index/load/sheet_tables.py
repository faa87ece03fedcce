"""Rows of a sheet as tables and prose, each with the number that it has in the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from index.load.composed_text import ComposedText, as_words
from index.load.text_formats import table_text
from index.text.layout import folded


class Figure(str):
    """A cell that holds a number or a date, as it is shown."""

    __slots__ = ()


class Row(NamedTuple):
    """A row of a sheet that shows something."""

    number: int
    """As the program counts, from 1."""
    cells: list[str]
    """By column, "" for those that are empty; hidden ones are left out."""


def write_sheet(text: ComposedText, name: str, rows: Sequence[Row]) -> None:
    """Write a sheet below its name as a heading: its tables, and the lines that stand alone."""
    label, fragment = f"sheet {folded(name)}", f"sheet={quote(name, safe='')}"
    text.place(label, fragment=fragment)
    text.heading(1, name)
    place = (f"{label}, row", f"{fragment}&row=")
    for block in _blocks(rows):
        if block.is_table or len(block.rows) > _MOST_LINES:
            _write_table(text, block, place)
        else:
            for row in block.rows:
                text.place(place[0], row.number, fragment=place[1])
                text.add(as_words(folded(" ".join(filter(None, row.cells)))))


_MOST_LINES = 5
"""Rows of one cell that are lines of text; more of them are a table of one column."""


class _Block:
    """Rows that belong together, and the columns that they stand in."""

    def __init__(self, rows: list[Row], *, is_table: bool) -> None:
        self.rows: list[Row] = []
        self.is_table = is_table
        self.first, self.last = 1 << 20, 0
        self.add(rows)

    def add(self, rows: list[Row]) -> None:
        """Put rows below the others."""
        self.rows += rows
        for row in rows:
            first, last = _extent(row)
            self.first, self.last = min(self.first, first), max(self.last, last)

    def begins_anew(self, rows: Sequence[Row]) -> bool:
        """Say whether rows below these are another table: with a header, or in other columns."""
        header = rows[0].cells
        if any(isinstance(cell, Figure) for cell in header):
            return False
        first, last = _extent(rows[0])
        if first < self.first or last > self.last:
            return True
        return any(
            isinstance(cell, Figure) and column < len(header) and header[column]
            for row in rows[1:]
            for column, cell in enumerate(row.cells)
        )


def _write_table(text: ComposedText, block: _Block, place: tuple[str, str]) -> None:
    """Write a table; one place serves all rows whose numbers follow one another."""
    table = table_text([row.cells[block.first : block.last] for row in block.rows])
    label, fragment = place
    text.place(label, block.rows[0].number, fragment=fragment)
    # The ruler below the header is a line of the text, but no row of the sheet.
    lines = table.split("\n")
    offset = len(lines[0]) + len(lines[1]) + 2
    before = None
    for row, line in zip(block.rows[1:], lines[2:], strict=True):
        if before is None or row.number != before + 1:
            text.place(label, row.number, fragment=fragment, each_line=True, offset=offset)
        before = row.number
        offset += len(line) + 1
    text.add(table)


def _blocks(rows: Sequence[Row]) -> Iterator[_Block]:
    """Yield the tables of a sheet, and the rows of one cell above and between them.

    What follows behind empty rows is a table of its own where its first row looks like a header,
    or it stands in other columns; else it is the rest of the table before.
    """
    table: _Block | None = None
    for run in _runs(rows):
        # Rows of one cell above the first other one are titles; below, they are the table's own.
        wide = next((n for n, row in enumerate(run) if _is_wide(row)), len(run))
        if wide:
            if table:
                yield table
                table = None
            yield _Block(run[:wide], is_table=False)
        if wide == len(run):
            continue
        if table and not table.begins_anew(run):
            table.add(run)
            continue
        if table:
            yield table
        table = _Block(run[wide:], is_table=True)
    if table:
        yield table


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield rows that stand together, with no empty row between them."""
    run: list[Row] = []
    for row in rows:
        if run and row.number != run[-1].number + 1:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _is_wide(row: Row) -> bool:
    return sum(map(bool, row.cells)) > 1


def _extent(row: Row) -> tuple[int, int]:
    """Return the first column of a row that holds something, and the one behind the last."""
    filled = [number for number, cell in enumerate(row.cells) if cell]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)
