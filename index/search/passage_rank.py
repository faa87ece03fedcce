"""How well a passage fits a question: features of the pair, and their weighted sum.

Coverage is weighted by how rare a word is in the collection (BM25's inverse document frequency);
the weights of the features are in `index.search.ranking_weights`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from index.protocols import Vectors
from index.schema import Passage, Source
from index.search.linear_model import logistic
from index.search.ranking_weights import PASSAGE_RANK, PASSAGE_SCORE
from index.text.words import STOP_WORDS, content_terms, stem, terms

_ASKING = frozenset(
    stem(word) for word in ("much", "many", "happen", "mean", "tell", "explain", "describe", "give")
)
"""Words that ask, and that an answer does not repeat; rare in documents, they would weigh most."""

_STOP_STEMS = frozenset(stem(word) for word in STOP_WORDS)


@dataclass(frozen=True)
class Query:
    """A question as the ranking sees it."""

    text: str
    terms: tuple[str, ...]
    """Content terms in order, each once."""
    weights: Mapping[str, float]
    """Rarity of each term in the collections searched, > 0."""
    vector: Vectors | None
    """Shape (dimension,), or None when no embedder is available."""
    unknown: float = math.inf
    """Rarity of a term that no passage has."""

    @property
    def rarity(self) -> float:
        """How rare the rarest term is, 1 for one that no passage has."""
        return max(self.weights.values(), default=0.0) / self.unknown

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Neighbouring content terms."""
        return frozenset(pairwise(self.terms))

    def coverage(self, found: frozenset[str] | set[str]) -> float:
        """Return the share of the question's weight that stands in `found`, 0 to 1."""
        total = sum(self.weights.values())
        if not total:
            return 0.0
        return sum(weight for term, weight in self.weights.items() if term in found) / total


@dataclass(frozen=True)
class PassageTerms:
    """The words of a passage, prepared once."""

    title: frozenset[str]
    """Of the source's title."""
    heading: frozenset[str]
    """Of the headings above that do not repeat the title."""
    sentences: tuple[frozenset[str], ...]
    pairs: tuple[frozenset[tuple[str, str]], ...]
    """Neighbouring content terms, sentence by sentence."""
    all: frozenset[str]
    length: int
    header: str = ""
    """The header row that the rows of a table are read under."""

    @property
    def above(self) -> frozenset[str]:
        """The words of title and headings."""
        return self.title | self.heading

    @classmethod
    def of(cls, passage: Passage, title: str, header: str = "") -> PassageTerms:
        """Prepare the words of `passage` under `title`; rows also have those of their `header`."""
        spans = passage.sentences or (passage.span,)
        offset = passage.start
        words = [terms(passage.text[s.start - offset : s.end - offset]) for s in spans]
        columns = frozenset(terms(header))
        sentences = tuple(frozenset(sentence) | columns for sentence in words)
        return cls(
            title=frozenset(terms(title)),
            heading=frozenset(terms(" ".join(h for h in passage.heading if h != title))),
            sentences=sentences,
            pairs=tuple(frozenset(_content_pairs(sentence)) for sentence in words),
            all=frozenset().union(*sentences),
            length=sum(map(len, words)),
            header=header,
        )


@dataclass(frozen=True)
class Candidate:
    """A passage with everything the ranking and the answering engines know of it."""

    passage: Passage
    source: Source
    words: PassageTerms
    vectors: Vectors | None
    """Pooled sentence vectors, shape (sentences, dimension), or None."""
    cosine: float
    dense_rank: int | None
    lexical_rank: int | None
    values: tuple[float, ...] = (0.0,)
    """The ranking value for each wording of the question."""
    gain: float = 0.0
    """What it gains for standing where the conversation is."""

    @property
    def value(self) -> float:
        """The mean over the wordings, and the gain; only the order means something."""
        return self._fit + self.gain

    @property
    def score(self) -> float:
        """Return the calibrated probability that the passage answers."""
        return logistic(PASSAGE_SCORE.value({"rank": self._fit}))

    @property
    def _fit(self) -> float:
        return sum(self.values) / len(self.values)


def query_of(
    text: str, vector: Vectors | None, documents: int, frequencies: Mapping[str, int]
) -> Query:
    """Prepare a question, given the size of the collections and how many passages hold a term."""
    content = tuple(dict.fromkeys(content_terms(text)))
    telling = tuple(term for term in content if term not in _ASKING)
    found = telling or content or tuple(dict.fromkeys(terms(text)))
    weights = {term: rarity(documents, frequencies.get(term, 0)) for term in found}
    return Query(text, found, weights, vector, unknown=rarity(documents, 0))


def rarity(documents: int, frequency: int) -> float:
    """Return BM25's inverse document frequency of a term, always above zero."""
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


def sentence_cosines(query: Query, candidate: Candidate) -> Sequence[float]:
    """Return the similarity of each sentence; the passage's own where sentences have none."""
    count = len(candidate.words.sentences)
    if query.vector is None or candidate.vectors is None or len(candidate.vectors) != count:
        return [candidate.cosine] * count
    found: list[float] = (candidate.vectors @ query.vector).tolist()
    return found


def passage_features(query: Query, candidate: Candidate) -> dict[str, float]:
    """Return the features that order passages; each is roughly between 0 and 1."""
    words, above = candidate.words, candidate.words.above
    cosines = sentence_cosines(query, candidate)
    covered = [query.coverage(sentence) for sentence in words.sentences]
    titled = [query.coverage(sentence | above) for sentence in words.sentences]
    best = sorted(cosines, reverse=True)[:2] or [0.0]
    pairs = query.pairs
    found_pairs: set[tuple[str, str]] = set().union(*words.pairs) if words.pairs else set()
    return {
        "passage_cosine": candidate.cosine,
        "best_sentence": best[0],
        "best_two": sum(best) / len(best),
        "sentence_coverage": max(titled, default=0.0),
        "passage_coverage": query.coverage(words.all | above),
        "title_coverage": query.coverage(above),
        "pairs": len(pairs & found_pairs) / len(pairs) if pairs else 0.0,
        "length": math.log1p(words.length),
        "agreement": max(map(sum, zip(cosines, covered, strict=True)), default=0.0),
    }


def ranking_value(query: Query, candidate: Candidate) -> float:
    """Return the value that orders passages for a question."""
    return PASSAGE_RANK.value(passage_features(query, candidate))


def mean_vector(vectors: Vectors) -> Vectors:
    """Return the unit mean of sentence vectors: nearly the passage's own vector."""
    mean = vectors.mean(axis=0)
    norm = float(np.linalg.norm(mean))
    result: Vectors = (mean / norm if norm else mean).astype(np.float32)
    return result


def _content_pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Return neighbouring terms, function words left out."""
    return pairwise([word for word in words if word not in _STOP_STEMS])
