"""How fully a text meets a question, word by word and by meaning.

Each word of the question is compared with every word piece of the text under its title, and the
best match counts, weighted by how rare the word is (late interaction: Khattab and Zaharia, SIGIR
2020; rarity as in BERTScore: Zhang et al., ICLR 2020). MiniLM was not trained for it, and yet its
last layer tells the sentence that answers from its neighbours better than the cosine of whole
sentences does; the earlier layers do not. `docs/evaluation.md` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.protocols import TokenVectors, Vectors
from index.search.passage_rank import Query
from index.text.words import content_terms

_WORD = re.compile(r"[^\W_][\w’'-]*")


@dataclass(frozen=True)
class Match:
    """How well one text meets a question; cosines, at most 1."""

    titled: float
    """Question and text under its title as wholes."""
    own: float
    """Question and the text as it reads under its title."""
    met: float
    """Mean over the question's words of the best match, weighted by rarity."""
    least: float
    """The best match of the word that is met worst."""
    centred: float
    """As `met`, of what sets each word apart from its own text."""
    every: float
    """As `centred`, of all word pieces of the question alike."""
    rarest: float
    """The best match of the rarest word."""
    by_word: Vectors
    """The best match of each word in the text and its title, shape (words,)."""
    in_text: Vectors
    """The best match of each word in the text and its headings, shape (words,)."""
    in_title: Vectors
    """The best match of each word in the title alone, shape (words,)."""


@dataclass(frozen=True)
class Wording:
    """A question prepared to be compared with texts."""

    whole: Vectors
    """Shape (dimension,)."""
    words: Vectors
    """A unit vector for each telling word, shape (words, dimension)."""
    centred: Vectors
    """The same less the mean of the question's word pieces."""
    pieces: Vectors
    """As `centred`, for each word piece, shape (pieces, dimension)."""
    weights: Vectors
    """Shares of the words, shape (words,), summing to 1."""

    @classmethod
    def of(cls, query: Query, found: TokenVectors) -> Wording:
        """Prepare `query`, embedded without context; a question without telling words is one."""
        words, weights = [], []
        for match in _WORD.finditer(query.text):
            weight = max((query.weights.get(t, 0.0) for t in content_terms(match[0])), default=0.0)
            inside = (found.offsets[:, 0] < match.end()) & (found.offsets[:, 1] > match.start())
            if weight > 0 and inside.any():
                words.append(found.tokens[inside].mean(axis=0))
                weights.append(weight)
        if not words:
            words, weights = [found.whole], [1.0]
        stacked, shares = np.stack(words), np.array(weights, dtype=np.float32)
        mean = found.tokens.mean(axis=0) if len(found.tokens) else np.zeros_like(found.whole)
        return cls(
            whole=found.whole,
            words=_unit(stacked),
            centred=_unit(stacked - mean),
            pieces=_unit(found.tokens - mean),
            weights=shares / shares.sum(),
        )

    def match(self, text: TokenVectors, title: int) -> Match:
        """Compare with a text; one without word pieces meets nothing.

        The first `title` characters of its context are the title, which nearly every passage of a
        document has; the headings behind it say what this one is about.
        """
        above = int((text.above[:, 1] <= title).sum())
        cosines = self.words @ text.tokens.T
        by_word = _best(cosines)
        mean = text.tokens.mean(axis=0) if len(text.tokens) else np.zeros_like(text.whole)
        apart = _unit(text.tokens - mean)
        every = _best(self.pieces @ apart.T)
        return Match(
            titled=float(text.whole @ self.whole),
            own=float(text.text @ self.whole),
            met=float(by_word @ self.weights),
            least=float(by_word.min()),
            centred=float(_best(self.centred @ apart.T) @ self.weights),
            every=float(every.mean()) if len(every) else 0.0,
            rarest=float(by_word[self.weights.argmax()]),
            by_word=by_word,
            in_text=_best(cosines[:, above:]),
            in_title=_best(cosines[:, :above]),
        )

    def features(self, matches: Sequence[Match], passages: Sequence[str]) -> list[dict[str, float]]:
        """Return what is known of each match, alone and beside the others.

        `passages` names the passage of each. `passage_met` is `met` over all sentences of the
        passage that were compared; `beyond` is what all texts together meet of the question beyond
        the title: each word weighs the less the better the title meets it.
        """
        if not matches:
            return []
        anywhere = np.max([match.in_text for match in matches], axis=0)
        found = []
        for match, passage in zip(matches, passages, strict=True):
            beside = [m.by_word for m, p in zip(matches, passages, strict=True) if p == passage]
            left = self.weights * np.maximum(0.0, 1.0 - match.in_title)
            left = left / left.sum() if left.sum() > 0 else self.weights
            found.append(
                {
                    "titled": match.titled,
                    "own": match.own,
                    "met": match.met,
                    "least": match.least,
                    "centred": match.centred,
                    "every": match.every,
                    "rarest": match.rarest,
                    "title_met": float(match.in_title @ self.weights),
                    "passage_met": float(np.max(beside, axis=0) @ self.weights),
                    "beyond": float(anywhere @ left),
                }
            )
        return found


def _best(cosines: Vectors) -> Vectors:
    """Return the highest cosine of each row; 0 where there is nothing to compare with."""
    if not cosines.shape[1]:
        return np.zeros(len(cosines), dtype=np.float32)
    found: Vectors = cosines.max(axis=1)
    return found


def _unit(rows: Vectors) -> Vectors:
    """Return rows of unit length."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Vectors = (rows / np.maximum(norms, 1e-12)).astype(np.float32)
    return result
