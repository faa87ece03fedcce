"""How well a passage fits a question: features of the pair, and their weighted sum.

Coverage is weighted by how rare a word is in the collection (BM25's inverse document frequency);
the weights of the features are in `index.search.ranking_weights`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from index.protocols import Vectors
from index.schema import Passage, Source
from index.search.joined_passages import JoinedPassages, PassageParts, content_pairs
from index.search.linear_model import Values, logistic
from index.search.ranking_weights import PASSAGE_RANK, PASSAGE_SCORE
from index.text.words import content_terms, stem, terms

_ASKING = frozenset(
    stem(word) for word in ("much", "many", "happen", "mean", "tell", "explain", "describe", "give")
)
"""Words that ask, and that an answer does not repeat; rare in documents, they would weigh most."""


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


@dataclass(frozen=True)
class PassageTerms:
    """The words of a passage, read from its text when they are first asked for.

    Answers are picked from a few passages; the ranking of sixty looks only for what it is asked
    (`index.search.joined_passages`).
    """

    passage: Passage
    source_title: str
    header: str = ""
    """The header row that the rows of a table are read under."""

    @property
    def title(self) -> frozenset[str]:
        """The words of the source's title."""
        return _words_of(self.source_title)

    @property
    def heading(self) -> frozenset[str]:
        """The words of the headings above that do not repeat the title."""
        return _words_of(" ".join([h for h in self.passage.heading if h != self.source_title]))

    @cached_property
    def above(self) -> frozenset[str]:
        """The words of title and headings."""
        return self.title | self.heading

    @cached_property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The terms of each sentence, in reading order."""
        return tuple([tuple(terms(sentence)) for sentence in _sentences(self.passage)])

    @property
    def sentences(self) -> tuple[frozenset[str], ...]:
        """The terms of each sentence; rows also have those of their header."""
        columns = _words_of(self.header)
        return tuple([columns.union(sentence) for sentence in self.words])

    @cached_property
    def all(self) -> frozenset[str]:
        """The terms of all sentences, and of the header."""
        return _words_of(self.header).union(*self.words)

    @property
    def pairs(self) -> tuple[frozenset[tuple[str, str]], ...]:
        """Neighbouring content terms, sentence by sentence."""
        return tuple([frozenset(content_pairs(sentence)) for sentence in self.words])

    @property
    def parts(self) -> PassageParts:
        """What the ranking looks for words in."""
        above = " ".join([self.source_title, *self.passage.heading])
        return PassageParts(above, self.header, _sentences(self.passage))


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

    def valued(self, values: tuple[float, ...], gain: float) -> RankedPassage:
        """Return the same passage with its values and its gain."""
        return RankedPassage(
            self.passage,
            self.words,
            self.vectors,
            self.cosine,
            self.dense_rank,
            self.lexical_rank,
            values,
            gain,
        )

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


def sentence_cosines(query: Query, candidates: Sequence[RankedPassage]) -> Values:
    """Return the similarity of every sentence of all candidates, shape (sentences,).

    It is the passage's own where its sentences have no vectors.
    """
    counts = [len(each.passage.sentences) or 1 for each in candidates]
    found = np.repeat([each.cosine for each in candidates], counts)
    if query.vector is None:
        return found
    vectors = [
        each.vectors if each.vectors is not None and len(each.vectors) == count else None
        for each, count in zip(candidates, counts, strict=True)
    ]
    given = [each for each in vectors if each is not None]
    if given:
        known = np.repeat([each is not None for each in vectors], counts)
        # One product each: those of a joined matrix differ in the last digit by the place of a row,
        # and passages that say the same would stand in another order.
        found[known] = np.concatenate([each @ query.vector for each in given])
    return found


def _summed(values: Values) -> Values:
    """Return the sums over terms, added in their order wherever a passage stands."""
    sums: Values = np.add.reduce(values, axis=0)
    return sums


def joined_parts(candidates: Sequence[RankedPassage]) -> JoinedPassages:
    """Return what words are looked for in of one candidate or more, behind one another."""
    return JoinedPassages.of([each.words.parts for each in candidates])


def passage_features(
    query: Query, candidates: Sequence[RankedPassage], joined: JoinedPassages | None = None
) -> dict[str, Values]:
    """Return the features that order passages, each of shape (candidates,).

    Each is roughly between 0 and 1; there has to be a candidate. `joined` are their parts, where
    these are laid behind one another already.
    """
    joined = joined or joined_parts(candidates)
    found = joined.found(query.terms, sorted(query.pairs))
    cosines = sentence_cosines(query, candidates)
    first, passage_of = joined.first_sentence, joined.passage_of
    shares = np.array([share for _, share in query.shares]).reshape(-1, 1)
    is_above, sentences = found.above, found.sentences
    above = _summed(shares * is_above)
    covered = _summed(shares * sentences)
    below = _summed(shares * (sentences & ~is_above[:, passage_of]))
    anywhere = is_above | np.logical_or.reduceat(sentences, first, axis=1)
    best, second = _two_best(cosines, joined)
    return {
        "passage_cosine": np.array([each.cosine for each in candidates]),
        "best_sentence": best,
        "best_two": (best + second) / 2,
        "sentence_coverage": above + np.maximum.reduceat(below, first),
        "passage_coverage": _summed(shares * anywhere),
        "title_coverage": above,
        "pairs": found.pairs / (len(query.pairs) or 1),
        "length": np.log1p(joined.lengths()),
        "agreement": np.maximum.reduceat(cosines + covered, first),
    }


def ranking_values(
    query: Query, candidates: Sequence[RankedPassage], joined: JoinedPassages | None = None
) -> list[float]:
    """Return the value of each candidate, by which passages are ordered for a question."""
    if not candidates:
        return []
    features = passage_features(query, candidates, joined)
    values: list[float] = PASSAGE_RANK.values(features).tolist()
    return values


def _two_best(cosines: Values, joined: JoinedPassages) -> tuple[Values, Values]:
    """Return the likeness of the two nearest sentences of each passage; of one, twice its own."""
    ordered = cosines[np.lexsort((cosines, joined.passage_of))]
    first = joined.first_sentence
    last = np.append(first[1:], len(cosines)) - 1
    return ordered[last], ordered[np.maximum(last - 1, first)]


def passage_cosines(
    query: Query, found: Mapping[str, float], sentences: Mapping[str, Vectors | None]
) -> Mapping[str, float]:
    """Return the likeness of passages: Chroma's, or that of the mean of their sentences."""
    if query.vector is None:
        return found
    others = {
        id: vectors
        for id, vectors in sentences.items()
        if id not in found and vectors is not None and len(vectors)
    }
    return {
        **found,
        **dict(zip(others, mean_cosines(query.vector, [*others.values()]), strict=True)),
    }


def mean_cosines(vector: Vectors, sentences: Sequence[Vectors]) -> list[float]:
    """Return the likeness of a question to the mean of each passage's sentences, nearly its own.

    `vector` has shape (dimension,), each of `sentences` (sentences, dimension), with one at least.
    """
    if not sentences:
        return []
    sums = np.array([np.add.reduce(each, axis=0) for each in sentences])
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
    found: list[float] = (
        np.einsum("ij,j->i", sums, vector) / np.where(lengths > 0, lengths, 1)
    ).tolist()
    return found


def _sentences(passage: Passage) -> list[str]:
    """Return the text of each sentence; all of it where none are known."""
    offset, text = passage.start, passage.text
    return [text[s.start - offset : s.end - offset] for s in passage.sentences] or [text]


@lru_cache(maxsize=2048)
def _words_of(text: str) -> frozenset[str]:
    """Return the words of a title, of headings or of a header, which many passages share."""
    return frozenset(terms(text))
