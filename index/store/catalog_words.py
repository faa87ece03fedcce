"""What searches ask of the words of a catalog: which passages hold them, and how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from index.store.catalog_rows import (
    Build,
)
from index.store.opened_catalog import OpenedCatalog
from index.store.word_index import word_index_of
from index.text.words import content_terms, terms

_LONGEST_QUERY = 64
"""Terms of a query that are looked up; more make it slow without making it clearer."""

_MATCHED = 20_000
"""Passages, each counted once for every term, that a query is matched with: 30 ms of a processor.

With 100,000 passages of shuffled sentences, the slowest of 100 questions took 480 ms without.
"""

_TERMS_KEPT = 2
"""The rarest terms are matched however common they are."""

_MOST_COUNTED = 50_000
"""Terms whose counts are remembered: some MB."""


class _Counts(NamedTuple):
    """What was counted of a build at one generation of the catalog."""

    generation: int
    passages: int
    terms: dict[str, int]
    """Passages that hold a term, 0 included."""


class CatalogWords(OpenedCatalog):
    """Finds passages by their words, and counts these; a `Lexical`."""

    @cached_property
    def _counted_before(self) -> dict[int, _Counts]:
        """What was counted of builds, by their numbers."""
        return {}

    def match(
        self,
        collection: str,
        query: str,
        limit: int,
        *,
        body_weight: float = 1.0,
        title_weight: float = 0.5,
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score > 0) pairs, best first, equal ones by uri.

        `title_weight` is that of the words in title and headings.
        """
        build = next(iter(self._open([collection])), None)
        wanted = list(dict.fromkeys(content_terms(query) or terms(query)))[:_LONGEST_QUERY]
        if build is None or not wanted or limit < 1:
            return []
        wanted = self._telling(build, wanted)
        with self._database.reading() as connection:
            best = word_index_of(connection).match(
                connection,
                build.number,
                wanted,
                title_weight=title_weight,
                body_weight=body_weight,
                limit=limit,
            )
        return best[:limit]

    def _telling(self, build: Build, wanted: list[str]) -> list[str]:
        """Leave the commonest terms out where all together are in very many passages.

        They tell passages apart least, and take most of the time. The ranking asks for all.
        """
        if len(wanted) <= _TERMS_KEPT or self._counts_of(build).passages <= _MATCHED:
            return wanted
        counts = self._frequencies_in(build, wanted)
        known = sorted((term for term in wanted if counts[term]), key=lambda each: counts[each])
        sums = accumulate(counts[term] for term in known)
        kept = {
            term
            for at, (term, total) in enumerate(zip(known, sums, strict=True))
            if at < _TERMS_KEPT or total <= _MATCHED
        }
        return [term for term in wanted if term in kept] or wanted

    def frequencies(
        self, collections: Sequence[str], terms: Sequence[str]
    ) -> tuple[int, dict[str, int]]:
        """Return the number of passages, and how many of them hold each term."""
        found = dict.fromkeys(terms, 0)
        documents = 0
        for build in self._open(collections):
            known = self._counts_of(build)
            documents += known.passages
            for term, count in self._frequencies_in(build, terms).items():
                found[term] += count
        return documents, found

    def _counts_of(self, build: Build) -> _Counts:
        """Return what was counted of a build since the catalog changed last."""
        generation = self.generation()
        known = self._counted_before.get(build.number)
        if known is None or known.generation != generation:
            known = _Counts(generation, self.passage_count(build.collection), {})
            self._counted_before[build.number] = known
        return known

    def _frequencies_in(self, build: Build, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages of a build hold each term."""
        known = self._counts_of(build).terms
        found = {term: count for term in terms if (count := known.get(term)) is not None}
        if new := [term for term in terms if term not in found]:
            with self._database.reading() as connection:
                held = word_index_of(connection).counts(connection, build.number, new)
            counted = dict.fromkeys(new, 0) | held
            if len(known) > _MOST_COUNTED:
                known.clear()
            known.update(counted)
            found |= counted
        return found

    def passage_counts(self, collections: Sequence[str], terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            for build in self._open(collections):
                counts.update(word_index_of(connection).counts(connection, build.number, terms))
        return dict(counts)

    def terms_beginning(self, collections: Sequence[str], start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            index = word_index_of(connection)
            for build in self._open(collections):
                counts.update(index.counts_beginning(connection, build.number, start))
        return dict(counts)

    def texts_with(self, collections: Sequence[str], term: str, limit: int) -> list[str]:
        """Return the texts of up to `limit` passages that hold a term, their headings included."""
        found: list[str] = []
        with self._database.reading() as connection:
            index = word_index_of(connection)
            for build in self._open(collections):
                found += index.texts_with(connection, build.number, term, limit - len(found))
        return found

    def merge_words(self) -> None:
        """Take the words of deleted passages out of the index of words."""
        for (build,) in self.rows("SELECT build FROM builds"):
            with self.transaction() as connection:
                word_index_of(connection).merge(connection, build)
