"""Workbooks: what their sheets show, row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import told_place
from tests.doubles.loaded_sources import source_of
from tests.doubles.office_files import package, relations, saved

CELLS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
IDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def loaded(build: Callable[[Any], None]) -> LoadedDocument:
    book = Workbook()
    build(book)
    return load_bytes(saved(book), name="price_list.xlsx")


def sheet(content: str, **attributes: str) -> LoadedDocument:
    """Load a workbook of one sheet with this content."""
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{CELLS}" xmlns:r="{IDS}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("s", "worksheet", "worksheets/a.xml")),
        "xl/worksheets/a.xml": f'<worksheet xmlns="{CELLS}">{content}</worksheet>',
    }
    return load_bytes(package("xl/workbook.xml", parts), name="a.xlsx")


def prices(book: Any) -> None:
    """Fill sheets with a title, two tables, formats, merged cells, and what is hidden."""
    first = book.active
    first.title = "Summer & prices"
    first["A1"] = "Price list 2026"
    rows = [
        ("Item", "Price", "Since", "Share", "Secret"),
        ("Nails|steel", 1234.5, date(2026, 5, 1), 0.256, "x"),
        ("Bolts", 3, datetime(2026, 6, 2, 14, 30), 0.5, "y"),
        ("Hidden row", 9, None, None, None),
        ("Hooks", None, True, "=1+1", None),
    ]
    for number, row in enumerate(rows, start=3):
        for column, value in enumerate(row, start=1):
            first.cell(number, column, value)
    for number in range(4, 8):
        first.cell(number, 2).number_format = '#,##0.00 "€"'
        first.cell(number, 4).number_format = "0.0%"
    first.cell(4, 3).number_format = "mm-dd-yy"
    first["B4"].comment = Comment("Too dear", "Ada")
    first.merge_cells("B5:B7")
    first.row_dimensions[6].hidden = True
    first.column_dimensions["E"].hidden = True
    first["A10"], first["B10"] = "Town", "Shop"
    first["A11"], first["B11"] = "Bern", 2
    book.create_sheet("Costs")["A1"] = "We pay less."
    book["Costs"].sheet_state = "hidden"
    book.create_sheet("Empty")


def test_a_sheet_is_read_as_it_is_shown() -> None:
    document = loaded(prices)
    assert document.title == "price list"
    assert document.text == (
        "# Summer & prices\n\nPrice list 2026\n\n"
        "| Item | Price | Since | Share |\n| --- | --- | --- | --- |\n"
        "| Nails\\|steel | 1,234.50 € | 2026-05-01 | 25.6% |\n"
        "| Bolts | 3.00 € | 2026-06-02 14:30:00 | 50.0% |\n"
        "| Hooks | 3.00 € | TRUE |  |\n\n"
        "| Town | Shop |\n| --- | --- |\n| Bern | 2 |"
    )
    assert document.warnings == (
        "Hidden, left out: sheet 'Costs'.",
        "Hidden, left out: 1 row of 'Summer & prices'.",
        "Hidden, left out: 1 column of 'Summer & prices'.",
        "Formulas without a stored value in 'Summer & prices'; open the file in a spreadsheet "
        "program and save it.",
    )


def test_every_row_tells_its_number() -> None:
    source = source_of(loaded(prices), "price_list.xlsx")
    rows = {"Price list": 1, "Item": 3, "Nails": 4, "Bolts": 5, "Hooks": 7, "Town": 10, "Bern": 11}
    for words, row in rows.items():
        start = source.text.index(words)
        span = Span(start=start, end=start + len(words))
        assert told_place(source, span) == f"sheet Summer & prices, row {row}"
    table = Span(start=source.text.index("Nails"), end=source.text.index("Town") - 4)
    assert told_place(source, table) == "sheet Summer & prices, rows 4-7"


def test_rows_behind_an_empty_one_go_on_unless_they_begin_with_a_header() -> None:
    def build(book: Any) -> None:
        for row in (["a", "b"], ["c", 1], [], ["d", 2], [], ["Sum", "of"], ["e", 3]):
            book.active.append(row)

    assert loaded(build).text.split("\n\n")[1:] == [
        "| a | b |\n| --- | --- |\n| c | 1 |\n| d | 2 |",
        "| Sum | of |\n| --- | --- |\n| e | 3 |",
    ]


def test_a_long_column_is_a_table_of_one() -> None:
    def build(book: Any) -> None:
        for number in range(7):
            book.active.append([f"# {number}"])

    text = loaded(build).text
    assert text.startswith("# Sheet\n\n| # 0 |\n| --- |\n| # 1 |\n") and "\\" not in text


def test_every_kind_of_cell_is_read() -> None:
    read = sheet(
        '<sheetData><row><c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r>'
        '<rPh><t>ruby</t></rPh></is></c><c r="C1" t="str"><f>A1</f><v>made_x000D__x005F_x</v></c>'
        "</row>"
        '<row r="4"><c t="e"><v>#N/A</v></c><c t="b"><v>0</v></c><c t="d"><v>2026-01-01</v></c>'
        '<c t="s"><v>7</v></c><c r="B4"><v>again</v></c></row></sheetData>'
    )
    assert read.text.split("\n")[2:] == [
        "| rich text |  | made _x |", "| --- | --- | --- |", "| #N/A | FALSE | 2026-01-01 |",
    ]  # fmt: skip


def test_a_sheet_that_says_it_is_vast_is_no_larger_than_it_is() -> None:
    rows = '<row r="1048576"/>' * 1000 + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    merges = '<mergeCell ref="A1:XFD1048576"/>' * 5000
    read = sheet(
        f'<dimension ref="A1:XFD1048576"/><cols><col min="1" max="16000" hidden="1"/></cols>'
        f"<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"
    )
    assert read.text == "# A\n\n1"


def test_a_sheet_that_is_too_large_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.load.xlsx._MOST_CELLS", 6)
    read = sheet("<sheetData>" + "<row><c><v>1</v></c><c><v>2</v></c></row>" * 9 + "</sheetData>")
    assert read.text.count("| 1 | 2 |") == 3
    assert read.warnings == ("Sheet 'A' is too large; it is read up to row 3.",)


def test_sheets_without_anything_are_refused() -> None:
    with pytest.raises(LoadError, match="show nothing"):
        loaded(lambda book: None)
    with pytest.raises(LoadError, match="damaged"):
        sheet("<sheetData><row>")
