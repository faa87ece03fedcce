"""Hybrid retrieval: candidates by meaning and by words, one ranking, a calibrated score.

Chroma and the catalog each name candidates; every candidate is then scored with the same features
(`index.search.passage_rank`), and what is left is folded and merged (`index.search.merged_hits`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from index.errors import EmbeddingError, QuestionError, SourceNotFound, StoreError, VectorsAway
from index.protocols import (
    Embedder,
    FoundPassage,
    Lexical,
    PassageStore,
    SourceVersion,
    Vectors,
    VectorStore,
)
from index.schema import Coverage, Hit, Passage, Source
from index.search.awaited_candidates import AwaitedCandidates, PassageInput
from index.search.cited_sections import CitedSection, gain
from index.search.found_sources import FoundSources, SourceTexts
from index.search.merged_hits import Merger, Neighbours, fold_duplicates
from index.search.misspelt_words import Speller, Vocabulary, WordPieceCounter
from index.search.passage_rank import (
    Candidate,
    PassageTerms,
    Query,
    RankedPassage,
    mean_cosines,
    query_of,
    ranking_values,
)
from index.text.invisible_characters import is_blank
from index.text.language import language_of
from index.text.table_rows import header_in
from index.text.words import content_terms, terms

logger = logging.getLogger(__name__)

CANDIDATES = 30
"""Passages asked of each of the two searches, if no more hits are wanted.

With 40, 99 gold passages of 100 were among them. With 20, a search takes .95 times as long, and of
537 questions to eleven real sets the first four hold the whole answer for .710 instead of .711.
"""

MOST_OF_SOURCE = 1000
"""Passages read of a source that was asked for and that the collection's best hold little of."""

LONGEST_QUESTION = 4000
"""Characters; a longer question is a document, not a question."""

SCORE_FLOOR = 0.001
"""Hits below this are noise."""

NEAREST_SOURCES = 10
"""Sources whose nearness is told."""

