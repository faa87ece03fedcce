from __future__ import annotations

import json
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.embed.quantize import read_ranges
from index.embed.reader import ADAPTER, MODEL, MiniLMReader, open_reader
from index.embed.weights import SHA256, WEIGHTS, ModelFiles, Tensor, digest_of, read_tensors
from index.protocols import Reader
from tests.doubles.embed_reference import Array, states

RANK, ALPHA = 4, 8.0
QUESTION = "What must be signed first?"
TEXT = "A ceasefire agreement must be signed first. Then comes the mandate, and then the troops."
METADATA = {
    "format": "quoth-reader-adapter",
    "version": "1",
    "base": "all-MiniLM-L6-v2",
    "base_sha256": SHA256[WEIGHTS],
    "rank": str(RANK),
    "alpha": f"{ALPHA:g}",
    "step": "1",
}
LINEAR = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
]


def write_adapter(path: Path, tensors: dict[str, Array], metadata: dict[str, str]) -> Path:
    """Write half-precision tensors as the training does."""
    header: dict[str, object] = {"__metadata__": metadata}
    data = b""
    for name, tensor in tensors.items():
        raw = tensor.astype(np.float16).tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": offsets}
        data += raw
    packed = json.dumps(header).encode()
    packed += b" " * (-len(packed) % 8)
    path.write_bytes(struct.pack("<Q", len(packed)) + packed + data)
    return path


def random_adapter(base: dict[str, Tensor]) -> dict[str, Array]:
    """Return factors for every linear layer, changed biases and norms, and a head."""
    numbers = np.random.default_rng(0)
    tensors = {"head.weight": numbers.normal(size=(2, 384)), "head.bias": np.array([0.5, -0.25])}
    for name, tensor in base.items():
        layer, _, kind = name.rpartition(".")
        if not layer.startswith("encoder."):
            continue
        if kind == "bias" or "LayerNorm" in name:
            tensors[name] = tensor + numbers.normal(size=tensor.shape, scale=0.05)
        else:
            outputs, inputs = tensor.shape
            tensors[f"{layer}.lora_A"] = numbers.normal(size=(RANK, inputs), scale=0.05)
            tensors[f"{layer}.lora_B"] = numbers.normal(size=(outputs, RANK), scale=0.05)
    return {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}


@pytest.fixture(scope="module")
def base() -> dict[str, Tensor]:
    tensors, _ = read_tensors(ModelFiles(Path()).weights())
    return tensors


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def adapter(home: Path, base: dict[str, Tensor]) -> Path:
    return write_adapter(home / "adapter.safetensors", random_adapter(base), METADATA)


@pytest.fixture(scope="module")
def reader(home: Path, adapter: Path) -> MiniLMReader:
    reader = open_reader(home, adapter=adapter, threads=1)
    assert reader is not None
    return reader


@pytest.fixture(scope="module")
def merged(base: dict[str, Tensor], adapter: Path) -> dict[str, Tensor]:
    """The weights as the training computes them: the low-rank product beside the full one."""
    tensors, _ = read_tensors(adapter)
    weights = dict(base) | {name: value for name, value in tensors.items() if "lora" not in name}
    for number in range(6):
        for part in LINEAR:
            name = f"encoder.layer.{number}.{part}"
            product = tensors[f"{name}.lora_B"] @ tensors[f"{name}.lora_A"]
            weights[f"{name}.weight"] = base[f"{name}.weight"] + ALPHA / RANK * product
    return weights


def expected_spans(
    merged: dict[str, Tensor], question: str, title: str, text: str
) -> dict[int, tuple[int, float]]:
    """Return the best end and score for each start, for a text that fits one row."""
    tokenizer = Tokenizer.from_file(str(ModelFiles(Path()).tokenizer()))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:40]
    head = [*tokenizer.encode(title, add_special_tokens=False).ids[:24], 1012] if title else []
    body = tokenizer.encode(text, add_special_tokens=False)
    ids = [101, *asked, 102, *head, *body.ids, 102]
    types = [0] * (len(asked) + 2) + [1] * (len(head) + len(body.ids) + 1)
    logits = states(merged, ids, types) @ merged["head.weight"].T + merged["head.bias"]
    begin = len(asked) + len(head) + 2
    found = {}
    for first in range(begin, begin + len(body.ids)):
        ends = range(first, min(first + 40, begin + len(body.ids)))
        last = max(ends, key=lambda at: logits[at, 1])
        score = logits[first, 0] + logits[last, 1] - logits[0].sum()
        start, _ = body.offsets[first - begin]
        found[start] = (body.offsets[last - begin][1], float(score))
    return found


