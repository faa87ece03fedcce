"""Closed classes of English words, and patterns of them."""

import re

import pytest

from index.text.english import (
    AUXILIARIES,
    NAME_OF_PARTS,
    NEGATIONS,
    NUMBERS,
    OPENING_VERBS,
    SHORT_MONTHS,
    one_of,
)


def test_classes_are_joined_to_a_pattern_of_whole_words() -> None:
    assert one_of("he she", "it") == "(?:he|she|it)"
    assert re.fullmatch(one_of(NEGATIONS), "couldn’t")
    assert re.fullmatch(one_of(SHORT_MONTHS), "sept")


def test_a_month_asks_nothing_inside_a_sentence() -> None:
    assert "may" in OPENING_VERBS.split()
    assert "may" not in AUXILIARIES.split()


@pytest.mark.parametrize(
    ("word", "number"), [("zero", 0), ("twelve", 12), ("twenty", 20), ("hundred", 100)]
)
def test_number_words_have_their_values(word: str, number: int) -> None:
    assert NUMBERS[word] == number


def test_a_name_keeps_the_small_words_inside_it() -> None:
    assert re.findall(NAME_OF_PARTS, "at the Bank of America, with Kim de Boer") == [
        "Bank of America",
        "Kim de Boer",
    ]
