"""The passages that either search names for a question, by meaning and by words."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from index.errors import SourceNotFound, StoreError, VectorsAway
from index.protocols import (
    Embedder,
    FoundPassage,
    Lexical,
    PassageStore,
    SourceVersion,
    Vectors,
    VectorStore,
)
from index.schema import Coverage, Passage, Source
from index.search.found_sources import FoundSources
from index.search.passage_rank import PassageTerms, Query, RankedPassage, passage_cosines
from index.text.table_rows import header_in

logger = logging.getLogger(__name__)

CANDIDATES = 30
"""Passages asked of each of the two searches, if no more hits are wanted.

With 40, 99 gold passages of 100 were among them. With 20, a search takes .95 times as long, and of
537 questions to eleven real sets the first four hold the whole answer for .710 instead of .711.
"""

MOST_OF_SOURCE = 1000
"""Passages read of a source that was asked for and that the collection's best hold little of."""

HEADERS_KEPT = 4096
"""Passages of tables of which the header is remembered."""


class CandidateCatalog(Lexical, PassageStore, Protocol):
    """Where candidates are looked up."""

    def nearest(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return what the vector store would, slower; nothing where no vectors are kept."""
        ...

    def found_passages(self, ids: Sequence[str], *, vectors: bool) -> dict[str, FoundPassage]:
        """Return the passages that exist, each with the version of its source, by id."""
        ...

    def passages_of(self, source: Source, first: int, last: int) -> list[Passage]:
        """Return the passages of a source from ordinal `first` to `last`, both included."""
        ...

    def model_of(self, collection: str) -> str | None:
        """Return the embedding model whose vectors a collection has, if it has any."""
        ...

    def coverage(self, collections: Sequence[str], source: str | None = None) -> Coverage | None:
        """Return how far collections, or a source, are searched; None where nothing is lacking."""
        ...


class CandidatePassages:
    """Asks both searches, and reads what they name."""

    def __init__(
        self, catalog: CandidateCatalog, vectors: VectorStore | None, embedder: Embedder | None
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self._headers = _HeadersKept()

    def nearest(self, query: Query, collection: str, limit: int) -> list[tuple[str, float]] | None:
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

    def of(
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
        cosines = passage_cosines(
            query, dict(dense), {id: each.vectors for id, each in found.items()}
        )
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
