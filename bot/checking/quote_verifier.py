"""Whether a quotation stands in the sources, word for word, and what is otherwise where not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.citations import cite
from bot.checking.quotation_parts import Part, is_edited, quotation_parts
from bot.checking.quote_comparison import NEAR, QuotePlace, exact_places, joined_words, near_place
from bot.checking.quote_differences import has_negation, told, weightiest_first
from bot.checking.quote_places import QuotePlaces
from bot.checking.schema import QuoteDifference, QuoteVerdict
from bot.schema import Citation, Scope
from index.errors import QuestionError
from index.library import Library
from index.store.exact_words import passage_at
from index.text.invisible_characters import is_blank
from index.text.readable_markdown import read_characters

LONGEST_QUOTE = 20_000
"""Characters; a longer quotation is a document."""

_QUOTE_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
"""Marks of a block quote."""
_MARKS = re.compile(r"\]\(|://|[<>&`*_]")

_AS_GOOD_AS_FOUND = 0.93
"""A likeness above which no other place is looked for."""

_MOST_PARTS = 30
"""A text with more elisions and insertions is no quotation."""

MOST_DIFFERENCES = 12
_BEFORE = 3
"""Words before a quotation in which a negation is looked for."""


class QuoteVerifier:
    """Holds quotations against the sources of a scope. Blocking; safe to use from one thread."""

    def __init__(self, library: Library, scope: Scope) -> None:
        self._library = library
        self._places = QuotePlaces(library, scope)

    def verify(self, quote: str) -> QuoteVerdict:
        """Say whether a quotation stands in a source; raises QuestionError for none."""
        text = checked_quote(quote)
        readings = _readings(text)
        if not readings:
            raise QuestionError("The quotation has no words. Give the words that are quoted.")
        exact = self._exact(text, readings)
        found = exact or self._nearest(text, readings)
        return self._verdict(quote, found)

    def _exact(self, quote: str, readings: Sequence[Sequence[Part]]) -> QuotePlace | None:
        """Return where every word stands; of several places the one with least differences."""
        best: QuotePlace | None = None
        marked = _MARKS.search(quote) is not None
        finders = (self._places.by_phrase, self._places.by_pieces, self._places.by_reading)
        for find in finders:
            for stretch in find(_searched(readings[-1])):
                for found in exact_places(stretch, readings, with_marks=marked):
                    if not found.differences:
                        return found
                    if best is None or _weight(found) < _weight(best):
                        best = found
            if best is not None and find != self._places.by_phrase:
                break
        return best

    def _nearest(self, quote: str, readings: Sequence[Sequence[Part]]) -> QuotePlace | None:
        """Return the place most like the quotation, if it is near enough."""
        searched = _searched(readings[-1])
        for find in (self._places.by_pieces, self._places.by_meaning):
            best: QuotePlace | None = None
            for stretch in find(searched):
                near = near_place(stretch, readings[-1])
                if near is not None and (best is None or near.likeness > best.likeness):
                    best = near
                if best is not None and best.likeness >= _AS_GOOD_AS_FOUND:
                    break
            if best is not None and best.likeness >= NEAR:
                return best
        return None

    def _verdict(self, quote: str, found: QuotePlace | None) -> QuoteVerdict:
        if found is None:
            return QuoteVerdict(
                quote=quote,
                outcome="absent",
                summary="Not in the sources that were searched, nor anything near it.",
            )
        citation = self._citation(found)
        if not found.differences:
            caution = _caution(found)
            summary = f"Word for word in {_named(citation)}." + (f" {caution}" if caution else "")
            return QuoteVerdict(
                quote=quote,
                outcome="verbatim",
                summary=summary,
                citation=citation,
                elided=found.elided,
                caution=caution,
            )
        differences = weightiest_first(found.differences)[:MOST_DIFFERENCES]
        return QuoteVerdict(
            quote=quote,
            outcome="nearly",
            summary=_summary(differences, citation),
            citation=citation,
            differences=differences,
            elided=found.elided,
        )

    def _citation(self, found: QuotePlace) -> Citation:
        source, words = found.stretch.source, found.words.words
        start, end = words[found.run.first].start, words[found.run.last - 1].end
        id = passage_at(self._library.catalog, source.id, start)
        passage = self._library.catalog.passages([id]).get(id) if id else None
        return cite(source, start, end, heading=passage.heading if passage else ())


def verify_quote(library: Library, quote: str, scope: Scope) -> QuoteVerdict:
    """Say whether one quotation stands in the sources of a scope, or in its one source.

    Blocking. Raises QuestionError for what is no quotation, StoreError when the index fails.
    """
    return QuoteVerifier(library, scope).verify(quote)


def checked_quote(quote: str) -> str:
    """Return a quotation that can be looked for; raises QuestionError."""
    quote = quote.encode("utf-8", "replace").decode()
    if is_blank(quote):
        raise QuestionError("The quotation is empty. Give the words that are quoted.")
    if len(quote) > LONGEST_QUOTE:
        raise QuestionError(
            f"The quotation has {len(quote):,} characters; give at most {LONGEST_QUOTE:,}."
        )
    return quote


def _readings(quote: str) -> list[list[Part]]:
    """Return the ways to read a quotation, as it stands first, each with other words."""
    plain, _ = read_characters(_QUOTE_MARKS.sub("", quote), "markdown")
    read = [quotation_parts(quote, edited=False), quotation_parts(plain, edited=False)]
    if is_edited(plain) and len(parts := quotation_parts(plain, edited=True)) <= _MOST_PARTS:
        read.append(parts)
    found: list[list[Part]] = []
    for reading in read:
        if reading and reading not in found:
            found.append(reading)
    return found


def _searched(parts: Sequence[Part]) -> str:
    """Return parts as one text, for the index."""
    return " \u2026 ".join(part.text for part in parts)


def _weight(found: QuotePlace) -> tuple[int, int]:
    return sum(each.alters for each in found.differences), len(found.differences)


def _caution(found: QuotePlace) -> str | None:
    """Say when the sentence denies, right before the quotation, what it says."""
    words, first = found.words, found.run.first
    start = max(words.sentence_start(first), first - _BEFORE)
    before = words.words[start:first]
    if not has_negation(before):
        return None
    return f"Right before it the source has \u201c{joined_words(before)}\u201d."


def _named(citation: Citation) -> str:
    return f"{citation.title!r}" if citation.title == citation.source else citation.source


def _summary(differences: Sequence[QuoteDifference], citation: Citation) -> str:
    """Say how a quotation differs, the weightiest difference in front."""
    first = f"{told(differences[0])}"
    more = len(differences) - 1
    rest = "" if not more else " There is 1 more." if more == 1 else f" There are {more} more."
    if differences[0].alters:
        said = f"Not what the source says: {first}."
        return f"{said} The rest nearly stands in {_named(citation)}.{rest}"
    return f"Nearly in {_named(citation)}: {first}.{rest}"
