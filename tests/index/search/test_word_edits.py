"""What a misspelt word may stand for, and what a word may be an inflection of."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.word_edits import (
    ADDED_FROM,
    CONFUSED_FROM,
    OTHER_LETTER,
    REPLACED_FROM,
    SLIP,
    bases,
    edits,
)

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14)


@pytest.mark.parametrize(
    ("misspelt", "meant", "share"),
    [
        pytest.param("acount", "account", SLIP, id="not doubled"),
        pytest.param("holliday", "holiday", SLIP, id="doubled"),
        pytest.param("comitee", "committee", SLIP, id="two letters not doubled"),
        pytest.param("recieve", "receive", SLIP, id="exchanged"),
        pytest.param("goood", "good", SLIP, id="three times, meant double"),
        pytest.param("tiiimes", "times", SLIP, id="three times, meant single"),
        pytest.param("weks", "weeks", SLIP, id="not doubled in a short word"),
        pytest.param("quorm", "quorum", OTHER_LETTER, id="left out"),
        pytest.param("memeber", "member", OTHER_LETTER, id="one too many"),
        pytest.param("calender", "calendar", OTHER_LETTER, id="a vowel for another"),
        pytest.param("minimun", "minimum", OTHER_LETTER, id="a letter that sounds alike"),
        pytest.param("rexords", "records", OTHER_LETTER, id="the key beside it"),
        pytest.param("docugent", "document", OTHER_LETTER, id="any letter of a long word"),
    ],
)
def test_a_slip_is_mended(misspelt: str, meant: str, share: float) -> None:
    assert edits(misspelt)[meant] == share


@pytest.mark.parametrize(
    ("word", "other"),
    [
        pytest.param("house", "mouse", id="the first letter"),
        pytest.param("rota", "rote", id="a vowel of a short word"),
        pytest.param("gist", "git", id="one too many in a short word"),
        pytest.param("expiry", "expire", id="a vowel at the end, which makes another form"),
        pytest.param("snares", "shares", id="letters that nobody confuses"),
        pytest.param("compleatly", "completely", id="two letters"),
    ],
)
def test_what_is_rather_another_word_is_no_edit(word: str, other: str) -> None:
    assert other not in edits(word)


@given(WORDS)
def test_an_edit_keeps_the_first_letter_and_is_never_the_word_itself(word: str) -> None:
    found = edits(word)
    assert word not in found
    assert all(form[0] == word[0] for form in found)
    assert set(found.values()) <= {SLIP, OTHER_LETTER}
    assert all(len(form) <= len(word) + 2 for form in found)
    assert all(abs(_runs(form) - _runs(word)) <= 2 for form in found)


def _runs(word: str) -> int:
    """Return how many stretches of one letter a word is."""
    return len(list(groupby(word)))


@given(WORDS, st.data())
def test_a_letter_left_out_is_always_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word)))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    assert f"{word[:at]}{letter}{word[at:]}" in edits(word)


def test_the_lengths_are_ordered() -> None:
    assert CONFUSED_FROM < ADDED_FROM < REPLACED_FROM


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("mails", "mail"),
        ("policies", "policy"),
        ("taxed", "tax"),
        ("swapping", "swap"),
        ("bouncing", "bounce"),
        ("riskier", "risky"),
        ("hackers", "hacker"),
        ("nicest", "nice"),
        ("tokenless", "token"),
        ("tax", "tax"),
    ],
)
def test_an_inflection_leads_to_its_base(word: str, base: str) -> None:
    assert base in bases(word)


def test_a_letter_written_three_times_is_no_inflection() -> None:
    assert "miss" not in bases("misssing")


@given(WORDS)
def test_bases_are_words_of_some_length(word: str) -> None:
    assert all(base == word or len(base) >= 2 for base in bases(word))
