"""A short list below its lead-in is quoted whole, a long one as it was chosen."""

from __future__ import annotations

from pathlib import Path

from bot.answering.extractive.short_lists import MOST_ITEMS, with_short_lists
from bot.schema import DraftPart, Pick, Role
from index.schema import Source, Span
from tests.doubles.answer_world import open_world
from tests.doubles.fakes import HashingEmbedder

SHORT = """# Rights to merge

They are granted through these steps:

- Somebody proposes a contributor.
- The team votes for a week.
- The council may object.

They end after a year without a review.
"""
LONG = "# Tools\n\nThe workshop has:\n\n" + "\n".join(f"- Tool number {n}" for n in range(20))


def quoted(home: Path, document: str, *said: tuple[Role, str]) -> list[str]:
    with open_world(home, HashingEmbedder()) as world:
        source: Source = world.catalog.source(world.add("rights", "rights.md", document))
        known = world.catalog.passages_of(source, 0, 100)
    parts = [
        DraftPart(picks=(Pick.of(source, Span(start=at, end=at + len(text))),), role=role)
        for role, text in said
        for at in [document.index(text)]
    ]
    spans = [part.picks[0].evidence for part in with_short_lists(parts, {source.id: source}, known)]
    return [source.text[each.start : each.end] for each in spans]


def test_the_other_items_come_in_their_order(tmp_path: Path) -> None:
    lead: tuple[Role, str] = ("lead", "They are granted through these steps:")
    items = [
        "Somebody proposes a contributor.",
        "The team votes for a week.",
        "The council may object.",
    ]
    after: tuple[Role, str] = ("sentence", "They end after a year without a review.")
    assert quoted(tmp_path, SHORT, lead, ("item", items[1]), after) == [lead[1], *items, after[1]]


def test_without_an_item_or_a_lead_nothing_is_added(tmp_path: Path) -> None:
    lead: tuple[Role, str] = ("lead", "They are granted through these steps:")
    item: tuple[Role, str] = ("item", "The council may object.")
    assert quoted(tmp_path / "one", SHORT, lead) == [lead[1]]
    assert quoted(tmp_path / "two", SHORT, item) == [item[1]]


def test_of_a_long_list_the_choice_stands(tmp_path: Path) -> None:
    assert LONG.count("- ") > MOST_ITEMS
    chosen: list[tuple[Role, str]] = [("lead", "The workshop has:"), ("item", "Tool number 7")]
    assert quoted(tmp_path, LONG, *chosen) == [text for _, text in chosen]
