"""Encoders of MiniLM's shape as ONNX graphs, built from the published weights.

The attention is emitted as ONNX Runtime's own fused operator, which its optimiser would not find in
every version, and biases are added by the products in integers. Its fused operators of a residual
sum with its normalisation, and of a bias with its activation, are left aside: with the plain ones a
row takes .82 to .87 of the time, since the normalisation of the fused one is not vectorised.

Three graphs share the encoder:

- the embedder: `weights` (rows, vectors, length) says how much each token counts for each vector
  wanted of a row; out come the weighted means, `vectors` (rows, vectors, 384);
- the reader: `types` (rows, length) tells question and passage apart; out come `logits`
  (rows, length, 2), start and end;
- the selector: as the reader, and out come `answers` (rows,), whether the passage answers, and
  `belongs` (rows, length), whether each token belongs to the answer.

All take `ids` (rows, length), padded on the right, and `lengths` (rows,), the tokens that count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.embed.quantize import (
    STRENGTH,
    STRENGTH_AFTER_GELU,
    QuantizedLinear,
    Ranges,
    quantize,
)
from index.embed.weights import Tensor

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

GRAPH_VERSION = "2"
"""Part of the name of a cached graph; raised with every change of this module."""

WIDTH = 384
HEADS = 12
NORM_EPSILON = 1e-12
OPSET, IR_VERSION = 20, 9
FUSED = "com.microsoft"
TYPES = {"ids": "INT64", "types": "INT64", "lengths": "INT32"}
"""Types of inputs that are not 32-bit floats."""
EMBEDDED_BYTES = 1024
"""Tensors up to this size stand in the graph file, larger ones in its data file."""


@dataclass(frozen=True)
class PackedTable:
    """A table of word embeddings in four bits; a row costs a tenth of one of 32-bit floats.

    Rows are blocks of 32 numbers that share a scale: (number - 8) * scale. Of a block's 16 bytes
    the low halves are its first 16 numbers, the high halves its last.
    """

    numbers: npt.NDArray[np.uint8]
    """Shape (words, width / 2)."""
    scales: npt.NDArray[np.float16]
    """Shape (words, width / 32)."""


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of what it added."""

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        ranges: Ranges | None = None,
        words: PackedTable | None = None,
    ) -> None:
        """`words` stands for the word embeddings where `weights` has none."""
        self._weights = weights
        self._ranges = ranges
        self._words = words
        self._nodes: list[Any] = []
        self._constants: list[TensorProto] = []
        self.data = bytearray()

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Add a constant; a large one goes to the data file."""
        from onnx import TensorProto, helper, numpy_helper

        value = np.ascontiguousarray(value)
        if value.nbytes <= EMBEDDED_BYTES:
            self._constants.append(numpy_helper.from_array(value, name))
            return name
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=value.shape)
        tensor.data_location = TensorProto.EXTERNAL
        # A multiple of the page size lets the file be mapped instead of read.
        self.data += bytes(-len(self.data) % 4096)
        for key, number in (("offset", len(self.data)), ("length", value.nbytes)):
            tensor.external_data.add(key=key, value=str(number))
        self.data += value.tobytes()
        self._constants.append(tensor)
        return name

    def weight(self, name: str) -> str:
        """Add a tensor of the checkpoint under its own name."""
        return self.constant(name, self._weights[name])

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Add an operator with one output."""
        from onnx import helper

        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def linear(self, x: str, name: str, *, strength: float = STRENGTH, output: str = "") -> str:
        """Multiply by the checkpoint's matrix `name`, stored (outputs, inputs); add its bias."""
        matrix = self._weights[f"{name}.weight"].T
        bias = self.weight(f"{name}.bias")
        if self._ranges is None or name not in self._ranges:
            product = self.node("MatMul", [x, self.constant(f"{name}.weight", matrix)])
            return self.node("Add", [product, bias], output)
        whole = quantize(matrix, self._ranges[name], strength=strength)
        rounded, weights, scale, steps, zero = self.rounded(x, name, whole)
        inputs = [rounded, weights, scale, steps, zero, "", bias]
        return self.node("MatMulIntegerToFloat", inputs, output, domain=FUSED)

    def rounded(self, x: str, name: str, linear: QuantizedLinear) -> tuple[str, ...]:
        """Round `x`; return it, the weights, its scale, their scales and its zero point."""
        scale = self.constant(f"{name}.scale", linear.scale)
        zero = self.constant(f"{name}.zero_point", linear.zero_point)
        balanced = self.node("Mul", [x, self.constant(f"{name}.balance", linear.balance)])
        return (
            self.node("QuantizeLinear", [balanced, scale, zero]),
            self.constant(f"{name}.weight", linear.weights),
            scale,
            self.constant(f"{name}.steps", linear.weight_scales),
            zero,
        )

    def attention(self, x: str, name: str) -> str:
        """Add self-attention up to, but not including, its output projection."""
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        matrix = np.concatenate([self._weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        added = self.constant(f"{name}.bias", bias)
        if self._ranges is None or name not in self._ranges:
            inputs = [x, self.constant(f"{name}.weight", matrix), added, "lengths"]
            return self.node("Attention", inputs, num_heads=HEADS, domain=FUSED)
        whole = quantize(matrix, self._ranges[name])
        rounded, weights, scale, steps, zero = self.rounded(x, name, whole)
        inputs = [rounded, weights, added, scale, steps, "lengths", zero]
        return self.node("QAttention", inputs, num_heads=HEADS, domain=FUSED)

    def normalised(self, x: str, name: str) -> str:
        """Normalise each token, with the scale and shift of the checkpoint."""
        inputs = [x, self.weight(f"{name}.LayerNorm.weight"), self.weight(f"{name}.LayerNorm.bias")]
        return self.node("LayerNormalization", inputs, epsilon=NORM_EPSILON, axis=-1)

    def residual(self, x: str, skipped: str, name: str, *, strength: float = STRENGTH) -> str:
        """Project `x`, add what skipped the layer, and normalise."""
        projected = self.linear(x, f"{name}.dense", strength=strength)
        return self.normalised(self.node("Add", [projected, skipped]), name)

    def embeddings(self, types: str | None) -> str:
        """Sum word, position and type embeddings; without `types` every type is 0."""
        one, two = (self.constant(f"axis_{n}", np.array([n], np.int64)) for n in (1, 2))
        zero = self.constant("axis_0", np.array([0], np.int64))
        length = self.node("Slice", [self.node("Shape", ["ids"]), one, two])
        positions = self.weight("embeddings.position_embeddings.weight")
        if self._words is None:
            words = self.node("Gather", [self.weight("embeddings.word_embeddings.weight"), "ids"])
        else:
            words = self.unpacked(self._words)
        kinds = self._weights["embeddings.token_type_embeddings.weight"]
        if types is None:
            kind = self.constant("embeddings.type_0", kinds[0])
        else:
            kind = self.node("Gather", [self.constant("embeddings.types", kinds), types])
        placed = self.node("Add", [words, self.node("Slice", [positions, zero, length])])
        return self.normalised(self.node("Add", [placed, kind]), "embeddings")

    def unpacked(self, table: PackedTable) -> str:
        """Look up words in a packed table, and unpack only those."""
        from onnx import TensorProto

        blocks = table.scales.shape[1]
        halves = self.constant("words.halves", np.array([0, 0, blocks, -1], np.int64))
        flat = self.constant("words.flat", np.array([0, 0, WIDTH], np.int64))
        one = self.constant("words.one", np.array([0, 0, blocks, 1], np.int64))
        low_bits = self.constant("words.low_bits", np.array(15, np.uint8))
        four = self.constant("words.four", np.array(4, np.uint8))
        found = self.node("Gather", [self.constant("words.numbers", table.numbers), "ids"])
        pairs = self.node("Reshape", [found, halves])
        low = self.node("BitwiseAnd", [pairs, low_bits])
        high = self.node("BitShift", [pairs, four], direction="RIGHT")
        numbers = self.node("Concat", [low, high], axis=-1)
        numbers = self.node("Cast", [numbers], to=TensorProto.FLOAT)
        centred = self.node(
            "Sub", [numbers, self.constant("words.zero", np.array([8], np.float32))]
        )
        scales = self.node("Gather", [self.constant("words.scales", table.scales), "ids"])
        scales = self.node("Cast", [scales], to=TensorProto.FLOAT)
        whole = self.node("Mul", [centred, self.node("Reshape", [scales, one])])
        return self.node("Reshape", [whole, flat])

    def layer(self, x: str, name: str) -> str:
        """Add one post-norm transformer layer."""
        mixed = self.attention(x, f"{name}.attention.self")
        attended = self.residual(mixed, x, f"{name}.attention.output")
        inner = self.node("Gelu", [self.linear(attended, f"{name}.intermediate.dense")])
        return self.residual(inner, attended, f"{name}.output", strength=STRENGTH_AFTER_GELU)

    def encoder(self, types: str | None = None) -> str:
        """Add the encoder: token states of shape (rows, length, 384)."""
        x = self.embeddings(types)
        for number in range(layers_of(self._weights)):
            x = self.layer(x, f"encoder.layer.{number}")
        return x

    def model(
        self,
        inputs: Mapping[str, Sequence[str | int]],
        outputs: Mapping[str, Sequence[str | int]],
        data_file: str,
    ) -> ModelProto:
        """Close the graph; large constants are said to stand in `data_file`."""
        from onnx import TensorProto, helper

        def values(shapes: Mapping[str, Sequence[str | int]]) -> list[Any]:
            return [
                helper.make_tensor_value_info(
                    name, getattr(TensorProto, TYPES.get(name, "FLOAT")), shape
                )
                for name, shape in shapes.items()
            ]

        for tensor in self._constants:
            if tensor.data_location == TensorProto.EXTERNAL:
                tensor.external_data.add(key="location", value=data_file)
        graph = helper.make_graph(
            self._nodes, "minilm", values(inputs), values(outputs), self._constants
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="quoth"
        )


def layers_of(weights: Mapping[str, Tensor]) -> int:
    """Return how many layers a checkpoint has."""
    names = (name.split(".") for name in weights if name.startswith("encoder.layer."))
    return 1 + max((int(parts[2]) for parts in names), default=-1)


def embedder_graph(
    weights: Mapping[str, Tensor],
    data_file: str,
    ranges: Ranges | None = None,
    words: PackedTable | None = None,
) -> tuple[bytes, bytes]:
    """Return the embedder's graph and its data file; in integers where there are `ranges`."""
    builder = GraphBuilder(weights, ranges, words)
    builder.node("MatMul", ["weights", builder.encoder()], "vectors")
    inputs = {"ids": ("r", "l"), "lengths": ("r",), "weights": ("r", "v", "l")}
    model = builder.model(inputs, {"vectors": ("r", "v", WIDTH)}, data_file)
    return model.SerializeToString(), bytes(builder.data)


def reader_graph(
    weights: Mapping[str, Tensor], data_file: str, ranges: Ranges | None = None
) -> tuple[bytes, bytes]:
    """Return the reader's graph and its data file; in integers where there are `ranges`."""
    builder = GraphBuilder(weights, ranges)
    states = builder.encoder("types")
    builder.linear(states, "head", output="logits")
    inputs = {"ids": ("r", "l"), "types": ("r", "l"), "lengths": ("r",)}
    model = builder.model(inputs, {"logits": ("r", "l", 2)}, data_file)
    return model.SerializeToString(), bytes(builder.data)


def selector_graph(
    weights: Mapping[str, Tensor], data_file: str, ranges: Ranges | None = None
) -> tuple[bytes, bytes]:
    """Return the selector's graph and its data file; in integers where there are `ranges`."""
    builder = GraphBuilder(weights, ranges)
    states = builder.encoder("types")
    first = builder.node("Gather", [states, builder.constant("first", np.array([0]))], axis=1)
    pooled = builder.node("Tanh", [builder.linear(first, "pooler")])
    for name, of, ones in (("answers", pooled, [1, 2]), ("belongs", states, [2])):
        axes = builder.constant(f"{name}.axes", np.array(ones, np.int64))
        builder.node("Squeeze", [builder.linear(of, name), axes], name)
    inputs = {"ids": ("r", "l"), "types": ("r", "l"), "lengths": ("r",)}
    outputs = {"answers": ("r",), "belongs": ("r", "l")}
    model = builder.model(inputs, outputs, data_file)
    return model.SerializeToString(), bytes(builder.data)
