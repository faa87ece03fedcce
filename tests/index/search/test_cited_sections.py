"""What is preferred in a conversation: the sections that were just cited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embed.minilm import open_minilm
from index.schema import Passage
from index.search.cited_sections import SAME_SECTION, SAME_SOURCE, CitedSection, gain
from tests.doubles.answer_world import World, open_world, turns

KAYAKS = """# Kayaks

Kayaks lie in shed A. Ask Ruth for the key.

## Repairs

Report a leak at once. A broken kayak goes to the yard, and the bill to the treasurer.
"""
SAILS = """# Sails

Sails hang in shed B. Ask Omar for the key.

## Repairs

Report a tear at once. A torn sail goes to the loft, and the bill to the secretary.
"""

FEES = """# Fees

Members pay 60 euros a year. A guest pays ten for a day on the water.
"""


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("club", "kayaks.md", KAYAKS)
        opened.add("club", "sails.md", SAILS)
        opened.add("club", "fees.md", FEES)
        yield opened


def passage(source: str, *heading: str) -> Passage:
    return Passage(id="p", source_id=source, ordinal=0, start=0, end=1, text="x", heading=heading)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (passage("s", "Sails", "Repairs"), SAME_SECTION),
        (passage("s", "Sails"), SAME_SECTION),
        (passage("s", "Sails", "Costs"), SAME_SOURCE),
        (passage("s"), SAME_SOURCE),
        (passage("k", "Sails", "Repairs"), 0.0),
    ],
)
def test_the_section_gains_most_then_its_document(given: Passage, expected: float) -> None:
    assert gain(given, [CitedSection("s", ("Sails", "Repairs"))]) == expected


def test_a_row_stands_in_the_section_above_its_columns() -> None:
    row = CitedSection("s", ("Sails", "Costs", "Sail | Price"))
    assert gain(passage("s", "Sails", "Costs"), [row]) == SAME_SECTION


def test_nothing_is_gained_where_nothing_was_cited() -> None:
    assert gain(passage("s"), []) == 0.0
    assert gain(passage("s"), [CitedSection("s", ())]) == SAME_SECTION


@pytest.mark.parametrize("uri", ["kayaks.md", "sails.md"])
def test_what_was_cited_is_found_first(world: World, uri: str) -> None:
    plain = {c.passage.id: c for c in world.find("who gets the bill?", "club").ranked}
    [cited] = [
        CitedSection(c.source.id, c.passage.heading)
        for c in plain.values()
        if c.source.uri == uri and "Repairs" in c.passage.heading
    ]
    found = world.find("who gets the bill?", "club", cited=[cited])
    assert found.ranked[0].source.uri == uri
    for candidate in found.ranked:
        assert candidate.score == plain[candidate.passage.id].score


@pytest.mark.parametrize(
    ("question", "uri"),
    [("Where does a broken kayak go?", "kayaks.md"), ("Where does a torn sail go?", "sails.md")],
)
async def test_a_follow_up_stays_where_the_answer_before_stood(
    world: World, question: str, uri: str
) -> None:
    before = await world.ask(question, "club")
    after = await world.ask("and who pays for that?", "club", history=turns(question, before))
    assert after.shown_citations[0].source == uri
