"""Numbers in brackets of documents: shown differently, sign for sign, but not in code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.bracketed_numbers import without_bracketed_numbers


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[1]", "‹1›"),
        ("a[12] [ 3 ]", "a‹12› ‹ 3 ›"),
        ("[1][2]", "‹1››2›".replace("››", "›‹")),
        ("[1\u20133; 5]", "‹1\u20133; 5›"),
        ("``a [1]`` [1]", "``a [1]`` ‹1›"),
        ("```\n[1]\n```\n[1]", "```\n[1]\n```\n‹1›"),
        ("[12345] [a] [1a] []", "[12345] [a] [1a] []"),
    ],
)
def test_brackets_around_numbers_are_replaced_outside_code(text: str, shown: str) -> None:
    assert without_bracketed_numbers(text) == shown


@given(st.text(alphabet="[] 123,\n`ab-~"))
def test_every_offset_stays(text: str) -> None:
    shown = without_bracketed_numbers(text)
    assert len(shown) == len(text)
    assert re.sub("[\u2039[]", "(", re.sub("[\u203a\\]]", ")", shown)) == re.sub(
        r"\[", "(", re.sub(r"\]", ")", text)
    )
