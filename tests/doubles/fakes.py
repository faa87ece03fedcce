"""Doubles that keep the protocols, are deterministic, and record what they were asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from index.protocols import EmbeddingInput, PassageVectors, Reading, TokenVectors, Vectors
from index.text.words import terms


@lru_cache(maxsize=100_000)
def _direction(term: str, dimension: int) -> Vectors:
    """Return a direction for a term: the same in every process, unlike those of other terms."""
    seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


class HashingEmbedder:
    """Bags of words in a random projection: texts that share words are near each other."""

    def __init__(self, *, model: str = "hashing", dimension: int = 64) -> None:
        self.model = model
        self.dimension = dimension
        self.texts: list[str] = []
        """Every text given to `embed`, in order."""
        self.passages: list[EmbeddingInput] = []
        """Every input given to `embed_passages`, in order."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions or sentences on their own."""
        self.texts += texts
        return np.stack([self._vector(text) for text in texts]) if texts else self._none()

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages with their context, and their sentences."""
        self.passages += passages
        return [
            PassageVectors(
                passage=self._vector(f"{each.context}\n{each.text}"),
                sentences=np.stack([self._vector(span.of(each.text)) for span in each.sentences])
                if each.sentences
                else self._none(),
            )
            for each in passages
        ]

    def embed_tokens(self, texts: Sequence[EmbeddingInput]) -> list[TokenVectors]:
        """Embed texts under their context, a vector for each word."""
        return [self._tokens(each) for each in texts]

    def _tokens(self, given: EmbeddingInput) -> TokenVectors:
        words = list(re.finditer(r"\w+", given.text))
        above = list(re.finditer(r"\w+", given.context))
        vectors = [self._vector(word[0]) for word in (*above, *words)]
        return TokenVectors(
            whole=self._vector(f"{given.context}\n{given.text}"),
            text=self._vector(given.text),
            tokens=np.stack(vectors) if vectors else self._none(),
            offsets=np.array([word.span() for word in words], dtype=np.int64).reshape(-1, 2),
            above=np.array([word.span() for word in above], dtype=np.int64).reshape(-1, 2),
        )

    def _vector(self, text: str) -> Vectors:
        text.encode()  # no model takes lone surrogates
        total = np.zeros(self.dimension, dtype=np.float32)
        for term in terms(text) or [""]:
            total += _direction(term, self.dimension)
        return total / np.float32(np.linalg.norm(total))

    def _none(self) -> Vectors:
        return np.zeros((0, self.dimension), dtype=np.float32)


class PointingReader:
    """Points at the first number of each text, and notes what it was given to read."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Sequence[tuple[str, str]]]] = []

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[tuple[Reading, ...]]:
        self.asked.append((question, texts))
        return [self._of(text) for _, text in texts]

    def _of(self, text: str) -> tuple[Reading, ...]:
        number = re.search(r"\d+ euros", text)
        return (Reading(number.start(), number.end(), 5.0),) if number else ()


class FixedReader:
    """Points at each number, a little less surely each time."""

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[tuple[Reading, ...]]:
        return [
            tuple(
                Reading(at, at + 1, 4.0 - number)
                for number, at in enumerate(at for at, c in enumerate(text) if c.isdigit())
            )
            for _, text in texts
        ]
