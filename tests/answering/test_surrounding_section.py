"""What is quoted around a passage: its section, in order and no more than fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answering.extractive.surrounding_section import (
    LONG_SECTION,
    SHORT_SECTION,
    Stretch,
    section_around,
    stretches_around,
)
from index.schema import Passage
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder

LOCK = "Turn the key of lock {n} slowly to the left until you hear it click, then wait a moment. "
LONG = "\n\n".join(LOCK.format(n=n) * 6 for n in range(12))
DOCUMENT = f"""# The canal

## Opening the locks

{LONG}

## Prices

| Boat | Day |
| --- | --- |
| Punt | £12 |
| Barge | £90 |

## Closing

Close the gates in the evening.
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder()) as world:
        yield world


@pytest.fixture(scope="module")
def passages(world: World) -> list[Passage]:
    source = world.add("canal", "canal.md", DOCUMENT)
    return world.catalog.passages_of(world.catalog.source(source), 0, 1000)


def ordinals(stretch: Stretch) -> list[int]:
    return [each.ordinal for each in stretch]


def test_stretches_stay_in_the_section_and_follow_each_other(
    world: World, passages: list[Passage]
) -> None:
    for passage in passages:
        for stretch in stretches_around(
            passage, world.catalog.source(passage.source_id), world.catalog
        ):
            assert passage in stretch and len(stretch) > 1
            assert ordinals(stretch) == [*range(stretch[0].ordinal, stretch[-1].ordinal + 1)]
            assert {each.heading for each in stretch} == {passage.heading}


def test_a_section_is_quoted_as_far_as_it_fits(world: World, passages: list[Passage]) -> None:
    middle = [each for each in passages if each.heading[-1] == "Opening the locks"][4]
    by_length = [
        sum(len(each.text.split()) for each in stretch)
        for stretch in stretches_around(
            middle, world.catalog.source(middle.source_id), world.catalog
        )
    ]
    assert max(by_length) > SHORT_SECTION and max(by_length) <= LONG_SECTION
    short = section_around(middle, world.catalog.source(middle.source_id), world.catalog)
    assert len(short) > 1 and sum(len(each.text.split()) for each in short) <= SHORT_SECTION


def test_what_stands_alone_in_its_section_stays_alone(
    world: World, passages: list[Passage]
) -> None:
    assert (
        stretches_around(passages[-1], world.catalog.source(passages[-1].source_id), world.catalog)
        == []
    )
    assert section_around(
        passages[-1], world.catalog.source(passages[-1].source_id), world.catalog
    ) == (passages[-1],)


def test_rows_are_shown_without_the_rest_of_their_table(
    world: World, passages: list[Passage]
) -> None:
    table = next(each for each in passages if each.kind == "table")
    assert section_around(table, world.catalog.source(table.source_id), world.catalog) == (table,)
