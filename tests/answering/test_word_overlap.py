"""How fully a text meets a question, word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.extractive.word_overlap import Match, Wording
from index.protocols import EmbeddingInput
from index.search.passage_rank import query_of
from tests.doubles.fakes import HashingEmbedder

EMBEDDER = HashingEmbedder(dimension=256)
FREQUENCIES = {"fee": 50, "boat": 50, "mahogani": 1}

ROUNDING = 1e-6
"""Eight steps of a 32-bit float at 1: processors add the products of two vectors in other orders,
and so do matrices of other shapes on one processor."""


def compare(
    question: str, *texts: str, title: str = "", heading: str = ""
) -> tuple[Wording, list[Match]]:
    query = query_of(question, EMBEDDER.embed([question])[0], 100, FREQUENCIES)
    asked, *given = EMBEDDER.embed_tokens(
        [
            EmbeddingInput(context="", text=question),
            *(EmbeddingInput(context=f"{title}{heading}", text=text) for text in texts),
        ]
    )
    wording = Wording.of(query, asked)
    return wording, [wording.match(text, len(title)) for text in given]


def match(question: str, text: str, title: str = "") -> Match:
    return compare(question, text, title=title)[1][0]


def features(
    question: str, *texts: str, title: str = "", passages: str = ""
) -> list[dict[str, float]]:
    wording, matches = compare(question, *texts, title=title)
    return wording.features(matches, passages or "p" * len(texts))


def test_a_text_with_every_word_meets_the_question_fully() -> None:
    found = match("What is the fee of the boat?", "The fee of this boat is high.")
    assert (found.met, found.least) == pytest.approx((1, 1), abs=ROUNDING)
    assert found.centred > 0.9


def test_the_least_is_that_of_the_missing_word() -> None:
    found = match("What is the fee of the boat?", "The boat is high.")
    assert found.least < 0.5 < found.met < 1


def test_a_rare_word_that_is_missing_costs_more_than_a_common_one() -> None:
    question = "What is the fee of the mahogany boat?"
    assert match(question, "The fee of a boat.").met < match(question, "A mahogany boat.").met


def test_a_word_that_stands_in_the_title_is_met() -> None:
    question = "What is the fee of the boat?"
    assert match(question, "The fee is high.", "Boat").least == pytest.approx(1, abs=ROUNDING)
    assert match(question, "The fee is high.").least < 1


def test_a_question_without_telling_words_is_compared_as_a_whole() -> None:
    found = match("?", "?")
    assert found.titled == found.own == pytest.approx(1, abs=ROUNDING)
    assert found.met == 0  # neither has a word


def test_the_rarest_word_is_the_one_that_counts_most() -> None:
    question = "What is the fee of the mahogany boat?"
    assert match(question, "A mahogany box.").rarest == pytest.approx(1, abs=ROUNDING)
    assert match(question, "The fee of a boat.").rarest < 0.5


def test_a_passage_meets_what_its_sentences_meet_together() -> None:
    texts = ("The fee is high.", "The boat is new.", "It rains.")
    of_one = features("What is the fee of the boat?", *texts, passages="aab")
    assert of_one[0]["passage_met"] == of_one[1]["passage_met"] == pytest.approx(1, abs=ROUNDING)
    assert of_one[0]["met"] < 0.9
    apart = features("What is the fee of the boat?", *texts, passages="abc")
    assert apart[0]["passage_met"] == pytest.approx(apart[0]["met"])


def test_beyond_the_title_counts_what_the_title_does_not_say() -> None:
    question = "What is the fee of the boat?"
    (silent,) = features(question, "The boat of the club is new.", title="Boat")
    (telling,) = features(question, "The fee of the club is high.", title="Boat")
    assert silent["title_met"] == pytest.approx(telling["title_met"], abs=ROUNDING)
    assert silent["beyond"] < 0.4 < telling["beyond"] == pytest.approx(1, abs=ROUNDING)


def test_a_heading_says_what_is_below_it_and_is_no_title() -> None:
    question = "What is the fee of the boat?"
    wording, matches = compare(question, "It is high.", title="Boat", heading=" > The fee")
    (found,) = wording.features(matches, "p")
    (bare,) = features(question, "It is high.", title="Boat")
    assert found["beyond"] == pytest.approx(1, abs=ROUNDING)
    assert bare["beyond"] < 0.5
    assert found["title_met"] == pytest.approx(bare["title_met"], abs=ROUNDING)


def test_a_title_that_says_all_leaves_every_word_its_weight() -> None:
    (found,) = features("boat fee", "The boat is new.", title="boat fee")
    assert found["title_met"] == pytest.approx(1, abs=1e-5)
    assert found["beyond"] < 1


def test_no_texts_have_no_features() -> None:
    assert features("What is the fee?") == []


@given(
    st.text(max_size=80),
    st.lists(st.text(max_size=80), min_size=1, max_size=3),
    st.text(max_size=40),
)
def test_any_texts_give_finite_values_of_at_most_one(
    question: str, texts: list[str], title: str
) -> None:
    for found in features(question, *texts, title=title):
        values = np.array(list(found.values()))
        assert np.isfinite(values).all()
        assert (np.abs(values) <= 1 + 1e-5).all()
        assert found["least"] <= found["met"] + 1e-5 <= found["passage_met"] + 2e-5
