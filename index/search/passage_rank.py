"""How well a passage fits a question: features of the pair, and their weighted sum.

Coverage is weighted by how rare a word is in the collection (BM25's inverse document frequency);
the weights of the features are in `index.search.ranking_weights`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import add

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

_FLAGS = 256
"""Several times the differing terms up to which two passages may say the same."""


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

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Neighbouring content terms."""
        return frozenset(pairwise(self.terms))

    @cached_property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """Each term with its share of the question's weight."""
        total = sum(self.weights.values())
        return tuple((term, weight / total) for term, weight in self.weights.items() if total)

    def coverage(self, found: Container[str]) -> float:
        """Return the share of the question's weight that stands in `found`, 0 to 1."""
        return sum(share for term, share in self.shares if term in found)


@dataclass(frozen=True, slots=True)
class PassageTerms:
    """The words of a passage, prepared once.

    Every search meets some that are new, so that only what each question needs is made at once: a
    term's sentences are looked up when a question has it. Thousands are remembered, so they are
    kept in tuples and one set: sets for every sentence took eight times the memory, and the
    collector of garbage a fifth of a second to look through.
    """

    title: frozenset[str]
    """Of the source's title."""
    heading: frozenset[str]
    """Of the headings above that do not repeat the title."""
    words: tuple[tuple[str, ...], ...]
    """Those of each sentence, in reading order."""
    all: frozenset[str]
    """The terms of all sentences, and of the header."""
    length: int
    signature: bytes
    """Flags, 0 or 1, that the terms of `all` set; other in every process."""
    header: str = ""
    """The header row that the rows of a table are read under."""

    @property
    def above(self) -> frozenset[str]:
        """The words of title and headings."""
        return self.title | self.heading

    @property
    def sentences(self) -> tuple[frozenset[str], ...]:
        """The terms of each sentence; rows also have those of their header."""
        columns = _words_of(self.header)
        return tuple(columns.union(sentence) for sentence in self.words)

    @property
    def pairs(self) -> tuple[frozenset[tuple[str, str]], ...]:
        """Neighbouring content terms, sentence by sentence."""
        return tuple(frozenset(_content_pairs(sentence)) for sentence in self.words)

    @classmethod
    def of(cls, passage: Passage, title: str, header: str = "") -> PassageTerms:
        """Prepare the words of `passage` under `title`; rows also have those of their `header`."""
        offset, text = passage.start, passage.text
        spans = [(s.start - offset, s.end - offset) for s in passage.sentences] or [(0, len(text))]
        words = tuple([tuple(terms(text[start:end])) for start, end in spans])
        found = _words_of(header).union(*words)
        return cls(
            title=_words_of(title),
            heading=_words_of(" ".join([h for h in passage.heading if h != title])),
            words=words,
            all=found,
            length=sum(map(len, words)),
            signature=_signature(found),
            header=header,
        )

    def places(self, term: str) -> tuple[int, ...]:
        """Return the numbers of the sentences that hold a term, from 0."""
        if term not in self.all:
            return ()
        if self.header and term in _words_of(self.header):
            return tuple(range(len(self.words)))
        return tuple([number for number, words in enumerate(self.words) if term in words])

    def pairs_in_common(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Return how many of some pairs of content terms are neighbours in any sentence."""
        found = self.all
        near = [pair for pair in pairs if pair[0] in found and pair[1] in found]
        return sum(map(self._are_neighbours, near))

    def _are_neighbours(self, pair: tuple[str, str]) -> bool:
        """Say whether a pair is found in any sentence."""
        first, second = pair
        return any(
            first in words and second in words and pair in _content_pairs(words)
            for words in self.words
        )


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with everything the ranking knows of it."""

    passage: Passage
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


@dataclass(frozen=True, slots=True)
class Candidate(RankedPassage):
    """A passage with everything the answering engines know of it."""

    source: Source = field(kw_only=True)
    """The version that the passage was cut from."""

    @classmethod
    def of(cls, ranked: RankedPassage, source: Source) -> Candidate:
        """Return a passage that was ranked, with its source."""
        known = {each.name: getattr(ranked, each.name) for each in fields(RankedPassage)}
        return cls(**known, source=source)


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


def sentence_cosines(query: Query, candidate: RankedPassage) -> Sequence[float]:
    """Return the similarity of each sentence; the passage's own where sentences have none."""
    count = len(candidate.words.words)
    if query.vector is None or candidate.vectors is None or len(candidate.vectors) != count:
        return [candidate.cosine] * count
    found: list[float] = (candidate.vectors @ query.vector).tolist()
    return found


def passage_features(query: Query, candidate: RankedPassage) -> dict[str, float]:
    """Return the features that order passages; each is roughly between 0 and 1."""
    words = candidate.words
    cosines = sentence_cosines(query, candidate)
    covered = [0.0] * len(cosines)
    below = [0.0] * len(cosines)
    passage = above = 0.0
    for term, share in query.shares:
        sentences = words.places(term)
        is_above = term in words.title or term in words.heading
        if is_above:
            above += share
        if is_above or sentences:
            passage += share
        for number in sentences:
            covered[number] += share
            below[number] += 0.0 if is_above else share
    best = sorted(cosines, reverse=True)[:2] or [0.0]
    pairs = query.pairs
    return {
        "passage_cosine": candidate.cosine,
        "best_sentence": best[0],
        "best_two": sum(best) / len(best),
        "sentence_coverage": above + max(below) if below else 0.0,
        "passage_coverage": passage,
        "title_coverage": above,
        "pairs": words.pairs_in_common(pairs) / len(pairs) if pairs else 0.0,
        "length": math.log1p(words.length),
        "agreement": max(map(add, cosines, covered), default=0.0),
    }


def ranking_value(query: Query, candidate: RankedPassage) -> float:
    """Return the value that orders passages for a question."""
    return PASSAGE_RANK.value(passage_features(query, candidate))


def mean_vector(vectors: Vectors) -> Vectors:
    """Return the unit mean of sentence vectors: nearly the passage's own vector."""
    mean: Vectors = np.add.reduce(vectors, axis=0) / len(vectors)
    norm = math.sqrt(mean @ mean)
    return mean / norm if norm else mean


def _content_pairs(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return neighbouring terms, function words left out."""
    return pairwise([word for word in words if word not in _STOP_STEMS])


@lru_cache(maxsize=2048)
def _words_of(text: str) -> frozenset[str]:
    """Return the words of a title, of headings or of a header, which many passages share."""
    return frozenset(terms(text))


def _signature(found: Collection[str]) -> bytes:
    flags = np.zeros(_FLAGS, dtype=np.uint8)
    flags[np.fromiter(map(hash, found), dtype=np.int64, count=len(found)) % _FLAGS] = 1
    return flags.tobytes()
