"""Reading with a trained reader: span scores of passages, and mean-pooled embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.adapter import load_reader
from training.collate import collate
from training.inputs import (
    Example,
    assemble,
    load_tokenizer,
    passage_room,
    pieces_of,
    question_ids,
    title_ids,
    with_mark,
)

LIMIT = 240
OVERLAP = 48
LONGEST_SPAN = 40
ROWS = 32


@dataclass(frozen=True)
class Span:
    """Characters of a passage with their score: start + end - (start + end at [CLS])."""

    begin: int
    end: int
    score: float


def best_spans(start: NDArray[np.float32], end: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Return, for each start position, the best end and the sum of both logits."""
    found = []
    for first in range(len(start)):
        last = first + int(np.argmax(end[first : first + LONGEST_SPAN]))
        found.append((last, float(start[first] + end[last])))
    return found


class PassageReader:
    """Scores the spans of passages with a base checkpoint and an adapter."""

    def __init__(self, base: Path, adapter: Path | None) -> None:
        self._tokenizer = load_tokenizer(base / "tokenizer.json")
        self._reader = load_reader(base / "model.safetensors", adapter)

    @torch.inference_mode()
    def spans(self, question: str, passages: Sequence[tuple[str, str]]) -> list[list[Span]]:
        """Return one span per start position for each (title, text)."""
        asked = question_ids(self._tokenizer, with_mark(question))
        rows: list[tuple[Example, int, NDArray[np.int64]]] = []
        for number, (title, text) in enumerate(passages):
            heading, pieces = title_ids(self._tokenizer, title), pieces_of(self._tokenizer, text)
            room = passage_room(asked, heading, LIMIT)
            stop = max(1, len(pieces.ids) - OVERLAP)
            for begin in range(0, stop, room - OVERLAP):
                row = assemble(asked, heading, pieces.ids[begin : begin + room])
                rows.append((row, number, pieces.offsets[begin : begin + room]))
        found: list[list[Span]] = [[] for _ in passages]
        for begin in range(0, len(rows), ROWS):
            part = rows[begin : begin + ROWS]
            batch = collate([[row for row, _, _ in part]])
            logits = self._reader(batch.ids, batch.types, batch.attention, batch.allowed).numpy()
            for line, (row, number, offsets) in enumerate(part):
                inside = slice(row.passage_start, row.passage_start + len(offsets))
                null = float(logits[0, line, 0] + logits[1, line, 0])
                best = best_spans(logits[0, line, inside], logits[1, line, inside])
                found[number] += [
                    Span(int(offsets[first, 0]), int(offsets[last, 1]), score - null)
                    for first, (last, score) in enumerate(best)
                ]
        return found
