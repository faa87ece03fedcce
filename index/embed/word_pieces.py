"""What models are given: texts with their context, word pieces with offsets, padded rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed.piece_counter import PieceCounter

CLS, SEP, PAD = 101, 102, 0

CALL_TOKENS = 8
"""What a batch costs beside its tokens, in tokens: .7 ms of a processor."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """The word pieces of a text, without special tokens."""

    ids: Ids
    """Shape (pieces,)."""
    offsets: npt.NDArray[np.int64]
    """First character and the one behind the last, of each piece; shape (pieces, 2)."""


class WordPieces(PieceCounter):
    """The uncased tokenizer of MiniLM with the pieces themselves."""

    def split(self, texts: Sequence[str]) -> list[Pieces]:
        """Split texts into word pieces."""
        return [
            Pieces(
                np.array(encoding.ids, dtype=np.int64),
                np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2),
            )
            for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)
        ]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of the word pieces of each text."""
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


@lru_cache(maxsize=2)
def open_pieces(path: Path) -> WordPieces:
    """Return the tokenizer in `path`; embedder, reader and chunker share one (0.05 s to open)."""
    return WordPieces(path)


def closed(context: str) -> str:
    """Close a title or heading path by a full stop, unless it is empty or has one."""
    context = context.strip()
    return f"{context}." if context and context[-1] not in ".!?" else context


def padded(rows: Sequence[Ids]) -> tuple[Ids, npt.NDArray[np.int32]]:
    """Return rows padded to the longest one, and their lengths."""
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    ids = np.full((len(rows), int(lengths.max())), PAD, dtype=np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return ids, lengths


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield the positions of rows in batches of near lengths, the longest rows first.

    A batch has at most `budget` tokens, padding included, and at least one row. What all batches
    cost is least: their tokens, padding included, and `CALL_TOKENS` for each.
    """
    order = sorted(range(len(lengths)), key=lambda at: -lengths[at])
    costs = [0.0, *[math.inf] * len(order)]
    begins = [0] * len(costs)
    for first, at in enumerate(order):
        rows = max(1, budget // max(1, lengths[at]))
        for last in range(first + 1, min(first + rows, len(order)) + 1):
            cost = costs[first] + CALL_TOKENS + (last - first) * lengths[at]
            if cost < costs[last]:
                costs[last], begins[last] = cost, first
    ends = [len(order)]
    while ends[-1]:
        ends.append(begins[ends[-1]])
    for first, last in pairwise(reversed(ends)):
        yield order[first:last]
