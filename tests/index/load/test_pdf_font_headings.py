"""Headings of PDF files without an outline, told by how their letters look."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pytest
from reportlab.pdfgen.canvas import Canvas

from index.load.loaders import load_bytes
from tests.doubles.growth import grows_in_step

PROSE = (
    "The harbour has stood at the mouth of the river for as long as",
    "anybody remembers, and its wall has been mended many times. It",
    "is open to everyone from the first light until the sun has set.",
)
Set = tuple[str, float, str]
"""A font, its size, and a line set in it."""


def set_pages(*pages: Sequence[Set], outline: bool = False) -> bytes:
    """Return a PDF with lines below one another, each page with further prose at its foot."""
    written = BytesIO()
    canvas = Canvas(written, pagesize=(595, 842))
    for number, page in enumerate(pages):
        top = 790.0
        for font, size, words in page:
            top -= size + 8
            canvas.setFont(font, size)
            canvas.drawString(60, top, words)
            for line in PROSE if size != 10 else ():
                top -= 13
                canvas.setFont("Times-Roman", 10)
                canvas.drawString(60, top, line)
        if outline:
            canvas.bookmarkPage(str(number))
            canvas.addOutlineEntry(page[0][2], str(number))
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def headings(data: bytes) -> list[str]:
    text = load_bytes(data, name="a.pdf").text
    return [line for line in text.split("\n") if line.startswith("#")]


LARGE, BOLD = "Times-Roman", "Times-Bold"
BOOK: list[list[Set]] = [
    [(BOLD, 24, "All about the harbour"), (BOLD, 16, "The wall"), (BOLD, 12, "Its stones")],
    [(BOLD, 12, "Its length"), (BOLD, 16, "Who may enter?"), (BOLD, 12, "Boats")],
    [(BOLD, 12, "2.1.4 People on foot"), (BOLD, 16, "A title that goes on"), (LARGE, 16, "Fees")],
]


def test_larger_and_bolder_lines_are_headings_by_their_size() -> None:
    data = set_pages(*BOOK)
    assert headings(data) == [
        "# The wall", "## Its stones", "## Its length", "# Who may enter?", "## Boats",
        "## 2.1.4 People on foot", "# A title that goes on", "## Fees",
    ]  # fmt: skip
    text = load_bytes(data, name="a.pdf").text
    assert "# The wall\n\nThe harbour has stood at the mouth of the river" in text
    assert text.startswith("All about the harbour\n\n"), "a title is none of its own text"


def test_the_outline_counts_where_there_is_one() -> None:
    assert headings(set_pages(*BOOK, outline=True)) == [
        "# All about the harbour", "# Its length", "# 2.1.4 People on foot",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([(BOLD, 10, "Important"), (BOLD, 10, "Also important")], id="bold words"),
        pytest.param([(BOLD, 12, "Note"), (BOLD, 12, "Note")], id="labels"),
        pytest.param([(LARGE, 10.5, "Hardly larger")], id="hardly larger"),
        pytest.param(
            [(BOLD, 13, "It is said, and this goes on,"), (BOLD, 13, "and on.")], id="said"
        ),
        pytest.param([(BOLD, 13, "12 / 2026 – 18.40 €")], id="figures"),
    ],
)
def test_other_lines_are_not(lines: list[Set]) -> None:
    assert headings(set_pages(lines, lines, lines)) == []


def test_numbers_make_headings_of_bold_lines_and_of_a_look_that_serves_twice() -> None:
    page = [
        (BOLD, 10, "1.2.3 Berths"), (BOLD, 12, "Say 10, 20, 30."), (BOLD, 12, "Or this, too,"),
        (BOLD, 12, "1.3 Quays"),
    ]  # fmt: skip
    other = [(BOLD, 10, "1.2.4 Sheds"), (BOLD, 12, "1.4 Docks"), (BOLD, 12, "or even that;")]
    assert headings(set_pages(page, other)) == [
        "## 1.2.3 Berths", "# 1.3 Quays", "## 1.2.4 Sheds", "# 1.4 Docks",
    ]  # fmt: skip


def test_a_line_that_only_counts_belongs_to_the_title_below_it() -> None:
    pages = [[(BOLD, 14, f"Chapter {n}"), (BOLD, 20, f"Title {'abc'[n]}")] for n in range(3)]
    found = headings(set_pages(*[page[1:] for page in pages]))
    assert found == ["# Title a", "# Title b", "# Title c"]
    written = BytesIO()
    canvas = Canvas(written)
    for (_, _, label), (_, _, title) in pages:
        for font, size, top, words in (
            (BOLD, 14, 780, label), (BOLD, 20, 750, title),
            *(("Times-Roman", 10, 730 - 13 * n, line) for n, line in enumerate(PROSE * 3)),
        ):  # fmt: skip
            canvas.setFont(font, size)
            canvas.drawString(60, top, words)
        canvas.showPage()
    canvas.save()
    assert headings(written.getvalue()) == [
        "# Chapter 0 Title a", "# Chapter 1 Title b", "# Chapter 2 Title c",
    ]  # fmt: skip


def test_many_headings_take_time_in_step() -> None:
    def made(count: int) -> bytes:
        page: list[Set] = [(BOLD, 12 + n % 40 / 2, f"A title {n}") for n in range(40)]
        return set_pages(*[page] * (count // 40))

    grows_in_step(lambda data: load_bytes(data, name="a.pdf"), made, 120)
