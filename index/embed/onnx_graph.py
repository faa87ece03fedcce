"""Encoders of MiniLM's shape as ONNX graphs, built from the published weights.

The attention is emitted as one operator behind plain products: those within ONNX Runtime's older
fused attention are made head by head, and take half again as long. Biases are added by the products
in integers. Its fused operators of a residual sum with its normalisation, and of a bias with its
activation, are left aside: with the plain ones a row takes .82 to .87 of the time, since the
normalisation of the fused one is not vectorised.

Three graphs share the encoder:

- the embedder: `weights` (rows, vectors, length) says how much each token counts for each vector
  wanted of a row; out come the weighted means, `vectors` (rows, vectors, 384);
- the reader: `types` (rows, length) tells question and passage apart; out come `logits`
  (rows, length, 2), start and end;
- the selector: as the reader, and out come `answers` (rows,), whether the passage answers, and
  `belongs` (rows, 1 + kept), whether the first token and each from `kept_from` on belongs to the
  answer.

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

GRAPH_VERSION = "3"
"""Part of the name of a cached graph; raised with every change of this module."""

WIDTH = 384
HEADS = 12
HEAD_GROUPS = 3
"""Heads are attended to in groups, so that what they hold stays in the processor's cache."""
PARTS = ("query", "key", "value")
NORM_EPSILON = 1e-12
OPSET, IR_VERSION = 23, 10
FUSED = "com.microsoft"
TYPES = {"ids": "INT64", "types": "INT64", "lengths": "INT32", "kept_from": "INT64"}
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


