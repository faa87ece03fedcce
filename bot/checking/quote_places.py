"""Where in the sources a quotation may stand: stretches of text found through the index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from bot.checking.compared_words import compared_words
from bot.checking.word_alignment import MOST_ELIDED, SourceWords
from bot.schema import Scope
from index.errors import QuothError, SourceNotFound
from index.library import Library
from index.schema import Source, Span
from index.store.exact_words import places_of_ids, places_of_phrases, sources_with
from index.store.word_index import PassagePlace
from index.text.readable_markdown import markup_of, read_characters
from index.text.words import content_terms, terms

PLACES = 30
"""Passages that are looked at in each way of finding them."""

_LONGEST_PHRASE = 64
_WINDOW = 5
"""Terms of the pieces in which a quotation is looked for that no passage holds whole."""
_WINDOWS = 16
_RAREST = 4
_SCANNED_WORDS = 12
"""A longer quotation has pieces that some passage holds whole."""
_MARGIN = 1_500
_CHARACTERS_A_WORD = 8
_MOST_CACHED = 400
_TELLING = 4
"""Letters of a word whose absence tells something."""
_LEAST_SHARE = 0.4
"""Of the telling words; with fewer, a stretch is not worth reading closely."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a source with its words."""

    source: Source
    words: SourceWords
    unjoined: SourceWords | None
    """The same where words that are broken at line ends are two; None where none is."""
    span: Span

    def readings(self, *, with_marks: bool) -> Iterator[SourceWords]:
        """Yield the ways to read it; `with_marks` also as it is written, addresses and all."""
        yield self.words
        if self.unjoined is not None:
            yield self.unjoined
        if with_marks:
            yield self._written

    @cached_property
    def _written(self) -> SourceWords:
        start, end = self.span.start, self.span.end
        return SourceWords(tuple(compared_words(self.source.text[start:end], range(start, end))))


