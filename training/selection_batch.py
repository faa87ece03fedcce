"""Batches of the selector: the rows of several questions, in blocks of near lengths."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.selection import Judged

LENGTH_STEP = 8
"""Rows are padded to a multiple of so many pieces."""


@dataclass(frozen=True)
class Block:
    """Some rows of a batch, padded to one length."""

    ids: Tensor
    """Shape (rows, length), as are `types`, `kept` and `belongs`."""
    types: Tensor
    kept: Tensor
    belongs: Tensor
    """Whether a piece of an answering row belongs to the answer; -1 where nothing is asked."""
    sentences: Tensor
    """Row, first piece, piece behind the last, and whether it belongs; shape (sentences, 4)."""
    weights: Tensor
    """How far each row answers, shape (rows,)."""
    questions: Tensor
    """Which question of the batch each row belongs to, shape (rows,)."""

    def to(self, device: torch.device) -> "Block":
        """Return the block on a device."""
        return Block(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Batch:
    """The rows of one step."""

    blocks: tuple[Block, ...]
    questions: int


def batch_of(rows: Sequence[Sequence[Judged]], rows_at_once: int) -> Batch:
    """Lay out the rows of each question, `rows_at_once` of near lengths together."""
    flat = [(at, row) for at, of_question in enumerate(rows) for row in of_question]
    flat.sort(key=lambda pair: len(pair[1].ids))
    parts = (flat[first : first + rows_at_once] for first in range(0, len(flat), rows_at_once))
    return Batch(tuple(_block(part) for part in parts), len(rows))


def _block(pairs: Sequence[tuple[int, Judged]]) -> Block:
    rows = [row for _, row in pairs]
    longest = max(len(row.ids) for row in rows)
    shape = (len(rows), -(-longest // LENGTH_STEP) * LENGTH_STEP)
    ids, types, kept = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    belongs = np.full(shape, -1.0, dtype=np.float32)
    sentences: list[tuple[float, ...]] = []
    for line, row in enumerate(rows):
        ids[line, : len(row.ids)] = row.ids
        types[line, row.question_length + 2 : len(row.ids)] = 1
        kept[line, : len(row.ids)] = 1
        sentences += [(line, *sentence) for sentence in row.sentences]
        if row.weight > 0 and row.sentences:
            belongs[line, row.text_start : row.text_start + len(row.belongs)] = row.belongs
    return Block(
        ids=torch.from_numpy(ids),
        types=torch.from_numpy(types),
        kept=torch.from_numpy(kept),
        belongs=torch.from_numpy(belongs),
        sentences=torch.tensor(sentences, dtype=torch.float32).reshape(-1, 4),
        weights=torch.tensor([row.weight for row in rows]),
        questions=torch.tensor([at for at, _ in pairs]),
    )
