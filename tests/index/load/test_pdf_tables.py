"""Tables of PDF pages become rows with their header; what only looks like a table stays prose."""

from __future__ import annotations

from typing import Any

import pytest
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph

from benchmarks.fidelity_pdf import is_whole
from benchmarks.made_pdf_tables import MadeReport, made_reports
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.text.readable_markdown import readable_span
from index.text.table_rows import RowPart, header_in
from tests.doubles.loaded_sources import source_of
from tests.doubles.made_pdfs import drawn, page

REPORTS = {report.style: report for report in made_reports()}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_rows_stand_on_one_line_with_their_header(report: MadeReport) -> None:
    loaded = load_bytes(report.data, name="report.pdf")
    lost = [row for row in report.rows if not is_whole(loaded.text, report.header, row)]
    assert not lost
    assert "Report of the year\n\n" in loaded.text
    # The paragraphs above and below it are whole.
    prose = [text for text in loaded.text.split("\n\n") if text.endswith(".")]
    assert [len(text.split()) for text in prose] == [90, 90]


def test_a_row_is_quoted_with_the_names_of_its_columns() -> None:
    report = REPORTS["three pages, header once"]
    loaded = load_bytes(report.data, name="report.pdf")
    source = source_of(loaded, "report.pdf")
    last = report.rows[-1]
    passage = next(p for p in chunk(source, ChunkConfig()) if last[0] in p.text)
    assert passage.kind == "table"
    assert passage.page == len(loaded.pages) > 2
    row = next(s for s in passage.sentences if last[0] in s.of(source.text))
    read = RowPart.of(source.text, header_in(source, passage), row).as_read
    pairs = zip(report.header, last, strict=True)
    assert read == "; ".join(f"{n}: {v}" for n, v in pairs)


def test_heads_and_page_numbers_that_repeat_do_not_part_a_table() -> None:
    text = load_bytes(REPORTS["three pages, header once"].data, name="report.pdf").text
    assert text.count("Office of Water, yearly report") == 1
    assert "Page 2" not in text
    assert text.count("\n| --- |") == 1


def rows(*lines: tuple[tuple[float, str], ...], top: float = 700, distance: float = 16) -> bytes:
    """Draw rows of words at places from the left."""
    return drawn(
        *(
            (x, top - number * distance, text)
            for number, line in enumerate(lines)
            for x, text in line
        )
    )


def test_two_columns_of_prose_are_no_table() -> None:
    left = [f"The left column has line {n} of its prose here" for n in range(12)]
    right = [f"and the right column has its line {n} there" for n in range(12)]
    places = [(60, 700 - 14 * n, text) for n, text in enumerate(left)]
    places += [(320, 700 - 14 * n, text) for n, text in enumerate(right)]
    text = load_bytes(page(drawn(*places)), name="a.pdf").text
    assert "|" not in text
    assert text.index(left[-1]) < text.index(right[0])


def test_a_cell_may_hold_a_bar() -> None:
    made = page(
        rows(
            ((60, "Sign"), (200, "Use"), (330, "Since")),
            ((60, "a | b"), (200, "either"), (330, "1.0")),
            ((60, "a & b"), (200, "both"), (330, "1.2")),
            ((60, "!a"), (200, "neither"), (330, "2.0")),
        )
    )
    loaded = load_bytes(made, name="a.pdf")
    assert loaded.text.split("\n")[2] == r"| a \| b | either | 1.0 |"
    (passage,) = chunk(source_of(loaded, "a.pdf"), ChunkConfig())
    assert passage.kind == "table"
    assert len(passage.sentences) == 4


def test_labels_with_values_stay_lines() -> None:
    made = page(
        rows(
            ((60, "Name:"), (200, "Ada Lovelace")),
            ((60, "Born:"), (200, "10 December 1815")),
            ((60, "Place:"), (200, "London")),
            ((60, "Trade:"), (200, "Mathematics")),
        )
    )
    text = load_bytes(made, name="a.pdf").text
    assert text.split("\n") == [
        "Name: Ada Lovelace",
        "Born: 10 December 1815",
        "Place: London",
        "Trade: Mathematics",
    ]


