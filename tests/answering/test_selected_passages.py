"""What is quoted of the passages that a selector chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bot.answering.extractive.selected_passages import (
    JUDGED,
    closest_passages,
    quoted_parts,
    selected_passages,
)
from bot.schema import DraftPart, Pick
from index.embed.minilm import open_minilm
from index.protocols import EmbeddingInput, Selection
from tests.doubles.answer_world import World, open_world

CLUB = """# Rowing club

The club has 120 members. It was founded in 1921. Its boats lie on the river.

## Not allowed

You may not:

- Row alone at night.
- Take the Heron without a steersman. This holds for guests, too.
- Smoke in the boat house.

## Boats

| Boat | Seats | Built |
| --- | --- | --- |
| Heron | 4 | 1998 |
| Otter | 2 | 2004 |

## Booking

Book a boat on the command line:

```console
boats book Heron
boats confirm
```

The booking is void after an hour.
"""


class WordSelector:
    """Belongs: every sentence with one of these words; answers: how many there are."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.texts: list[EmbeddingInput] = []

    def select(self, question: str, texts: Sequence[EmbeddingInput]) -> list[Selection]:
        self.texts += texts
        return [self._of(text) for text in texts]

    def _of(self, text: EmbeddingInput) -> Selection:
        held = [any(w in text.text[s.start : s.end] for w in self.words) for s in text.sentences]
        return Selection(4.0 * sum(held) - 4.0, tuple(2.0 if each else -3.0 for each in held))


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("club", "club.md", CLUB, title="Rowing club")
        yield opened


Quotes = Callable[..., list[tuple[str, str]]]


def texts(world: World, picks: Sequence[Pick]) -> list[str]:
    found = []
    for pick in picks:
        evidence = pick.evidence
        found.append(world.catalog.source(evidence.source_id).text[evidence.start : evidence.end])
    return found


@pytest.fixture
def quotes(world: World) -> Quotes:
    def quotes(*words: str) -> list[tuple[str, str]]:
        ranked = world.find("What about the boats?", "club").ranked
        selected = selected_passages(WordSelector(*words), "?", ranked)
        parts: list[DraftPart] = quoted_parts(selected)
        return [(part.role, text) for part in parts for text in texts(world, part.picks)]

    return quotes


def test_an_item_comes_with_the_line_that_forbids_it(quotes: Quotes) -> None:
    assert quotes("Smoke") == [("lead", "You may not:"), ("item", "Smoke in the boat house.")]


def test_items_share_their_lead_in(quotes: Quotes) -> None:
    assert quotes("alone", "Smoke") == [
        ("lead", "You may not:"),
        ("item", "Row alone at night."),
        ("item", "Smoke in the boat house."),
    ]


def test_rows_are_quoted_one_by_one(quotes: Quotes) -> None:
    assert quotes("Otter") == [("row", "| Otter | 2 | 2004 |")]


def test_code_is_quoted_whole_with_the_line_above_it(quotes: Quotes) -> None:
    [(role, text)] = quotes("boats confirm")
    assert role == "sentence"
    assert text.startswith("Book a boat on the command line:")
    assert text.endswith("boats confirm\n```")


def test_neighbouring_sentences_are_one_quote(quotes: Quotes) -> None:
    [(role, text)] = quotes("1921", "Its boats")
    assert role == "sentence"
    assert text.endswith("It was founded in 1921. Its boats lie on the river.")


def test_only_the_best_passages_are_judged(world: World) -> None:
    ranked = world.find("What about the boats?", "club").ranked
    selector = WordSelector("Otter")
    selected_passages(selector, "?", [*ranked] * JUDGED)
    assert len(selector.texts) == JUDGED


def test_the_closest_are_whole_passages_with_the_best_sentence_marked(world: World) -> None:
    ranked = world.find("What about the boats?", "club").ranked
    closest = closest_passages(selected_passages(WordSelector("Smoke"), "?", ranked))
    assert len(closest) == 3
    [first, *_] = texts(world, closest)
    assert "You may not:" in first
    assert "Smoke in the boat house." in first
    highlight = closest[0].highlight
    assert highlight is not None
    source = world.catalog.source(closest[0].evidence.source_id)
    assert "Smoke" in source.text[highlight.start : highlight.end]
