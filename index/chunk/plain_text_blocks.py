"""Structure of plain text: what people write with blank lines, bullets, numbers and columns.

Nothing here is a syntax, so every rule asks for two signs before it sees a structure: a line that
merely starts with a dash is prose, the same line below "Steps:" or beside a second one is an item.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.chunk.blocks import (
    Block,
    BlockKind,
    Group,
    Lines,
    code_groups,
    list_groups,
    ranges,
    table_groups,
)
from index.chunk.headings import (
    NO_HEADING,
    Heading,
    atx_heading,
    capitals_heading,
    looks_like_heading,
    numbered_level,
    underline_level,
)
from index.chunk.line_marks import MAX_WRAP, MIN_WRAP, Marker, columns, marker, wrap_width
from index.text.list_marks import Family
from index.text.table_rows import is_ruler

_MAX_HEADING_RUN = 6
_MARKERS_COMPARED = 50
_GUESSED_LEVEL = 7
"""What only looks like a heading stands below every one that is marked as such."""
_FENCE = re.compile(r"(`{3,}|~{3,})[^`]*$")


@dataclass(frozen=True, slots=True)
class Segment:
    """A range of lines that form one structure."""

    kind: BlockKind
    first: int
    stop: int
    starts: tuple[int, ...] = ()
    """Lines at which items begin."""
    heading: Heading = NO_HEADING


class PlainParser:
    """Finds the blocks of a plain text; `prose` alone also serves paragraphs of Markdown."""

    def __init__(self, lines: Lines, *, marked: bool = False) -> None:
        """`marked` says that the headings of the text are marked: others stand below them all."""
        self._lines = lines
        self._width = wrap_width(lines)
        self._marked = marked

    def blocks(self, title: str = "") -> list[Block]:
        """Return the blocks of the whole text; a first line equal to `title` is a heading."""
        segments: list[Segment] = []
        for kind, first, stop in self._fences():
            if kind == "code":
                segments.append(Segment("code", first, stop))
                continue
            for a, b in self._lines.stanzas(first, stop):
                segments.extend(self._stanza(a, b, title if not segments else ""))
        return [self.block(s) for s in self._with_headings(self._loose_lists(segments))]

    def prose(self, first: int, stop: int, *, loose: bool = False) -> list[Block]:
        """Return the paragraphs, lists and tables in a range of lines, without headings.

        Items of a `loose` list may stand apart, between blank lines.
        """
        segments: list[Segment] = []
        for a, b in self._lines.stanzas(first, stop):
            segments.extend(self._structures(a, b))
        found = self._loose_lists(segments) if loose else segments
        return [self.block(segment) for segment in found]

    def _fences(self) -> list[tuple[str, int, int]]:
        """Return the ranges of lines inside (`code`) and outside (`text`) closed fences."""
        found, text_from, opened, mark = [], 0, -1, ""
        for number, line in enumerate(self._lines.stripped):
            match = _FENCE.match(line) if line[:1] in ("`", "~") else None
            if match is None:
                continue
            if opened < 0:
                opened, mark = number, match[1]
            elif line.startswith(mark) and set(line) == {mark[0]}:
                found += [("text", text_from, opened), ("code", opened, number + 1)]
                text_from, opened = number + 1, -1
        return [*found, ("text", text_from, len(self._lines))]

    def _stanza(self, first: int, stop: int, title: str) -> list[Segment]:
        """Split the lines between two blank lines, headings at their top first."""
        segments: list[Segment] = []
        while first < stop:
            heading, rest = self._top_heading(first, stop, title)
            if heading is None:
                return segments + self._structures(first, stop)
            segments.append(Segment("heading", first, rest, heading=heading))
            first, title = rest, ""
        return segments

    def _top_heading(self, first: int, stop: int, title: str) -> tuple[Heading | None, int]:
        """Return the heading the stanza begins with by its form alone, and the line behind it."""
        line = self._lines.stripped[first]
        if title and line.casefold() == title.strip().casefold():
            return Heading(1, line), first + 1
        following = self._lines.stripped[first + 1] if first + 1 < stop else ""
        if level := underline_level(line, following):
            return Heading(level, line), first + 2
        return (atx_heading(line) or self._guessed(capitals_heading(line, following))), first + 1

    def _guessed(self, heading: Heading | None) -> Heading | None:
        """Return a heading that is none but by its form, at the level that it may have."""
        return heading._replace(level=_GUESSED_LEVEL) if heading and self._marked else heading

    def _structures(self, first: int, stop: int) -> list[Segment]:
        """Split lines without headings into tables, rulers, lists and paragraphs."""
        segments: list[Segment] = []
        line = begin = first
        while line < stop:
            end = self._table_end(line, stop)
            ruler = end == line and is_ruler(self._lines.stripped[line])
            if end == line and not ruler:
                line += 1
                continue
            segments.extend(self._texts(begin, line))
            end = max(end, line + 1)
            segments.append(Segment("ruler" if ruler else "table", line, end))
            line = begin = end
        return segments + self._texts(begin, stop)

    def _table_end(self, first: int, stop: int) -> int:
        """Return the line behind the table that begins at `first`, or `first` without one."""
        signature, line = None, first
        cells = 0
        ruled = False
        while line < stop:
            text = self._lines.stripped[line]
            ruled = not ruled and is_ruler(text) and ("|" in text or "+" in text)
            if ruled and (cells or line == first):
                line += 1
                continue
            cells_of = None if marker(self._lines, line) else columns(text)
            if cells_of is None or cells_of != (signature or cells_of):
                break
            signature = cells_of
            cells += 1
            line += 1
        needed = 2 if signature and signature[0] in "\t|" else 3
        return line if signature and cells >= needed else first

    def _texts(self, first: int, stop: int) -> list[Segment]:
        """Split lines of prose into paragraphs and lists."""
        found = {n: m for n in range(first, stop) if (m := marker(self._lines, n)) is not None}
        at = list(found)
        segments: list[Segment] = []
        while first < stop:
            place = bisect_left(at, first)
            nearest = at[place : place + _MARKERS_COMPARED]
            if not nearest or not self._is_list(first, nearest[0], [found[n] for n in nearest]):
                segments.append(Segment("paragraph", first, stop))
                break
            begin = nearest[0]
            end = self._list_end(begin, stop, found)
            if begin > first:
                segments.append(Segment("paragraph", first, begin))
            starts = at[bisect_left(at, begin) : bisect_left(at, end)]
            segments.append(Segment("list", begin, end, tuple(starts)))
            first = end
        return segments

    def _is_list(self, first: int, begin: int, markers: Sequence[Marker]) -> bool:
        """Say whether lines that start like items are items and not wrapped prose."""
        if begin == first or self._lines.stripped[begin - 1].endswith((":", "：")):
            return True
        family = markers[0].family
        same = [m for m in markers if m.family == family]
        if family == "number":
            return any(b.number == a.number + 1 for a, b in pairwise(same))
        return family == "sign" or len(same) > 1

    def _list_end(self, begin: int, stop: int, found: dict[int, Marker]) -> int:
        """Return the line at which prose goes on below a list in the same stanza."""
        base = found[begin].indent
        for line in range(begin + 1, stop):
            indented = self._lines.indent(line) > base
            if line not in found and not indented and not self._wrapped(line):
                return line
        return stop

    def _wrapped(self, line: int) -> bool:
        """Say whether `line` continues the line above it: it was broken for want of space."""
        above = self._lines.stripped[line - 1]
        # Lines of a quotation begin with its mark.
        text = self._lines.stripped[line].lstrip("> ") or ">"
        if text[:1].islower():
            return True
        if self._width < MIN_WRAP or len(above) > MAX_WRAP:
            return False
        return len(above) + 1 + len(text.split(None, 1)[0]) > 0.9 * self._width

    def _loose_lists(self, segments: Sequence[Segment]) -> list[Segment]:
        """Join items that blank lines separate, and indented paragraphs to the item above them."""
        joined: list[Segment] = []
        starts: list[int] = []
        families: set[Family] = set()
        for segment in segments:
            if starts and self._continues(starts[0], families, segment):
                begun = segment.starts or (segment.first,)
                starts += begun
                families |= self._families(begun)
                joined[-1] = replace(joined[-1], stop=segment.stop)
                continue
            if starts:
                joined[-1] = replace(joined[-1], starts=tuple(starts))
            joined.append(segment)
            starts = list(segment.starts) if segment.kind == "list" else []
            families = self._families(starts)
        if starts:
            joined[-1] = replace(joined[-1], starts=tuple(starts))
        return joined

    def _families(self, starts: Iterable[int]) -> set[Family]:
        return {mark.family for line in starts if (mark := marker(self._lines, line))}

    def _continues(self, begin: int, families: set[Family], segment: Segment) -> bool:
        """Say whether a segment goes on with the list above, which begins at line `begin`."""
        first, last = (marker(self._lines, begin), marker(self._lines, segment.first))
        if first is None or segment.kind not in ("list", "paragraph"):
            return False
        if segment.kind == "paragraph":
            line = segment.first
            alone = segment.stop - line == 1 and looks_like_heading(self._lines.stripped[line])
            return self._lines.indent(line) >= first.indent + 2 and not alone
        return last is not None and (last.family in families or last.indent > first.indent)

    def _with_headings(self, segments: list[Segment]) -> list[Segment]:
        """Turn short lines that stand alone above text into headings."""
        result = list(segments)
        run: list[int] = []
        for number in range(len(segments) - 2, -1, -1):
            above = segments[number - 1] if number else None
            if self._is_lone_heading(segments[number], above):
                run.append(number)
                if number:
                    continue
            if len(run) <= _MAX_HEADING_RUN:
                # Longer runs of short lines are the text itself: verse, names, a slide.
                for line in run:
                    result[line] = self._as_heading(segments[line], first=line == 0)
            run = []
        return result

    def _as_heading(self, segment: Segment, *, first: bool) -> Segment:
        title = self._lines.stripped[segment.first]
        level = 1 if first else numbered_level(title)
        heading = self._guessed(Heading(level, title)) or NO_HEADING
        return replace(segment, kind="heading", heading=heading)

    def _is_lone_heading(self, segment: Segment, above: Segment | None) -> bool:
        """Say whether a one-line paragraph or a lone numbered line looks like a heading."""
        if segment.stop - segment.first != 1 or segment.kind not in ("paragraph", "list"):
            return False
        lines = self._lines
        if segment.first and lines.stripped[segment.first - 1]:
            return False
        if segment.stop < len(lines) and lines.stripped[segment.stop]:
            return False
        text = lines.stripped[segment.first]
        if segment.kind == "list":
            mark = marker(self._lines, segment.first)
            numbered = mark is not None and mark.family == "number"
            if not numbered or (above is not None and above.kind == "list"):
                return False
        return looks_like_heading(text)

    def block(self, segment: Segment) -> Block:
        """Return a segment with its pieces."""
        lines, first, stop = self._lines, segment.first, segment.stop
        attached = first > 0 and bool(lines.stripped[first - 1])
        if segment.kind == "heading":
            groups: tuple[Group, ...] = ((lines.piece(first, stop, "paragraph", "heading"),),)
        elif segment.kind == "ruler":
            groups = ((lines.piece(first, stop, "paragraph", "frame"),),)
        elif segment.kind == "code":
            groups = code_groups(lines, first, stop)
        elif segment.kind == "table":
            groups = table_groups(lines, first, stop)
        elif segment.kind == "list":
            groups = list_groups(lines, self._outer_items(segment), stop)
        else:
            groups = (self._paragraph(first, stop),)
        return Block(segment.kind, groups, *segment.heading, attached=attached)

    def _paragraph(self, first: int, stop: int) -> Group:
        """Return a paragraph as pieces of prose, one for each line that was ended on purpose."""
        starts = [first, *(n for n in range(first + 1, stop) if not self._wrapped(n))]
        return tuple(self._lines.piece(a, b, "paragraph", "prose") for a, b in ranges(starts, stop))

    def _outer_items(self, segment: Segment) -> dict[int, bool]:
        """Say of each item of a list whether it is nested in none of the others."""
        marks = {line: marker(self._lines, line) for line in segment.starts}
        top = marks[segment.starts[0]]
        return {
            line: bool(mark and top and (mark.indent < top.indent or mark[:2] == top[:2]))
            for line, mark in marks.items()
        }
