"""Canonical text as the blocks of a page, with what is quoted of it marked by its offsets.

Nothing of a document becomes markup: a block says how its words are set, and a template escapes
them. Marks are placed by where each character stood, so that they hold whatever signs of Markdown
are left out of sight.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from bot.web.shown_text import neutral
from index.schema import Span
from index.text.fences import LineKind, markdown_lines
from index.text.list_marks import list_mark
from index.text.readable_markdown import Markup, read_characters
from index.text.table_rows import is_ruler

BlockKind: TypeAlias = Literal["paragraph", "plain", "heading", "item", "code", "table", "rule"]
MarkKind: TypeAlias = Literal["", "quote", "highlight"]

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+\S")
_INDENT = re.compile(r"[ \t]+\S")
_BORDER = re.compile(r"(?<!\\)\|")
_LONGEST_BLOCK = 4000
"""Characters of one block that are read as Markdown; longer ones are shown as they stand."""


class Run(NamedTuple):
    """Words that are marked alike."""

    text: str
    mark: MarkKind = ""
    first: bool = False
    """Whether the quote begins here: a page scrolls to it."""


Cell: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True)
class Block:
    """A part of a text that is set as one."""

    kind: BlockKind
    start: int
    """Offset of its first character."""
    runs: Cell = ()
    level: int = 0
    """Of a heading, from 1; of an item, how deep it is."""
    sign: str = ""
    """What an item begins with."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    """Of a table."""
    head: bool = False
    """Whether the first row names the columns."""


@dataclass(frozen=True)
class Marks:
    """What is to be marked."""

    quote: Span | None = None
    highlight: Span | None = None

    def at(self, place: int) -> MarkKind:
        """Return how the character at an offset is marked."""
        if self.highlight and self.highlight.start <= place < self.highlight.end:
            return "highlight"
        return "quote" if self.quote and self.quote.start <= place < self.quote.end else ""


class _Line(NamedTuple):
    text: str
    start: int
    kind: LineKind


def blocks(text: str, window: Span, marks: Marks, markup: Markup) -> list[Block]:
    """Return what of `text` is in the window, block by block; the quote's first run is told."""
    found = list(_blocks(text, window, marks, markup))
    for at, block in enumerate(found):
        if (anchored := _anchored(block)) is not None:
            found[at] = anchored
            break
    return found


def _blocks(text: str, window: Span, marks: Marks, markup: Markup) -> Iterator[Block]:
    if markup == "code":
        lines = [_Line(part.text, part.start, "code") for part in _plain_lines(text, window)]
        if lines:
            yield _code(lines, marks)
        return
    if markup == "none":
        lines = _plain_lines(text, window)
    else:
        lines = [
            _clipped(_Line(line.text, line.start, line.kind), window)
            for line in markdown_lines(text)
            if line.start < window.end and line.start + len(line.text) >= window.start
        ]
    for group in _groups(lines, markup):
        yield _block(group, marks, markup)


def _plain_lines(text: str, window: Span) -> list[_Line]:
    start = text.rfind("\n", 0, window.start) + 1
    found = []
    for line in text[start : window.end].split("\n"):
        found.append(_clipped(_Line(line, start, "text"), window))
        start += len(line) + 1
    return found


def _clipped(line: _Line, window: Span) -> _Line:
    """Return what of a line is in the window: a document may be one line, however long."""
    first = max(0, window.start - line.start)
    return _Line(line.text[first : window.end - line.start], line.start + first, line.kind)


def _groups(lines: Sequence[_Line], markup: Markup) -> Iterator[list[_Line]]:
    """Yield the lines that belong together, without blank ones and fences."""
    group: list[_Line] = []
    for line in lines:
        blank = line.kind == "fence" or (line.kind == "text" and not line.text.strip())
        if group and (blank or not _goes_on(group[-1], line, markup)):
            yield group
            group = []
        if not blank:
            group.append(line)
    if group:
        yield group


def _goes_on(before: _Line, line: _Line, markup: Markup) -> bool:
    """Say whether a line belongs to the block of the one before it."""
    if before.kind != line.kind:
        return False
    if line.kind != "text" or markup == "none":
        return True
    if any(_is_heading(each.text, markup) or _is_rule(each) for each in (before, line)):
        return False
    return list_mark(line.text) is None


def _is_heading(line: str, markup: Markup) -> bool:
    return markup in ("markdown", "page") and _HEADING.match(line) is not None


def _is_rule(line: _Line) -> bool:
    return is_ruler(line.text.strip())


