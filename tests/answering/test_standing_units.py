"""What is shown around a sentence, so that it can be understood on its own."""

from __future__ import annotations

import pytest

from bot.answering.extractive.standing_units import below_heading, unit_around
from index.schema import Passage, PassageKind, Span

TEXT = """## Beer

You may have one at lunch. Not more, and never before you drive.

These need a permit:

- a fire on the beach
- music after ten

1. Ask the office.

2. Wait for the letter.

Run this:

```
quoth sync

quoth ask
```

The end.
"""


def unit(words: str, text: str = TEXT, kind: PassageKind = "paragraph") -> str:
    """Return what stands around some words of a text that begins at offset 100."""
    start = 100 + text.index(words)
    passage = Passage(
        id="p", source_id="s", ordinal=0, start=100, end=100 + len(text), text=text, kind=kind
    )
    found = unit_around(passage, Span(start=start, end=start + len(words)))
    return text[found.start - 100 : found.end - 100]


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("Not more, and never before you drive.", "You may have", "before you drive."),
        ("music after ten", "These need a permit:", "for the letter."),
        ("Wait for the letter.", "These need a permit:", "for the letter."),
        ("quoth ask", "Run this:", "```"),
        ("The end.", "The end.", "The end."),
    ],
)
def test_a_sentence_comes_with_what_it_stands_in(words: str, first: str, last: str) -> None:
    found = unit(words)
    assert words in found
    assert (found[: len(first)], found[-len(last) :]) == (first, last)


def test_a_heading_is_no_part_of_what_stands_below_it() -> None:
    assert unit("You may").startswith("You may")


def test_a_row_of_a_table_stands_alone() -> None:
    table = "| Drink | Price |\n|---|---|\n| Beer | 4 euros |\n| Tea | 2 euros |\n"
    assert unit("| Beer | 4 euros |", table, "table") == "| Beer | 4 euros |"


@pytest.mark.parametrize(
    ("text", "first", "below"),
    [
        ("Beer\n----\nOne at lunch.", "One at lunch.", "One at lunch."),
        ("== Beer\n\nOne at lunch.", "One at lunch.", "One at lunch."),
        ("# Beer\n\n```\nquoth sync\n```", "quoth sync", "```\nquoth sync\n```"),
        ("Beer", "Beer", "Beer"),
    ],
)
def test_a_heading_of_any_markup_is_not_quoted_with_what_stands_below_it(
    text: str, first: str, below: str
) -> None:
    at = 100 + text.index(first)
    said = (Span(start=at, end=at + len(first)),)
    whole = Span(start=100, end=100 + len(text))
    passage = Passage(
        id="p", source_id="s", ordinal=0, start=100, end=whole.end, text=text, sentences=said
    )
    found = below_heading(passage, whole)
    assert text[found.start - 100 : found.end - 100] == below