@pytest.mark.parametrize("title", ["", "Peace", "A very long title " * 12], ids=["none", "t", "T"])
def test_spans_are_those_of_the_reference(
    reader: MiniLMReader, merged: dict[str, Tensor], title: str
) -> None:
    [readings] = reader.read(QUESTION, [(title, TEXT)])
    expected = expected_spans(merged, QUESTION, title, TEXT)
    assert {reading.start: reading.end for reading in readings} == {
        start: end for start, (end, _) in expected.items()
    }
    for reading in readings:
        assert reading.score == pytest.approx(expected[reading.start][1], abs=2e-3)


def test_spans_come_best_first_and_texts_keep_their_order(reader: MiniLMReader) -> None:
    other = "Something else entirely is said here."
    two: Reader = reader
    first, second = two.read(QUESTION, [("T", TEXT), ("", other)])
    assert [reading.score for reading in first] == sorted((r.score for r in first), reverse=True)
    [alone] = reader.read(QUESTION, [("", other)])
    assert [(r.start, r.end) for r in second] == [(r.start, r.end) for r in alone]
    assert [r.score for r in second] == pytest.approx([r.score for r in alone], abs=1e-3)


def test_a_long_text_is_read_to_its_end_in_windows(reader: MiniLMReader) -> None:
    text = " ".join(f"Clause {number} says little." for number in range(50))
    [readings] = reader.read(QUESTION, [("Contract", text)])
    assert len(readings) == len({reading.start for reading in readings}) == 250
    assert max(reading.end for reading in readings) == len(text)


def test_of_a_very_long_text_only_the_best_spans_are_returned(reader: MiniLMReader) -> None:
    [readings] = reader.read(QUESTION, [("", "one two three. " * 500)])
    assert len(readings) == 256


@pytest.mark.parametrize("text", ["", "   ", "\n\x00"])
def test_a_text_without_words_has_no_spans(reader: MiniLMReader, text: str) -> None:
    assert reader.read(QUESTION, [("Title", text)]) == [()]


def test_no_texts_give_no_readings(reader: MiniLMReader) -> None:
    assert reader.read(QUESTION, []) == []


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=300),
    st.lists(st.tuples(st.text(max_size=80), st.text(max_size=300)), max_size=3),
)
def test_any_span_stands_inside_its_text(
    reader: MiniLMReader, question: str, texts: list[tuple[str, str]]
) -> None:
    for (_, text), readings in zip(texts, reader.read(question, texts), strict=True):
        for reading in readings:
            assert 0 <= reading.start < reading.end <= len(text)
            assert np.isfinite(reading.score)


def test_without_an_adapter_there_is_no_reader(tmp_path: Path) -> None:
    assert open_reader(tmp_path, adapter=tmp_path / "missing.safetensors") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (METADATA | {"base_sha256": "0" * 64}, "another base model"),
        (METADATA | {"format": "something"}, "another base model"),
        ({key: METADATA[key] for key in ("format", "base_sha256")}, "alpha"),
    ],
    ids=["base", "format", "incomplete"],
)
def test_a_foreign_adapter_is_left_aside_with_a_warning(
    tmp_path: Path, metadata: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = {"head.weight": np.zeros((2, 384), np.float32)}
    path = write_adapter(tmp_path / "a.safetensors", tensors, metadata)
    with caplog.at_level(logging.WARNING):
        assert open_reader(tmp_path, adapter=path) is None
    assert "is not used" in caplog.text
    assert reason in caplog.text


def test_a_truncated_adapter_is_left_aside(tmp_path: Path, adapter: Path) -> None:
    path = tmp_path / "cut.safetensors"
    path.write_bytes(adapter.read_bytes()[:10_000])
    assert open_reader(tmp_path, adapter=path) is None


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"head.weight": np.zeros((2, 384), np.float32)}, "has no head"),
        ({"a.bias": np.zeros(3, np.float32)}, "has the shape"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused(tensors: dict[str, Array], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        MODEL.merged({"a.bias": np.zeros(2, np.float32)}, tensors, METADATA)


trained_only = pytest.mark.skipif(
    not ADAPTER.is_file(), reason="the trained adapter is not in this checkout"
)


@trained_only
def test_the_trained_adapter_comes_with_its_ranges() -> None:
    ranges = read_ranges("reader", digest_of(ADAPTER))
    assert ranges is not None, "run `python -m benchmarks.embedding ranges` and commit the result"
    assert len(ranges) == 24


@trained_only
def test_the_trained_reader_points_at_the_answer(home: Path) -> None:
    trained = open_reader(home, threads=1)
    assert trained is not None
    answering, other = trained.read(QUESTION, [("Peace", TEXT), ("Soup", "Boil the water.")])
    best = answering[0]
    assert "ceasefire agreement" in TEXT[best.start : best.end]
    assert best.score > max(reading.score for reading in other)
