"""The outline of a PDF gives its headings; tables of contents and running lines are none."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.schema import Passage
from tests.doubles.loaded_sources import source_of

Line = tuple[str, float]
"""Words and the size of their letters."""

Entry = tuple[int, str]
"""Level, from 0, and title of a bookmark."""


def made(*pages: tuple[Sequence[Line], Sequence[Entry]]) -> bytes:
    """Return a PDF with these lines and bookmarks on each page."""
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1)
    for number, (lines, entries) in enumerate(pages):
        for level, title in entries:
            key = f"{number} {title}"
            canvas.bookmarkPage(key)
            canvas.addOutlineEntry(title, key, level=level)
        height = 770.0
        for text, size in lines:
            canvas.setFont("Helvetica", size)
            canvas.drawString(72, height, text)
            height -= size + 8
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def passages(data: bytes) -> list[Passage]:
    return chunk(source_of(load_bytes(data, name="a.pdf"), "a.pdf"), ChunkConfig())


def body(words: str) -> list[Line]:
    return [(f"{words} is told in this line, which is as long as a line of prose gets.", 11)]


def test_the_outline_gives_headings_of_every_level() -> None:
    data = made(
        (
            [
                ("1 Water", 18),
                *body("What water is"),
                ("1.1 Rivers", 14),
                *body("What rivers are"),
                ("1.1.1 The Rhine", 12),
                *body("Where the Rhine flows"),
                # No heading of the outline, though it looks like one.
                ("Note", 11),
                *body("What is noted"),
            ],
            [(0, "Water"), (1, "1.1 Rivers"), (2, "The Rhine"), (0, "Not printed anywhere")],
        ),
        ([("2 Roads", 18), *body("What roads are")], [(0, "2 Roads")]),
    )
    loaded = load_bytes(data, name="a.pdf")
    assert loaded.pages[0].of(loaded.text).startswith("# 1 Water\n\nWhat water is")

    def heading(words: str) -> tuple[str, ...]:
        return next(found.heading for found in passages(data) if words in found.text)

    assert heading("What water is") == ("1 Water",)
    assert heading("What rivers are") == ("1 Water", "1.1 Rivers")
    assert heading("Where the Rhine flows") == ("1 Water", "1.1 Rivers", "1.1.1 The Rhine")
    assert heading("What is noted")[:3] == ("1 Water", "1.1 Rivers", "1.1.1 The Rhine")
    assert heading("What roads are") == ("2 Roads",)
    assert loaded.title == "1 Water"


def test_a_heading_of_several_lines_is_one() -> None:
    lines = [("Chapter 3", 14), ("The long history of", 18), ("the water supply", 18)]
    data = made(([*lines, *body("It")], [(0, "The long history of the water supply")]))
    (found,) = passages(data)
    assert found.heading == ("Chapter 3 The long history of the water supply",)


TITLES = ("Water", "Roads", "Schools", "Bridges")


def chapters() -> list[tuple[Sequence[Line], Sequence[Entry]]]:
    return [([(title, 18), *body(f"What {title} cost")], ()) for title in TITLES]


def contents(dots: str) -> list[Line]:
    return [
        ("Table of Contents", 18),
        *((f"{title} {dots} {number}", 11) for number, title in enumerate(TITLES, start=2)),
    ]


def test_a_table_of_contents_is_left_out() -> None:
    for dots in (". . . . . . . . . . .", "..............", ""):
        data = made((contents(dots), ()), *chapters())
        loaded = load_bytes(data, name="a.pdf")
        assert loaded.pages[0].of(loaded.text) == ""
        assert loaded.text.count("Roads") == 2
        assert loaded.warnings == ()
        assert all("Table of Contents" not in found.heading for found in passages(data))


def test_a_price_list_with_dots_stays() -> None:
    prices = [(f"{name} .......... {price}", 11) for name, price in (("Tea", 2), ("Milk", 1))]
    prices += [("Coffee .......... 3", 11), ("Cake .......... 4", 11)]
    loaded = load_bytes(made((prices, ()), *chapters()), name="a.pdf")
    assert "Coffee .......... 3" in loaded.pages[0].of(loaded.text)


def test_running_lines_stay_once_and_sentences_go_on() -> None:
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1)
    for number in range(1, 5):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 810, "Report on water")
        canvas.drawString(290, 30, f"Page {number} of 4")
        canvas.setFont("Helvetica", 11)
        small = "the" if number > 1 else "The"
        canvas.drawString(72, 770, f"{small} line of page {number} goes on as long as it may and")
        canvas.drawString(72, 755, "does not end there, as the sentence has more words to say and")
        canvas.showPage()
    canvas.save()
    loaded = load_bytes(held.getvalue(), name="a.pdf")
    assert loaded.text.count("Report on water") == 1
    assert "of 4" not in loaded.text
    assert [page.of(loaded.text)[-3:] for page in loaded.pages] == ["and"] * 4
    sentences = [s for p in passages(held.getvalue()) for s in p.sentences]
    assert any("say and\n\nthe line of page 2" in s.of(loaded.text) for s in sentences)


def test_a_line_that_differs_on_each_page_stays() -> None:
    numbers = (17, 4, 230, 9)
    pages = [([(f"Invoice {number}", 9), *body(f"Order {number}")], ()) for number in numbers]
    loaded = load_bytes(made(*pages), name="a.pdf")
    for number, page in zip(numbers, loaded.pages, strict=True):
        assert page.of(loaded.text).startswith(f"Invoice {number}")
