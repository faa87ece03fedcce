"""Structure of AsciiDoc, Org, MediaWiki text and LaTeX, by the rules of each.

Their loaders put fences around code and write tables as rows, so that here these are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from index.chunk.blocks import Block, Lines, Piece, code_groups, ranges, table_groups
from index.chunk.headings import NO_HEADING, Heading
from index.chunk.markup_rules import MarkupRules

_FENCE = re.compile(r"`{3,}")
_NUMBER = re.compile(r"\d+|[a-zA-Z](?=[.)])")

_Kind: TypeAlias = Literal["heading", "code", "table", "text"]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A range of lines that are one structure: a paragraph, or items without a gap."""

    kind: _Kind
    first: int
    stop: int
    heading: Heading = NO_HEADING
    tied: bool = False
    """Whether a sign above it ties it to the item before."""
    ended: bool = False
    """Whether a sign above it ended the list before."""


@dataclass
class _List:
    """A list that may go on."""

    groups: list[list[Piece]] = field(default_factory=list)
    mark: str = ""
    """What its outermost items begin with."""
    attached: bool = False


class MarkupParser:
    """Finds the blocks of a text by the rules of its markup."""

    def __init__(self, lines: Lines, rules: MarkupRules) -> None:
        self._lines = lines
        self._rules = rules
        self._unclosed: set[str] = set()
        self._open = _List()

    def blocks(self) -> list[Block]:
        """Return the blocks of the whole text; lines that only part others are in none."""
        return [*self._found(), *self._closed_list()]

    def _found(self) -> Iterator[Block]:
        for stretch in self._stretches():
            if self._open.groups and not self._goes_on(stretch):
                yield from self._closed_list()
            if stretch.kind == "text":
                yield from self._text(stretch)
            elif self._open.groups:
                self._to_item(stretch.first, stretch.stop)
            else:
                yield self._block(stretch)

    def _stretches(self) -> Iterator[_Stretch]:
        """Yield the structures of the text, in order."""
        lines, rules, at, begun = self._lines, self._rules, 0, -1
        tied = ended = False
        while at < len(lines):
            other = self._other(at, begun)
            parts = other is None and self._parts(at)
            if begun >= 0 and (other or parts):
                yield _Stretch("text", begun, at, tied=tied, ended=ended)
                begun, tied, ended = -1, False, False
            if other:
                yield _Stretch(other.kind, at, other.stop, other.heading, tied, ended)
                begun, tied, ended = (at if other.stop == at else -1), False, False
            elif parts:
                tied |= rules.tie is not None and bool(rules.tie.match(lines.raw[at]))
                ended |= rules.end is not None and bool(rules.end.match(lines.raw[at]))
            elif begun < 0:
                begun = at
            at = max(other.stop if other else at, at + 1)
        if begun >= 0:
            yield _Stretch("text", begun, len(lines), tied=tied, ended=ended)

    def _parts(self, at: int) -> bool:
        """Say whether a line only parts what is above it from what is below."""
        mark = self._rules.break_line
        return not self._lines.stripped[at] or bool(mark and mark.match(self._lines.raw[at]))

    def _other(self, at: int, begun: int) -> _Stretch | None:
        """Return the structure that begins at a line and is no paragraph or list."""
        stripped = self._lines.stripped[at]
        if fence := _FENCE.match(stripped):
            stop = self._fence_end(at, fence[0])
            return _Stretch("code", at, stop) if stop else None
        if found := self._rules.heading(self._lines, at):
            return _Stretch("heading", at, at + found.taken, found.heading)
        if stripped.startswith("|"):
            stop = at
            while stop < len(self._lines) and self._lines.stripped[stop].startswith("|"):
                stop += 1
            return _Stretch("table", at, stop)
        code = self._rules.code
        if begun < 0 and code and stripped and code.match(self._lines.raw[at]):
            stop = at
            while stop < len(self._lines) and code.match(self._lines.raw[stop]):
                stop += 1
            return _Stretch("code", at, stop)
        return None

    def _fence_end(self, first: int, fence: str) -> int:
        """Return the line behind a block of code, 0 where nothing closes it."""
        if fence in self._unclosed:
            return 0
        for line in range(first + 1, len(self._lines)):
            if self._lines.stripped[line] == fence:
                return line + 1
        self._unclosed.add(fence)
        return 0

    def _goes_on(self, stretch: _Stretch) -> bool:
        """Say whether a structure belongs to the list that is open."""
        if stretch.kind == "heading" or stretch.ended:
            return False
        line = self._lines.raw[stretch.first]
        item = stretch.kind == "text" and self._rules.item.match(line)
        return bool(item) or stretch.tied or (self._rules.loose and line[:1] in (" ", "\t"))

    def _text(self, stretch: _Stretch) -> Iterator[Block]:
        """Take up a paragraph, or items, into the list that is open or as blocks."""
        lines, item = self._lines, self._rules.item
        starts = [n for n in range(stretch.first, stretch.stop) if item.match(lines.raw[n])]
        first = starts[0] if starts else stretch.stop
        if stretch.first < first and self._open.groups:
            self._to_item(stretch.first, first)
        elif stretch.first < first:
            piece = lines.piece(stretch.first, first, "paragraph", "prose")
            attached = stretch.first > 0 and bool(lines.stripped[stretch.first - 1])
            yield Block("paragraph", ((piece,),), attached=attached)
        starts = [n for n in starts if n == first or not self._is_bare_term(n - 1)]
        for begin, stop in ranges(starts, stretch.stop) if starts else ():
            self._item(begin, stop)

    def _is_bare_term(self, line: int) -> bool:
        """Say whether a line is a term whose words stand below it."""
        found = self._rules.item.match(self._lines.raw[line])
        term = found.groupdict().get("term") if found else None
        return term is not None and self._lines.stripped[line].endswith(term)

    def _item(self, first: int, stop: int) -> None:
        """Take up an item: beside the others of its depth, else into the one above it."""
        match = self._rules.item.match(self._lines.raw[first])
        marks = match.groupdict() if match else {}
        mark = _NUMBER.sub("1", marks.get("mark") or marks.get("term") or "")
        if not self._open.groups:
            above = first > 0 and bool(self._lines.stripped[first - 1])
            self._open = _List([], mark, attached=above)
        if mark == self._open.mark or not self._open.groups:
            self._open.groups.append([])
        self._to_item(first, stop)

    def _to_item(self, first: int, stop: int) -> None:
        self._open.groups[-1].append(self._lines.piece(first, stop, "list", "unit"))

    def _closed_list(self) -> Iterator[Block]:
        ended, self._open = self._open, _List()
        if ended.groups:
            yield Block("list", tuple(map(tuple, ended.groups)), attached=ended.attached)

    def _block(self, stretch: _Stretch) -> Block:
        lines, first, stop = self._lines, stretch.first, stretch.stop
        attached = first > 0 and bool(lines.stripped[first - 1])
        if stretch.kind == "code":
            return Block("code", code_groups(lines, first, stop), attached=attached)
        if stretch.kind == "table":
            return Block("table", table_groups(lines, first, stop), attached=attached)
        if first == stop:  # text goes on behind it, and holds its words
            return Block("heading", (), *stretch.heading)
        piece = lines.piece(first, stop, "paragraph", "heading")
        return Block("heading", ((piece,),), *stretch.heading, attached=attached)
