"""A quote never ends with an announcement: what is announced comes with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answering.extractive.announced_blocks import with_announced
from bot.schema import DraftPart, Pick
from index.schema import Source, Span
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder

DOCUMENT = """# The workshop

## Using the name

The name may stand on posters of whatever members organise, if the group that looks after it knows.

To use it, all that you have to do is:

1. Fill in the form.
2. Ask three members of the group.

The group meets on Mondays.

## Prices

What a day at a bench costs depends on the bench. The following table has all of them.

| Bench | Day |
| --- | --- |
| Lathe | £12 |
| Loom | £9 |

## Visitors

Visitors are told this first:

## Closing

The doors are locked at six. See the note below.

Lights go out by themselves.
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder()) as world:
        yield world


@pytest.fixture(scope="module")
def source(world: World) -> Source:
    found = world.catalog.source(world.add("workshop", "workshop.md", DOCUMENT))
    assert found is not None
    return found


def quoted(world: World, source: Source, *said: str) -> list[str]:
    """Return what is quoted where these were chosen, completed."""
    starts = [source.text.index(each) for each in said]
    parts = [
        DraftPart(picks=(Pick.of(source, Span(start=start, end=start + len(each))),))
        for start, each in zip(starts, said, strict=True)
    ]
    known = world.catalog.passages_of(source, 0, 100)[:1]
    completed = with_announced(parts, {source.id: source}, known, world.catalog)
    spans = [part.picks[0].evidence for part in completed]
    return [source.text[each.start : each.end] for each in spans]


def test_steps_come_with_the_line_that_announces_them(world: World, source: Source) -> None:
    line = "To use it, all that you have to do is:"
    assert quoted(world, source, line) == [
        f"{line}\n\n1. Fill in the form.\n2. Ask three members of the group."
    ]


def test_a_table_comes_with_the_sentence_that_names_it(world: World, source: Source) -> None:
    line = "The following table has all of them."
    (found,) = quoted(world, source, line)
    assert found.startswith(line)
    assert found.endswith("| Loom | £9 |")


def test_what_was_chosen_of_the_steps_is_left_to_the_choice(world: World, source: Source) -> None:
    chosen = ("To use it, all that you have to do is:", "Ask three members of the group.")
    assert quoted(world, source, *chosen) == list(chosen)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("The group meets on Mondays.", id="nothing announced"),
        pytest.param("Visitors are told this first:", id="another heading follows"),
        pytest.param("See the note below.", id="only a sentence follows"),
    ],
)
def test_nothing_else_is_added(world: World, source: Source, said: str) -> None:
    assert quoted(world, source, said) == [said]
