"""The reader: MiniLM with a trained adapter that points at the answer inside a text.

A row is "[CLS] question [SEP] title. window [SEP]"; a text that does not fit is read in windows
that overlap. The layout is the one the adapter was trained with (`training/inputs.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.embed.adapter import AdaptedModel
from index.embed.model_folders import model_folders
from index.embed.onnx_graph import reader_graph
from index.embed.word_pieces import CLS, SEP, Ids, Pieces, WordPieces, batches, padded
from index.protocols import Reading, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ADAPTER = Path(__file__).parent / "reader_adapter" / "reader.safetensors"
MODEL = AdaptedModel("reader", reader_graph, heads=("head",))
QUESTION_PIECES = 40
TITLE_PIECES = 24
LIMIT = 240
"""Word pieces of a row, as in training."""
OVERLAP = 48
"""Word pieces that two windows of one text share."""
LONGEST_SPAN = 40
"""Word pieces of the longest answer."""
BATCH_TOKENS = 256
"""Small batches stay in the processor's cache: five paragraphs in 236 ms, at 4,096 tokens 338."""
READINGS = 256
"""The most spans returned for one text."""


@dataclass(frozen=True)
class _Window:
    """One row, and where its part of the text stands."""

    ids: Ids
    question_length: int
    passage_start: int
    offsets: npt.NDArray[np.int64]
    text: int
    """Which of the texts it belongs to."""


class MiniLMReader:
    """Reads with MiniLM and an adapter; see `index.protocols.Reader`."""

    def __init__(self, pieces: WordPieces, session: InferenceSession) -> None:
        self._pieces = pieces
        self._session = session

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[tuple[Reading, ...]]:
        """Return the best spans of each (title, text) for `question`, best first.

        There is one span for every word piece an answer can start at, so that each sentence has
        its own best one; at most 256 for a text, and none for a text without word pieces.
        """
        windows = self._windows(question, texts)
        found: list[list[tuple[Ids, Vectors]]] = [[] for _ in texts]
        for batch in batches([len(window.ids) for window in windows], BATCH_TOKENS):
            part = [windows[at] for at in batch]
            for window, logits in zip(part, self._logits(part), strict=True):
                found[window.text].append(_spans(window, logits))
        return [_readings(spans) for spans in found]

    def _windows(self, question: str, texts: Sequence[tuple[str, str]]) -> list[_Window]:
        """Lay out the rows of all texts."""
        titles = self._pieces.ids([title.strip() for title, _ in texts])
        asked, stop = self._pieces.ids([with_mark(question), "."])
        bodies = self._pieces.split([text for _, text in texts])
        asked = asked[:QUESTION_PIECES]
        windows = []
        for number, (title, body) in enumerate(zip(titles, bodies, strict=True)):
            head = title[:TITLE_PIECES] + stop if texts[number][0].strip() else []
            windows += _cut(number, asked, head, body)
        return windows

    def _logits(self, windows: Sequence[_Window]) -> Vectors:
        """Return start and end logits, shape (rows, length, 2)."""
        ids, lengths = padded([window.ids for window in windows])
        types = np.zeros_like(ids)
        for line, window in enumerate(windows):
            types[line, window.question_length + 2 : len(window.ids)] = 1
        feed = {"ids": ids, "types": types, "lengths": lengths}
        logits: Vectors = self._session.run(None, feed)[0]
        return logits


def with_mark(question: str) -> str:
    """Return a question with its mark: people leave it out, most questions of training have it."""
    return question if question.endswith(("?", ".", "!", "？", "。")) else f"{question}?"


def _cut(number: int, asked: list[int], head: list[int], body: Pieces) -> list[_Window]:
    """Lay out the windows of one text."""
    room = LIMIT - len(asked) - len(head) - 3
    before = [CLS, *asked, SEP, *head]
    windows = []
    for begin in range(0, max(1, len(body.ids) - OVERLAP), room - OVERLAP):
        part = slice(begin, begin + room)
        ids = np.concatenate([before, body.ids[part], [SEP]]).astype(np.int64)
        windows.append(_Window(ids, len(asked), len(before), body.offsets[part], number))
    return windows


def _spans(window: _Window, logits: Vectors) -> tuple[Ids, Vectors]:
    """Return the best span from each start, shape (starts, 2), and its log-odds."""
    inside = slice(window.passage_start, window.passage_start + len(window.offsets))
    start, end = logits[inside, 0], logits[inside, 1]
    if not len(start):
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.float32)
    reach = np.concatenate([end, np.full(LONGEST_SPAN - 1, -np.inf, dtype=np.float32)])
    ahead = np.lib.stride_tricks.sliding_window_view(reach, LONGEST_SPAN)
    first = np.arange(len(start))
    last = first + ahead.argmax(axis=1)
    scores = start + end[last] - logits[0].sum()
    spans = np.stack([window.offsets[first, 0], window.offsets[last, 1]], axis=1)
    return spans, scores


def _readings(parts: Sequence[tuple[Ids, Vectors]]) -> tuple[Reading, ...]:
    """Merge the windows of a text: of spans with one start, the best stays."""
    spans = np.concatenate([spans for spans, _ in parts])
    scores = np.concatenate([scores for _, scores in parts])
    order = np.argsort(-scores, kind="stable")
    _, best = np.unique(spans[order, 0], return_index=True)
    kept = order[np.sort(best)][:READINGS]
    return tuple(
        Reading(start, end, score)
        for (start, end), score in zip(spans[kept].tolist(), scores[kept].tolist(), strict=True)
    )


def open_reader(
    home: Path,
    *,
    models: Path | None = None,
    adapter: Path = ADAPTER,
    threads: int | None = None,
    exact: bool = False,
) -> MiniLMReader | None:
    """Open the reader; None when there is no adapter, or nothing it could be merged into.

    `models` is a folder that homes share. See `AdaptedModel.open` in `index.embed.adapter`.
    """
    opened = MODEL.open(model_folders(home, models), adapter, threads=threads, exact=exact)
    return MiniLMReader(*opened) if opened else None
