"""What the index asks of whatever embeds, of the double and of the real model alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from index.embed.minilm import MiniLM, open_minilm
from index.embed.multilingual import Multilingual
from index.protocols import EmbeddingInput, TokenEmbedder, Vectors
from index.schema import Span
from tests.doubles.fakes import HashingEmbedder

BOTH: TypeAlias = HashingEmbedder | MiniLM | Multilingual
FEE = "The membership fee is 10 euros."
TIDES = "The moon pulls the sea, and so the water in the harbour rises."
TWO = f"{FEE} {TIDES}"
SENTENCES = (Span(start=0, end=len(FEE)), Span(start=len(FEE) + 1, end=len(TWO)))


@pytest.fixture(scope="module")
def minilm(indexed_folder: Path) -> Iterator[MiniLM]:
    yield open_minilm(indexed_folder / ".quoth", threads=1)


@pytest.fixture(params=["hashing", "minilm", "multilingual"])
def embedder(request: pytest.FixtureRequest) -> BOTH:
    if request.param == "hashing":
        return HashingEmbedder()
    real: MiniLM | Multilingual = request.getfixturevalue(request.param)
    return real


def lengths(rows: Vectors) -> Sequence[float]:
    found: list[float] = np.linalg.norm(rows, axis=-1).tolist()
    return found


def near(one: Vectors, other: Vectors) -> bool:
    """Say whether two vectors are the same but for what a batch does to the last digits."""
    return float(one @ other) > 0.99


def test_it_has_a_name_and_a_dimension(embedder: BOTH) -> None:
    assert embedder.model
    assert embedder.embed([FEE]).shape == (1, embedder.dimension)


def test_each_text_has_a_unit_vector_in_order(embedder: BOTH) -> None:
    both = embedder.embed([FEE, TIDES])
    assert both.dtype == np.float32
    assert lengths(both) == pytest.approx([1, 1], abs=1e-3)
    assert near(both[0], embedder.embed([FEE])[0])
    assert near(both[1], embedder.embed([TIDES])[0])


@pytest.mark.parametrize("text", ["", " ", "?!", "😀", "word " * 2000])
def test_any_text_has_a_vector(embedder: BOTH, text: str) -> None:
    assert lengths(embedder.embed([text])) == pytest.approx([1], abs=1e-3)


def test_what_is_no_unicode_is_refused(embedder: BOTH) -> None:
    with pytest.raises((TypeError, UnicodeEncodeError)):
        embedder.embed(["A lone surrogate: \ud800"])


def test_nothing_in_nothing_out(embedder: BOTH) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)
    assert embedder.embed_passages([]) == []


def test_a_question_is_nearer_to_what_answers_it(embedder: BOTH) -> None:
    asked, fee, tides = embedder.embed(["What is the membership fee?", FEE, TIDES])
    assert asked @ fee > asked @ tides + 0.2


def test_passages_are_read_under_their_context_in_order(embedder: BOTH) -> None:
    bare, under, other = embedder.embed_passages(
        [EmbeddingInput("", FEE), EmbeddingInput("Rowing club", FEE), EmbeddingInput("", TIDES)]
    )
    assert lengths(np.stack([bare.passage, under.passage, other.passage])) == pytest.approx(
        [1, 1, 1], abs=1e-3
    )
    assert not near(bare.passage, under.passage)
    fee, tides = embedder.embed([FEE, TIDES])
    assert bare.passage @ fee > bare.passage @ tides
    assert other.passage @ tides > other.passage @ fee


def test_the_sentences_asked_for_have_vectors_of_their_own(embedder: BOTH) -> None:
    with_two, without = embedder.embed_passages(
        [EmbeddingInput("Club", TWO, SENTENCES), EmbeddingInput("Club", TWO)]
    )
    assert with_two.sentences is not None
    assert with_two.sentences.shape == (2, embedder.dimension)
    assert lengths(with_two.sentences) == pytest.approx([1, 1], abs=1e-3)
    fee, tides = embedder.embed([FEE, TIDES])
    first, second = with_two.sentences
    assert first @ fee > first @ tides
    assert second @ tides > second @ fee
    assert without.sentences is None or len(without.sentences) == 0
    assert near(with_two.passage, without.passage)


def test_several_threads_get_what_one_gets(embedder: BOTH) -> None:
    texts = [f"{FEE} {number}" for number in range(12)]
    alone = embedder.embed(texts)
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda text: embedder.embed([text])[0], texts))
    assert all(near(one, other) for one, other in zip(alone, together, strict=True))


def test_word_pieces_say_where_they_stand(embedder: BOTH) -> None:
    if isinstance(embedder, Multilingual):
        pytest.skip("it gives no vectors of word pieces, which only English is compared by")
    assert isinstance(embedder, TokenEmbedder)
    assert embedder.embed_tokens([]) == []
    (found, empty) = embedder.embed_tokens([EmbeddingInput("Club", FEE), EmbeddingInput("", "")])
    pieces = len(found.above) + len(found.offsets)
    assert found.tokens.shape == (pieces, embedder.dimension)
    assert lengths(found.tokens) == pytest.approx([1] * pieces, abs=1e-3)
    assert lengths(np.stack([found.whole, found.text])) == pytest.approx([1, 1], abs=1e-3)
    words = [FEE[start:end] for start, end in found.offsets.tolist()]
    assert words[:2] == ["The", "membership"]
    above = ["Club"[start:end] for start, end in found.above.tolist()]
    assert [word for word in above if word] == ["Club"]  # what joins it to the text covers nothing
    assert empty.tokens.shape == (0, embedder.dimension)
    assert empty.offsets.shape == empty.above.shape == (0, 2)
