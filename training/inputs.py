"""Token layout of the reader: [CLS] question [SEP] title. passage window [SEP]."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

CLS, SEP, PAD = 101, 102, 0
QUESTION_PIECES = 40
TITLE_PIECES = 24


@dataclass(frozen=True)
class Pieces:
    """Word pieces of a text with their character offsets, shape (pieces, 2)."""

    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """One input row; start and end are token positions, 0 meaning no answer."""

    ids: NDArray[np.int64]
    question_length: int
    passage_start: int
    start: int = 0
    end: int = 0


def load_tokenizer(path: Path) -> Tokenizer:
    """Load the word-piece tokenizer with its own truncation and padding switched off."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def pieces_of(tokenizer: Tokenizer, text: str) -> Pieces:
    """Split a text into word pieces without special tokens."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
    return Pieces(np.array(encoding.ids, dtype=np.int64), offsets)


def with_mark(question: str) -> str:
    """Return a question with its mark, as `index.embed.reader` reads it."""
    return question if question.endswith(("?", ".", "!", "？", "。")) else f"{question}?"


def question_ids(tokenizer: Tokenizer, question: str) -> NDArray[np.int64]:
    """Return at most QUESTION_PIECES ids of a question."""
    return pieces_of(tokenizer, question).ids[:QUESTION_PIECES]


def title_ids(tokenizer: Tokenizer, title: str) -> NDArray[np.int64]:
    """Return the ids of a title, at most TITLE_PIECES, closed by a full stop; none if empty."""
    if not title.strip():
        return np.zeros(0, dtype=np.int64)
    ids = pieces_of(tokenizer, title.strip()).ids[:TITLE_PIECES]
    return np.concatenate([ids, pieces_of(tokenizer, ".").ids])


def passage_room(question: NDArray[np.int64], title: NDArray[np.int64], limit: int) -> int:
    """Return how many passage pieces fit beside question, title and special tokens."""
    return limit - len(question) - len(title) - 3


def assemble(
    question: NDArray[np.int64],
    title: NDArray[np.int64],
    window: NDArray[np.int64],
    answer: tuple[int, int] | None = None,
) -> Example:
    """Lay out one row; `answer` is an inclusive span of pieces within the window."""
    ids = np.concatenate([[CLS], question, [SEP], title, window, [SEP]]).astype(np.int64)
    passage_start = len(question) + len(title) + 2
    if answer is None:
        return Example(ids, len(question), passage_start)
    first, last = answer
    return Example(ids, len(question), passage_start, passage_start + first, passage_start + last)
