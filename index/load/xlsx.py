"""Excel files: each sheet with its tables, numbers and dates as they are shown.

Formulas stand with the values that were stored with them. Nothing is computed, and no macro or
link to other files is looked at. Hidden sheets, rows and columns are left out and named.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterator
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.number_formats import built_in_format
from index.load.office_package import OfficePackage
from index.load.office_properties import core_properties
from index.load.sheet_tables import Row, write_sheet
from index.load.sheet_warnings import LeftOut
from index.load.titles import title_from_name
from index.load.xlsx_cells import CellValues, column_of, figure_of, words_of_string
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MOST_CELLS = 1_000_000
"""Cells of a file that are read: as text, some 20 MB."""
_MOST_ROWS = 200_000
_MOST_COLUMNS = 16_384
_WANTED = ("{*}row", "{*}col", "{*}mergeCell", "{*}sheetFormatPr")


class _Sheet(NamedTuple):
    """What is read of a sheet in one pass."""

    rows: list[Row]
    """With columns as they are in the file."""
    hidden_columns: set[int]
    """From 0."""
    merges: list[tuple[int, int, int]]
    """Column from 0, first and last row of cells that go down over several rows."""


def load_xlsx(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read what the sheets of a workbook show; `charset` has no meaning here."""
    package = OfficePackage(data, name, newer=".xlsx")
    book, text = _Workbook(package, name), ComposedText()
    for title, part in book.sheets():
        book.write(title, part, text)
    if not book.has_words:
        raise LoadError(name, "Its sheets show nothing.")
    stated, modified = core_properties(package)
    return LoadedDocument(
        text=text.text,
        title=stated or title_from_name(name),
        mime=MIME,
        places=tuple(text.places),
        modified=modified,
        warnings=book.left_out.warnings() + invisible_warnings(text.text),
    )


