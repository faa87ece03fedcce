"""What a document or a folder is about, told by its own structure: how each part of it begins.

"What is this about?" has no word to search for; the beginnings of the sections say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from bot.answering.extractive.scored_sentences import introduces, mark_of, text_of
from bot.schema import DraftPart, Pick
from index.schema import Passage, Source, Span
from index.search.merged_hits import Neighbours, stands_in

MOST_BEGINNINGS = 5
"""Sections of a document, or documents of a folder, whose beginnings are quoted."""

MOST_PASSAGES = 200
"""Passages of a document that are looked at."""

LEAST_WORDS = 5
"""A shorter sentence is a label, not the beginning of a text."""


def outline(sources: Sequence[Source], neighbours: Neighbours) -> list[DraftPart]:
    """Return how the sections of one document begin, or how each of several documents does."""
    if len(sources) == 1:
        return list(islice(_beginnings(sources[0], neighbours), MOST_BEGINNINGS))
    each = (_beginnings(source, neighbours) for source in sources[:MOST_BEGINNINGS])
    return [part for found in each for part in islice(found, 1)]


def _beginnings(source: Source, neighbours: Neighbours) -> Iterator[DraftPart]:
    """Yield the first statement of each section that has one, in the order of the document."""
    told: set[tuple[str, ...]] = set()
    for passage in neighbours.passages_of(source.id, 0, MOST_PASSAGES):
        section = passage.heading[:2]
        if section in told or not stands_in(passage, source):
            continue
        first = _first_statement(passage)
        if first is not None:
            told.add(section)
            yield DraftPart(picks=(Pick.of(source, first),))


def _first_statement(passage: Passage) -> Span | None:
    """Return the first sentence of prose that is no label and leads into nothing."""
    if passage.kind in ("table", "code"):
        return None
    for span in passage.sentences:
        text = text_of(passage, span)
        if not mark_of(passage, text) and not introduces(text) and len(text.split()) >= LEAST_WORDS:
            return span
    return None
