"""all-MiniLM-L6-v2 on ONNX Runtime: the embedding model that needs no key and no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.embed.onnx_graph import GRAPH_VERSION, WIDTH, embedder_graph
from index.embed.onnx_session import open_cached
from index.embed.quantize import read_ranges
from index.embed.weights import SHA256, WEIGHTS, ModelFiles, read_tensors
from index.embed.word_pieces import CLS, SEP, Ids, WordPieces, batches, closed, open_pieces, padded
from index.protocols import EmbeddingInput, PassageVectors, TokenVectors, Vectors
from index.schema import Span

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "minilm"
LIMIT = 256
"""Word pieces the model was trained to read, [CLS] and [SEP] included."""
CONTEXT_PIECES = 48
"""Word pieces of title and headings that are kept beside a text that fills the row."""
BATCH_TOKENS = 512
"""Small batches stay in the processor's cache: 1.25 times as fast as 2,048 tokens on one core."""


@dataclass(frozen=True)
class _Row:
    """A row of ids, and which tokens count for which vector."""

    ids: Ids
    groups: tuple[tuple[int, int], ...]
    """First token and the one behind the last, for each vector wanted; never empty ranges."""


class MiniLM:
    """Embeds with MiniLM; see `index.protocols.Embedder`."""

    model = MODEL
    dimension = WIDTH

    def __init__(self, pieces: WordPieces, session: InferenceSession) -> None:
        self._pieces = pieces
        self._session = session

    def count_word_pieces(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has, [CLS] and [SEP] not counted."""
        return self._pieces.count(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions or sentences on their own; what exceeds 254 word pieces is not read."""
        framed = [_framed([ids]) for ids in self._pieces.ids(texts)]
        vectors = self._run([_Row(ids, ((0, len(ids)),)) for ids in framed])
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
            groups, place = [(0, len(ids))], []
            for first, last in _token_ranges(text.offsets, passage.sentences):
                first, last = first + 1 + len(kept), min(last + 1 + len(kept), len(ids) - 1)
                place.append(len(groups) if first < last else 0)
                if first < last:
                    groups.append((first, last))
            rows.append(_Row(ids, tuple(groups)))
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
            rows.append(_Row(ids, groups))
            places.append((text.offsets[: last - first], context.offsets[: len(kept)]))
        return [
            TokenVectors(found[0], found[1], tokens=found[2:], offsets=offsets, above=above)
            for found, (offsets, above) in zip(self._run(rows), places, strict=True)
        ]

    def _run(self, rows: Sequence[_Row]) -> list[Vectors]:
        """Return the vectors wanted of each row, shape (groups, 384)."""
        found: list[Vectors] = [np.zeros((0, WIDTH), dtype=np.float32)] * len(rows)
        for batch in batches([len(row.ids) for row in rows], BATCH_TOKENS):
            ids, lengths = padded([rows[at].ids for at in batch])
            weights = _weights([rows[at].groups for at in batch], ids.shape[1])
            feed = {"ids": ids, "lengths": lengths, "weights": weights}
            (vectors,) = self._session.run(None, feed)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
            for line, at in enumerate(batch):
                found[at] = vectors[line, : len(rows[at].groups)].copy()
        return found


def open_minilm(home: Path, *, threads: int | None = None, exact: bool = False) -> MiniLM:
    """Open MiniLM; the first time its graph is built into `home/models` (about 2 s).

    `threads` defaults to the processors available, at most four; `exact` computes in 32-bit
    floats. Raises WeightsUnavailable.
    """
    models = home / "models"
    files = ModelFiles(models)
    digest = SHA256[WEIGHTS]
    ranges = None if exact else read_ranges(MODEL, digest)

    def build(data_file: str) -> tuple[bytes, bytes]:
        weights, _ = read_tensors(files.weights())
        return embedder_graph(weights, data_file, ranges)

    pieces = open_pieces(files.tokenizer())
    kind = MODEL if ranges else f"{MODEL}_exact"
    name = f"{kind}-{digest[:12]}v{GRAPH_VERSION}"
    return MiniLM(pieces, open_cached(models, name, build, threads=threads))


def _framed(parts: Sequence[Sequence[int] | Ids]) -> Ids:
    """Put [CLS] before and [SEP] behind the parts, cut to what the model reads."""
    joined = np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])
    return np.concatenate([[CLS], joined[: LIMIT - 2], [SEP]]).astype(np.int64)


def _token_ranges(offsets: npt.NDArray[np.int64], spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the first piece that touches each span and the one behind the last."""
    starts = np.array([span.start for span in spans], dtype=np.int64)
    ends = np.array([span.end for span in spans], dtype=np.int64)
    first = np.searchsorted(offsets[:, 1], starts, side="right")
    last = np.searchsorted(offsets[:, 0], ends, side="left")
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _weights(groups: Sequence[Sequence[tuple[int, int]]], length: int) -> Vectors:
    """Return for each row and vector the share of each token, shape (rows, vectors, length)."""
    weights = np.zeros((len(groups), max(map(len, groups)), length), dtype=np.float32)
    for line, row in enumerate(groups):
        for number, (first, last) in enumerate(row):
            weights[line, number, first:last] = 1 / (last - first)
    return weights