class _Workbook:
    """A workbook: what its sheets share, and how much may still be read."""

    def __init__(self, package: OfficePackage, name: str) -> None:
        self._package, self._name = package, name
        self._main = package.main_part()
        root = package.tree(self._main)
        self._sheets = [] if root is None else list(root.iterfind("{*}sheets/{*}sheet"))
        about = None if root is None else root.find("{*}workbookPr")
        self._relations = package.relations(self._main)
        self._values = CellValues(
            self._shared_texts(),
            self._cell_formats(),
            since_1904=about is not None and about.get("date1904") in ("1", "true"),
        )
        self._cells_left = _MOST_CELLS
        self.left_out = LeftOut()
        self.has_words = False

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Yield name and part of each sheet that is shown and holds cells, in order."""
        for sheet in self._sheets:
            found = self._relations.get(sheet.get(_ID, ""))
            if found is None or found.kind != "worksheet" or found.target not in self._package:
                continue
            title = sheet.get("name", "")
            if sheet.get("state") in ("hidden", "veryHidden"):
                self.left_out.sheets.append(title)
            else:
                yield title, found.target

    def _part(self, kind: str) -> str | None:
        found = (each.target for each in self._relations.values() if each.kind == kind)
        return next(found, None)

    def _shared_texts(self) -> list[str]:
        part = self._part("sharedStrings")
        if part is None:
            return []
        return [words_of_string(element) for element in self._elements(part, ("{*}si",))]

    def _cell_formats(self) -> list[str]:
        """Return the number format of each cell style."""
        part = self._part("styles")
        root = None if part is None else self._package.tree(part)
        if root is None:
            return []
        own = {
            each.get("numFmtId", ""): each.get("formatCode", "")
            for each in root.iterfind("{*}numFmts/{*}numFmt")
        }
        ids = [each.get("numFmtId", "0") for each in root.iterfind("{*}cellXfs/{*}xf")]
        return [own[id] if id in own else built_in_format(figure_of(id) or 0) for id in ids]

    def _elements(self, part: str, tags: tuple[str, ...]) -> Iterator[Any]:
        """Yield elements of a part that is not held as a whole; each is emptied afterwards."""
        stream = self._package.open(part)
        if stream is None:
            return
        from lxml import etree  # type: ignore[import-untyped]

        try:
            with stream:
                yield from _streamed(stream, tags)
        except (etree.XMLSyntaxError, BadZipFile, zlib.error, EOFError, OSError) as error:
            raise LoadError(
                self._name, f"Its part {part!r} is damaged; save or download it again."
            ) from error

    def write(self, title: str, part: str, text: ComposedText) -> None:
        """Write a sheet, unless it shows nothing."""
        sheet = self._read(title, part)
        _fill_merged(sheet)
        hidden = sheet.hidden_columns
        rows, held = sheet.rows, set[int]()
        if hidden:
            for row in rows:
                held.update(c for c, cell in enumerate(row.cells) if cell and c in hidden)
            rows = [
                Row(number, [cell for c, cell in enumerate(cells) if c not in hidden])
                for number, cells in rows
            ]
        if held:
            self.left_out.columns[title] = len(held)
        rows = [row for row in rows if any(row.cells)]
        if rows:
            self.has_words = True
            write_sheet(text, title, rows)

    def _read(self, title: str, part: str) -> _Sheet:
        sheet = _Sheet([], set(), [])
        number, hides_all = 0, False
        for element in self._elements(part, _WANTED):
            tag = element.tag.rpartition("}")[2]
            if tag == "sheetFormatPr":
                hides_all = element.get("zeroHeight") in ("1", "true")
            elif tag == "col" and element.get("hidden") in ("1", "true"):
                low, high = figure_of(element.get("min")) or 1, figure_of(element.get("max")) or 1
                if not sheet.hidden_columns.issuperset((low - 1, high - 1)):
                    sheet.hidden_columns.update(range(low - 1, min(high, _MOST_COLUMNS)))
            elif tag == "mergeCell":
                sheet.merges.extend(_merge(element.get("ref", "")))
            elif tag == "row":
                number = figure_of(element.get("r")) or number + 1
                if self._cells_left <= 0 or len(sheet.rows) >= _MOST_ROWS:
                    self.left_out.cut[title] = sheet.rows[-1].number if sheet.rows else 0
                    break
                cells = self._cells(element, title)
                if not any(cells):
                    continue
                if element.get("hidden", "1" if hides_all else "0") in ("1", "true"):
                    self.left_out.rows[title] = self.left_out.rows.get(title, 0) + 1
                else:
                    sheet.rows.append(Row(number, cells))
        return sheet

    def _cells(self, row: Any, title: str) -> list[str]:
        """Return what the cells of a row show, by column."""
        cells: list[str] = []
        for cell in row:
            at = cell.get("r")
            column = len(cells) if at is None else column_of(at)
            shown = self._values.shown(cell)
            if shown is None:
                self.left_out.formulas[title] = self.left_out.formulas.get(title, 0) + 1
            if shown and len(cells) <= column < _MOST_COLUMNS:
                cells += [""] * (column - len(cells))
                cells.append(shown)
                self._cells_left -= 1
        return cells


def _fill_merged(sheet: _Sheet) -> None:
    """Say what goes down over several rows in each of them."""
    numbers = [row.number for row in sheet.rows]
    room = _MOST_CELLS
    for column, first, last in sheet.merges:
        at = bisect_left(numbers, first)
        if at == len(numbers) or numbers[at] != first or column >= len(sheet.rows[at].cells):
            continue
        words = sheet.rows[at].cells[column]
        for row in sheet.rows[at + 1 : bisect_left(numbers, last + 1)]:
            room -= 1
            if room < 0:
                return
            row.cells.extend([""] * (column + 1 - len(row.cells)))
            row.cells[column] = row.cells[column] or words


def _merge(reference: str) -> Iterator[tuple[int, int, int]]:
    """Yield the column and rows of a range like `B2:C9` that goes over several rows."""
    first, _, last = reference.partition(":")
    rows = [figure_of("".join(filter(str.isdigit, each))) for each in (first, last)]
    if rows[0] is not None and rows[1] is not None and rows[0] < rows[1]:
        yield column_of(first), rows[0], rows[1]


def _streamed(stream: IO[bytes], tags: tuple[str, ...]) -> Iterator[Any]:
    from lxml import etree

    found = etree.iterparse(
        stream, events=("end",), tag=tags, resolve_entities=False, no_network=True,
        load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    for _, element in found:
        yield element
        element.clear(keep_tail=False)
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
