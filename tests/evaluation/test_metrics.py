"""Measures against values worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.metrics import (
    auroc,
    false_rate_at,
    holds_answer,
    is_gold,
    ndcg,
    percentile,
    reciprocal_rank,
    relevance,
    token_f1,
)


def test_a_passage_is_gold_with_four_of_five_words() -> None:
    assert is_gold("the quick brown fox sleeps", "the quick brown fox jumps")
    assert not is_gold("the quick brown cat sleeps", "the quick brown fox jumps")


def test_a_gold_passage_counts_once() -> None:
    assert relevance(["a b c", "a b c d", "x"], ["a b c", "x"]) == [True, False, True]


def test_ndcg_of_the_second_place() -> None:
    assert ndcg([False, True], 1) == pytest.approx(1 / math.log2(3))


def test_ndcg_counts_missing_golds() -> None:
    assert ndcg([True], 2) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_reciprocal_rank_of_the_third_place() -> None:
    assert reciprocal_rank([False, False, True]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("It was founded in 1960.", "1960", True),
        ("It was founded in 19601.", "1960", False),
        ("The “Black Sea” patrols", "black sea", True),
        ("nothing", "", False),
    ],
)
def test_an_answer_is_held_at_word_boundaries(text: str, answer: str, held: bool) -> None:
    assert holds_answer(text, [answer]) is held


def test_token_f1_takes_the_best_answer() -> None:
    assert token_f1("a red fox", ["blue", "red fox"]) == 1.0


def test_auroc_counts_ties_half() -> None:
    assert auroc([0.9, 0.5], [0.5, 0.1]) == pytest.approx(0.875)


def test_false_rate_at_half_recall() -> None:
    assert false_rate_at([0.9, 0.8, 0.3, 0.2], [0.85, 0.1], 0.5) == 0.5


def test_percentile_of_four() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2
    assert percentile([1, 2, 3, 4], 0.95) == 4


@given(st.lists(st.floats(0, 1)), st.lists(st.floats(0, 1)))
def test_auroc_is_symmetric(one: list[float], other: list[float]) -> None:
    left, right = auroc(one, other), auroc(other, one)
    if left is None or right is None:
        assert not one or not other
    else:
        assert left + right == pytest.approx(1)
