"""The neighbours of the best passages of one search: where they stand is read at once.

Asked one by one, ten passages took four times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from index.protocols import OutlineWindow, PassageOutline
from index.schema import Passage, Source

REACH = 4
"""Neighbours looked at on each side first; more, when a section of short passages goes on."""


class Neighbours(Protocol):
    """Which passages stand next to another."""

    def outline(self, source_id: str, first: int, last: int) -> list[PassageOutline]:
        """Return where the passages of a source from ordinal `first` to `last` stand."""
        ...

    def passages_of(self, source: Source, first: int, last: int) -> list[Passage]:
        """Return the passages of this version of a source from ordinal `first` to `last`."""
        ...


class ManyNeighbours(Neighbours, Protocol):
    """The same, of many passages at once."""

    def outlines(self, windows: Sequence[OutlineWindow]) -> list[list[PassageOutline]]:
        """Return where the passages of some stretches of sources stand, each in order."""
        ...


class NeighboursAhead:
    """Lends what was read ahead, and asks for the rest; `Neighbours` for one search and thread."""

    def __init__(self, catalog: ManyNeighbours, passages: Iterable[Passage]) -> None:
        """`passages` are those whose neighbours will be asked for."""
        self._catalog = catalog
        windows = list(dict.fromkeys(window(each, REACH) for each in passages))
        self._read = dict(zip(windows, catalog.outlines(windows), strict=True))

    def outline(self, source_id: str, first: int, last: int) -> list[PassageOutline]:
        """Return where the passages of a source from ordinal `first` to `last` stand."""
        known = self._read.get(OutlineWindow(source_id, first, last))
        return known if known is not None else self._catalog.outline(source_id, first, last)

    def passages_of(self, source: Source, first: int, last: int) -> list[Passage]:
        """Return the passages of this version of a source from ordinal `first` to `last`."""
        return self._catalog.passages_of(source, first, last)


def window(passage: Passage, reach: int) -> OutlineWindow:
    """Return the stretch of its source up to `reach` passages before and behind a passage."""
    first = max(0, passage.ordinal - reach)
    return OutlineWindow(passage.source_id, first, passage.ordinal + reach)
