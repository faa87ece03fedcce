"""What confidence is computed from, for each way of looking at sentences."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.answering.extractive.answer_weights import (
    CONFIDENCE,
    CONFIDENCE_MATCHED,
    CONFIDENCE_WITH_READER,
    FIRST_PICK,
    PICK,
    PICK_MATCHED,
    PICK_WITH_READER,
)
from bot.answering.extractive.confidence import confidence, confidence_features
from bot.answering.extractive.scored_sentences import (
    UNREAD,
    ScoredSentence,
    SentenceScorer,
    by_words,
)
from index.search.linear_model import LinearModel
from index.search.searcher import Findings
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import FixedReader, HashingEmbedder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder(), tokens=50) as opened:
        for n in range(9):
            text = f"The fee of boat {n} is {n + 20} euros. It floats on the lake."
            opened.add("many", f"{n}.md", text, title=f"Boat {n}")
        yield opened


def looked_at(world: World, looking: str, **options: str) -> tuple[Findings, list[ScoredSentence]]:
    found = world.find("What is the fee of boat 3?", "many", **options)
    picker = {
        "embedded": SentenceScorer(world.embedder),
        "matched": SentenceScorer(world.embedder, HashingEmbedder()),
        "read": SentenceScorer(world.embedder, HashingEmbedder(), FixedReader()),
    }[looking]
    return found, picker.sentences(found.query, found.ranked, spoken=found.spoken)


@pytest.mark.parametrize(
    ("looking", "sure", "pick"),
    [
        ("embedded", CONFIDENCE, PICK),
        ("matched", CONFIDENCE_MATCHED, PICK_MATCHED),
        ("read", CONFIDENCE_WITH_READER, PICK_WITH_READER),
    ],
)
def test_every_weight_has_its_feature(
    world: World, looking: str, sure: LinearModel, pick: LinearModel
) -> None:
    found, sentences = looked_at(world, looking)
    assert set(sure.weights) <= set(confidence_features(found, sentences))
    assert set(pick.weights) <= set(sentences[0].features)
    assert set(FIRST_PICK.weights) <= set(sentences[0].features)


def test_what_words_put_first_does_not_depend_on_the_reader(world: World) -> None:
    _, matched = looked_at(world, "matched")
    _, read = looked_at(world, "read")
    assert by_words(read).span == matched[0].span


def test_a_passage_is_as_surely_read_as_all_its_readings_together(world: World) -> None:
    _, sentences = looked_at(world, "read")
    known = [s for s in sentences if s.features["read"] > UNREAD]
    assert known
    assert all(s.features["read_passage"] > s.features["read"] for s in known)
    unread = [s for s in sentences if s.rank >= 4]
    assert {s.features["read_passage"] for s in unread} <= {UNREAD}


@pytest.mark.parametrize("looking", ["embedded", "matched", "read"])
def test_a_follow_up_is_as_sure_as_the_better_of_its_wordings(world: World, looking: str) -> None:
    found, sentences = looked_at(world, looking, asked="And the price?")
    assert found.spoken is not None
    alone = replace(found, spoken=None)
    ranked = tuple(replace(c, values=c.values[1:]) for c in found.ranked)
    asked = replace(found, query=found.spoken, spoken=None, ranked=ranked)
    spoken = [replace(s, features=s.spoken or s.features) for s in sentences]
    each = [confidence(alone, sentences), confidence(asked, spoken)]
    assert confidence(found, sentences) == max(each)


@pytest.mark.parametrize("looking", ["embedded", "matched", "read"])
def test_more_of_the_question_met_is_more_sure(world: World, looking: str) -> None:
    found, sentences = looked_at(world, looking)
    other = world.find("What is the colour of the captain's mahogany parrot?", "many")
    picker = SentenceScorer(world.embedder, None if looking == "embedded" else HashingEmbedder())
    assert confidence(found, sentences) > confidence(
        other, picker.sentences(other.query, other.ranked)
    )


def test_nothing_found_is_no_confidence(world: World) -> None:
    found, _ = looked_at(world, "matched")
    assert confidence(replace(found, ranked=()), []) == 0.0
