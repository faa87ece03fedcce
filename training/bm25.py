"""BM25 ranking over a small, fixed list of texts."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Return the lower-cased words of a text, without stemming."""
    return WORD.findall(text.lower())


class Bm25:
    """Score texts against queries with the usual saturation and length normalisation."""

    def __init__(self, texts: Sequence[str], k1: float = 1.2, b: float = 0.75) -> None:
        counts = [Counter(words_of(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        norm = k1 * (1.0 - b + b * lengths / max(float(lengths.mean()), 1.0))
        postings: dict[str, list[tuple[int, int]]] = {}
        for position, count in enumerate(counts):
            for word, frequency in count.items():
                postings.setdefault(word, []).append((position, frequency))
        self.size = len(counts)
        self._weights: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
        for word, entries in postings.items():
            where = np.array([position for position, _ in entries], dtype=np.int64)
            tf = np.array([frequency for _, frequency in entries], dtype=np.float32)
            idf = np.log(1.0 + (self.size - len(entries) + 0.5) / (len(entries) + 0.5))
            weight = idf * tf * (k1 + 1.0) / (tf + norm[where])
            self._weights[word] = (where, weight.astype(np.float32))

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return one score per text, shape (texts,)."""
        total = np.zeros(self.size, dtype=np.float32)
        for word in words_of(query):
            found = self._weights.get(word)
            if found is not None:
                total[found[0]] += found[1]
        return total

    def ranking(self, query: str, depth: int) -> list[int]:
        """Return the positions of the best `depth` texts, best first."""
        total = self.scores(query)
        best = np.argsort(-total, kind="stable")[:depth]
        return [int(position) for position in best]
