"""Presentations: slides in order, each as a person reads it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import told_place
from tests.doubles.loaded_sources import source_of

BOX = (Inches(1), Inches(1), Inches(3), Inches(1))


def loaded(build: Callable[[Any], None]) -> LoadedDocument:
    deck = Presentation()
    build(deck)
    written = BytesIO()
    deck.save(written)
    return load_bytes(written.getvalue(), name="spring_deck.pptx")


def titled(deck: Any, layout: int, title: str) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    slide.shapes.title.text = title
    return slide


def noted(deck: Any) -> None:
    """Fill three slides: a list with notes, two columns with a table below, and a hidden one."""
    first = titled(deck, 1, "Fees in 2026")
    frame = first.placeholders[1].text_frame
    frame.text = "A day ticket costs 4 euros."
    below = frame.add_paragraph()
    below.text, below.level = "Children pay half.", 1
    frame.add_paragraph().text = "Dogs are free."
    first.notes_slide.notes_text_frame.text = "The fee rose in May."
    second = titled(deck, 3, "Hours")
    second.placeholders[2].text = "Right column"
    second.placeholders[1].text = "Left column"
    table = second.shapes.add_table(3, 2, Inches(1), Inches(6), Inches(4), Inches(1)).table
    for row, cells in enumerate([("Day", "Opens"), ("Monday", "9|30"), ("", "10")]):
        for column, words in enumerate(cells):
            table.cell(row, column).text = words
    table.cell(1, 0).merge(table.cell(2, 0))
    hidden = titled(deck, 1, "Draft of the new fees")
    hidden._element.set("show", "0")
    last = deck.slides.add_slide(deck.slide_layouts[6])
    last.shapes.add_textbox(*BOX).text_frame.text = "# not a heading"


def test_slides_stand_in_order_with_notes_lists_and_tables() -> None:
    document = loaded(noted)
    assert document.title == "Fees in 2026"
    assert document.text == (
        "# Fees in 2026\n\n- A day ticket costs 4 euros.\n    - Children pay half.\n"
        "- Dogs are free.\n\n## Notes\n\nThe fee rose in May.\n\n"
        "# Hours\n\n- Left column\n\n- Right column\n\n"
        "| Day | Opens |\n| --- | --- |\n| Monday | 9\\|30 |\n| Monday | 10 |\n\n"
        "# Slide 4\n\n\\# not a heading"
    )
    assert document.warnings == ("Hidden, left out: slide 3.",)


def test_every_part_tells_its_slide() -> None:
    source = source_of(loaded(noted), "spring_deck.pptx")
    for words, slide in (("Dogs", 1), ("rose in May", 1), ("10 |", 2), ("not a heading", 4)):
        start = source.text.index(words)
        assert told_place(source, Span(start=start, end=start + len(words))) == f"slide {slide}"


def grouped(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    low = slide.shapes.add_textbox(Inches(1), Inches(5), Inches(3), Inches(1))
    low.text_frame.text = "Third"
    right = slide.shapes.add_textbox(Inches(5), Inches(1.1), Inches(3), Inches(1))
    right.text_frame.text = "Second"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "First"
    unseen = slide.shapes.add_textbox(Inches(1), Inches(7), Inches(3), Inches(1))
    unseen.text_frame.text = "Unseen"
    unseen._element.nvSpPr.cNvPr.set("hidden", "1")


def test_shapes_are_read_from_the_top_left_and_hidden_ones_are_not() -> None:
    assert loaded(grouped).text == "# Slide 1\n\nFirst\n\nSecond\n\nThird"


def charted(deck: Any) -> None:
    slide = titled(deck, 5, "Visitors")
    data: Any = CategoryChartData(number_format="0.0%")  # type: ignore[no-untyped-call]
    data.categories = ["May", "June"]
    data.add_series("Adults", (0.25, 0.5))
    data.add_series("Children", (0.75, None))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *BOX, data)


def test_the_figures_of_a_chart_are_read_as_a_table() -> None:
    assert loaded(charted).text == (
        "# Visitors\n\n|  | Adults | Children |\n| --- | --- | --- |\n| May | 25.0% | 75.0% |\n"
        "| June | 50.0% |  |"
    )


def pictures_only(deck: Any) -> None:
    deck.slides.add_slide(deck.slide_layouts[6])


def test_a_deck_without_words_is_refused() -> None:
    with pytest.raises(LoadError, match="hold no text"):
        loaded(pictures_only)


def test_what_is_no_presentation_says_what_to_do() -> None:
    old = b"\xd0\xcf\x11\xe0" + bytes(600)
    sealed = old + "EncryptedPackage".encode("utf-16-le")
    for data, reason in (
        (b"", "empty"), (old, r"save it as \.pptx"), (sealed, "password"), (b"PK", "damaged"),
    ):  # fmt: skip
        with pytest.raises(LoadError, match=reason):
            load_bytes(data, name="a.pptx")
