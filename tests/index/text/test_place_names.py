"""Slides, rows and messages: how they are told, and how they are found again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from index.schema import Place, Source, Span
from index.text.place_names import fragment_span, place_fragment, told_place

TEXT = """# Prices

| item | price |
| --- | --- |
| nails | 2 |
| bolts | 3 |
| hooks | 4 |

End"""
ROW_FRAGMENT = "sheet=Old%20prices&row="
HEADER, ROWS, REST = TEXT.index("| item"), TEXT.index("| nails"), TEXT.index("| hooks")
PLACES = (
    Place(start=0, label="sheet Old prices", fragment="sheet=Old%20prices"),
    Place(start=HEADER, label="sheet Old prices, row", number=3, fragment=ROW_FRAGMENT),
    Place(
        start=ROWS, label="sheet Old prices, row", number=4, each_line=True,
        fragment=ROW_FRAGMENT,
    ),
    Place(start=REST, label="sheet Old prices, row", number=9, fragment=ROW_FRAGMENT),
    Place(start=TEXT.index("End"), label="slide", number=12, fragment="slide="),
)  # fmt: skip
SOURCE = Source(
    id="s", collection="c", uri="a.xlsx", title="A", mime="", sha256="0", text=TEXT,
    places=PLACES, added_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(start=start, end=start + len(words))


@pytest.mark.parametrize(
    ("words", "told", "fragment"),
    [
        ("Prices", "sheet Old prices", "sheet=Old%20prices"),
        ("item", "sheet Old prices, row 3", "sheet=Old%20prices&row=3"),
        ("nails", "sheet Old prices, row 4", "sheet=Old%20prices&row=4"),
        ("bolts | 3 |\n", "sheet Old prices, row 5", "sheet=Old%20prices&row=5"),
        ("| nails | 2 |\n| bolts", "sheet Old prices, rows 4-5", "sheet=Old%20prices&row=4-5"),
        ("| bolts | 3 |\n| hooks", "sheet Old prices, rows 5-9", "sheet=Old%20prices&row=5-9"),
        (TEXT[:ROWS], "sheet Old prices, row 3", "sheet=Old%20prices&row=3"),
        (TEXT[ROWS:], "sheet Old prices, rows 4-9", "sheet=Old%20prices&row=4-9"),
        ("End", "slide 12", "slide=12"),
    ],
)
def test_a_place_is_told_and_found(words: str, told: str, fragment: str) -> None:
    assert told_place(SOURCE, span(words)) == told
    assert place_fragment(SOURCE, span(words)) == fragment
    found = fragment_span(SOURCE, fragment)
    assert found is not None
    assert told_place(SOURCE, found) in (told, "sheet Old prices, rows 3-9")


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("sheet=Old prices", TEXT[: TEXT.index("\n\nEnd")]),
        ("sheet=Old%20prices&row=4-5", "| nails | 2 |\n| bolts | 3 |"),
        ("sheet=Old prices&row=5-100", "| bolts | 3 |\n| hooks | 4 |"),
        ("sheet=Old prices&row=6-8", None),
        ("sheet=Old", None),
        ("slide=1", None),
        ("slide=12", "End"),
        ("row=4", None),
    ],
)
def test_what_a_locator_names_is_found_or_is_not(fragment: str, words: str | None) -> None:
    found = fragment_span(SOURCE, fragment)
    assert (found and found.of(TEXT)) == words


def test_a_source_without_places_has_none() -> None:
    plain = SOURCE.model_copy(update={"places": ()})
    assert told_place(plain, span("nails")) is None
    assert place_fragment(plain, span("nails")) == ""
    assert fragment_span(plain, "slide=12") is None


def test_text_before_the_first_place_is_nowhere() -> None:
    late = SOURCE.model_copy(update={"places": PLACES[4:]})
    assert told_place(late, span("nails")) is None
    assert told_place(late, Span(start=0, end=len(TEXT))) == "slide 12"
