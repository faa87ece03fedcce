"""Blocks of a document: headings, paragraphs, lists, tables and code, as ranges of characters.

`Lines` gives access to a text by lines ("\\n" alone ends a line); a parser turns lines into
`Block`s. Together the blocks of Markdown and of plain text hold everything in it that is not white
space; of other texts not what only parts others or closes them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from index.schema import PassageKind
from index.text.table_rows import BORDER, is_ruler

BlockKind = Literal["heading", "paragraph", "list", "table", "code", "ruler"]
Role = Literal["prose", "unit", "frame", "heading"]
"""`prose` is cut into sentences, a `unit` is quoted as a whole, a `frame` (a ruler, a fence) and a
`heading` stand in the passage but are not quoted on their own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A trimmed stretch of the text that plays one role."""

    start: int
    end: int
    kind: PassageKind
    role: Role


Group = tuple[Piece, ...]
"""Pieces that belong closest together: a paragraph, an item with what is nested in it, a row."""


@dataclass(frozen=True, slots=True)
class Block:
    """One structure of the document."""

    kind: BlockKind
    groups: tuple[Group, ...]
    level: int = 0
    """Depth of a heading, from 1."""
    title: str = ""
    """Words of a heading, without its marks."""
    attached: bool = False
    """Whether it follows the block before it without a blank line."""

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.groups[0][0].start


class Lines:
    """The lines of a text, and spans of ranges of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = text.split("\n")
        self.stripped = [line.strip() for line in self.raw]
        self._starts = array("q")
        offset = 0
        for line in self.raw:
            self._starts.append(offset)
            offset += len(line) + 1

    def __len__(self) -> int:
        return len(self.raw)

    def indent(self, line: int) -> int:
        """Return the columns of white space before the first character of `line`; a tab is four."""
        raw = self.raw[line]
        return len(raw[: len(raw) - len(raw.lstrip())].expandtabs(4))

    def trimmed(self, first: int, stop: int) -> tuple[int, int]:
        """Return the lines `first` to `stop` (exclusive) without blank ones at either end."""
        while first < stop and not self.stripped[first]:
            first += 1
        while first < stop and not self.stripped[stop - 1]:
            stop -= 1
        return first, stop

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Return the trimmed span of the lines `first` to `stop` (exclusive); one is not blank."""
        first, stop = self.trimmed(first, stop)
        raw, last = self.raw[first], self.raw[stop - 1]
        return (
            self._starts[first] + len(raw) - len(raw.lstrip()),
            self._starts[stop - 1] + len(last.rstrip()),
        )

    def piece(self, first: int, stop: int, kind: PassageKind, role: Role) -> Piece:
        """Return the lines `first` to `stop` (exclusive) as one piece."""
        start, end = self.span(first, stop)
        return Piece(start, end, kind, role)

    def stanzas(self, first: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of lines between blank lines."""
        for filled, group in groupby(range(first, stop), lambda line: bool(self.stripped[line])):
            if filled:
                stanza = list(group)
                yield stanza[0], stanza[-1] + 1


def ranges(starts: Sequence[int], stop: int) -> list[tuple[int, int]]:
    """Return the half-open ranges that begin at `starts` and end where the next begins."""
    return list(zip(starts, [*starts[1:], stop], strict=True))


def list_groups(lines: Lines, outer: Mapping[int, bool], stop: int) -> tuple[Group, ...]:
    """Return a list by its outermost items, each cut where something nested begins.

    `outer` says of every line at which something begins whether it is an outermost item.
    """
    groups: list[list[Piece]] = []
    for first, end in ranges(sorted(outer), stop):
        piece = lines.piece(first, end, "list", "unit")
        if outer[first] or not groups:
            groups.append([piece])
        else:
            groups[-1].append(piece)
    return tuple(map(tuple, groups))


def table_groups(lines: Lines, first: int, stop: int) -> tuple[Group, ...]:
    """Return a table by rows; the header stays with the ruler below it and the first row."""
    groups: list[list[Piece]] = []
    pending: list[Piece] = []
    rows = [line for line in range(first, stop) if lines.stripped[line] not in ("", BORDER)]
    for number, line in enumerate(rows):
        ruler = is_ruler(lines.stripped[line])
        pending.append(lines.piece(line, line + 1, "table", "frame" if ruler else "unit"))
        if number and not ruler:
            groups.append(pending)
            pending = []
    if not groups:
        return (tuple(pending),)
    groups[-1] += pending
    return tuple(map(tuple, groups))


def code_groups(lines: Lines, first: int, stop: int) -> tuple[Group, ...]:
    """Return code by stretches between blank lines, line by line; fences are frames."""
    fences = {n for n in (first, stop - 1) if lines.stripped[n].startswith(("```", "~~~"))}
    return tuple(
        tuple(
            lines.piece(line, line + 1, "code", "frame" if line in fences else "unit")
            for line in range(begin, end)
        )
        for begin, end in lines.stanzas(first, stop)
    )
