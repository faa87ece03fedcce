"""The MiniLM encoder in plain numpy, one row at a time: what the graphs are compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from index.embed.onnx_graph import layers_of

Array = npt.NDArray[np.float32]
erf = np.vectorize(math.erf, otypes=[np.float32])


def normalised(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    weight, bias = weights[f"{name}.LayerNorm.weight"], weights[f"{name}.LayerNorm.bias"]
    result: Array = scaled * weight + bias
    return result


def linear(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def attention(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    def by_head(part: str) -> Array:
        return linear(x, weights, f"{name}.self.{part}").reshape(-1, 12, 32).transpose(1, 0, 2)

    scores = by_head("query") @ by_head("key").transpose(0, 2, 1) / np.sqrt(np.float32(32))
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed: Array = (shares @ by_head("value")).transpose(1, 0, 2).reshape(-1, 384)
    return mixed


def states(weights: Mapping[str, Array], ids: Sequence[int], types: Sequence[int]) -> Array:
    """Return the token states of one row, shape (length, 384)."""
    word, position, kind = (
        weights[f"embeddings.{name}_embeddings.weight"]
        for name in ("word", "position", "token_type")
    )
    x = word[list(ids)] + position[: len(ids)] + kind[list(types)]
    x = normalised(x, weights, "embeddings")
    for number in range(layers_of(weights)):
        name = f"encoder.layer.{number}"
        mixed = linear(
            attention(x, weights, f"{name}.attention"), weights, f"{name}.attention.output.dense"
        )
        x = normalised(mixed + x, weights, f"{name}.attention.output")
        wide = linear(x, weights, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        x = normalised(linear(wide, weights, f"{name}.output.dense") + x, weights, f"{name}.output")
    return x


def unit(vector: Array) -> Array:
    return vector / np.float32(np.linalg.norm(vector))