class QuotePlaces:
    """Finds stretches of the sources in a scope; keeps what it read until the index changes."""

    def __init__(self, library: Library, scope: Scope) -> None:
        self._library = library
        self._scope = scope
        self._generation = library.catalog.generation()
        self._sources: dict[str, Source] = {}
        self._stretches: dict[tuple[str, int, int], Stretch] = {}

    def by_phrase(self, quote: str) -> Iterator[Stretch]:
        """Yield where the whole quotation stands in one passage, as far as words tell."""
        wanted = terms(quote)[:_LONGEST_PHRASE]
        yield from self._around(self._phrases([wanted]), quote)

    def by_pieces(self, quote: str) -> Iterator[Stretch]:
        """Yield where pieces of the quotation stand, and where most of its rare words do."""
        wanted = terms(quote)
        step = max(1, (len(wanted) - _WINDOW) // _WINDOWS)
        starts = range(0, max(1, len(wanted) - _WINDOW + 1), step)
        found = self._phrases([wanted[start : start + _WINDOW] for start in starts])
        yield from self._around([*found, *self._by_words(quote)], quote)

    def by_meaning(self, quote: str) -> Iterator[Stretch]:
        """Yield what is nearest by meaning; nothing where that cannot be searched."""
        try:
            findings = self._library.searcher.find(
                quote[:2000],
                collections=self._scope.collections,
                source=self._scope.source,
            )
        except QuothError:
            return
        found = [
            PassagePlace(one.passage.id, one.source.id, one.passage.start, one.passage.end)
            for one in findings.ranked[:10]
        ]
        yield from self._around(found, quote)

    def by_reading(self, quote: str) -> Iterator[Stretch]:
        """Yield where a short quotation may stand across passages, by reading the sources."""
        words = [word.form for word in compared_words(quote)]
        if not words or len(words) > _SCANNED_WORDS:
            return
        pattern = re.compile(r"[\W_]*".join(map(re.escape, words)), re.IGNORECASE)
        for collection in self._scope.collections:
            for id in self._holding(collection, quote):
                source = self._source(id)
                if source is None:
                    continue
                for mark in pattern.finditer(source.text):
                    place = PassagePlace("", id, *mark.span())
                    yield from self._around([place], quote)

    def _holding(self, collection: str, quote: str) -> list[str]:
        """Return the ids of the sources that have the rarest words of a quotation."""
        if self._scope.source is not None:
            return [self._scope.source]
        catalog = self._library.catalog
        counts = catalog.passage_counts([collection], list(dict.fromkeys(terms(quote))))
        rarest = sorted(counts, key=lambda term: (counts[term], term))[:_RAREST]
        return sources_with(catalog, collection, rarest)

    def _phrases(self, phrases: Sequence[Sequence[str]]) -> list[PassagePlace]:
        return [
            place
            for collection in self._scope.collections
            for place in places_of_phrases(
                self._library.catalog, collection, phrases, PLACES, self._scope.source
            )
        ]

    def _by_words(self, quote: str) -> list[PassagePlace]:
        catalog, only = self._library.catalog, self._scope.source
        rare = " ".join(content_terms(quote)) or quote
        found: list[PassagePlace] = []
        for collection in self._scope.collections:
            matched = catalog.match(collection, rare, PLACES if only is None else PLACES * 10)
            found += places_of_ids(catalog, [id for id, _ in matched])
        return [place for place in found if only in (None, place.source)][:PLACES]

    def _around(self, places: Iterable[PassagePlace], quote: str) -> Iterator[Stretch]:
        """Yield stretches around passages that hold them with room for the quotation."""
        room = _MARGIN + 2 * len(quote)
        if "..." in quote or "\u2026" in quote:
            room += MOST_ELIDED * _CHARACTERS_A_WORD
        seen: list[tuple[str, int, int]] = []
        telling = {word.key for word in compared_words(quote) if len(word.key) >= _TELLING}
        for place in places:
            if any(id == place.source and a <= place.start < b for id, a, b in seen):
                continue
            stretch = self._stretch(place, room, telling)
            if stretch is None:
                continue
            seen.append((place.source, place.start, place.end))
            yield stretch

    def _stretch(self, place: PassagePlace, room: int, telling: Set[str]) -> Stretch | None:
        """Return the stretch around a passage, unless it has too few of the telling words."""
        source = self._source(place.source)
        if source is None or source.collection not in self._scope.collections:
            return None
        text = source.text
        start = text.rfind("\n", 0, max(0, place.start - room)) + 1
        end = text.find("\n", place.end + room)
        end = len(text) if end < 0 else end
        lowered = text[start:end].casefold()
        there = sum(word in lowered for word in telling)
        if there < _LEAST_SHARE * len(telling):
            return None
        key = (source.id, start, end)
        if key not in self._stretches:
            if len(self._stretches) >= _MOST_CACHED:
                self._stretches.clear()
            self._stretches[key] = _stretch_of(source, start, end)
        return self._stretches[key]

    def _source(self, id: str) -> Source | None:
        generation = self._library.catalog.generation()
        if generation != self._generation:
            self._sources.clear()
            self._stretches.clear()
            self._generation = generation
        if id not in self._sources:
            if len(self._sources) >= _MOST_CACHED:
                self._sources.clear()
            with suppress(SourceNotFound):
                self._sources[id] = self._library.source(id)
        return self._sources.get(id)


def _stretch_of(source: Source, start: int, end: int) -> Stretch:
    shown, places = read_characters(source.text[start:end], markup_of(source.uri, source.mime))
    moved = [place + start for place in places]
    words = SourceWords(tuple(compared_words(shown, moved)))
    broken = any(word.is_broken for word in words.words)
    unjoined = SourceWords(tuple(compared_words(shown, moved, broken=False))) if broken else None
    return Stretch(source, words, unjoined, Span(start=start, end=end))
