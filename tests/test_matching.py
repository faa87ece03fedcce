"""How fully a text meets a question, word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.matching import Match, Wording
from index.protocols import EmbeddingInput
from index.ranking import query_of
from tests.fakes import HashingEmbedder

EMBEDDER = HashingEmbedder(dimension=256)
FREQUENCIES = {"fee": 50, "boat": 50, "mahogani": 1}


def match(question: str, text: str, title: str = "") -> Match:
    query = query_of(question, EMBEDDER.embed([question])[0], 100, FREQUENCIES)
    asked, given = EMBEDDER.embed_tokens(
        [EmbeddingInput(context="", text=question), EmbeddingInput(context=title, text=text)]
    )
    return Wording.of(query, asked).match(given)


def test_a_text_with_every_word_meets_the_question_fully() -> None:
    found = match("What is the fee of the boat?", "The fee of this boat is high.")
    assert found.met == found.least == pytest.approx(1, abs=1e-6)
    assert found.centred > 0.9


def test_the_least_is_that_of_the_missing_word() -> None:
    found = match("What is the fee of the boat?", "The boat is high.")
    assert found.least < 0.5 < found.met < 1


def test_a_rare_word_that_is_missing_costs_more_than_a_common_one() -> None:
    question = "What is the fee of the mahogany boat?"
    assert match(question, "The fee of a boat.").met < match(question, "A mahogany boat.").met


def test_a_word_that_stands_in_the_title_is_met() -> None:
    question = "What is the fee of the boat?"
    assert match(question, "The fee is high.", "Boat").least == pytest.approx(1, abs=1e-6)
    assert match(question, "The fee is high.").least < 1


def test_a_question_without_telling_words_is_compared_as_a_whole() -> None:
    found = match("?", "?")
    assert found.titled == found.own == pytest.approx(1, abs=1e-6)
    assert found.met == 0  # neither has a word


@given(st.text(max_size=80), st.text(max_size=200), st.text(max_size=40))
def test_any_texts_give_finite_values_of_at_most_one(question: str, text: str, title: str) -> None:
    found = match(question, text, title)
    values = np.array([found.titled, found.own, found.met, found.least, found.centred])
    assert np.isfinite(values).all()
    assert (np.abs(values) <= 1 + 1e-5).all()
    assert found.least <= found.met + 1e-5