@dataclass(frozen=True)
class Rounded:
    """Names of activations in unsigned bytes, and of what they mean."""

    values: str
    scale: str
    zero_point: str


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
        self._seen = ""
        self._masks: dict[str, str] = {}
        self._integers: set[str] = set()
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

    def linear(
        self,
        x: str,
        name: str,
        *,
        strength: float = STRENGTH,
        output: str = "",
    ) -> str:
        """Multiply by the checkpoint's matrix `name`, stored (outputs, inputs); add its bias."""
        matrix = self._weights[f"{name}.weight"].T
        bias = self._weights[f"{name}.bias"]
        if self._ranges is None or name not in self._ranges:
            product = self.node("MatMul", [x, self.constant(f"{name}.weight", matrix)])
            return self.node("Add", [product, self.constant(f"{name}.bias", bias)], output)
        whole = quantize(matrix, self._ranges[name], strength=strength)
        rounded = self.rounded(x, name, whole)
        return self.product(rounded, name, whole.weights, whole.weight_scales, bias, output=output)

    def rounded(self, x: str, name: str, linear: QuantizedLinear) -> Rounded:
        """Balance and round `x`; constants are named after `name`."""
        scale = self.constant(f"{name}.scale", linear.scale)
        zero = self.constant(f"{name}.zero_point", linear.zero_point)
        balanced = self.node("Mul", [x, self.constant(f"{name}.balance", linear.balance)])
        # The standard operator is not there for this opset in ONNX Runtime 1.23.
        values = self.node("QuantizeLinear", [balanced, scale, zero], domain=FUSED)
        return Rounded(values, scale, zero)

    def product(
        self,
        x: Rounded,
        name: str,
        weights: npt.NDArray[np.int8],
        scales: Tensor,
        bias: Tensor,
        *,
        output: str = "",
    ) -> str:
        """Multiply by quantised weights, and add the bias; constants are named after `name`."""
        matrix = self.constant(f"{name}.weight", weights)
        steps = self.constant(f"{name}.steps", scales)
        added = self.constant(f"{name}.bias", bias)
        inputs = [x.values, matrix, x.scale, steps, x.zero_point, "", added]
        return self.node("MatMulIntegerToFloat", inputs, output, domain=FUSED)

    def attention(self, x: str, asking: str, name: str) -> str:
        """Add the attention of the tokens `asking` to those of `x`, up to its output projection."""
        if self._ranges is None or name not in self._ranges:
            query = self.linear(asking, f"{name}.query")
            key, value = (self.linear(x, f"{name}.{part}") for part in ("key", "value"))
            return self.attended([query, key, value], asking, HEADS)
        parts = [f"{name}.{part}" for part in PARTS]
        matrix = np.concatenate([self._weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        whole = quantize(matrix, self._ranges[name])
        every = self.rounded(x, name, whole)
        some = every if asking == x else self.rounded(asking, f"{name}.asking", whole)
        mixed = []
        for group, heads in enumerate(np.split(np.arange(WIDTH), HEAD_GROUPS)):
            projected = []
            for number, part in enumerate(parts):
                at = heads + number * WIDTH
                given = every if number else some
                constants = whole.weights[:, at], whole.weight_scales[at], bias[at]
                projected.append(self.product(given, f"{part}.{group}", *constants))
            mixed.append(self.attended(projected, asking, HEADS // HEAD_GROUPS))
        return self.node("Concat", mixed, axis=-1)

    def attended(self, projected: Sequence[str], asking: str, heads: int) -> str:
        """Mix values by how queries and keys match; padding is not looked at."""
        inputs = [*projected, self.mask(asking)]
        return self.node("Attention", inputs, q_num_heads=heads, kv_num_heads=heads)

    def mask(self, asking: str) -> str:
        """Add, once, what hides padding from the tokens `asking`: (rows, 1, asking, length)."""
        if asking not in self._masks:
            if not self._seen:
                self._seen = self.seen()
            one, two = self.integers(1), self.integers(2)
            count = self.node("Slice", [self.node("Shape", [asking]), one, two])
            shape = self.node("Concat", [self.integers(1, 1), count, one], axis=0)
            self._masks[asking] = self.node("Expand", [self._seen, shape])
        return self._masks[asking]

    def seen(self) -> str:
        """Return 0 for each token and minus infinity for padding, (rows, 1, 1, length)."""
        from onnx import TensorProto

        length = self.node("Squeeze", [self.length(), self.integers(0)])
        zero, one = (self.constant(f"place_{n}", np.array(n, np.int32)) for n in (0, 1))
        end = self.node("Cast", [length], to=TensorProto.INT32)
        places = self.node("Range", [zero, end, one])
        lengths = self.node("Unsqueeze", ["lengths", self.integers(1, 2, 3)])
        seen = self.constant("seen", np.array(0, np.float32))
        unseen = self.constant("unseen", np.array(-np.inf, np.float32))
        return self.node("Where", [self.node("Less", [places, lengths]), seen, unseen])

    def length(self) -> str:
        """Return the padded length of the rows, shape (1,)."""
        return self.node("Slice", [self.node("Shape", ["ids"]), self.integers(1), self.integers(2)])

    def integers(self, *numbers: int) -> str:
        """Add, once, a constant row of integers."""
        name = "_".join(("integers", *map(str, numbers)))
        if name not in self._integers:
            self._integers.add(self.constant(name, np.array(numbers, np.int64)))
        return name

    def normalised(self, x: str, name: str) -> str:
        """Normalise each token, with the scale and shift of the checkpoint."""
        inputs = [x, self.weight(f"{name}.LayerNorm.weight"), self.weight(f"{name}.LayerNorm.bias")]
        return self.node("LayerNormalization", inputs, epsilon=NORM_EPSILON, axis=-1)

    def residual(
        self,
        x: str,
        skipped: str,
        name: str,
        *,
        strength: float = STRENGTH,
    ) -> str:
        """Project `x`, add what skipped the layer, and normalise."""
        projected = self.linear(x, f"{name}.dense", strength=strength)
        return self.normalised(self.node("Add", [projected, skipped]), name)

    def embeddings(self, types: str | None) -> str:
        """Sum word, position and type embeddings; without `types` every type is 0."""
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
        placed = self.node(
            "Add", [words, self.node("Slice", [positions, self.integers(0), self.length()])]
        )
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

    def layer(self, x: str, name: str, asking: str = "") -> str:
        """Add one post-norm transformer layer, for the tokens `asking` of `x` or for all."""
        asking = asking or x
        mixed = self.attention(x, asking, f"{name}.attention.self")
        attended = self.residual(mixed, asking, f"{name}.attention.output")
        inner = self.node("Gelu", [self.linear(attended, f"{name}.intermediate.dense")])
        return self.residual(inner, attended, f"{name}.output", strength=STRENGTH_AFTER_GELU)

    def encoder(self, types: str | None = None, kept_from: str = "") -> str:
        """Add the encoder: token states of shape (rows, length, 384).

        With `kept_from` the states are those of the first token and of all from that place on;
        the last layer is spared for the others.
        """
        x, asking = self.embeddings(types), ""
        count = layers_of(self._weights)
        for number in range(count):
            if kept_from and number == count - 1:
                asking = self.kept(x, kept_from)
            x = self.layer(x, f"encoder.layer.{number}", asking)
        return x

    def kept(self, x: str, kept_from: str) -> str:
        """Return the first token and all from a place on."""
        one, end = self.integers(1), self.integers(np.iinfo(np.int64).max)
        first = self.node("Slice", [x, self.integers(0), one, one])
        return self.node("Concat", [first, self.node("Slice", [x, kept_from, end, one])], axis=1)

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
    states = builder.encoder("types", "kept_from")
    first = builder.node("Gather", [states, builder.constant("first", np.array([0]))], axis=1)
    pooled = builder.node("Tanh", [builder.linear(first, "pooler")])
    for name, of, ones in (("answers", pooled, (1, 2)), ("belongs", states, (2,))):
        builder.node("Squeeze", [builder.linear(of, name), builder.integers(*ones)], name)
    inputs = {"ids": ("r", "l"), "types": ("r", "l"), "lengths": ("r",), "kept_from": (1,)}
    outputs = {"answers": ("r",), "belongs": ("r", "k")}
    model = builder.model(inputs, outputs, data_file)
    return model.SerializeToString(), bytes(builder.data)
