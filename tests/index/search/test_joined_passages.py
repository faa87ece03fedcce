"""Terms found in the joined texts of passages, held against the terms of each text alone."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.search.joined_passages import JoinedPassages, PassageParts
from index.text.words import STOP_STEMS, terms, unstemmed_prefix

WRITTEN = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["e-mail", "E-Mails", "email", "o'clock", "don’t", "1,000", "1000", "AT&T", "x-y"]
    ),
    st.sampled_from(["skies", "sky", "lying", "lie", "hoping", "hope", "capability", "the", "of"]),
    st.sampled_from(["café", "CAFÉS", "naïve", "İstanbul", "\u212aelvin", "a\u00adb", "東京都"]),
    st.sampled_from(["getUserName", "get_user_name", "name", "C++", "v2", "a\nb", "foo\u00a0bar"]),
)
TEXTS = st.lists(WRITTEN, max_size=6).map(" ".join)
PASSAGES = st.lists(
    st.builds(PassageParts, TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
)


@given(PASSAGES, st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_found_in_joined_passages_are_the_terms_of_each_part(
    passages: list[PassageParts], data: st.DataObject
) -> None:
    every = {t for each in passages for s in (each.above, *each.sentences) for t in terms(s)}
    sought = data.draw(st.lists(st.sampled_from(sorted(every | {"hope"})), unique=True, max_size=8))
    pairs = list(pairwise(sought))
    found = JoinedPassages.of(passages).found(sought, pairs)
    sentences = [(each, s) for each in passages for s in each.sentences]
    assert found.above.tolist() == [[t in terms(p.above) for p in passages] for t in sought]
    assert found.sentences.tolist() == [
        [t in terms(s) or t in terms(p.columns) for p, s in sentences] for t in sought
    ]
    assert found.pairs.tolist() == [
        sum(any(pair in _neighbours(s) for s in p.sentences) for pair in pairs) for p in passages
    ]


def _neighbours(sentence: str) -> set[tuple[str, str]]:
    return set(pairwise([term for term in terms(sentence) if term not in STOP_STEMS]))


def test_every_english_word_holds_what_its_stem_begins_with() -> None:
    texts = [file.read_text(encoding="utf-8") for file in Path("docs").glob("*.md")]
    words = {w for text in texts for w in text.lower().split() if w.isascii() and w.isalpha()}
    assert len(words) > 1500
    endings = "s es ed ing ly y ies ied ier ization ational ance ency ability ibly fulness ism"
    words |= {word + ending for word in words for ending in endings.split()}
    assert [
        word for word in words for term in terms(word) if unstemmed_prefix(term) not in word
    ] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("The boats, and the sails.", 5), ("", 0), ("— 3.5 |", 2), ("東京 tower", 3)],
)
def test_the_length_of_a_passage_is_its_words(text: str, words: int) -> None:
    passages = [PassageParts("Title", "Columns", [text, text]), PassageParts("", "", ["one"])]
    assert JoinedPassages.of(passages).lengths().tolist() == [2 * words, 1]


def test_texts_set_the_same_flags_by_the_same_words_however_they_are_written() -> None:
    texts = ["A boat, sailing.", "SAILING (boat)", "sails boats", "rivers", ""]
    flags = JoinedPassages.of([PassageParts("Above", "", [text]) for text in texts]).word_flags()
    assert np.array_equal(flags[0], flags[1])
    assert np.array_equal(flags[0], flags[2])
    assert flags.sum(axis=1).tolist() == [2, 2, 2, 1, 0]
