"""Which sentences are considered, how they are scored, and what of them is quoted."""

import re
from collections.abc import Iterator, Sequence

import pytest

from bot.answering.extractive.scored_sentences import (
    LOOKED_AT,
    MATCHED,
    PASSAGES,
    PASSAGES_READ,
    UNREAD,
    ScoredSentence,
    SentenceScorer,
    introduces,
    sentences_of,
)
from index.errors import EmbeddingUnavailable
from index.protocols import Vectors
from index.search.searcher import Findings
from tests.doubles.answer_world import World, open_world
from tests.doubles.fakes import HashingEmbedder, PointingReader

FEES = """# Fees

The membership fee is 10 euros a year. It is paid in March.

Members bring these:

- A towel for the shower.
- Two photographs
* A pen.

A. Smith founded the club in 1920. 1. January is a holiday.
"""


class FailingEmbedder(HashingEmbedder):
    """Embeds the question, and then does not answer any more."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.texts:
            raise EmbeddingUnavailable("The provider did not answer.")
        return super().embed(texts)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("home"), HashingEmbedder(), tokens=50) as opened:
        opened.add("fees", "fees.md", FEES, title="Rowing club")
        pages = {f"{n}.md": f"The fee of boat {n} is {n + 20} euros. It floats." for n in range(9)}
        for uri, text in pages.items():
            opened.add("many", uri, text, title=f"Boat {uri[0]}")
        yield opened


def picked(world: World, question: str, collection: str = "fees") -> list[ScoredSentence]:
    found = world.find(question, collection)
    return SentenceScorer(world.embedder).sentences(found.query, found.ranked)


def find(world: World, part: str) -> ScoredSentence:
    question = "membership fee, towel, photographs, pen, Smith founded the club in January"
    found = world.find(question, "fees")
    sentences = sentences_of(found.query, found.ranked)
    return next(s for s in sentences if part in s.text)


def test_every_sentence_stands_where_it_says(world: World) -> None:
    for sentence in picked(world, "What is the membership fee of the club?"):
        source = sentence.candidate.source
        assert source.text[sentence.span.start : sentence.span.end] in sentence.text


def test_the_best_sentence_comes_first(world: World) -> None:
    first, *rest = picked(world, "What is the membership fee a year?")
    assert first.text == "The membership fee is 10 euros a year."
    assert [s.value for s in rest] == sorted((s.value for s in rest), reverse=True)


@pytest.mark.parametrize(
    ("part", "quoted", "is_item"),
    [
        ("A towel", "A towel for the shower.", True),
        ("Two photo", "Two photographs", True),
        ("A pen", "A pen.", True),
        ("Members bring", "Members bring these:", False),
        ("Smith", "A. Smith founded the club in 1920.", False),
        ("January", "1. January is a holiday.", False),
    ],
)
def test_what_is_quoted_begins_behind_the_mark_of_an_item(
    world: World, part: str, quoted: str, is_item: bool
) -> None:
    sentence = find(world, part)
    assert sentence.span.of(sentence.candidate.source.text) == quoted
    assert sentence.is_item is is_item


@pytest.mark.parametrize(
    ("text", "kind"),
    [("- name: quoth\n- version: 2", "text/x-yaml"), ("1.\tapples\t3\n2.\tpears\t4", "text/csv")],
)
def test_code_and_rows_keep_every_character(world: World, text: str, kind: str) -> None:
    name = kind.replace("/", "-")
    world.add(name, "file", text, mime=kind)
    found = world.find("name version quoth apples pears", name)
    sentences = sentences_of(found.query, found.ranked)
    assert [s.span.of(s.candidate.source.text) for s in sentences] == text.split("\n")
    assert not any(s.is_item for s in sentences)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They are:", True),
        ("They are: ", True),
        ("条件：", True),
        ("They are.", False),
        ("", False),
    ],
)
def test_a_colon_leads_into_what_follows(text: str, expected: bool) -> None:
    assert introduces(text) is expected


def test_features_tell_how_a_sentence_fits(world: World) -> None:
    question = "What is the number of the membership fee?"
    found = world.find(question, "fees")
    sentence = next(s for s in sentences_of(found.query, found.ranked) if "10 euros" in s.text)
    assert 0 < sentence.features["coverage"] < 1
    assert sentence.features["pairs"] == 0.5
    assert sentence.features["type"] > 0
    assert (sentence.features["first"], sentence.features["short"]) == (1.0, 0.0)
    assert sentence.features["passage_gap"] <= 0


def test_only_the_best_passages_are_considered_and_the_best_sentences_embedded(
    world: World,
) -> None:
    found = world.find("What is the fee of the boat?", "many")
    assert len(found.ranked) == 9
    embedder = HashingEmbedder()
    sentences = SentenceScorer(embedder).sentences(found.query, found.ranked)
    assert {s.rank for s in sentences} == set(range(PASSAGES))
    assert len(embedder.texts) == LOOKED_AT < len(sentences)


def test_without_an_embedder_words_decide(world: World) -> None:
    found = world.searcher().find("How much is the membership fee?", collections=["fees"])
    (first, *_) = SentenceScorer(None).sentences(found.query, found.ranked)
    assert "10 euros" in first.text


def test_an_embedder_that_fails_half_way_leaves_the_vectors_of_the_index(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = FailingEmbedder()
    found = world.searcher(embedder).find("How much is the membership fee?", collections=["fees"])
    (first, *_) = SentenceScorer(embedder).sentences(found.query, found.ranked)
    assert "10 euros" in first.text
    assert "The provider did not answer." in caplog.text


def test_nothing_found_gives_no_sentence(world: World) -> None:
    found = world.find("fee", "no such collection")
    reader = PointingReader()
    assert (
        SentenceScorer(world.embedder, HashingEmbedder(), reader).sentences(
            found.query, found.ranked
        )
        == []
    )
    assert reader.asked == []


# Word by word


def test_the_best_sentences_are_compared_word_by_word_under_their_title(world: World) -> None:
    matcher = HashingEmbedder()
    found = world.find("What is the fee of boat 3?", "many")
    sentences = SentenceScorer(world.embedder, matcher).sentences(found.query, found.ranked)
    assert "fee of boat 3 is" in sentences[0].text
    assert sentences[0].features["least"] == pytest.approx(1)
    compared = [s for s in sentences if s.features["met"] > sentences[-1].features["met"]]
    assert 0 < len(compared) < LOOKED_AT < len(sentences)


def test_a_sentence_not_compared_counts_as_the_worst_that_was(world: World) -> None:
    found = world.find("What is the fee of the boat?", "many")
    sentences = SentenceScorer(world.embedder, HashingEmbedder()).sentences(
        found.query, found.ranked
    )
    for name in MATCHED:
        values = [s.features[name] for s in sentences]
        assert values.count(min(values)) > len(sentences) - LOOKED_AT


def test_both_wordings_of_a_follow_up_are_compared(world: World) -> None:
    found = world.find("What is the fee of boat 3?", "many", asked="And 7?")
    assert found.spoken is not None
    sentences = SentenceScorer(world.embedder, HashingEmbedder()).sentences(
        found.query, found.ranked, spoken=found.spoken
    )
    of_three, of_seven = (next(s for s in sentences if f"boat {n} is" in s.text) for n in (3, 7))
    assert of_three.spoken is not None
    assert of_seven.spoken is not None
    assert of_three.spoken["met"] < 0.9 < of_three.features["met"]
    assert of_seven.features["met"] < 0.9 < of_seven.spoken["met"]


def test_a_reader_is_not_asked_where_words_are_not_compared(world: World) -> None:
    found, reader = world.find("What is the fee of the boat?", "many"), PointingReader()
    sentences = SentenceScorer(world.embedder, None, reader).sentences(found.query, found.ranked)
    assert sentences
    assert reader.asked == []


# With a reader


@pytest.fixture
def read(world: World) -> tuple[Findings, PointingReader, list[ScoredSentence]]:
    found = world.find("What is the fee of the boat?", "many")
    reader = PointingReader()
    return (
        found,
        reader,
        SentenceScorer(world.embedder, HashingEmbedder(), reader).sentences(
            found.query, found.ranked
        ),
    )


def test_the_reader_reads_the_best_passages_in_one_batch(
    read: tuple[Findings, PointingReader, list[ScoredSentence]],
) -> None:
    found, reader, _ = read
    ((question, texts),) = reader.asked
    assert question == found.query.text
    assert list(texts) == [(c.source.title, c.passage.text) for c in found.ranked[:PASSAGES_READ]]


def test_a_sentence_knows_where_the_reader_points_in_it(
    read: tuple[Findings, PointingReader, list[ScoredSentence]],
) -> None:
    _, _, sentences = read
    for sentence in sentences:
        pointed = sentence.rank < PASSAGES_READ and "euros" in sentence.text
        assert (sentence.reading is not None) is pointed
        assert sentence.features["read"] == (5.0 if pointed else UNREAD)
        if sentence.reading is not None:
            text = sentence.candidate.passage.text
            found = text[sentence.reading.start : sentence.reading.end]
            assert re.fullmatch(r"\d+ euros", found)


def test_where_the_reader_points_comes_first(
    read: tuple[Findings, PointingReader, list[ScoredSentence]],
) -> None:
    _, _, sentences = read
    assert sentences[0].reading is not None
