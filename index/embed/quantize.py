"""Eight-bit integers for the linear layers, with scales that are fixed beforehand.

An activation is stored as `(x / balance) / scale + zero_point` in an unsigned byte, a weight as
`w * balance / column_scale` in a signed one. `balance` moves the few channels with large
activations into the weights (SmoothQuant, Xiao et al. 2023); it and `scale` come from ranges that
were measured once over sample texts. So a vector depends on its own text alone, where ONNX
Runtime's dynamic quantisation makes it depend on the other texts of the batch.

Why: on one core twice the passages a second, half the time for a question and to open the model
(the reader 1.65 times as fast), at a mean cosine of .997 with the exact vectors. On 300 questions
over 1,760 paragraphs both find the right one first for .610, among four for .797 (exact) and .803;
over 150 questions the reader's best span holds an answer for .680 with both. All of it by
`python -m benchmarks.embedding`.

Weights use seven of the eight bits: processors without VNNI add two products in 16 bits, which
overflow with eight (the mean cosine is .997 instead of .998 for it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from index.embed.weights import Tensor

Ranges: TypeAlias = Mapping[str, Tensor]
"""Least and greatest activation of each input channel of a linear layer, shape (2, channels)."""

RANGES_FOLDER = Path(__file__).parent / "ranges"
WEIGHT_STEPS = 63
ACTIVATION_STEPS = 255
STRENGTH, STRENGTH_AFTER_GELU = 0.7, 0.9
"""How much of a channel's range moves into the weights; the best of a grid on 88 texts."""


@dataclass(frozen=True)
class QuantizedLinear:
    """A linear layer in integers."""

    balance: Tensor
    """What activations are multiplied by before they are rounded, shape (inputs,)."""
    scale: Tensor
    """Step of the activations, a scalar."""
    zero_point: npt.NDArray[np.uint8]
    """The byte that stands for 0, a scalar."""
    weights: npt.NDArray[np.int8]
    """Shape (inputs, outputs)."""
    weight_scales: Tensor
    """Step of each column of the weights, shape (outputs,)."""


def quantize(matrix: Tensor, span: Tensor, *, strength: float = STRENGTH) -> QuantizedLinear:
    """Round a matrix of shape (inputs, outputs) whose inputs lie in `span`, shape (2, inputs)."""
    reach = np.maximum(np.abs(span).max(axis=0), 1e-5)
    width = np.maximum(np.abs(matrix).max(axis=1), 1e-5)
    balance = reach**strength / width ** (1 - strength)
    balance /= np.exp(np.log(balance).mean())
    low, high = min(0.0, (span[0] / balance).min()), max(0.0, (span[1] / balance).max())
    scale = max(high - low, 1e-5) / ACTIVATION_STEPS
    moved = matrix * balance[:, None]
    steps = np.maximum(np.abs(moved).max(axis=0), 1e-12) / WEIGHT_STEPS
    return QuantizedLinear(
        balance=(1 / balance).astype(np.float32),
        scale=np.array(scale, dtype=np.float32),
        zero_point=np.array(np.clip(np.rint(-low / scale), 0, ACTIVATION_STEPS), dtype=np.uint8),
        weights=np.clip(np.rint(moved / steps), -WEIGHT_STEPS, WEIGHT_STEPS).astype(np.int8),
        weight_scales=steps.astype(np.float32),
    )


def read_ranges(name: str, digest: str, *, folder: Path = RANGES_FOLDER) -> Ranges | None:
    """Return the ranges measured for the weights with `digest`; None when there are none."""
    path = folder / f"{name}.npz"
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as file:
        if str(file["digest"]) != digest:
            return None
        return {key: file[key].astype(np.float32) for key in file.files if key != "digest"}


def write_ranges(name: str, digest: str, ranges: Ranges, *, folder: Path = RANGES_FOLDER) -> Path:
    """Keep ranges for `read_ranges`, in half precision."""
    path = folder / f"{name}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {key: value.astype(np.float16) for key, value in ranges.items()}
    np.savez_compressed(path, **kept, digest=np.array(digest))
    return path