HEADERS_KEPT = 4096
"""Passages of tables of which the header is remembered."""

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
    Lexical, PassageStore, Neighbours, Frequencies, Vocabulary, SourceTexts, Protocol
):
    """What search asks of the catalog."""

    def nearest(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return what the vector store would, slower; nothing where no vectors are kept."""
        ...

    def found_passages(self, ids: Sequence[str], *, vectors: bool) -> dict[str, FoundPassage]:
        """Return the passages that exist, each with the version of its source, by id."""
        ...

    def model_of(self, collection: str) -> str | None:
        """Return the embedding model whose vectors a collection has, if it has any."""
        ...

    def awaited(self, ids: Set[str]) -> set[str]:
        """Return those of some passages that have no vectors yet."""
        ...

    def coverage(self, collections: Sequence[str], source: str | None = None) -> Coverage | None:
        """Return how far collections, or a source, are searched; None where nothing is lacking."""
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
        self._headers = _HeadersKept()
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
        near = [[self._nearest(one, each, most) for each in collections] for one in queries]
        sources = FoundSources(self._catalog)
        found = [
            {
                candidate.passage.id: candidate
                for collection, dense in zip(collections, of_each, strict=True)
                for candidate in self._candidates(
                    one, collection, source, dense or [], most, sources
                )
            }
            for one, of_each in zip(queries, near, strict=True)
        ]
        if coverage is not None and coverage.embedded < coverage.passages:
            found = self._placed(queries, found, sources)
        ranked = sorted(_valued(queries, found, cited), key=partial(_place, sources))
        return _Ranking(
            queries=queries,
            ranked=ranked,
            distinct=fold_duplicates(ranked),
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

    def _nearest(self, query: Query, collection: str, limit: int) -> list[tuple[str, float]] | None:
        """Return what is near by meaning; None when neither store can tell it now."""
        if query.vector is None or self._vectors is None:
            return []
        if not self._is_comparable(collection):
            return None
        try:
            return self._vectors.query(collection, query.vector, limit)
        except StoreError as error:
            level = logging.DEBUG if isinstance(error, VectorsAway) else logging.WARNING
            logger.log(level, "Searching without Chroma: %s", error)
            found = self._catalog.nearest(collection, query.vector, limit)
            return found if found or self._catalog.coverage([collection]) else None

    def _is_comparable(self, collection: str) -> bool:
        """Say whether the vectors of a collection are of the model that embeds the question.

        They are not until the collection has been built anew for another model.
        """
        model = self._catalog.model_of(collection)
        return self._embedder is None or model in (None, self._embedder.model)

    def _candidates(
        self,
        query: Query,
        collection: str,
        source: str | None,
        dense: Sequence[tuple[str, float]],
        most: int,
        sources: FoundSources,
    ) -> list[RankedPassage]:
        """Return every passage that either search names, with what the ranking needs."""
        lexical = self._catalog.match(collection, query.text, most)
        dense_ranks = {id: rank for rank, (id, _) in enumerate(dense, start=1)}
        lexical_ranks = {id: rank for rank, (id, _) in enumerate(lexical, start=1)}
        ids = list(dict.fromkeys([*dense_ranks, *lexical_ranks]))
        comparable = self._is_comparable(collection)
        found = self._catalog.found_passages(ids, vectors=comparable)
        if source is not None:
            found = self._of_source(source, collection, found, comparable)
        sources.note(found.values())
        sources.read(each.passage for each in found.values() if each.passage.kind == "table")
        cosines = _cosines(query, dict(dense), {id: each.vectors for id, each in found.items()})
        return [
            RankedPassage(
                passage=each.passage,
                words=PassageTerms(
                    each.passage,
                    each.version.title,
                    self._headers.of(each.passage, each.version, sources),
                ),
                vectors=each.vectors,
                cosine=cosines.get(id, 0.0),
                dense_rank=dense_ranks.get(id),
                lexical_rank=lexical_ranks.get(id),
            )
            for id, each in found.items()
        ]

    def _of_source(
        self,
        id: str,
        collection: str,
        found: Mapping[str, FoundPassage],
        comparable: bool,
    ) -> dict[str, FoundPassage]:
        """Return those of one source; the whole of it where the collection's best has few."""
        known = {each.passage.id: each for each in found.values() if each.version.id == id}
        if len(known) >= CANDIDATES:
            return known
        try:
            source = self._catalog.source(id)
        except SourceNotFound:
            return {}
        if source.collection != collection:
            return known
        whole = [each.id for each in self._catalog.passages_of(source, 0, MOST_OF_SOURCE)]
        others = [id for id in whole if id not in known]
        return known | self._catalog.found_passages(others, vectors=comparable)


class _HeadersKept:
    """The headers of the tables whose rows were met last; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], str] = {}

    def of(self, passage: Passage, version: SourceVersion, sources: FoundSources) -> str:
        """Return the header row of a passage of this version of its source; empty without one."""
        if passage.kind != "table":
            return ""
        key = version.id, version.sha256, passage.start
        found = self._kept.pop(key, None)
        if found is None:
            source = sources.of(passage)
            if source is None:
                return ""  # the search is made anew
            found = header_in(source, passage)
        self._kept[key] = found
        if len(self._kept) > HEADERS_KEPT:
            with suppress(KeyError, StopIteration, RuntimeError):  # another thread was first
                del self._kept[next(iter(self._kept))]
        return found


def _place(sources: FoundSources, each: RankedPassage) -> tuple[float, str, str, int]:
    """Return where a passage stands among the others; equal ones by name, whoever was first."""
    version = sources.version_of(each.passage)
    return -each.value, version.collection, version.uri, each.passage.start


def checked_question(text: str) -> str:
    """Return a question on one line; raises QuestionError when it is blank or too long.

    Bytes that are no text, which Python hands on as lone surrogates, are replaced.
    """
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    if is_blank(text):
        raise QuestionError("The question is empty. Ask something, for example: what is new?")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(text):,} characters; ask one of at most "
            f"{LONGEST_QUESTION:,}. A long text can be added as a document and asked about."
        )
    return text


def _valued(
    queries: Sequence[Query],
    found: Sequence[Mapping[str, RankedPassage]],
    cited: Sequence[CitedSection],
) -> Iterator[RankedPassage]:
    """Yield every candidate once, with its value for each wording of one question and its gain.

    What only one wording has found is compared with the others as well.
    """
    known = {id: each for by_id in reversed(found) for id, each in by_id.items()}
    values = [
        ranking_values(query, _all_of(query, by_id, known))
        for query, by_id in zip(queries, found, strict=True)
    ]
    for each, of_each in zip(known.values(), zip(*values, strict=True), strict=True):
        yield replace(each, values=of_each, gain=gain(each.passage, cited) if cited else 0.0)


def _all_of(
    query: Query, found: Mapping[str, RankedPassage], known: Mapping[str, RankedPassage]
) -> list[RankedPassage]:
    """Return every known candidate as a wording sees it, those as well that it has not found."""
    others = {id: each.vectors for id, each in known.items() if id not in found}
    cosines = _cosines(query, {}, others)
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


def _cosines(
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
