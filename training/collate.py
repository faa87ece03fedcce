"""Rows put together into the padded tensors that the model takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.inputs import PAD, Example


@dataclass(frozen=True)
class Batch:
    """Padded tensors, (batch, length) each; targets of shape (2, batch), groups of (batch,)."""

    ids: Tensor
    types: Tensor
    attention: Tensor
    allowed: Tensor
    targets: Tensor
    groups: Tensor
    """Which question each row belongs to, counted from 0."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on another device."""
        return Batch(
            self.ids.to(device),
            self.types.to(device),
            self.attention.to(device),
            self.allowed.to(device),
            self.targets.to(device),
            self.groups.to(device),
        )


def collate(groups: Sequence[Sequence[Example]]) -> Batch:
    """Pad the rows of all groups to the longest one and mark where an answer may be."""
    examples = [example for group in groups for example in group]
    shape = (len(examples), max(len(example.ids) for example in examples))
    ids = np.full(shape, PAD, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    attention = np.zeros(shape, dtype=np.int64)
    allowed = np.zeros(shape, dtype=np.int64)
    for row, example in enumerate(examples):
        length = len(example.ids)
        ids[row, :length] = example.ids
        types[row, example.question_length + 2 : length] = 1
        attention[row, :length] = 1
        allowed[row, 0] = 1
        allowed[row, example.passage_start : length - 1] = 1
    targets = np.array([[e.start for e in examples], [e.end for e in examples]], dtype=np.int64)
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    parts = (ids, types, attention, allowed, targets, of)
    return Batch(*(torch.from_numpy(part) for part in parts))
