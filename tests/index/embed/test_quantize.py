from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed.quantize import quantize, read_ranges, write_ranges
from index.embed.weights import SHA256, WEIGHTS, Tensor


def product(inputs: Tensor, matrix: Tensor, span: Tensor) -> Tensor:
    """Multiply as ONNX Runtime does with what `quantize` gives."""
    made = quantize(matrix, span)
    steps = np.rint(inputs * made.balance / made.scale) + int(made.zero_point)
    rounded = np.clip(steps, 0, 255).astype(np.int64) - int(made.zero_point)
    whole = rounded @ made.weights.astype(np.int64)
    exact: Tensor = (whole * made.scale * made.weight_scales).astype(np.float32)
    return exact


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.integers(1, 40), st.integers(1, 20))
def test_a_rounded_product_is_near_the_exact_one(
    seed: int, outlier: float, inputs: int, outputs: int
) -> None:
    numbers = np.random.default_rng(seed)
    matrix = numbers.normal(size=(inputs, outputs)).astype(np.float32)
    values = numbers.normal(size=(50, inputs)).astype(np.float32)
    values[:, 0] *= outlier
    span = np.stack([values.min(axis=0), values.max(axis=0)])
    exact = values @ matrix
    error = np.abs(product(values, matrix, span) - exact).mean()
    assert error < 0.05 * np.abs(values).max() * np.abs(matrix).max() * np.sqrt(inputs)


def test_one_large_channel_does_not_drown_the_others() -> None:
    numbers = np.random.default_rng(0)
    matrix = numbers.normal(size=(64, 16)).astype(np.float32)
    values = numbers.normal(size=(200, 64)).astype(np.float32)
    values[:, 0] *= 100
    matrix[0] /= 100
    span = np.stack([values.min(axis=0), values.max(axis=0)])
    exact, found = values @ matrix, product(values, matrix, span)
    assert np.corrcoef(exact.ravel(), found.ravel())[0, 1] > 0.999


def test_two_products_never_overflow_sixteen_bits() -> None:
    matrix = np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)
    made = quantize(matrix, np.stack([-np.ones(64), np.ones(64)]).astype(np.float32))
    assert int(np.abs(made.weights.astype(np.int32)).max()) * 255 * 2 < 2**15


def test_a_channel_that_was_never_used_does_no_harm() -> None:
    matrix = np.ones((3, 2), np.float32)
    span = np.array([[0, -1, 0], [0, 1, 0]], np.float32)
    values = np.array([[0, 0.5, 0]], np.float32)
    np.testing.assert_allclose(product(values, matrix, span), values @ matrix, atol=0.02)


def test_ranges_are_kept_for_the_weights_they_were_measured_on(tmp_path: Path) -> None:
    ranges = {"encoder.layer.0.output.dense": np.array([[-1, 0.25], [2, 0.5]], np.float32)}
    write_ranges("model", "digest", ranges, folder=tmp_path)
    found = read_ranges("model", "digest", folder=tmp_path)
    assert found is not None
    np.testing.assert_array_equal(found["encoder.layer.0.output.dense"], [[-1, 0.25], [2, 0.5]])
    assert read_ranges("model", "another", folder=tmp_path) is None
    assert read_ranges("nothing", "digest", folder=tmp_path) is None


@pytest.mark.parametrize("part", ["attention.self", "attention.output.dense", "output.dense"])
def test_the_shipped_ranges_cover_every_layer_of_minilm(part: str) -> None:
    ranges = read_ranges("minilm", SHA256[WEIGHTS])
    assert ranges is not None
    assert len(ranges) == 24
    for number in range(6):
        low, high = ranges[f"encoder.layer.{number}.{part}"]
        assert (low <= high).all()