def _block(lines: Sequence[_Line], marks: Marks, markup: Markup) -> Block:
    first = lines[0]
    if first.kind == "code":
        return _code(lines, marks)
    if first.kind == "row":
        return _table(lines, marks, markup)
    if _is_heading(first.text, markup):
        level = len(first.text.lstrip().split(" ")[0].split("\t")[0])
        return Block("heading", first.start, _words(lines, marks, markup), level=min(level, 6))
    whole = "\n".join(line.text for line in lines)
    if _is_rule(first) and markup != "none":
        return Block("rule", first.start)
    if markup == "none":
        return Block("plain", first.start, _runs(whole, range(first.start, _end(lines)), marks))
    mark = list_mark(first.text)
    if mark is None:
        kind: BlockKind = "paragraph" if markup in ("markdown", "page") else "plain"
        return Block(kind, first.start, _words(lines, marks, markup))
    indent = len(first.text.expandtabs(4)) - len(first.text.expandtabs(4).lstrip())
    sign = first.text[: mark.length].strip()
    runs = _words(lines, marks, markup, skip=mark.length)
    shown = "•" if mark.family == "dash" else sign
    return Block("item", first.start, runs, level=min(indent // 2, 6), sign=shown)


def _end(lines: Sequence[_Line]) -> int:
    return lines[-1].start + len(lines[-1].text)


def _words(lines: Sequence[_Line], marks: Marks, markup: Markup, skip: int = 0) -> Cell:
    """Return the words of a block as a person reads them, from `skip` characters on."""
    start = lines[0].start + skip
    return _read("\n".join(line.text for line in lines)[skip:], start, marks, markup)


def _read(text: str, start: int, marks: Marks, markup: Markup) -> Cell:
    if len(text) > _LONGEST_BLOCK:
        markup = "none"
    shown, places = read_characters(text, markup)
    return _runs(shown, [start + place for place in places], marks)


def _runs(shown: str, places: Sequence[int], marks: Marks) -> Cell:
    pairs = zip(neutral(shown), map(marks.at, places), strict=True)
    found = [
        Run("".join(character for character, _ in group), mark)
        for mark, group in itertools.groupby(pairs, key=lambda pair: pair[1])
    ]
    for at in range(1, len(found) - 1):  # where signs were left out, a blank may stand for them
        if not found[at].text.strip() and found[at - 1].mark == found[at + 1].mark:
            found[at] = found[at]._replace(mark=found[at - 1].mark)
    return tuple(
        Run("".join(run.text for run in group), mark)
        for mark, group in itertools.groupby(found, key=lambda run: run.mark)
    )


def _code(lines: Sequence[_Line], marks: Marks) -> Block:
    text = "\n".join(line.text for line in lines)
    start = lines[0].start
    return Block("code", start, _runs(text, range(start, start + len(text)), marks))


def _table(lines: Sequence[_Line], marks: Marks, markup: Markup) -> Block:
    ruled = {at for at, line in enumerate(lines) if is_ruler(line.text.strip())}
    rows = tuple(
        tuple(_cells(line, marks, markup)) for at, line in enumerate(lines) if at not in ruled
    )
    wide = max(map(len, rows), default=0)
    filled = tuple((*row, *[()] * (wide - len(row))) for row in rows if row)
    return Block("table", lines[0].start, rows=filled, head=1 in ruled)


def _cells(line: _Line, marks: Marks, markup: Markup) -> Iterator[Cell]:
    borders = [found.start() for found in _BORDER.finditer(line.text)]
    ends = [*borders[1:], len(line.text)]
    for start, end in zip(borders, ends, strict=True):
        inside = line.text[start + 1 : end]
        if end == len(line.text) and not inside.strip():
            continue
        lead = len(inside) - len(inside.lstrip())
        words = inside.strip()
        yield _read(words, line.start + start + 1 + lead, marks, markup) if words else ()


def _anchored(block: Block) -> Block | None:
    """Return a block with its first marked run told; None where nothing is marked."""
    rows = []
    runs, done = _first_marked(block.runs)
    for row in block.rows:
        cells = []
        for cell in row:
            shown, found = (cell, False) if done else _first_marked(cell)
            done |= found
            cells.append(shown)
        rows.append(tuple(cells))
    if not done:
        return None
    return Block(block.kind, block.start, runs, block.level, block.sign, tuple(rows), block.head)


def _first_marked(runs: Cell) -> tuple[Cell, bool]:
    for at, run in enumerate(runs):
        if run.mark:
            return (*runs[:at], run._replace(first=True), *runs[at + 1 :]), True
    return runs, False
