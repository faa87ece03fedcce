"""Features of a question and a passage, on passages cut from small texts."""

import math
from collections.abc import Set
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.protocols import Vectors
from index.schema import Source, source_id
from index.search.linear_model import LinearModel, logistic
from index.search.passage_rank import (
    Candidate,
    PassageTerms,
    Query,
    mean_cosines,
    passage_features,
    query_of,
    ranking_values,
    rarity,
    sentence_cosines,
)
from index.text.words import terms

TEXT = "# Fees\n\nThe membership fee is 10 euros. It is paid in March. Nobody likes paying it."


def candidate(
    text: str = TEXT, *, vectors: Vectors | None = None, cosine: float = 0.5
) -> Candidate:
    """Cut a short text into its one passage."""
    of = Source(
        id=source_id("documents", "fees.md"),
        collection="documents",
        uri="fees.md",
        title="Rowing club",
        mime="text/markdown",
        sha256="0" * 64,
        text=text,
        added_at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    passage = chunk(of, ChunkConfig())[0]
    return Candidate(
        passage=passage,
        source=of,
        words=PassageTerms(passage, of.title),
        vectors=vectors,
        cosine=cosine,
        dense_rank=1,
        lexical_rank=None,
    )


def asked(text: str, vector: Vectors | None = None, **frequencies: int) -> Query:
    return query_of(text, vector, 100, frequencies)


def features_of(query: Query, found: Candidate) -> dict[str, float]:
    """Return the features of one candidate between two others."""
    others = candidate("# Boats\n\nThe fee is in March. Members row."), candidate("x")
    features = passage_features(query, [others[0], found, others[1]])
    return {name: float(values[1]) for name, values in features.items()}


def rows(*values: tuple[float, ...]) -> Vectors:
    return np.array(values, dtype=np.float32)


def test_the_words_of_a_question_count_once_and_in_order() -> None:
    query = asked("What is the fee, the membership fee, of members?")
    assert query.terms == ("fee", "membership", "member")
    assert query.pairs == {("fee", "membership"), ("membership", "member")}


def test_a_question_of_function_words_keeps_them() -> None:
    assert asked("who are you?").terms == ("who", "are", "you")


def test_rare_words_weigh_more() -> None:
    query = asked("membership fee", fee=90, membership=1)
    assert query.weights["membership"] > query.weights["fee"] > 0
    assert query.coverage({"membership"}) > 0.9 > query.coverage({"fee"})


@pytest.mark.parametrize(
    ("documents", "frequency", "expected"),
    [(0, 0, math.log(2)), (10, 0, math.log(22)), (10, 10, math.log(1 + 0.5 / 10.5))],
)
def test_rarity_is_the_inverse_document_frequency_of_bm25(
    documents: int, frequency: int, expected: float
) -> None:
    assert rarity(documents, frequency) == pytest.approx(expected)


def test_coverage_of_nothing_is_nothing() -> None:
    assert asked("?!").coverage({"fee"}) == 0.0
    assert asked("fee").coverage(set()) == 0.0
    assert asked("fee").coverage({"fee", "more"}) == pytest.approx(1.0)


def test_the_words_of_a_passage_are_kept_by_sentence_and_the_headings_apart() -> None:
    words = candidate().words
    assert words.title == {"row", "club"}
    assert words.heading == {"fee"}
    assert words.above == {"row", "club", "fee"}
    assert [("10" in s, "march" in s) for s in words.sentences] == [
        (True, False), (False, True), (False, False)
    ]  # fmt: skip
    assert ("membership", "fee") in words.pairs[0]


def test_sentences_have_their_own_similarity_where_they_have_vectors() -> None:
    vectors = rows((1, 0), (0, 1), (0.6, 0.8))
    query = asked("fee", rows((1, 0))[0])
    found = candidate(vectors=vectors)
    assert sentence_cosines(query, [found]) == pytest.approx([1.0, 0.0, 0.6])


@pytest.mark.parametrize("vectors", [None, rows((1, 0))], ids=["none", "of another cut"])
def test_sentences_share_the_similarity_of_their_passage_where_they_have_none(
    vectors: Vectors | None,
) -> None:
    found = candidate(vectors=vectors, cosine=0.4)
    for query in (asked("fee", rows((1, 0))[0]), asked("fee")):
        assert sentence_cosines(query, [found]).tolist() == [0.4, 0.4, 0.4]


def test_features_of_a_passage_are_what_they_say() -> None:
    vectors = rows((1, 0), (0, 1), (0.6, 0.8))
    query = asked("What is the membership fee in March?", rows((1, 0))[0])
    features = features_of(query, candidate(vectors=vectors, cosine=0.7))
    assert features["passage_cosine"] == 0.7
    assert features["best_sentence"] == pytest.approx(1.0)
    assert features["best_two"] == pytest.approx(0.8)
    assert features["sentence_coverage"] == pytest.approx(2 / 3)
    assert features["passage_coverage"] == pytest.approx(1.0)
    assert features["title_coverage"] == pytest.approx(1 / 3)
    assert features["pairs"] == 0.5
    assert features["agreement"] == pytest.approx(1 + 2 / 3)


def test_a_passage_with_the_words_and_the_meaning_ranks_above_one_without() -> None:
    query = asked("What is the membership fee?", rows((1, 0))[0])
    near = candidate(vectors=rows((1, 0), (0, 1), (0, 1)), cosine=0.8)
    far = candidate("# Boats\n\nAll boats are green. They float. They are old.", cosine=0.1)
    of_near, of_far = ranking_values(query, [near, far])
    assert of_near > of_far


@given(st.text(max_size=200), st.text(max_size=80), st.floats(-1, 1))
@settings(max_examples=60, deadline=None)
def test_any_passage_has_finite_features_for_any_question(
    text: str, question: str, cosine: float
) -> None:
    found = candidate(f"x {text}", cosine=cosine)
    features = features_of(asked(question), found)
    assert all(math.isfinite(value) for value in features.values())
    for name in ("sentence_coverage", "passage_coverage", "title_coverage", "pairs"):
        assert 0 <= features[name] <= 1 + 1e-9


_SOME_WORDS = st.lists(
    st.sampled_from(["fee", "member", "paid", "the", "in", "March", "boat", "10"]), max_size=9
)


@given(st.lists(_SOME_WORDS, min_size=1, max_size=70), _SOME_WORDS)
@settings(max_examples=60, deadline=None)
def test_features_are_those_of_the_words_of_each_sentence(
    sentences: list[list[str]], question: list[str]
) -> None:
    found = candidate("# Fees of boats\n\n" + "\n".join(f"- {' '.join(s)} x" for s in sentences))
    query, words, above = asked(" ".join(question), fee=9), found.words, found.words.above
    total = sum(query.weights.values()) or 1.0

    def covered(held: Set[str]) -> float:
        return sum(weight for term, weight in query.weights.items() if term in held) / total

    spans = found.passage.sentences
    assert words.sentences == tuple(frozenset(terms(s.of(found.source.text))) for s in spans)
    assert words.all == frozenset().union(*words.sentences)
    features = features_of(query, found)
    assert features["title_coverage"] == pytest.approx(covered(above))
    assert features["passage_coverage"] == pytest.approx(covered(words.all | above))
    assert features["sentence_coverage"] == pytest.approx(
        max(covered(sentence | above) for sentence in words.sentences)
    )
    assert features["agreement"] == pytest.approx(
        found.cosine + max(covered(sentence) for sentence in words.sentences)
    )
    in_common = query.pairs & frozenset().union(*words.pairs)
    assert features["pairs"] == pytest.approx(len(in_common) / (len(query.pairs) or 1))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_score_is_a_probability_whatever_the_value(value: float) -> None:
    assert 0 <= logistic(value) <= 1


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_a_higher_value_has_no_lower_score(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert logistic(low) <= logistic(high)


def test_a_feature_that_is_absent_counts_as_zero() -> None:
    assert LinearModel({"a": 2.0, "b": 3.0}, offset=1.0).value({"a": 0.5, "c": 9.0}) == 2.0


def test_the_likeness_to_the_mean_of_vectors_is_a_cosine_and_none_to_that_of_opposites() -> None:
    of_each = [rows((1, 0), (0, 1)), rows((1, 0), (-1, 0)), rows((0, 3))]
    assert mean_cosines(rows((0, 1))[0], of_each) == pytest.approx([math.sqrt(0.5), 0.0, 1.0])
    assert mean_cosines(rows((0, 1))[0], []) == []
