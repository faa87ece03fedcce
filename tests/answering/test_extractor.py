"""Answers made of quotes: which spans are chosen for which shape of question."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.answering.extractive.extractor import Extraction, Extractor
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.answering.extractive.whole_lists import MOST_ITEMS
from bot.schema import DraftPart
from index.embed.minilm import open_minilm
from tests.doubles.answer_world import World, open_world

CLUB = """# Rowing club

The club has 120 members and nine boats.

## Joining

New members need three things:

- A swimming certificate.
- A letter from a member, who vouches for them. The letter has to be signed by hand, and the \
member who writes it must have been in the club for two years at least, must have paid every fee, \
and must not have vouched for anybody else in the same year, because the club has few boats and \
cannot take more than a dozen new members between one spring and the next.
- The fee of 40 euros.

All of them are handed to the secretary.

## Boats

| Boat | Seats | Built |
| --- | --- | --- |
| Heron | 4 | 1998 |
| Otter | 2 | 2004 |
| Kingfisher | 8 | 2015 |

The Heron was damaged in the flood of 2013. It was repaired by the members themselves.

## Rules

Nobody rows alone. Every boat is washed after use.
"""


@pytest.fixture(scope="module")
def world(indexed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    minilm = open_minilm(indexed_folder / ".quoth", threads=1)
    with open_world(tmp_path_factory.mktemp("home"), minilm) as opened:
        opened.add("club", "club.md", CLUB, title="Rowing club")
        yield opened


def extract(
    world: World, question: str, collection: str = "club", *, threshold: float = 0.0
) -> Extraction:
    scorer = SentenceScorer(world.embedder, None)
    extractor = Extractor(scorer, threshold=threshold, floor=threshold)
    return extractor.extract(question, world.find(question, collection))


def quoted(world: World, part: DraftPart) -> str:
    (pick,) = part.picks
    source = world.catalog.source(pick.evidence.source_id)
    return source.text[pick.evidence.start : pick.evidence.end]


def shown(world: World, question: str, collection: str = "club") -> list[tuple[str, str]]:
    """Return the role and the first words of each part of an answer."""
    draft = extract(world, question, collection).draft
    return [(part.role, quoted(world, part)) for part in draft.parts]


def test_a_fact_is_one_sentence(world: World) -> None:
    assert shown(world, "How many members has the club?")[0] == (
        "sentence",
        "The club has 120 members and nine boats.",
    )


def test_a_list_keeps_its_lead_in_and_all_items_without_their_marks(world: World) -> None:
    parts = shown(world, "What are the things that new members need?")
    assert [(role, text[:20]) for role, text in parts] == [
        ("lead", "New members need thr"),
        ("item", "A swimming certifica"),
        ("item", "A letter from a memb"),
        ("item", "The fee of 40 euros."),
    ]


def test_an_item_of_several_sentences_is_quoted_to_its_end(world: World) -> None:
    letter = shown(world, "What are the things that new members need?")[2][1]
    assert letter.startswith("A letter from a member")
    assert letter.endswith("between one spring and the next.")


def test_an_item_found_by_its_second_sentence_brings_its_list(world: World) -> None:
    parts = shown(world, "What are the letters signed by hand, by a member of two years?")
    assert [role for role, _ in parts] == ["lead", "item", "item", "item"]


def test_a_table_keeps_its_header_and_rows(world: World) -> None:
    assert shown(world, "Which boats are there, and what are their seats?") == [
        ("row", "| Boat | Seats | Built |"),
        ("row", "| Heron | 4 | 1998 |"),
        ("row", "| Otter | 2 | 2004 |"),
        ("row", "| Kingfisher | 8 | 2015 |"),
    ]


def test_one_cell_is_answered_by_its_row(world: World) -> None:
    assert shown(world, "When was the Kingfisher built?")[0] == (
        "row",
        "| Kingfisher | 8 | 2015 |",
    )


def test_a_sentence_that_leans_on_the_one_before_is_quoted_with_it(world: World) -> None:
    parts = shown(world, "Who repaired the boat, the members themselves?")
    assert parts[0] == (
        "sentence",
        "The Heron was damaged in the flood of 2013. It was repaired by the members themselves.",
    )


def test_an_overview_quotes_a_sentence_of_each_section_in_order(world: World) -> None:
    parts = shown(world, "Summarise the rowing club")
    texts = [text for _, text in parts]
    places = [CLUB.index(text) for text in texts]
    assert places == sorted(places)
    assert len(parts) >= 3
    headings = [CLUB.rfind("#", 0, place) for place in places]
    assert len(set(headings)) == len(headings)


def test_an_overview_of_a_document_by_its_name_is_always_given(world: World) -> None:
    for question in ("Summarise the rowing club", "Give me an overview of the rules"):
        assert extract(world, question, threshold=0.999).draft.status == "answered"
    asked = "Summarise the theory of relativity"
    assert extract(world, asked, threshold=0.999).draft.status == "not_found"


def test_no_two_quotes_overlap(world: World) -> None:
    for question in ("What happened to the Heron?", "How was the Heron repaired by members?"):
        spans = sorted(
            (part.picks[0].evidence.start, part.picks[0].evidence.end)
            for part in extract(world, question).draft.parts
        )
        assert all(one[1] <= two[0] for one, two in pairwise(spans))


# Long lists


def items(count: int, lead: str = "The steps are:") -> str:
    sentences = (
        f"- Step {n}: screw plate number {n} to the frame of the boat, then oil it well and wait."
        for n in range(1, count + 1)
    )
    return f"# Plates\n\n{lead}\n\n" + "\n".join(sentences) + "\n"


def test_a_list_cut_into_several_passages_is_put_together_again(world: World) -> None:
    world.add("plates", "plates.md", items(16), title="Plates")
    assert len({c.passage.id for c in world.find("plates", "plates").ranked}) > 1
    parts = shown(world, "What are the steps to screw plate number 9 to the frame?", "plates")
    assert parts[0] == ("lead", "The steps are:")
    assert [text[:7].rstrip(":") for _, text in parts[1:]] == [f"Step {n}" for n in range(1, 17)]


def test_of_a_very_long_list_the_first_items_are_quoted(world: World) -> None:
    world.add("very long", "plates.md", items(30), title="Plates")
    parts = shown(world, "What are the steps to screw the plates to the frame?", "very long")
    assert len(parts) == MOST_ITEMS + 1


def test_two_lists_below_one_another_are_not_mixed(world: World) -> None:
    text = items(3) + "\nThe tools are:\n\n- A hammer\n- A saw\n- A drill\n"
    world.add("two lists", "plates.md", text, title="Plates")
    tools = shown(world, "What are the tools?", "two lists")
    assert tools == [
        ("lead", "The tools are:"), ("item", "A hammer"), ("item", "A saw"), ("item", "A drill")
    ]  # fmt: skip
    steps = shown(world, "What are the steps for the plates?", "two lists")
    assert [role for role, _ in steps] == ["lead", "item", "item", "item"]


# Nothing found


def test_below_the_threshold_the_nearest_spans_are_named_and_none_is_quoted(world: World) -> None:
    found = extract(world, "How many members has the club?", threshold=1.1)
    assert (found.draft.status, found.draft.parts) == ("not_found", ())
    assert 1 <= len(found.nearest) <= 3
    assert len({(pick.evidence.start, pick.evidence.end) for pick in found.nearest}) == len(
        found.nearest
    )


def test_confidence_decides_between_a_claim_a_guess_and_nothing(world: World) -> None:
    question = "How many members has the club?"
    sure = extract(world, question).draft.confidence
    scorer = SentenceScorer(world.embedder, None)

    def status(threshold: float, floor: float) -> str:
        extractor = Extractor(scorer, threshold=threshold, floor=floor)
        return extractor.extract(question, world.find(question, "club")).draft.status

    assert status(sure - 0.01, 0.0) == "answered"
    assert status(sure + 0.01, sure - 0.01) == "unsure"
    assert status(sure + 0.02, sure + 0.01) == "not_found"


def test_what_may_answer_is_quoted_with_what_stands_around_it(world: World) -> None:
    question = "How many members has the club?"
    extractor = Extractor(SentenceScorer(world.embedder, None), threshold=1.1, floor=0.0)
    found = extractor.extract(question, world.find(question, "club"))
    assert found.draft.status == "unsure"
    assert [part.picks for part in found.draft.parts] == [(pick,) for pick in found.nearest]


def test_nothing_found_is_not_found_without_confidence(world: World) -> None:
    found = extract(world, "How many members has the club?", "no such collection")
    assert (found.draft.status, found.draft.confidence, found.nearest) == ("not_found", 0.0, ())


def test_a_heading_alone_is_never_the_answer(world: World) -> None:
    world.add("headings", "h.md", "# Opening hours\n\n## Summer\n\nWe open at nine.\n", title="H")
    for question in ("What are the opening hours?", "When do you open in summer?"):
        for _, text in shown(world, question, "headings"):
            assert text == "We open at nine."
