from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embed.minilm import MiniLM, open_minilm
from index.embed.weights import ModelFiles, read_tensors
from index.protocols import Embedder, EmbeddingInput
from index.schema import Span
from tests.doubles.embed_reference import Array, states, unit

CEASEFIRE = "A ceasefire agreement must be signed first. The Security Council then gives a mandate."
SENTENCES = (Span(start=0, end=43), Span(start=44, end=len(CEASEFIRE)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def minilm(home: Path) -> MiniLM:
    return open_minilm(home, threads=1)


@pytest.fixture(scope="module")
def exact(home: Path) -> MiniLM:
    return open_minilm(home, threads=1, exact=True)


@pytest.fixture(scope="module")
def weights(home: Path) -> dict[str, Array]:
    tensors, _ = read_tensors(ModelFiles(home).weights())
    return tensors


@pytest.fixture(scope="module")
def tokenizer(home: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(ModelFiles(home).tokenizer()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def reference(weights: dict[str, Array], tokenizer: Tokenizer, text: str) -> Array:
    """Return token states of "[CLS] text [SEP]", cut as MiniLM cuts."""
    ids = tokenizer.encode(text).ids
    ids = [*ids[:255], 102] if len(ids) > 256 else ids
    return states(weights, ids, [0] * len(ids))


TEXTS = [
    "",
    "x",
    "What are the UN prerequisites?",
    CEASEFIRE,
    "naïve café — 東京 🙂 ﬁne\x00\t[MASK]",
    "peacekeepers monitor the line of contact " * 60,
]


def test_exact_vectors_are_those_of_the_published_model(
    exact: MiniLM, weights: dict[str, Array], tokenizer: Tokenizer
) -> None:
    vectors = exact.embed(TEXTS)
    for vector, text in zip(vectors, TEXTS, strict=True):
        expected = unit(reference(weights, tokenizer, text).mean(0))
        assert float(vector @ expected) == pytest.approx(1, abs=1e-5), text


def test_vectors_in_integers_stay_close_to_the_exact_ones(exact: MiniLM, minilm: MiniLM) -> None:
    cosines = (exact.embed(TEXTS) * minilm.embed(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.98
    assert cosines.mean() > 0.99


def test_it_is_an_embedder_that_names_its_model(minilm: MiniLM) -> None:
    embedder: Embedder = minilm
    assert (embedder.model, embedder.dimension) == ("minilm", 384)


def test_vectors_have_unit_length_and_single_precision(minilm: MiniLM) -> None:
    vectors = minilm.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_gives_no_vectors(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, 384)
    assert minilm.embed_passages([]) == []
    assert minilm.count_word_pieces([]) == []


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("How do I reset my password?", "Steps to change a forgotten password", "Recipe for soup"),
        ("Who pays for the mission?", "Funding comes from member states.", "The sea was calm."),
        ("When does the office open?", "Opening hours: 9 am to 5 pm", "The office has a red door"),
    ],
)
def test_a_question_is_nearer_to_what_answers_it(
    minilm: MiniLM, question: str, near: str, far: str
) -> None:
    asked, good, bad = minilm.embed([question, near, far])
    assert asked @ good > asked @ bad + 0.1


def test_a_passage_is_embedded_with_its_context_in_front(minilm: MiniLM) -> None:
    [found] = minilm.embed_passages([EmbeddingInput("Peace > Conditions", CEASEFIRE)])
    [expected] = minilm.embed([f"Peace > Conditions. {CEASEFIRE}"])
    np.testing.assert_allclose(found.passage, expected, atol=1e-5)


@pytest.mark.parametrize("context", ["", "  ", "What is it?", "Done."])
def test_a_context_gets_a_full_stop_only_where_it_needs_one(minilm: MiniLM, context: str) -> None:
    [found] = minilm.embed_passages([EmbeddingInput(context, CEASEFIRE)])
    [expected] = minilm.embed([f"{context} {CEASEFIRE}"])
    np.testing.assert_allclose(found.passage, expected, atol=1e-5)


def test_sentence_vectors_are_means_over_the_passages_own_states(
    exact: MiniLM, weights: dict[str, Array], tokenizer: Tokenizer
) -> None:
    [found] = exact.embed_passages([EmbeddingInput("Peace", CEASEFIRE, SENTENCES)])
    assert found.sentences is not None
    encoding = tokenizer.encode(f"Peace. {CEASEFIRE}")
    token_states = states(weights, encoding.ids, [0] * len(encoding.ids))
    shift = len("Peace. ")
    for vector, span in zip(found.sentences, SENTENCES, strict=True):
        inside = [
            at
            for at, (start, end) in enumerate(encoding.offsets)
            if start >= span.start + shift and end <= span.end + shift and end > start
        ]
        expected = unit(token_states[inside].mean(0))
        assert float(vector @ expected) == pytest.approx(1, abs=1e-5)


def test_a_sentence_that_is_not_read_gets_the_vector_of_its_passage(minilm: MiniLM) -> None:
    text = "word " * 300 + "The end."
    spans = (
        Span(start=0, end=24),
        Span(start=len(text) - 8, end=len(text)),
        Span(start=4, end=5),
    )
    [found] = minilm.embed_passages([EmbeddingInput("", text, spans)])
    assert found.sentences is not None
    np.testing.assert_array_equal(found.sentences[1], found.passage)
    np.testing.assert_array_equal(found.sentences[2], found.passage)
    assert float(found.sentences[0] @ found.passage) < 0.9999


def test_word_pieces_have_the_models_own_states(
    exact: MiniLM, weights: dict[str, Array], tokenizer: Tokenizer
) -> None:
    (found,) = exact.embed_tokens([EmbeddingInput(context="Peace", text=CEASEFIRE)])
    expected = reference(weights, tokenizer, f"Peace. {CEASEFIRE}")
    assert found.tokens == pytest.approx(np.stack([unit(s) for s in expected[1:-1]]), abs=1e-4)
    assert float(found.whole @ unit(expected.mean(0))) == pytest.approx(1, abs=1e-5)
    assert float(found.text @ unit(expected[3:-1].mean(0))) == pytest.approx(1, abs=1e-5)
    assert len(found.offsets) == len(found.tokens) - 2
    assert CEASEFIRE[slice(*found.offsets[1])] == "ceasefire"


def test_word_pieces_that_do_not_fit_are_left_out(minilm: MiniLM) -> None:
    given = [EmbeddingInput(context="x " * 90, text="word " * 300), EmbeddingInput("", "")]
    long, empty = minilm.embed_tokens(given)
    assert (len(long.tokens), len(long.offsets)) == (254, 254 - 48)
    assert len(empty.tokens) == len(empty.offsets) == 0
    assert float(empty.text @ empty.whole) == pytest.approx(1, abs=1e-5)


def test_a_long_context_leaves_room_for_the_text(minilm: MiniLM) -> None:
    text = CEASEFIRE * 20
    vectors = minilm.embed_passages(
        [EmbeddingInput("title " * count, text) for count in (0, 48, 400)]
    )
    assert float(vectors[1].passage @ vectors[2].passage) > 0.999
    assert float(vectors[0].passage @ vectors[2].passage) > 0.8


def test_order_and_company_do_not_change_a_vector(minilm: MiniLM) -> None:
    inputs = [
        EmbeddingInput("T", f"{CEASEFIRE} " * (number % 5 + 1), SENTENCES[: number % 3])
        for number in range(40)
    ]
    together = minilm.embed_passages(inputs)
    for given_input, found in zip(inputs, together, strict=True):
        [alone] = minilm.embed_passages([given_input])
        np.testing.assert_allclose(found.passage, alone.passage, atol=1e-5)
        assert found.sentences is not None
        assert alone.sentences is not None
        np.testing.assert_allclose(found.sentences, alone.sentences, atol=1e-5)


def test_threads_share_one_model(minilm: MiniLM) -> None:
    texts = [[f"{text} {number}" for text in TEXTS] for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(minilm.embed, texts))
    for vectors, own in zip(found, texts, strict=True):
        np.testing.assert_allclose(vectors, minilm.embed(own), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=200)), max_size=4), st.data())
def test_any_text_and_any_spans_give_finite_unit_vectors(
    minilm: MiniLM, pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    inputs = []
    for context, text in pairs:
        offset = st.integers(0, len(text))
        ends = data.draw(st.lists(st.tuples(offset, offset), max_size=4))
        spans = tuple(Span(start=min(pair), end=max(pair)) for pair in ends)
        inputs.append(EmbeddingInput(context, text, spans))
    for given_input, found in zip(inputs, minilm.embed_passages(inputs), strict=True):
        assert found.sentences is not None
        assert found.sentences.shape == (len(given_input.sentences), 384)
        rows = np.vstack([found.passage[None], found.sentences])
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_word_pieces_are_counted_without_frame(minilm: MiniLM) -> None:
    texts = ["", "cat", "unaffable cats", "a " * 1000]
    assert minilm.count_word_pieces(texts) == [0, 1, 4, 1000]


def test_an_installed_model_needs_nothing_else_in_the_home(home: Path, minilm: MiniLM) -> None:
    kinds = sorted(path.suffix for path in (home / "models").iterdir())
    assert set(kinds) == {".data", ".onnx"}
