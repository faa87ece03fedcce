"""multilingual-e5-small on ONNX Runtime: finds passages in about a hundred languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

from index.embed.e5_file import SHA256, E5File, PieceTable, e5_path
from index.embed.model_folders import model_folders
from index.embed.onnx_graph import GRAPH_VERSION, WIDTH, embedder_graph
from index.embed.onnx_session import open_cached
from index.embed.pooled_rows import Row, of_unit_length, pooled, row_with_sentences
from index.embed.word_pieces import Ids, Pieces, closed
from index.protocols import EmbeddingInput, PassageVectors, Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL = "multilingual"
LIMIT = 512
"""Pieces the model was trained to read, the first and last one included."""
CONTEXT_PIECES = 64
"""Pieces of title and headings that are kept beside a text that fills the row."""

CENTRE = Path(__file__).with_name("multilingual_centre.npy")
"""The mean vector of texts in fourteen languages. All vectors of this model lie close together (two
texts that have nothing in common at .78). Freed of what they share they spread as MiniLM's do, to
which the ranking was fitted, and more gold passages come first: by vectors alone for .44 of 300
questions instead of .37. `benchmarks.multilingual centre` writes the file."""

_QUESTION, _PASSAGE = "query:", "passage:"
"""What the model was trained to read in front of either."""


class E5Pieces:
    """The tokenizer of multilingual-e5-small; safe to use from several threads."""

    def __init__(self, table: PieceTable) -> None:
        special = {table.first, table.last, 1, len(table.pieces) - 1}
        # Nobody may type what is a sign of the model's own: "\1" never reaches the pieces.
        pieces = [
            (f"{piece}\1" if id in special else piece, score)
            for id, (piece, score) in enumerate(zip(table.pieces, table.scores, strict=True))
        ]
        self._tokenizer = Tokenizer(Unigram(pieces, unk_id=table.unknown))
        self._tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        self._replaced = str.maketrans(dict(table.replacements))
        self._replaceable = re.compile(f"[{re.escape(''.join(table.replacements))}]")
        self._first, self._last = table.first, table.last

    def split(self, texts: Sequence[str]) -> list[Pieces]:
        """Split texts into pieces, with the characters of each text that they cover."""
        plain = [text.translate(self._replaced) for text in texts]
        return [
            Pieces(
                np.array(encoding.ids, dtype=np.int64),
                self._in_text(text, np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)),
            )
            for text, encoding in zip(texts, self._tokenizer.encode_batch(plain), strict=True)
        ]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of the pieces of each text."""
        plain = [text.translate(self._replaced) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(plain)]

    def framed(self, parts: Sequence[Sequence[int] | Ids]) -> Ids:
        """Put the first and last piece around the parts, cut to what the model reads."""
        joined = np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])
        return np.concatenate([[self._first], joined[: LIMIT - 2], [self._last]]).astype(np.int64)

    def _in_text(self, text: str, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return offsets into a text for those into what was made of it."""
        if not self._replaceable.search(text):
            return offsets
        lengths = [len(str(self._replaced.get(ord(character), character))) for character in text]
        ends = np.cumsum(lengths)
        starts = np.searchsorted(ends, offsets[:, 0], side="right")
        behind = np.searchsorted(ends, offsets[:, 1], side="left") + 1
        return np.stack([starts, np.minimum(behind, len(text))], axis=1)


class Multilingual:
    """Embeds with multilingual-e5-small; see `index.protocols.Embedder`."""

    model = MODEL
    dimension = WIDTH

    def __init__(self, pieces: E5Pieces, session: InferenceSession, centre: Vectors) -> None:
        """`centre` is taken from every vector, shape (384,)."""
        self._pieces = pieces
        self._session = session
        self._centre = centre
        self._question, self._passage = pieces.ids([_QUESTION, _PASSAGE])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions or sentences on their own; what exceeds 510 pieces is not read."""
        rows = [self._pieces.framed([self._question, ids]) for ids in self._pieces.ids(texts)]
        found = self._run([Row(ids, ((0, len(ids)),)) for ids in rows])
        return np.concatenate([np.zeros((0, WIDTH), dtype=np.float32), *found])

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages below their context, and their sentences from the same pass.

        A sentence behind the last piece read gets the vector of its passage.
        """
        contexts = self._pieces.ids([closed(passage.context) for passage in passages])
        texts = self._pieces.split([passage.text for passage in passages])
        rows, places = [], []
        for passage, context, text in zip(passages, contexts, texts, strict=True):
            room = LIMIT - 2 - len(self._passage) - len(text.ids)
            above = [*self._passage, *context[: max(CONTEXT_PIECES, room)]]
            ids = self._pieces.framed([above, text.ids])
            row, place = row_with_sentences(ids, 1 + len(above), text.offsets, passage.sentences)
            rows.append(row)
            places.append(place)
        return [
            PassageVectors(found[0], found[np.array(place, dtype=np.int64)])
            for found, place in zip(self._run(rows), places, strict=True)
        ]

    def _run(self, rows: Sequence[Row]) -> list[Vectors]:
        """Return the vectors wanted of each row, shape (groups, 384), freed of what all share."""
        found = pooled(self._session, rows, WIDTH)
        return [of_unit_length(of_unit_length(each) - self._centre) for each in found]


def open_multilingual(
    home: Path,
    *,
    models: Path | None = None,
    threads: int | None = None,
    centre: Vectors | None = None,
) -> Multilingual:
    """Open the model; the first time its graph is built (140 MB, about 2 s).

    It is kept in `models`, a folder that homes share, or else in `home/models`. `threads` defaults
    to the processors available, at most four; `centre` to the one measured. Raises
    WeightsUnavailable.
    """
    path = e5_path()

    def build(data_file: str) -> tuple[bytes, bytes]:
        file = E5File(path)
        return embedder_graph(file.tensors(), data_file, words=file.words())

    folders, name = model_folders(home, models), f"{MODEL}-{SHA256[:12]}v{GRAPH_VERSION}"
    session = open_cached(folders, name, build, threads=threads)
    return Multilingual(_open_pieces(path), session, np.load(CENTRE) if centre is None else centre)


@lru_cache(maxsize=1)
def _open_pieces(path: Path) -> E5Pieces:
    """Return the tokenizer in `path`, which takes about a second to build."""
    return E5Pieces(E5File(path).pieces)
