"""all-MiniLM-L6-v2 on ONNX Runtime: the embedding model that needs no key and no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embed.model_folders import model_folders
from index.embed.onnx_graph import GRAPH_VERSION, WIDTH, embedder_graph
from index.embed.onnx_session import open_cached
from index.embed.pooled_rows import Row, of_unit_length, pooled, row_with_sentences
from index.embed.quantize import read_ranges
from index.embed.weights import SHA256, WEIGHTS, model_files, read_tensors
from index.embed.word_pieces import CLS, SEP, Ids, WordPieces, closed, open_pieces
from index.protocols import EmbeddingInput, PassageVectors, TokenVectors, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "minilm"
LIMIT = 256
"""Word pieces the model was trained to read, [CLS] and [SEP] included."""
CONTEXT_PIECES = 48
"""Word pieces of title and headings that are kept beside a text that fills the row."""


class MiniLM:
    """Embeds with MiniLM; see `index.protocols.Embedder`."""

    model = MODEL
    dimension = WIDTH

    def __init__(self, pieces: WordPieces, session: InferenceSession) -> None:
        self._pieces = pieces
        self._session = session

    @property
    def tokenizer(self) -> Path:
        """The file by which another process counts the same word pieces."""
        return self._pieces.path

    def count_word_pieces(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has, [CLS] and [SEP] not counted."""
        return self._pieces.count(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions or sentences on their own; what exceeds 254 word pieces is not read."""
        framed = [_framed([ids]) for ids in self._pieces.ids(texts)]
        vectors = self._run([Row(ids, ((0, len(ids)),)) for ids in framed])
        return np.concatenate([np.zeros((0, WIDTH), dtype=np.float32), *vectors])

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages as "[CLS] context. text [SEP]", and their sentences from the same pass.

        A sentence behind the last word piece read gets the vector of its passage.
        """
        contexts = self._pieces.ids([closed(passage.context) for passage in passages])
        texts = self._pieces.split([passage.text for passage in passages])
        rows, places = [], []
        for passage, context, text in zip(passages, contexts, texts, strict=True):
            kept = context[: max(CONTEXT_PIECES, LIMIT - 2 - len(text.ids))]
            ids = _framed([kept, text.ids])
            row, place = row_with_sentences(ids, 1 + len(kept), text.offsets, passage.sentences)
            rows.append(row)
            places.append(place)
        return [
            PassageVectors(found[0], found[np.array(place, dtype=np.int64)])
            for found, place in zip(self._run(rows), places, strict=True)
        ]

    def embed_tokens(self, texts: Sequence[EmbeddingInput]) -> list[TokenVectors]:
        """Embed texts under their context, word piece by word piece.

        Of the context at most 48 word pieces are read and of the text what then fits into 256; a
        text without word pieces has none, and the vector of the whole.
        """
        contexts = self._pieces.split([closed(text.context) for text in texts])
        split = self._pieces.split([text.text for text in texts])
        rows, places = [], []
        for context, text in zip(contexts, split, strict=True):
            kept = context.ids[:CONTEXT_PIECES].tolist()
            ids = _framed([kept, text.ids])
            first, last = 1 + len(kept), len(ids) - 1
            pieces = tuple((at, at + 1) for at in range(1, last))
            groups = ((0, len(ids)), (first, last) if first < last else (0, len(ids)), *pieces)
            rows.append(Row(ids, groups))
            places.append((text.offsets[: last - first], context.offsets[: len(kept)]))
        return [
            TokenVectors(found[0], found[1], tokens=found[2:], offsets=offsets, above=above)
            for found, (offsets, above) in zip(self._run(rows), places, strict=True)
        ]

    def _run(self, rows: Sequence[Row]) -> list[Vectors]:
        """Return the vectors wanted of each row, shape (groups, 384), of unit length."""
        return [of_unit_length(found) for found in pooled(self._session, rows, WIDTH)]


def open_minilm(
    home: Path, *, models: Path | None = None, threads: int | None = None, exact: bool = False
) -> MiniLM:
    """Open MiniLM; the first time its graph is built (about 2 s).

    It is kept in `models`, a folder that homes share, or else in `home/models`. `threads` defaults
    to the processors available, at most four; `exact` computes in 32-bit floats. Raises
    WeightsUnavailable.
    """
    folders = model_folders(home, models)
    files = model_files(folders)
    digest = SHA256[WEIGHTS]
    ranges = None if exact else read_ranges(MODEL, digest)

    def build(data_file: str) -> tuple[bytes, bytes]:
        weights, _ = read_tensors(files.weights())
        return embedder_graph(weights, data_file, ranges)

    pieces = open_pieces(files.tokenizer())
    kind = MODEL if ranges else f"{MODEL}_exact"
    name = f"{kind}-{digest[:12]}v{GRAPH_VERSION}"
    return MiniLM(pieces, open_cached(folders, name, build, threads=threads))


def _framed(parts: Sequence[Sequence[int] | Ids]) -> Ids:
    """Put [CLS] before and [SEP] behind the parts, cut to what the model reads."""
    joined = np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])
    return np.concatenate([[CLS], joined[: LIMIT - 2], [SEP]]).astype(np.int64)
