"""What a document or a small folder is about, told by how its parts begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.extractive.outlines import MOST_BEGINNINGS
from index.embed.minilm import open_minilm
from tests.doubles.answer_world import World, open_world, quotes

BAKING = """# Baking club

We meet on Mondays to bake bread. Bring an apron.

## Rules

Each of us follows these:

- Wash your hands.
- Clean the oven.

Whoever comes late washes up after the others.

## Prices

| Bread | Price |
| --- | --- |
| Rye | 4 |

## History

The club was founded by two bakers in 1987. They had one oven.
"""
ABOUT = ("What is this about?", "what's this about", "Summarise this", "what's in here?", "tl;dr")


@pytest.fixture
def world(indexed_folder: Path, tmp_path: Path) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path, minilm) as opened:
        opened.add("club", "club.md", BAKING, title="Baking club")
        yield opened


@pytest.mark.parametrize("question", ABOUT)
async def test_one_document_is_told_by_the_beginnings_of_its_sections(
    world: World, question: str
) -> None:
    answer = await world.ask(question, "club")
    assert answer.status == "answered"
    assert quotes(answer) == [
        "We meet on Mondays to bake bread.",
        "Whoever comes late washes up after the others.",
        "The club was founded by two bakers in 1987.",
    ]


async def test_a_small_folder_is_told_document_by_document(world: World) -> None:
    world.add("club", "boats.md", "The boats lie on the river in summer.\n", title="Boats")
    answer = await world.ask("What are these documents about?", "club")
    assert answer.status == "answered"
    assert sorted(quotes(answer)) == [
        "The boats lie on the river in summer.",
        "We meet on Mondays to bake bread.",
    ]


async def test_of_many_documents_the_one_that_is_named_is_told(world: World) -> None:
    for number in range(MOST_BEGINNINGS + 1):
        text = f"Chapter {number} tells of the sea and of ships.\n"
        world.add("club", f"{number}.md", text, title=f"Chapter {number}")
    answer = await world.ask("Give me a summary of the baking club", "club")
    assert answer.status == "answered"
    assert quotes(answer)[0] == "We meet on Mondays to bake bread."
    unnamed = await world.ask("What is this about?", "club")
    assert not unnamed.claims


async def test_an_empty_folder_has_nothing_to_tell(world: World) -> None:
    answer = await world.ask("What is this about?", "empty")
    assert (answer.status, answer.citations) == ("not_found", ())


HOUSE = """# House manual

Read this before you move in.

## Parking

A permit costs 20 euros a month. It is valid for one car.

### Guests

Guests park behind the house. They leave a note in the window.

### Not allowed

- Caravans
- Cars without a plate

## Waste

Bins are emptied on Fridays. Put them out the evening before.

Glass goes to the container in the yard. Nobody throws it in at night.
"""


@pytest.mark.parametrize(
    ("question", "told"),
    [
        (
            "Summarise the parking rules please",
            [
                "A permit costs 20 euros a month.",
                "Guests park behind the house.",
                "Not allowed\n\n- Caravans\n- Cars without a plate",
            ],
        ),
        (
            "overview of the waste section",
            [HOUSE[HOUSE.index("Bins are") :].strip()],
        ),
    ],
)
async def test_a_section_that_is_named_is_told_part_by_part(
    world: World, question: str, told: list[str]
) -> None:
    world.add("house", "manual.md", HOUSE, title="House manual")
    for number in range(8):
        world.add("house", f"{number}.md", f"# Letter {number}\n\nThis is letter {number}.\n")
    answer = await world.ask(question, "house")
    assert answer.status == "answered"
    assert quotes(answer) == told