def test_a_title_across_the_columns_is_not_their_header() -> None:
    sheet = getSampleStyleSheet()
    cells: list[list[Any]] = [
        ["Rainfall by town", "", ""],
        ["Town", "May", "June"],
        ["Bern", "112", "98"],
        ["Chur", "75", "83"],
    ]
    from reportlab.platypus import Table

    from benchmarks.made_pdf_tables import GRID, document

    table = Table(cells, style=[*GRID, ("SPAN", (0, 0), (-1, 0))])
    made = document([Paragraph("Weather", sheet["Heading1"]), table])
    assert load_bytes(made, name="a.pdf").text == (
        "Weather\n\nRainfall by town\n\n"
        "| Town | May | June |\n| --- | --- | --- |\n| Bern | 112 | 98 |\n| Chur | 75 | 83 |"
    )


def test_rules_at_head_and_foot_of_a_page_are_no_table_around_all_of_it() -> None:
    ruled = [f"{x} 600 m {x} 660 l S" for x in (60, 160, 260)]
    ruled += [f"60 {y} m 260 {y} l S" for y in (600, 620, 640, 660)]
    ruled += [f"50 {y} m 545 {y} l S" for y in (40, 790)]
    cells = [(50, 795, "Handbook"), (500, 795, "7 / 9"), (70, 645, "Item"), (170, 645, "Price")]
    cells += [(70, 625, "Tea"), (170, 625, "2.50"), (70, 605, "Milk"), (170, 605, "1.10")]
    cells += [(50, 560, "Prices are those of the week, as they were told to us.")]
    made = page("\n".join(ruled).encode() + b"\n" + drawn(*cells))
    assert load_bytes(made, name="a.pdf").text == (
        "Handbook 7 / 9\n\n| Item | Price |\n| --- | --- |\n| Tea | 2.50 |\n| Milk | 1.10 |\n\n"
        "Prices are those of the week, as they were told to us."
    )


def test_words_beside_a_table_stay() -> None:
    ruled = [f"{x} 600 m {x} 660 l S" for x in (60, 160, 260)]
    ruled += [f"60 {y} m 260 {y} l S" for y in (600, 620, 640, 660)]
    cells = [(70, 645, "Item"), (170, 645, "Price"), (70, 625, "Tea"), (170, 625, "2.50")]
    cells += [(70, 605, "Milk"), (170, 605, "1.10"), (330, 625, "Prices of the week")]
    made = page("\n".join(ruled).encode() + b"\n" + drawn(*cells))
    text = load_bytes(made, name="a.pdf").text
    assert "| Tea | 2.50 |\n| Milk | 1.10 |" in text
    assert "Prices of the week" in text.split("\n")


def test_a_divided_word_of_a_cell_is_put_together() -> None:
    ruled = [f"{x} 600 m {x} 660 l S" for x in (60, 160, 260)]
    ruled += [f"60 {y} m 260 {y} l S" for y in (600, 640, 660)]
    cells = [(70, 645, "Item"), (170, 645, "Use"), (70, 625, "Tea"), (170, 627, "against tired-")]
    cells += [(170, 612, "ness at work")]
    made = page("\n".join(ruled).encode() + b"\n" + drawn(*cells))
    assert "| Tea | against tiredness at work |" in load_bytes(made, name="a.pdf").text


def test_what_looks_like_markdown_on_a_page_is_shown_as_it_is() -> None:
    printed = "# include stars * and <angles> and `ticks`"
    loaded = load_bytes(page(drawn((60, 700, printed), (60, 680, "Words."))), name="a.pdf")
    shown = readable_span(loaded.text, (0, 5), "page").text
    assert shown.replace("\u00a0", " ").startswith(printed)
    (passage,) = chunk(source_of(loaded, "a.pdf"), ChunkConfig())
    assert not passage.heading
