"""Counts word pieces as MiniLM does, and imports nothing but the tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer


class PieceCounter:
    """The uncased tokenizer of MiniLM; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        """The file it was read from."""
        self._tokenizer = Tokenizer.from_file(str(path))
        # The file asks for rows of 128; lengths are ours to decide.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has."""
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [len(encoding) for encoding in encodings]
