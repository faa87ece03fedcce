"""Headings without which a quote says the opposite."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.answering.extractive.turning_headings import turning_heading, with_turning_heading
from index.schema import Source, Span


def source(text: str) -> Source:
    return Source(
        id="s",
        collection="c",
        uri="u.md",
        sha256="0" * 64,
        added_at=datetime.now(UTC),
        title="t",
        text=text,
        mime="text/markdown",
    )


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("# Barn\n\n## Not allowed\n\n- Gloves", "Not allowed"),
        ("## Exceptions ##\n\nGloves", "Exceptions"),
        ("**Don't bring:**\n\n- Gloves", "Don't bring:"),
        ("## Breaking changes\n\nText of some length.\n\n- Gloves", "Breaking changes"),
        ("## Not allowed\n\n## Tools\n\nGloves", None),
        ("## Tools\n\nNot allowed: Gloves", None),
        ("## Notable people\n\nGloves", None),
        ("```sh\n# not needed\nmake\n```\n\nGloves", None),
        ("Gloves", None),
    ],
)
def test_only_the_nearest_heading_counts_and_only_if_it_turns(
    text: str, heading: str | None
) -> None:
    found = turning_heading(source(text), text.index("Gloves"))
    assert (None if found is None else text[found.start : found.end]) == heading


def test_a_span_begins_with_the_heading_where_nothing_stands_between() -> None:
    for text, begins in [
        ("## Not allowed\n\nGloves", "Not allowed\n\nGloves"),
        ("## Not allowed\n\nHats. Gloves", "Gloves"),
        ("## Tools\n\nGloves", "Gloves"),
    ]:
        span = Span(start=text.index("Gloves"), end=len(text))
        found = with_turning_heading(source(text), span)
        assert text[found.start : found.end] == begins
