"""Hybrid retrieval: candidates by meaning and by words, one ranking, a calibrated score.

Chroma and the catalog each name candidates; every candidate is then scored with the same features
(`index.search.passage_rank`), and what is left is folded and merged (`index.search.merged_hits`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from index.errors import EmbeddingError
from index.protocols import (
    Embedder,
    Vectors,
    VectorStore,
)
from index.schema import Coverage, Hit, Passage, Source
from index.search.awaited_candidates import AwaitedCandidates, PassageInput
from index.search.candidate_passages import CANDIDATES, CandidateCatalog, CandidatePassages
from index.search.checked_question import LONGEST_QUESTION, checked_question
from index.search.cited_sections import CitedSection, gain
from index.search.found_sources import FoundSources, SourceTexts
from index.search.joined_passages import NO_FLAGS, WordFlags
from index.search.merged_hits import Merger, fold_duplicates
from index.search.misspelt_words import Speller, Vocabulary, WordPieceCounter
from index.search.neighbours_ahead import ManyNeighbours
from index.search.passage_rank import (
    Candidate,
    Query,
    RankedPassage,
    joined_parts,
    passage_cosines,
    query_of,
    ranking_values,
)
from index.text.language import language_of
from index.text.words import content_terms, terms

logger = logging.getLogger(__name__)

SCORE_FLOOR = 0.001
"""Hits below this are noise."""

NEAREST_SOURCES = 10
"""Sources whose nearness is told."""

TRIES = 3
"""Searches for one question, where documents are replaced between finding and reading them."""

NEAREST = 3
"""Passages kept even when all are noise: what is shown when nothing answers."""


class Frequencies(Protocol):
    """How common words are."""

    def frequencies(
        self, collections: Sequence[str], terms: Sequence[str]
    ) -> tuple[int, Mapping[str, int]]:
        """Return the number of passages, and how many of them hold each term."""
        ...


class SearchableCatalog(
    CandidateCatalog, ManyNeighbours, Frequencies, Vocabulary, SourceTexts, Protocol
):
    """What search asks of the catalog."""

    def awaited(self, ids: Set[str]) -> set[str]:
        """Return those of some passages that have no vectors yet."""
        ...


@dataclass(frozen=True)
class Findings:
    """What was found for one question."""

    query: Query
    ranked: tuple[Candidate, ...]
    """Single passages, best first: what the answering engines pick from."""
    hits: tuple[Hit, ...]
    """The same, folded and merged for a reader."""
    cosines: tuple[float, ...] = ()
    """Similarity of the nearest passage of each source, highest first, weak ones included."""
    spoken: Query | None = None
    """The follow-up as it was asked, where `query` is what was made of it."""
    sources: tuple[Source, ...] = ()
    """The sources of `cosines`, weak ones included, the best passages' first."""
    words_only: bool = False
    """Whether nothing could be found by meaning, because the vectors cannot be read now."""
    coverage: Coverage | None = None
    """How far the collections are indexed, where that is not to the end."""


@dataclass(frozen=True)
class _Ranking:
    """What was found for one question, before the texts of the sources are read."""

    queries: Sequence[Query]
    ranked: Sequence[RankedPassage]
    """All, best first."""
    distinct: Sequence[RankedPassage]
    """Those that do not say the same as a better one."""
    sources: FoundSources
    words_only: bool
    coverage: Coverage | None

    @property
    def worth(self) -> list[RankedPassage]:
        """Those that are not noise."""
        return [each for each in self.distinct if each.score >= SCORE_FLOOR]

    @property
    def nearest(self) -> list[Passage]:
        """The best passage of each of the nearest sources, weak ones included."""
        best: dict[str, Passage] = {}
        for each in self.ranked:
            best.setdefault(each.passage.source_id, each.passage)
        return list(best.values())[:NEAREST_SOURCES]


