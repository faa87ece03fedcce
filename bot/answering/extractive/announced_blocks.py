"""What a quote announces at its end comes with it: the steps below "do this:", "the table below".

An announcement answers nothing alone, and what it announces often stands in the next passage. What
stands below another heading was not announced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from bot.answering.extractive.standing_units import unit_around
from bot.schema import DraftPart, Pick
from index.schema import Passage, Source, Span
from index.search.neighbours_ahead import Neighbours

MOST_WORDS = 200
"""Words that are added; of a longer list or table the first passage comes all the same."""

SHORT = 80
"""Words up to which a passage of paragraphs comes whole: each may be one of several points."""

REACH = 2
"""Passages behind a quote that are looked at."""

_COLON = re.compile(r"[:：][*_\s]*\Z")
_FOLLOWING = re.compile(r"\b(?:following|below)\b[^.!?\n]*[.!]?[*_)\s]*\Z", re.IGNORECASE)
"""Announces a table, a list or code, where one follows."""


def with_announced(
    parts: Iterable[DraftPart],
    sources: Mapping[str, Source],
    known: Sequence[Passage],
    neighbours: Neighbours,
) -> list[DraftPart]:
    """Return the parts, those that end in an announcement with what they announce.

    `sources` are by id; `known` holds a passage near each part, of which the place is known.
    """
    given = list(parts)
    return [
        _completed(part, following, sources, known, neighbours)
        for part, following in zip_longest(given, given[1:])
    ]


def _completed(
    part: DraftPart,
    following: DraftPart | None,
    sources: Mapping[str, Source],
    known: Sequence[Passage],
    neighbours: Neighbours,
) -> DraftPart:
    """Return one part, ending with what it announces unless the following part begins there."""
    *before, pick = part.picks
    evidence = pick.evidence
    source = sources.get(evidence.source_id)
    if source is None or part.text is not None:
        return part
    text = source.text[evidence.start : evidence.end]
    by_colon = _COLON.search(text) is not None
    if not by_colon and _FOLLOWING.search(text) is None:
        return part
    near = _passages_at(source, evidence.end, known, neighbours)
    block = _block_behind(near, evidence.end)
    if block is None or not (by_colon or _is_set_apart(near, block)):
        return part
    if following is not None and _begins_in(following, source, block):
        return part
    whole = Pick.of(source, Span(start=evidence.start, end=block.end), pick.highlight)
    role = "sentence" if part.role == "lead" else part.role
    return part.model_copy(update={"picks": (*before, whole), "role": role})


def _passages_at(
    source: Source, end: int, known: Sequence[Passage], neighbours: Neighbours
) -> list[Passage]:
    """Return the passage in which an offset is, and those behind it."""
    own = [each for each in known if each.source_id == source.id]
    if not own:
        return []
    nearest = min(own, key=lambda each: abs(each.start + len(each.text) - end))
    around = range(max(0, nearest.ordinal - REACH), nearest.ordinal + 8 * REACH)
    found = neighbours.passages_of(source, around.start, around.stop)
    return [each for each in found if each.start + len(each.text) >= end]


def _block_behind(passages: Sequence[Passage], end: int) -> Span | None:
    """Return what stands behind an offset: a unit of its passage, or what comes in the next."""
    if not passages or not passages[0].start < end:
        return None
    here, *later = passages
    rest = here.text[end - here.start :]
    if rest.strip():
        at = end + len(rest) - len(rest.lstrip())
        unit = unit_around(here, Span(start=at, end=at + 1))
        stop = here.start + len(here.text.rstrip()) if here.kind == "table" else unit.end
        return Span(start=at, end=stop) if stop > at + 1 else None
    behind = list(_announced(here, later))
    if not behind:
        return None
    last = behind[-1]
    if last.kind == "paragraph" and len(last.text.split()) > SHORT:
        return unit_around(last, Span(start=last.start, end=last.start + 1))
    return Span(start=behind[0].start, end=last.start + len(last.text.rstrip()))


def _announced(here: Passage, later: Sequence[Passage]) -> Iterator[Passage]:
    """Yield the next passage, and those in which its list or table goes on."""
    words, kind = 0, None
    for number, passage in enumerate(later[:REACH], start=1):
        words += len(passage.text.split())
        goes_on = kind is None or (passage.kind == kind != "paragraph" and words <= MOST_WORDS)
        if passage.ordinal != here.ordinal + number or not goes_on or not _below(here, passage):
            return
        yield passage
        kind = passage.kind


def _below(here: Passage, passage: Passage) -> bool:
    """Say whether a passage stands under the same heading; a table has its columns there, too."""
    depth = len(here.heading)
    return passage.heading[:depth] == here.heading and (
        len(passage.heading) == depth or passage.kind == "table"
    )


def _is_set_apart(passages: Sequence[Passage], block: Span) -> bool:
    """Say whether a block is a list, a table or code, not a sentence that happens to follow."""
    return any(
        each.kind != "paragraph" and each.start <= block.start < each.start + len(each.text)
        for each in passages
    )


def _begins_in(part: DraftPart, source: Source, block: Span) -> bool:
    """Say whether a part begins inside a block."""
    evidence = part.picks[0].evidence
    return evidence.source_id == source.id and block.start <= evidence.start < block.end
