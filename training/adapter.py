"""Reading and writing of the adapter file that the index loads."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.encoder import BASE_SHA256, Reader, load_base

FORMAT_VERSION = "1"


def save_adapter(reader: Reader, trained: Mapping[str, Tensor], step: int, path: Path) -> None:
    """Write the trained tensors as fp16 with what is needed to merge them."""
    tensors = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in trained.items()
    }
    metadata = {
        "format": "quoth-reader-adapter",
        "version": FORMAT_VERSION,
        "base": "all-MiniLM-L6-v2",
        "base_sha256": BASE_SHA256,
        "rank": str(reader.rank),
        "alpha": f"{reader.alpha:g}",
        "step": str(step),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata=metadata)
    partial.replace(path)


def load_reader(base: Path, adapter: Path | None) -> Reader:
    """Build a reader from the base checkpoint and, if given, an adapter file."""
    if adapter is None:
        reader = Reader(rank=0)
        load_base(reader, base)
        return reader.eval()
    with safe_open(adapter, framework="pt") as file:
        metadata = file.metadata()
        names: list[str] = list(file.keys())
        tensors = {name: file.get_tensor(name).float() for name in names}
    if metadata["base_sha256"] != BASE_SHA256:
        raise ValueError(f"{adapter} was trained on another base")
    reader = Reader(rank=int(metadata["rank"]), alpha=float(metadata["alpha"]))
    load_base(reader, base)
    _, unexpected = reader.load_state_dict(tensors, strict=False)
    if unexpected:
        raise ValueError(f"{adapter} holds unknown tensors: {unexpected}")
    return reader.eval()
