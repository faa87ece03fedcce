"""The selector: an encoder with a trained adapter that says which sentences answer a question.

A row is "[CLS] question [SEP] title > headings. text [SEP]", one for each text; the layout is the
one the adapter was trained with (`training/selector.py`). Where the reader points at a few words,
the selector was trained on whole answers over real documents: several sentences, lists, rows, code,
and questions that nothing answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embed.adapter import CROSS_ENCODER, AdaptedModel
from index.embed.model_folders import model_folders
from index.embed.onnx_graph import selector_graph
from index.embed.reader import with_mark
from index.embed.word_pieces import CLS, SEP, Ids, Pieces, WordPieces, batches, padded
from index.protocols import EmbeddingInput, Selection, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FOLDER = Path(__file__).parent / "selector_adapter"
ADAPTER, SMALL_ADAPTER = _FOLDER / "selector.safetensors", _FOLDER / "small_selector.safetensors"
HEADS = ("pooler", "answers", "belongs")
MODEL = AdaptedModel("selector", selector_graph, heads=HEADS, base=CROSS_ENCODER)
SMALL_MODEL = AdaptedModel(
    "small_selector", selector_graph, heads=HEADS, base=CROSS_ENCODER, trained_as="selector"
)
"""Every second layer, trained to say what all of them say: half the time for a passage."""
QUESTION_PIECES = 48
CONTEXT_PIECES = 36
"""The last pieces of title and headings: the nearest heading says most."""
LIMIT = 288
"""Word pieces of a row, as in training; a passage has 220."""
BATCH_TOKENS = 256
UNSEEN = -9.0
"""Log-odds of a sentence behind the end of a row."""


@dataclass(frozen=True)
class _Row:
    """One row, and where its text stands in it."""

    ids: Ids
    question_length: int
    text_start: int
    body: Pieces


class EncoderSelector:
    """Selects with an encoder and an adapter; see `index.protocols.Selector`."""

    def __init__(self, pieces: WordPieces, session: InferenceSession) -> None:
        self._pieces = pieces
        self._session = session

    def select(self, question: str, texts: Sequence[EmbeddingInput]) -> list[Selection]:
        """Judge each text under its context, in order; one does not depend on the others."""
        rows = self._rows(question, texts)
        found: dict[int, Selection] = {}
        for batch in batches([len(row.ids) for row in rows], BATCH_TOKENS):
            kept_from = min(_wanted_from(rows[at], texts[at]) for at in batch)
            answers, belongs = self._judged([rows[at] for at in batch], kept_from)
            for line, at in enumerate(batch):
                sentences = _by_sentence(rows[at], belongs[line], kept_from, texts[at])
                found[at] = Selection(float(answers[line]), sentences)
        return [found[at] for at in range(len(texts))]

    def _rows(self, question: str, texts: Sequence[EmbeddingInput]) -> list[_Row]:
        asked, stop = self._pieces.ids([with_mark(question), "."])
        contexts = self._pieces.ids([text.context for text in texts])
        bodies = self._pieces.split([text.text for text in texts])
        heads = [[*above[-CONTEXT_PIECES:], *stop] if above else [] for above in contexts]
        return [
            _row(asked[:QUESTION_PIECES], head, body)
            for head, body in zip(heads, bodies, strict=True)
        ]

    def _judged(self, rows: Sequence[_Row], kept_from: int) -> tuple[Vectors, Vectors]:
        """Return the log-odds of each row, and of its tokens from `kept_from` on.

        Shapes (rows,) and (rows, length - kept_from).
        """
        ids, lengths = padded([row.ids for row in rows])
        types = np.zeros_like(ids)
        for line, row in enumerate(rows):
            types[line, row.question_length + 2 : len(row.ids)] = 1
        kept = np.array([kept_from], dtype=np.int64)
        feed = {"ids": ids, "types": types, "lengths": lengths, "kept_from": kept}
        answers, belongs = self._session.run(["answers", "belongs"], feed)
        return answers, belongs[:, 1:]


def _row(asked: list[int], above: list[int], body: Pieces) -> _Row:
    room = LIMIT - len(asked) - len(above) - 3
    before = [CLS, *asked, SEP, *above]
    ids = np.concatenate([before, body.ids[:room], [SEP]]).astype(np.int64)
    return _Row(ids, len(asked), len(before), Pieces(body.ids[:room], body.offsets[:room]))


def _wanted_from(row: _Row, text: EmbeddingInput) -> int:
    """Return the first token that something is asked about; without sentences there is none."""
    return row.text_start if text.sentences else len(row.ids)


def _by_sentence(
    row: _Row, belongs: Vectors, kept_from: int, text: EmbeddingInput
) -> tuple[float, ...]:
    """Return the mean over the pieces of each sentence."""
    start = row.text_start - kept_from
    values = belongs[max(0, start) : start + len(row.body.offsets)]
    starts, ends = row.body.offsets[:, 0], row.body.offsets[:, 1]
    inside = ((starts < span.end) & (ends > span.start) for span in text.sentences)
    return tuple(float(values[each].mean()) if each.any() else UNSEEN for each in inside)


def open_selector(
    home: Path,
    *,
    models: Path | None = None,
    adapter: Path | None = None,
    small: bool = False,
    threads: int | None = None,
    exact: bool = False,
) -> EncoderSelector | None:
    """Open the selector; None when there is no adapter, or nothing it could be merged into.

    `models` is a folder that homes share. See `AdaptedModel.open` in `index.embed.adapter`.
    """
    model, own = (SMALL_MODEL, SMALL_ADAPTER) if small else (MODEL, ADAPTER)
    folders = model_folders(home, models)
    opened = model.open(folders, adapter or own, threads=threads, exact=exact)
    return EncoderSelector(*opened) if opened else None
