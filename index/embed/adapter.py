"""Models made of published weights and a small trained adapter: merged, built once, opened."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from index.embed import cross_encoder
from index.embed.model_folders import ModelFolders
from index.embed.onnx_graph import GRAPH_VERSION
from index.embed.onnx_session import open_cached
from index.embed.quantize import Ranges, read_ranges
from index.embed.weights import (
    SHA256,
    WEIGHTS,
    ModelFiles,
    Tensor,
    digest_of,
    model_files,
    read_tensors,
)
from index.embed.word_pieces import WordPieces, open_pieces
from index.errors import WeightsUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

logger = logging.getLogger(__name__)

T = TypeVar("T")

Graph: TypeAlias = Callable[[Mapping[str, Tensor], str, Ranges | None], tuple[bytes, bytes]]
"""Makes a graph and its data file of weights, the name of that file, and ranges if any."""


LAYER = "encoder.layer."


def with_layers(tensors: Mapping[str, T], layers: Sequence[int]) -> dict[str, T]:
    """Return tensors by their names in an encoder that has only some layers, numbered anew."""
    places = {str(layer): at for at, layer in enumerate(layers)}
    found: dict[str, T] = {}
    for name, tensor in tensors.items():
        number, _, rest = name.removeprefix(LAYER).partition(".")
        if not name.startswith(LAYER):
            found[name] = tensor
        elif number in places:
            found[f"{LAYER}{places[number]}.{rest}"] = tensor
    return found


@dataclass(frozen=True)
class Base:
    """Published weights that adapters were trained on."""

    digest: str
    """SHA-256 of the file that holds them."""
    tensors: Callable[[ModelFiles], Mapping[str, Tensor]]
    """Reads them, given what finds MiniLM's; raises WeightsUnavailable."""


MINILM = Base(SHA256[WEIGHTS], lambda files: read_tensors(files.weights())[0])
CROSS_ENCODER = Base(cross_encoder.SHA256, lambda _: cross_encoder.cross_encoder_tensors())


@dataclass(frozen=True)
class AdaptedModel:
    """One use that published weights were trained for."""

    name: str
    """What its graph and its ranges are called."""
    graph: Graph
    heads: tuple[str, ...]
    """Tensors that the adapter must bring."""
    base: Base = MINILM
    trained_as: str | None = None
    """What its adapter says that it was trained for, where that is not its name."""

    def merged(
        self,
        base: Mapping[str, Tensor],
        adapter: Mapping[str, Tensor],
        metadata: Mapping[str, str],
    ) -> dict[str, Tensor]:
        """Return the weights with the adapter merged: W + alpha / rank * B A.

        Tensors that the adapter holds in full (biases, norms, heads) replace those of the base, of
        which only the layers are used that the adapter was trained on.
        Raises ValueError when the adapter belongs to another base or use, or does not fit.
        """
        known = (f"quoth-{self.trained_as or self.name}-adapter", self.base.digest)
        if (metadata.get("format"), metadata.get("base_sha256")) != known:
            raise ValueError("it was trained on another base model")
        scale = float(metadata["alpha"]) / max(1, int(metadata["rank"]))
        if "layers" in metadata:
            base = with_layers(base, [int(number) for number in metadata["layers"].split()])
        merged = dict(base)
        for name, tensor in adapter.items():
            if name.endswith(".lora_A"):
                layer = name.removesuffix(".lora_A")
                low_rank = adapter[f"{layer}.lora_B"] @ tensor
                merged[f"{layer}.weight"] = base[f"{layer}.weight"] + np.float32(scale) * low_rank
            elif not name.endswith(".lora_B"):
                if name in base and base[name].shape != tensor.shape:
                    raise ValueError(f"its tensor {name!r} has the shape {tensor.shape}")
                merged[name] = tensor
        wanted = {f"{head}.{part}" for head in self.heads for part in ("weight", "bias")}
        if not wanted <= merged.keys():
            raise ValueError("it has no head")
        return merged

    def open(
        self, folders: ModelFolders, adapter: Path, *, threads: int | None, exact: bool
    ) -> tuple[WordPieces, InferenceSession] | None:
        """Open tokenizer and session; None when there is no adapter, or nothing to merge it into.

        The first time the graph is built into one of the folders (about 2 s). `threads` defaults to
        the processors available, at most four; `exact` computes in 32-bit floats, as is also done
        for an adapter whose ranges were not measured.
        """
        if not adapter.is_file():
            return None
        digest = digest_of(adapter)
        ranges = None if exact else read_ranges(self.name, digest)
        files = model_files(folders)

        def build(data_file: str) -> tuple[bytes, bytes]:
            merged = self.merged(self.base.tensors(files), *read_tensors(adapter))
            return self.graph(merged, data_file, ranges)

        kind = self.name if ranges else f"{self.name}_exact"
        name = f"{kind}-{digest[:12]}v{GRAPH_VERSION}"
        try:
            pieces = open_pieces(files.tokenizer())
            return pieces, open_cached(folders, name, build, threads=threads)
        except WeightsUnavailable as error:
            logger.warning("%s", error)
            return None
        except (ValueError, KeyError) as error:
            logger.warning("The %s in %s is not used: %s", self.name, adapter, error)
            return None
