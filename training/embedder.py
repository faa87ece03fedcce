"""Mean-pooled embeddings of the unadapted encoder, as search uses them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.adapter import load_reader
from training.collate import collate
from training.inputs import CLS, SEP, Example, load_tokenizer, pieces_of

EMBEDDED_PIECES = 254
ROWS = 32


class Embedder:
    """Mean-pooled unit vectors of the unadapted encoder, the baseline to compare with."""

    def __init__(self, base: Path) -> None:
        self._tokenizer = load_tokenizer(base / "tokenizer.json")
        self._encoder = load_reader(base / "model.safetensors", None)

    @torch.inference_mode()
    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, width)."""
        ids = [pieces_of(self._tokenizer, text).ids[:EMBEDDED_PIECES] for text in texts]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        vectors = np.zeros((len(ids), 384), dtype=np.float32)
        for begin in range(0, len(order), ROWS):
            part = order[begin : begin + ROWS]
            rows = [Example(np.concatenate([[CLS], ids[at], [SEP]]), 0, 1) for at in part]
            batch = collate([rows])
            hidden = self._encoder.hidden(batch.ids, torch.zeros_like(batch.ids), batch.attention)
            weight = batch.attention[:, :, None].float()
            mean = (hidden * weight).sum(1) / weight.sum(1)
            vectors[part] = functional.normalize(mean, dim=-1).numpy()
        return vectors
