"""OpenDocument spreadsheets: each sheet with its tables, as LibreOffice last showed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.odf_blocks import repeated, spanned_rows
from index.load.odf_styles import OFFICE, TABLE, TEXT, OdfStyles, OpenDocument
from index.load.odf_words import words_of
from index.load.sheet_tables import Figure, Row, write_sheet
from index.load.sheet_warnings import LeftOut
from index.load.titles import title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/vnd.oasis.opendocument.spreadsheet"

_MOST_CELLS = 1_000_000
_MOST_ROWS = 200_000
_MOST_COLUMNS = 16_384
_MOST_ALIKE = 1_000
"""Rows, or filled cells of a row, that may be alike: a column filled to the edge is no table."""
_HIDDEN = ("collapse", "filter")
_FIGURES = frozenset({"float", "percentage", "currency", "date", "time"})
_CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")


def load_ods(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read what the sheets of a spreadsheet show; `charset` has no meaning here."""
    document = OpenDocument(data, name, newer=".ods")
    book, text = _Sheets(document.styles), ComposedText()
    for table in document.body.iterfind(f"{TABLE}table"):
        title = table.get(f"{TABLE}name", "")
        if document.styles.property(*_of_table(table)) == "false":
            book.left_out.sheets.append(title)
        elif rows := book.rows(table, title):
            write_sheet(text, title, rows)
    if not text.text:
        raise LoadError(name, "Its sheets show nothing.")
    return LoadedDocument(
        text=text.text,
        title=document.title or title_from_name(name),
        mime=MIME,
        places=tuple(text.places),
        modified=document.modified,
        warnings=book.left_out.warnings() + invisible_warnings(text.text),
    )


def _of_table(table: Any) -> tuple[str | None, str, str]:
    return table.get(f"{TABLE}style-name"), "table-properties", f"{TABLE}display"


class _Sheets:
    """What is read of the sheets, and how much may still be read."""

    def __init__(self, styles: OdfStyles) -> None:
        self._styles = styles
        self._cells_left = _MOST_CELLS
        self.left_out = LeftOut()

    def rows(self, table: Any, title: str) -> list[Row]:
        """Return the rows of a sheet that show something, without hidden rows and columns."""
        hidden = _hidden_columns(table)
        held: set[int] = set()
        shown: list[tuple[int, list[tuple[Any, str]]]] = []
        number = 1
        for row in _all_rows(table):
            first, number = number, number + repeated(row, "rows", 1 << 21)
            cells = self._cells(row)
            if not any(said for _, said in cells):
                continue
            filled = sum(1 for _, said in cells if said)
            alike = min(number - first, _MOST_ALIKE, self._cells_left // filled + 1)
            if row.get(f"{TABLE}visibility") in _HIDDEN:
                self.left_out.rows[title] = self.left_out.rows.get(title, 0) + alike
                continue
            if self._cells_left <= 0 or len(shown) + alike > _MOST_ROWS:
                self.left_out.cut[title] = first - 1
                break
            held.update(c for c, (_, said) in enumerate(cells) if said and c in hidden)
            self._cells_left -= alike * filled
            shown += [(first + each, cells) for each in range(alike)]
        if held:
            self.left_out.columns[title] = len(held)
        words = spanned_rows([cells for _, cells in shown])
        return [
            Row(number, [said for c, said in enumerate(cells) if c not in hidden])
            for (number, _), cells in zip(shown, words, strict=True)
            if any(said for c, said in enumerate(cells) if c not in hidden)
        ]

    def _cells(self, row: Any) -> list[tuple[Any, str]]:
        """Return the cells of a row with what they show, up to the last that shows something."""
        cells: list[tuple[Any, str]] = []
        waiting: list[tuple[Any, str]] = []
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            said = self._shown(cell)
            most = _MOST_ALIKE if said else _MOST_COLUMNS
            alike = [(cell, said)] * repeated(cell, "columns", most)
            if len(cells) + len(waiting) < _MOST_COLUMNS:
                waiting += alike
            if said:
                cells += waiting
                waiting = []
        del cells[_MOST_COLUMNS:]
        # What is covered by a cell of a row above shows that one's words.
        covered = [n for n, (cell, _) in enumerate(waiting) if cell.tag == _CELLS[1]]
        return cells + (waiting[: covered[-1] + 1] if covered and cells else [])

    def _shown(self, cell: Any) -> str:
        paragraphs = (words_of(each, self._styles).text for each in cell.iterfind(f"{TEXT}p"))
        words = " ".join(" ".join(paragraphs).split())
        kind = cell.get(f"{OFFICE}value-type", "")
        return Figure(words) if kind in _FIGURES else words


def _all_rows(element: Any) -> Iterator[Any]:
    """Yield the rows of a sheet, also those in groups, which may be closed."""
    for child in element:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in (
            f"{TABLE}table-header-rows", f"{TABLE}table-rows", f"{TABLE}table-row-group",
        ):  # fmt: skip
            yield from _all_rows(child)


def _hidden_columns(table: Any) -> frozenset[int]:
    hidden: set[int] = set()
    at = 0
    for column in table.iter(f"{TABLE}table-column"):
        count = repeated(column, "columns", _MOST_COLUMNS)
        if column.get(f"{TABLE}visibility") in _HIDDEN:
            hidden.update(range(at, min(at + count, _MOST_COLUMNS)))
        at += count
    return frozenset(hidden)
