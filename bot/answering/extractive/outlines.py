"""What a document or a folder is about, told by its own structure: how each part of it begins.

"What is this about?" has no word to search for; the beginnings of the sections say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from bot.answering.extractive.scored_sentences import introduces, mark_of, text_of
from bot.answering.extractive.standing_units import below_heading
from bot.answering.extractive.turning_headings import with_turning_heading
from bot.schema import DraftPart, Pick
from index.schema import Passage, Source, Span
from index.search.merged_hits import stands_in
from index.search.neighbours_ahead import Neighbours
from index.search.passage_rank import Candidate
from index.text.words import content_terms

MOST_BEGINNINGS = 5
"""Sections of a document, or documents of a folder, whose beginnings are quoted."""

MOST_PASSAGES = 200
"""Passages of a document that are looked at."""

SHORT = 100
"""Words up to which a list, or the only passage of a section, is quoted whole."""

LEAST_WORDS = 5
"""A shorter sentence is a label, not the beginning of a text."""


def outline(sources: Sequence[Source], neighbours: Neighbours) -> list[DraftPart]:
    """Return how the sections of one document begin, or how each of several documents does."""
    if len(sources) == 1:
        return list(islice(_beginnings(sources[0], neighbours), MOST_BEGINNINGS))
    each = (_beginnings(source, neighbours) for source in sources[:MOST_BEGINNINGS])
    return [part for found in each for part in islice(found, 1)]


def section_outline(
    candidate: Candidate, asked: set[str], neighbours: Neighbours
) -> list[DraftPart]:
    """Return how the parts of the section begin whose heading has the words asked for.

    It is the widest one that the candidate stands in; empty where no heading above it has them.
    """
    above, source = candidate.passage.heading, candidate.source
    depth = next((n for n, name in enumerate(above, 1) if asked <= set(content_terms(name))), 0)
    if not depth:
        return []
    within = [
        passage
        for passage in neighbours.passages_of(source, 0, MOST_PASSAGES)
        if passage.heading[:depth] == above[:depth] and stands_in(passage, source)
    ]
    parts = {passage.heading: passage for passage in reversed(within)}
    chosen = [*reversed(parts.values())] if len(parts) > 1 else within
    begins = (_begins(passage, source, alone=len(chosen) == 1) for passage in chosen)
    spans = islice((span for span in begins if span is not None), MOST_BEGINNINGS)
    return [DraftPart(picks=(Pick.of(source, span),)) for span in spans]


def _begins(passage: Passage, source: Source, *, alone: bool) -> Span | None:
    """Return the first statement of a passage; a short one whole that has none or is alone."""
    first = None if alone else _first_statement(passage)
    whole = alone or passage.kind == "list"
    if first is None and whole and len(passage.text.split()) <= SHORT:
        bare = passage.text.strip()
        start = passage.start + passage.text.index(bare)
        span = below_heading(passage, Span(start=start, end=start + len(bare)))
        return with_turning_heading(source, span)
    return first or _first_statement(passage)


def _beginnings(source: Source, neighbours: Neighbours) -> Iterator[DraftPart]:
    """Yield the first statement of each section that has one, in the order of the document."""
    told: set[tuple[str, ...]] = set()
    for passage in neighbours.passages_of(source, 0, MOST_PASSAGES):
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
