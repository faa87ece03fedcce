"""Which passages a selector judges, and what is quoted of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bot.answering.extractive.quoted_statements import quoted_statements
from bot.answering.extractive.selected_passages import (
    CLOSE,
    MOST_CLOSEST,
    QUICK,
    closest_passages,
    selected_passages,
)
from bot.answering.extractive.sufficient_quotes import quoted_passages, sufficient_quotes
from bot.schema import Pick
from index.embed.minilm import open_minilm
from index.protocols import EmbeddingInput, Selection, Selector
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

## Leaving the shed

Do this, one after the other:

1. Write your name into the log.
2. Carry the boat out.
3. Shut the doors.
4. Hang the key back.

## Questions

May guests row on Sundays? Yes, from noon on, with a member beside them who answers for the boat and
for what becomes of it until it lies in the shed again.
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
        parts = quoted_statements(selected[0])
        return [(part.role, text) for part in parts for text in texts(world, part.picks)]

    return quotes


def test_an_item_comes_with_the_lines_that_forbid_it(quotes: Quotes) -> None:
    assert quotes("Smoke") == [
        ("lead", "Not allowed"),
        ("lead", "You may not:"),
        ("item", "Smoke in the boat house."),
    ]


def test_items_share_their_lead_in(quotes: Quotes) -> None:
    assert quotes("alone", "Smoke") == [
        ("lead", "Not allowed"),
        ("lead", "You may not:"),
        ("item", "Row alone at night."),
        ("item", "Smoke in the boat house."),
    ]


def test_a_question_is_quoted_with_what_follows_it(quotes: Quotes) -> None:
    [(_, text)] = quotes("May guests")
    assert text.startswith("May guests row on Sundays? Yes, from noon on,")


def test_no_step_between_others_is_left_out(quotes: Quotes) -> None:
    told = quotes("your name", "Hang the key")
    assert [text for role, text in told if role == "item"] == [
        "1. Write your name into the log.",
        "2. Carry the boat out.",
        "3. Shut the doors.",
        "4. Hang the key back.",
    ]
    assert quotes("Hang the key")[-1] == ("item", "4. Hang the key back.")


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


def test_more_passages_are_judged_where_none_of_the_first_is_likely(world: World) -> None:
    ranked = world.find("What about the boats?", "club").ranked
    for depth in (CLOSE, QUICK):
        for words, count in ((("club", "boats"), depth.at_first), (("nowhere",), depth.at_most)):
            selector = WordSelector(*words)
            judged = selected_passages(selector, "?", [*ranked] * depth.at_most, depth=depth)
            assert len(selector.texts) == len(judged) == count


class StrictSelector(WordSelector):
    """Answers: only a text with all of the words."""

    def _of(self, text: EmbeddingInput) -> Selection:
        found = super()._of(text)
        answers = 4.0 if all(word in text.text for word in self.words) else -4.0
        return Selection(answers, found.sentences)


def quoted_of_best(world: World, selector: Selector) -> list[str]:
    ranked = world.find("What about the boats?", "club").ranked
    selected = selected_passages(selector, "?", ranked)
    parts = sufficient_quotes(selected, quoted_passages(selector, "?", selected))
    return [text for part in parts for text in texts(world, part.picks)]


def test_no_more_is_quoted_than_what_answers_as_well(world: World) -> None:
    selector = StrictSelector("Smoke")
    assert quoted_of_best(world, selector)[1:] == ["You may not:", "Smoke in the boat house."]
    [*_, judged] = selector.texts
    assert judged.text == "Not allowed\nYou may not:\nSmoke in the boat house."
    assert judged.context == "Rowing club > Not allowed"


def test_a_passage_that_is_quoted_whole_is_not_judged_again(world: World) -> None:
    world.add("river", "river.md", "The boats lie on the river. The boats are made of wood.\n")
    selector = WordSelector("boats")
    ranked = world.find("Where are the boats?", "river").ranked
    selected = selected_passages(selector, "?", ranked)
    [quoted] = quoted_passages(selector, "?", selected)
    assert quoted.answers == selected[0].answers
    assert len(selector.texts) == 1


class OrderedSelector(WordSelector):
    """Answers: a text with the first of the words best, one with the second `behind` less."""

    behind = 0.0

    def _of(self, text: EmbeddingInput) -> Selection:
        found = super()._of(text)
        order = [at for at, word in enumerate(self.words) if word in text.text]
        return Selection(4.0 - self.behind * order[0] if order else -4.0, found.sentences)


def test_a_second_passage_is_quoted_where_it_may_as_well_be_the_one_that_answers(
    world: World,
) -> None:
    near, far = OrderedSelector("Otter", "Smoke"), OrderedSelector("Otter", "Smoke")
    far.behind = 3.0
    assert "Smoke" in " ".join(quoted_of_best(world, near))
    assert "Smoke" not in " ".join(quoted_of_best(world, far))


class TornSelector(StrictSelector):
    """Sees only the last of the words in the sentences."""

    def _of(self, text: EmbeddingInput) -> Selection:
        whole = super()._of(text)
        seen = WordSelector(self.words[-1])._of(text)
        return Selection(whole.answers, seen.sentences)


def test_a_passage_is_quoted_whole_where_what_belongs_does_not_answer(world: World) -> None:
    [whole] = quoted_of_best(world, TornSelector("alone", "Smoke"))
    assert whole.startswith("Not allowed\n\nYou may not:")
    assert whole.endswith("Smoke in the boat house.")
    assert "Row alone at night." in whole


def test_of_the_closest_only_those_near_the_best_are_shown(world: World) -> None:
    ranked = world.find("What about the boats?", "club").ranked
    for words, count in ((("Smoke", "alone"), 1), (("nowhere",), MOST_CLOSEST)):
        selected = selected_passages(WordSelector(*words), "?", ranked)
        assert len(closest_passages(selected)) == count


def test_the_closest_are_whole_passages_with_the_best_sentence_marked(world: World) -> None:
    ranked = world.find("What about the boats?", "club").ranked
    closest = closest_passages(selected_passages(WordSelector("Smoke"), "?", ranked))
    [first, *_] = texts(world, closest)
    assert "You may not:" in first
    assert "Smoke in the boat house." in first
    highlight = closest[0].highlight
    assert highlight is not None
    source = world.catalog.source(closest[0].evidence.source_id)
    assert "Smoke" in source.text[highlight.start : highlight.end]


def test_the_closest_come_with_their_section_and_nothing_twice(world: World) -> None:
    steps = "\n\n".join(f"Lock {n}: turn the key and wait until it clicks. " * 8 for n in range(3))
    world.add("locks", "locks.md", f"# Canal\n\n## Locks\n\n{steps}\n")
    ranked = world.find("How do I open lock 1?", "locks").ranked
    selected = selected_passages(WordSelector("Lock 1"), "?", ranked)
    alone, *_ = closest_passages(selected)
    first, *others = closest_passages(selected, world.catalog)
    assert first.evidence.start <= alone.evidence.start < alone.evidence.end <= first.evidence.end
    assert first.evidence != alone.evidence
    assert not any(first.evidence.overlaps(each.evidence) for each in others)


async def test_rows_that_are_shown_whole_name_their_columns(world: World) -> None:
    rows = "\n".join(
        f"| Boat {n} | {n} seats | built in {1900 + n} by the club |" for n in range(90)
    )
    world.add(
        "fleet", "fleet.md", f"# Fleet\n\n| Name | Size | Origin |\n| --- | --- | --- |\n{rows}\n"
    )
    answer = await world.ask(
        "Boat 77?", "fleet", selector=WordSelector("Boat 77"), threshold=1.1, floor=0.0
    )
    citation = answer.citations[0]
    assert "Boat 77" in citation.quote and "Name" not in citation.quote
    assert citation.heading[-1] == "Name | Size | Origin"
