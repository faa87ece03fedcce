"""Hybrid retrieval: candidates by meaning and by words, one ranking, a calibrated score.

Chroma and the catalog each name candidates; every candidate is then scored with the same features
(`index.ranking`). Near-duplicates are folded, neighbours that were both found are read as one hit,
and a section short enough is returned whole.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from index.errors import EmbeddingError, QuestionError
from index.protocols import Embedder, Lexical, PassageStore, Vectors, VectorStore
from index.ranking import (
    Candidate,
    PassageTerms,
    Query,
    mean_vector,
    query_of,
    ranking_value,
)
from index.schema import Hit, Passage, Source
from index.words import content_terms, terms

logger = logging.getLogger(__name__)

CANDIDATES = 30
"""Passages asked of each of the two searches: with 40, 99 gold passages of 100 were among them."""

LONGEST_QUESTION = 4000
"""Characters; a longer question is a document, not a question."""

SCORE_FLOOR = 0.01
"""Hits below this are noise."""

WHOLE_SECTION = 3000
"""Characters up to which a section is returned whole: about 480 words, two full passages."""

REACH = 6
"""Neighbours looked at on each side for a section that is short enough."""

NEAR_DUPLICATE = 0.9
"""Share of common words from which two passages say the same."""


class Frequencies(Protocol):
    """How common words are, and which passages stand next to another."""

    def frequencies(
        self, collections: Sequence[str], terms: Sequence[str]
    ) -> tuple[int, Mapping[str, int]]:
        """Return the number of passages, and how many of them hold each term."""
        ...

    def passages_of(self, source_id: str, first: int, last: int) -> list[Passage]:
        """Return the passages of a source from ordinal `first` to `last`, inclusive."""
        ...


class Catalog(Lexical, PassageStore, Frequencies, Protocol):
    """What search asks of the catalog."""


@dataclass(frozen=True)
class Findings:
    """What was found for one question."""

    query: Query
    ranked: tuple[Candidate, ...]
    """Single passages, best first: what the answering engines pick from."""
    hits: tuple[Hit, ...]
    """The same, folded and merged for a reader."""
    cosines: tuple[float, ...] = ()
    """Similarities of the nearest passages, highest first, weak ones included."""


class Searcher:
    """Finds passages in the collections that were opened."""

    def __init__(
        self, *, catalog: Catalog, vectors: VectorStore | None, embedder: Embedder | None
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self._words = lru_cache(maxsize=4096)(self._prepare)

    def search(
        self,
        question: str,
        *,
        collections: Sequence[str],
        source: str | None = None,
        limit: int = 10,
    ) -> list[Hit]:
        """Return the best hits for a question; raises QuestionError for an unusable one."""
        return list(self.find(question, collections=collections, source=source, limit=limit).hits)

    def find(
        self,
        question: str,
        *,
        collections: Sequence[str],
        source: str | None = None,
        limit: int = 10,
        asked: str | None = None,
    ) -> Findings:
        """Return ranked passages and merged hits for a question.

        `asked` is the follow-up as it was asked, when `question` is what was made of it: half of
        a passage's value then comes from each, so that a wrong guess cannot ruin the search.
        """
        text = checked(question)
        query = self._query(text, collections)
        queries = [query]
        if asked is not None and checked(asked) != text:
            queries.append(self._query(checked(asked), collections))
        found = {
            candidate.passage.id: candidate
            for collection in collections
            for one in reversed(queries)
            for candidate in self._candidates(one, collection, source)
        }
        ranked = sorted(
            (replace(c, value=_value(queries, c)) for c in found.values()),
            key=lambda c: (-c.value, c.passage.id),
        )
        kept = fold_duplicates([c for c in ranked if c.score >= SCORE_FLOOR])
        return Findings(
            query, tuple(kept), tuple(self._merged(kept, limit)), nearest_cosines(ranked)
        )

    def _query(self, text: str, collections: Sequence[str]) -> Query:
        words = tuple(dict.fromkeys([*content_terms(text), *terms(text)]))
        documents, frequencies = self._catalog.frequencies(collections, words)
        return query_of(text, self._embed(text), documents, frequencies)

    def _embed(self, text: str) -> Vectors | None:
        """Embed the question; without an embedder the words alone decide."""
        if self._embedder is None or self._vectors is None:
            return None
        try:
            vector: Vectors = self._embedder.embed([text])[0]
        except EmbeddingError as error:
            logger.warning("Searching by words only: %s", error)
            return None
        return vector

    def _candidates(self, query: Query, collection: str, source: str | None) -> list[Candidate]:
        """Return every passage that either search names, with what the ranking needs."""
        limit = CANDIDATES if source is None else CANDIDATES * 10
        dense: list[tuple[str, float]] = []
        if query.vector is not None and self._vectors is not None:
            dense = self._vectors.query(collection, query.vector, limit)
        lexical = self._catalog.match(collection, query.text, limit)
        cosines = dict(dense)
        dense_ranks = {id: rank for rank, (id, _) in enumerate(dense, start=1)}
        lexical_ranks = {id: rank for rank, (id, _) in enumerate(lexical, start=1)}
        ids = list(dict.fromkeys([*dense_ranks, *lexical_ranks]))
        passages = self._catalog.passages(ids)
        vectors = self._catalog.sentence_vectors(list(passages))
        sources: dict[str, Source] = {}
        found = []
        for id, passage in passages.items():
            if source is not None and passage.source_id != source:
                continue
            if passage.source_id not in sources:
                sources[passage.source_id] = self._catalog.source(passage.source_id)
            of_source = sources[passage.source_id]
            found.append(
                Candidate(
                    passage=passage,
                    source=of_source,
                    words=self._words(passage, of_source.title),
                    vectors=vectors.get(id),
                    cosine=_cosine(query, cosines.get(id), vectors.get(id)),
                    dense_rank=dense_ranks.get(id),
                    lexical_rank=lexical_ranks.get(id),
                )
            )
        return found

    @staticmethod
    def _prepare(passage: Passage, title: str) -> PassageTerms:
        return PassageTerms.of(passage, title)

    def _merged(self, ranked: Sequence[Candidate], limit: int) -> list[Hit]:
        """Merge neighbours that were both found, and short sections, into one hit each."""
        hits: list[Hit] = []
        for candidate in ranked:
            if any(_holds(hit, candidate.passage) for hit in hits):
                continue
            if len(hits) == limit:
                break
            hits.append(self._hit(candidate, ranked))
        return hits

    def _hit(self, candidate: Candidate, ranked: Sequence[Candidate]) -> Hit:
        """Return a candidate as a hit, with its section or its best found neighbour."""
        passage = candidate.passage
        section = self._section(candidate)
        if section is None:
            by_ordinal = {
                c.passage.ordinal: c.passage
                for c in ranked
                if c.passage.source_id == passage.source_id and c.passage.heading == passage.heading
            }
            near = [by_ordinal.get(passage.ordinal - 1), by_ordinal.get(passage.ordinal + 1)]
            order = [c.passage for c in ranked]
            best = min((p for p in near if p is not None), key=order.index, default=None)
            section = [passage] if best is None else sorted([passage, best], key=_start)
        return Hit(
            passage=join(section, candidate.source),
            source=candidate.source,
            dense_rank=candidate.dense_rank,
            lexical_rank=candidate.lexical_rank,
            score=candidate.score,
        )

    def _section(self, candidate: Candidate) -> list[Passage] | None:
        """Return the widest section around the passage that is short enough, if any is."""
        passage = candidate.passage
        around = self._catalog.passages_of(
            passage.source_id, max(0, passage.ordinal - REACH), passage.ordinal + REACH
        )
        for depth in range(len(passage.heading) + 1):
            run = _run_under(around, passage, depth)
            first, last = run[0], run[-1]
            complete = (
                first.ordinal > passage.ordinal - REACH and last.ordinal < passage.ordinal + REACH
            )
            if len(run) > 1 and complete and last.end - first.start <= WHOLE_SECTION:
                return run
        return None


def checked(question: str) -> str:
    """Return the question trimmed; raises QuestionError when it is blank or too long."""
    text = " ".join(question.split())
    if not text:
        raise QuestionError("The question is empty. Ask something, for example: what is new?")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text):,} characters; ask one of at most "
            f"{LONGEST_QUESTION:,}. A long text can be added with `quoth add` and asked about."
        )
    return text


def _value(queries: Sequence[Query], candidate: Candidate) -> float:
    """Return the mean ranking value over the wordings of one question."""
    return sum(ranking_value(query, candidate) for query in queries) / len(queries)


def nearest_cosines(candidates: Sequence[Candidate]) -> tuple[float, ...]:
    """Return the ten highest similarities: how far the best stand out tells much."""
    return tuple(sorted((c.cosine for c in candidates), reverse=True)[:10])


def fold_duplicates(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Keep the best of passages that say the same in nearly the same words."""
    kept: list[Candidate] = []
    for candidate in ranked:
        if not any(_same_words(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def join(passages: Sequence[Passage], source: Source) -> Passage:
    """Return neighbouring passages of one source as one, verbatim."""
    first, last = passages[0], passages[-1]
    if first is last:
        return first
    return first.model_copy(
        update={
            "end": last.end,
            "text": source.text[first.start : last.end],
            "sentences": tuple(s for passage in passages for s in passage.sentences),
            "kind": first.kind if all(p.kind == first.kind for p in passages) else "paragraph",
        }
    )


def _run_under(around: Sequence[Passage], passage: Passage, depth: int) -> list[Passage]:
    """Return the unbroken run of passages that share the first `depth` headings of `passage`."""
    above = passage.heading[:depth]
    run = [passage]
    for other in reversed([p for p in around if p.ordinal < passage.ordinal]):
        if other.heading[:depth] != above:
            break
        run.insert(0, other)
    for other in (p for p in around if p.ordinal > passage.ordinal):
        if other.heading[:depth] != above:
            break
        run.append(other)
    return run


def _cosine(query: Query, found: float | None, sentences: Vectors | None) -> float:
    """Return the passage's similarity: Chroma's, or that of the mean of its sentences."""
    if found is not None:
        return found
    if query.vector is None or sentences is None or not len(sentences):
        return 0.0
    return float(mean_vector(sentences) @ query.vector)


def _same_words(one: Candidate, other: Candidate) -> bool:
    a, b = one.words.all, other.words.all
    if not a or not b or min(len(a), len(b)) < NEAR_DUPLICATE * max(len(a), len(b)):
        return False
    return len(a & b) >= NEAR_DUPLICATE * len(a | b)


def _holds(hit: Hit, passage: Passage) -> bool:
    return hit.source.id == passage.source_id and (
        hit.passage.start <= passage.start and passage.end <= hit.passage.end
    )


def _start(passage: Passage) -> int:
    return passage.start