class Searcher:
    """Finds passages in the collections that were opened."""

    def __init__(
        self,
        *,
        catalog: SearchableCatalog,
        vectors: VectorStore | None,
        embedder: Embedder | None,
        word_pieces: Callable[[], object] | None = None,
        passage_input: PassageInput | None = None,
    ) -> None:
        """`word_pieces` opens the model that tells English words, where it is not the embedder.

        It is asked when it is a `WordPieceCounter`; without one no word is corrected. Without
        `passage_input`, nothing is embedded of passages that have no vectors yet.
        """
        self._awaited = (
            AwaitedCandidates(embedder, passage_input) if embedder and passage_input else None
        )
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self._merger = Merger(catalog)
        self._candidates = CandidatePassages(catalog, vectors, embedder)
        self._word_pieces = word_pieces or (lambda: embedder)

    def spelled(self, question: str, *, collections: Sequence[str]) -> str:
        """Return a question with its misspelt words corrected by the words of the collections."""
        if language_of(question) is not None:
            return question  # what English does not have is no slip there
        pieces = self._word_pieces()
        if not isinstance(pieces, WordPieceCounter):
            return question
        corrected = Speller(self._catalog, pieces).corrected(question, collections)
        return corrected if len(corrected) <= LONGEST_QUESTION else question

    def search(
        self,
        question: str,
        *,
        collections: Sequence[str],
        source: str | None = None,
        limit: int = 10,
    ) -> list[Hit]:
        """Return the best hits for a question; raises QuestionError for an unusable one."""
        hits: list[Hit] = []
        for _ in range(TRIES):
            ranking = self._ranking(question, collections, source, limit)
            worth, sources = ranking.worth, ranking.sources
            sources.read(each.passage for each in worth[:limit])
            hits = self._merger.hits(worth, sources.of, limit)
            if not sources.are_behind:
                break
        return hits

    def find(
        self,
        question: str,
        *,
        collections: Sequence[str],
        source: str | None = None,
        limit: int = 10,
        asked: str | None = None,
        cited: Sequence[CitedSection] = (),
    ) -> Findings:
        """Return ranked passages and merged hits for a question.

        `asked` is the follow-up as it was asked, when `question` is what was made of it: half of
        a passage's value then comes from each, so that a wrong guess cannot ruin the search.
        What stands in sections that were `cited` before is preferred.
        """
        for _ in range(TRIES):
            ranking = self._ranking(question, collections, source, limit, asked, cited)
            found = self._findings(ranking, limit)
            if not ranking.sources.are_behind:
                break
        return found

    def _findings(self, ranking: _Ranking, limit: int) -> Findings:
        """Return what was found, with the texts of the sources."""
        worth, sources, queries = ranking.worth, ranking.sources, ranking.queries
        shown, nearest = worth or ranking.distinct[:NEAREST], ranking.nearest
        sources.read([*(each.passage for each in shown), *nearest])
        there = ((each, sources.of(each.passage)) for each in shown)
        return Findings(
            query=queries[0],
            ranked=tuple(Candidate.of(each, source) for each, source in there if source),
            hits=tuple(self._merger.hits(worth, sources.of, limit)),
            cosines=nearest_cosines(ranking.ranked),
            spoken=queries[1] if len(queries) > 1 else None,
            sources=tuple(source for each in nearest if (source := sources.of(each))),
            words_only=ranking.words_only,
            coverage=ranking.coverage,
        )

    def _ranking(
        self,
        question: str,
        collections: Sequence[str],
        source: str | None,
        limit: int,
        asked: str | None = None,
        cited: Sequence[CitedSection] = (),
    ) -> _Ranking:
        """Rank what either search finds for a question, or for both of its wordings."""
        text = checked_question(question)
        query = self._query(text, collections)
        queries = [query]
        if asked is not None and checked_question(asked) != text:
            queries.append(self._query(checked_question(asked), collections))
        coverage = self._catalog.coverage(collections, source)
        most = max(CANDIDATES, limit) * (1 if source is None else 10)
        near = [
            [self._candidates.nearest(one, each, most) for each in collections] for one in queries
        ]
        sources = FoundSources(self._catalog)
        found = [
            {
                candidate.passage.id: candidate
                for collection, dense in zip(collections, of_each, strict=True)
                for candidate in self._candidates.of(
                    one, collection, source, dense or [], most, sources
                )
            }
            for one, of_each in zip(queries, near, strict=True)
        ]
        if coverage is not None and coverage.embedded < coverage.passages:
            found = self._placed(queries, found, sources)
        candidates, flags = _valued(queries, found, cited)
        order = sorted(range(len(candidates)), key=lambda at: _place(sources, candidates[at]))
        ranked = [candidates[at] for at in order]
        return _Ranking(
            queries=queries,
            ranked=ranked,
            distinct=fold_duplicates(ranked, flags[order]),
            sources=sources,
            words_only=any(dense is None for of_each in near for dense in of_each),
            coverage=coverage,
        )

    def _placed(
        self,
        queries: Sequence[Query],
        found: list[dict[str, RankedPassage]],
        sources: FoundSources,
    ) -> list[dict[str, RankedPassage]]:
        """Give candidates that have no vectors yet a place among those that have."""
        if self._awaited is None or any(query.vector is None for query in queries):
            return found
        awaited = self._catalog.awaited({id for by_id in found for id in by_id})
        return self._awaited.placed(queries, found, awaited, sources.of)

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


def _place(sources: FoundSources, each: RankedPassage) -> tuple[float, str, str, int]:
    """Return where a passage stands among the others; equal ones by name, whoever was first."""
    version = sources.version_of(each.passage)
    return -each.value, version.collection, version.uri, each.passage.start


def _valued(
    queries: Sequence[Query],
    found: Sequence[Mapping[str, RankedPassage]],
    cited: Sequence[CitedSection],
) -> tuple[list[RankedPassage], WordFlags]:
    """Return every candidate once, with its value for each wording of one question and its gain.

    What only one wording has found is compared with the others as well. With them come the flags
    that their words set.
    """
    known = {id: each for by_id in reversed(found) for id, each in by_id.items()}
    if not known:
        return [], NO_FLAGS
    joined = joined_parts([*known.values()])
    values = [
        ranking_values(query, _all_of(query, by_id, known), joined)
        for query, by_id in zip(queries, found, strict=True)
    ]
    valued = [
        each.valued(of_each, gain(each.passage, cited) if cited else 0.0)
        for each, of_each in zip(known.values(), zip(*values, strict=True), strict=True)
    ]
    return valued, joined.word_flags()


def _all_of(
    query: Query, found: Mapping[str, RankedPassage], known: Mapping[str, RankedPassage]
) -> list[RankedPassage]:
    """Return every known candidate as a wording sees it, those as well that it has not found."""
    others = {id: each.vectors for id, each in known.items() if id not in found}
    cosines = passage_cosines(query, {}, others)
    return [
        found.get(id) or replace(each, cosine=cosines.get(id, 0.0)) for id, each in known.items()
    ]


def nearest_cosines(candidates: Sequence[RankedPassage]) -> tuple[float, ...]:
    """Return the highest similarity of each of the nearest sources, highest first."""
    best: dict[str, float] = {}
    for candidate in candidates:
        id = candidate.passage.source_id
        best[id] = max(best.get(id, candidate.cosine), candidate.cosine)
    return tuple(sorted(best.values(), reverse=True)[:NEAREST_SOURCES])
