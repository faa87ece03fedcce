"""The section that a passage stands in, as much of it as can be quoted in one piece.

Of questions whose quotes lacked a part of the answer, in a fifth it stood in another passage of a
section that was quoted (151 of 481 over ten sets of real documents, 2026-11-26).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from index.schema import Passage, Source
from index.search.neighbours_ahead import Neighbours

SHORT_SECTION, LONG_SECTION = 250, 400
"""Words of a section that are quoted at most: where it is short, and where it has to be long."""

REACH = 12
"""Passages on either side that are looked at."""

Stretch: TypeAlias = tuple[Passage, ...]
"""Passages of one section that follow each other, in order."""


def stretches_around(passage: Passage, source: Source, neighbours: Neighbours) -> list[Stretch]:
    """Return the ways to go on around a passage within its section, each longer than itself.

    With the next one, with the one before, and the section in two lengths.
    """
    section = _section_of(passage, source, neighbours)
    pairs = [
        [each for each in section if each.ordinal - passage.ordinal in (0, by)] for by in (1, -1)
    ]
    wide = [_widened(passage, section, most) for most in (SHORT_SECTION, LONG_SECTION)]
    found = dict.fromkeys(tuple(each) for each in (*pairs, *wide))
    return [each for each in found if len(each) > 1]


def section_around(passage: Passage, source: Source, neighbours: Neighbours) -> Stretch:
    """Return a passage with as much of its section as makes a short one; rows stay alone."""
    if passage.kind == "table":
        return (passage,)
    return _widened(passage, _section_of(passage, source, neighbours), SHORT_SECTION)


def _section_of(passage: Passage, source: Source, neighbours: Neighbours) -> list[Passage]:
    at = passage.ordinal
    near = neighbours.passages_of(source, max(0, at - REACH), at + REACH)
    return [each for each in near if each.heading == passage.heading]


def _widened(passage: Passage, section: Sequence[Passage], most: int) -> Stretch:
    """Return a passage with what follows it and then what stands before it, up to `most` words."""
    by_place = {each.ordinal: each for each in section}
    words = {at: len(each.text.split()) for at, each in by_place.items()}
    first = last = passage.ordinal
    room = most - words.get(first, 0)
    while True:
        fits = [at for at in (last + 1, first - 1) if words.get(at, room + 1) <= room]
        if not fits:
            break
        room -= words[fits[0]]
        first, last = min(first, fits[0]), max(last, fits[0])
    return tuple(by_place.get(at, passage) for at in range(first, last + 1))
