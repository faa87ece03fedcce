"""How fully a text meets a question, word by word and by meaning.

Each word of the question is compared with every word piece of the text under its title, and the
best match counts, weighted by how rare the word is (late interaction: Khattab and Zaharia, SIGIR
2020; rarity as in BERTScore: Zhang et al., ICLR 2020). MiniLM was not trained for it, and yet its
last layer tells the sentence that answers from its neighbours better than the cosine of whole
sentences does; the earlier layers do not. `docs/evaluation.md` has the figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from index.protocols import TokenVectors, Vectors
from index.ranking import Query
from index.words import content_terms

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


@dataclass(frozen=True)
class Wording:
    """A question prepared to be compared with texts."""

    whole: Vectors
    """Shape (dimension,)."""
    words: Vectors
    """A unit vector for each telling word, shape (words, dimension)."""
    centred: Vectors
    """The same less the mean of the question's word pieces."""
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
        apart = stacked - found.tokens.mean(axis=0) if len(found.tokens) else stacked
        return cls(found.whole, _unit(stacked), _unit(apart), shares / shares.sum())

    def match(self, text: TokenVectors) -> Match:
        """Compare with a text; one without word pieces meets nothing."""
        titled, own = float(text.whole @ self.whole), float(text.text @ self.whole)
        if not len(text.tokens):
            return Match(titled, own, met=0.0, least=0.0, centred=0.0)
        best = (self.words @ text.tokens.T).max(axis=1)
        apart = (self.centred @ _unit(text.tokens - text.tokens.mean(axis=0)).T).max(axis=1)
        return Match(
            titled=titled,
            own=own,
            met=float(best @ self.weights),
            least=float(best.min()),
            centred=float(apart @ self.weights),
        )


def _unit(rows: Vectors) -> Vectors:
    """Return rows of unit length."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Vectors = (rows / np.maximum(norms, 1e-12)).astype(np.float32)
    return result
