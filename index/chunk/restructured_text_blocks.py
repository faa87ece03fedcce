"""Structure of reStructuredText: sections, directives, literal blocks, tables and lists.

The text stays as it is written; marks of directives, their options and rulers are frames, which
stand in a passage and are not quoted. Directives that are not known are read as a line of code,
such as the signature of a function, with text below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.chunk.blocks import (
    Block,
    BlockKind,
    Group,
    Lines,
    Piece,
    code_groups,
    list_groups,
    ranges,
    table_groups,
)
from index.chunk.headings import Heading
from index.chunk.plain_text_blocks import PlainParser, Segment
from index.text.list_marks import list_mark
from index.text.rst_markup import (
    Markup,
    MarkupKind,
    Section,
    explicit_markup,
    is_adornment,
    section_at,
)
from index.text.sentences import trim

_GRID = re.compile(r"\+(?:[-=]+\+)+")
_SIMPLE = re.compile(r"=+(?: +=+)+")
_FIELD = re.compile(r":(?![: ])(?:[^:\\]|\\.|:(?!\s|`)){1,80}:(?:\s|$)")
_OPTION = re.compile(r":[\w-]+:(?:\s|$)")
_LINE_BLOCK = re.compile(r"\|(?:\s|$)")
_ROW = re.compile(r"\s*[*+-]\s+[*+-](?:\s|$)")
_HELD: dict[MarkupKind, BlockKind] = {"code": "code", "table": "table", "list": "list"}
"""What kind of block a directive is that holds lines of its own kind."""
_NAMES_FILE = frozenset({"figure"})
"""Directives whose argument is a path."""
_SHORTEST_TRANSITION = 4
_MOST_RULERS = 3
_DEEPEST = 30
"""Directives inside each other that are looked into."""


class RestructuredTextParser:
    """Finds the blocks of reStructuredText."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._plain = PlainParser(lines)
        self._styles: list[str] = []
        """Marks of sections, in the order of their depth."""

    def blocks(self) -> list[Block]:
        """Return the blocks of the whole text."""
        return list(self._blocks(0, len(self._lines)))

    def _blocks(self, first: int, stop: int, depth: int = 0) -> Iterator[Block]:
        """Yield the blocks in a range of lines; those of text are found together."""
        waiting = line = first
        while line < stop and depth < _DEEPEST:
            if not self._lines.stripped[line]:
                line += 1
                continue
            found, end = self._structure(line, stop, depth)
            if found is None:
                line = end
                continue
            yield from self._plain.prose(waiting, line, loose=True)
            yield from found
            waiting = line = end
        yield from self._plain.prose(waiting, stop, loose=True)

    def _structure(self, line: int, stop: int, depth: int) -> tuple[Iterator[Block] | None, int]:
        """Return the blocks of what begins in a line, None for text, and the line behind it."""
        lines, words = self._lines, self._lines.stripped[line]
        if section := section_at(lines.raw, line):
            return iter([self._heading(line, section)]), section.stop
        if markup := explicit_markup(words):
            end = self._body_end(line, stop)
            return self._explicit(markup, line, end, depth), end
        end = self._stanza_end(line, stop)
        if is_adornment(words) and len(words) >= _SHORTEST_TRANSITION and end == line + 1:
            return iter([self._frame(line, end)]), end
        if _GRID.fullmatch(words):
            return iter([self._grid(line, end)]), end
        if _SIMPLE.fullmatch(words):
            end = self._simple_end(line, stop)
            return iter([Block("table", table_groups(lines, line, end))]), end
        if words.startswith(">>> "):
            return iter([Block("code", code_groups(lines, line, end))]), end
        return self._of_text(line, end, stop)

    def _of_text(self, line: int, end: int, stop: int) -> tuple[Iterator[Block] | None, int]:
        """Return what lines up to a blank one are, where that is more than text."""
        if lasts := next((n for n in range(line, end) if self._lines.stripped[n] == "::"), None):
            end = lasts + 1
        if self._lines.stripped[end - 1].endswith("::"):
            code = self._literal(end - 1, stop)
            if code is not None:
                return self._with_code(line, end, *code), code[1]
        starts = self._starts(line, end)
        if starts:
            groups = list_groups(self._lines, dict.fromkeys(starts, True), end)
            return iter([Block("list", groups)]), end
        if all(map(_LINE_BLOCK.match, self._lines.stripped[line:end])):
            return iter([self._verses(line, end)]), end
        return None, end

    def _with_code(self, line: int, end: int, first: int, stop: int) -> Iterator[Block]:
        """Yield text with the literal block that it announces."""
        bare = self._lines.stripped[end - 1] == "::"
        yield from self._plain.prose(line, end - bare, loose=True)
        groups = code_groups(self._lines, first, stop)
        mark = (self._lines.piece(end - 1, end, "code", "frame"),) if bare else ()
        yield Block("code", ((*mark, *groups[0]), *groups[1:]))

    def _literal(self, line: int, stop: int) -> tuple[int, int] | None:
        """Return the lines of the literal block below a line that ends in "::"."""
        mark = list_mark(self._lines.stripped[line])
        base = self._lines.indent(line) + (mark.length if mark else 0)
        first, end = self._lines.trimmed(line + 1, self._indented_end(line + 1, stop, base))
        return (first, end) if line + 1 < first < end else None

    def _indented_end(self, line: int, stop: int, base: int) -> int:
        """Return the first line from `line` on that is neither blank nor indented by more."""
        while line < stop and (not self._lines.stripped[line] or self._lines.indent(line) > base):
            line += 1
        return line

    def _body_end(self, line: int, stop: int) -> int:
        """Return the line behind explicit markup and all that is indented below it."""
        if self._lines.stripped[line] == ".." and not self._lines.stripped[line + 1 : line + 2]:
            return line + 1
        if self._lines.stripped[line] == ".." and self._lines.stripped[line + 1] == "":
            return line + 1
        return self._indented_end(line + 1, stop, self._lines.indent(line))

    def _stanza_end(self, line: int, stop: int) -> int:
        while line < stop and self._lines.stripped[line]:
            line += 1
        return line

    def _simple_end(self, line: int, stop: int) -> int:
        """Return the line behind a simple table: its last ruler, the second or the third."""
        rulers = 1
        for at in range(line + 1, stop):
            if _SIMPLE.fullmatch(self._lines.stripped[at]):
                rulers += 1
                if at + 1 == stop or not self._lines.stripped[at + 1]:
                    return at + 1
                if rulers == _MOST_RULERS:
                    break
        return self._stanza_end(line, stop)

    def _heading(self, line: int, section: Section) -> Block:
        if section.style not in self._styles:
            self._styles.append(section.style)
        heading = Heading(self._styles.index(section.style) + 1, section.title)
        return self._plain.block(Segment("heading", line, section.stop, heading=heading))

    def _frame(self, first: int, stop: int) -> Block:
        """Return lines that only separate or mark, and are not quoted."""
        return Block("ruler", ((self._lines.piece(first, stop, "paragraph", "frame"),),))

    def _grid(self, first: int, stop: int) -> Block:
        """Return a grid table; lines between two rulers are one row."""
        groups: list[Group] = []
        pending: list[Piece] = []
        rows = 0
        rulers = [n for n in range(first, stop) if _GRID.match(self._lines.stripped[n])]
        for ruler, end in ranges(rulers, stop):
            pending.append(self._lines.piece(ruler, ruler + 1, "table", "frame"))
            if ruler + 1 < end:
                pending.append(self._lines.piece(ruler + 1, end, "table", "unit"))
                rows += 1
            if rows > 1:
                groups.append(tuple(pending))
                pending = []
        if pending and groups:
            groups[-1] += tuple(pending)
        return Block("table", tuple(groups) or (tuple(pending),))

    def _starts(self, line: int, end: int) -> list[int]:
        """Return where fields, or terms with a definition below each, begin; empty without any."""
        lines = self._lines
        base = lines.indent(line)
        outer = [n for n in range(line, end) if lines.indent(n) <= base]
        if all(_FIELD.match(lines.stripped[n]) for n in outer):
            return outer
        defined = all(n + 1 < end and lines.indent(n + 1) > base for n in outer)
        marked = list_mark(lines.stripped[line]) or lines.stripped[line].endswith(":")
        return outer if defined and not marked else []

    def _verses(self, first: int, stop: int) -> Block:
        pieces = (self._lines.piece(n, n + 1, "paragraph", "prose") for n in range(first, stop))
        return Block("paragraph", (tuple(pieces),))

    def _explicit(self, markup: Markup, line: int, end: int, depth: int) -> Iterator[Block]:
        """Yield the blocks of explicit markup in these lines."""
        _, last = self._lines.trimmed(line, end)
        if markup.kind == "quiet":
            yield self._frame(line, last)
            return
        stanza = self._stanza_end(line, last)
        below = range(line + 1, stanza)
        options = next((n for n in below if _OPTION.match(self._lines.stripped[n])), stanza)
        if markup.kind == "code" and options > line + 1:
            stanza = options = line + 1  # no options; code may begin in the next line
        head = self._head(markup, line, options, stanza)
        groups = self._groups(markup, *self._lines.trimmed(stanza, last))
        if groups:
            kind: BlockKind = _HELD.get(markup.kind, "paragraph")
            yield Block(kind, ((*head, *groups[0]), *groups[1:]))
            return
        only_marks = all(piece.role == "frame" for piece in head)
        yield Block("ruler" if only_marks else "paragraph", (head,))
        yield from self._blocks(stanza, last, depth + 1)

    def _head(self, markup: Markup, line: int, options: int, stop: int) -> Group:
        """Return the mark of a directive, its argument and its options, in that order."""
        text, (start, end) = self._lines.text, self._lines.span(line, line + 1)
        first = trim(text, start + markup.length, end)
        spans = [first] if first else []
        spans += [self._lines.span(n, n + 1) for n in range(line + 1, options)]
        if markup.kind == "code" or markup.name in _NAMES_FILE or not spans:
            return (self._lines.piece(line, stop, "paragraph", "frame"),)
        mark = trim(text, start, start + markup.length)
        pieces = [Piece(*mark, "paragraph", "frame")] if mark else []
        if markup.kind == "signature":
            pieces += [Piece(*span, "paragraph", "unit") for span in spans]
        else:
            pieces.append(Piece(spans[0][0], spans[-1][1], "paragraph", "prose"))
        if options < stop:
            pieces.append(self._lines.piece(options, stop, "paragraph", "frame"))
        return tuple(pieces)

    def _groups(self, markup: Markup, first: int, stop: int) -> tuple[Group, ...]:
        """Return code or the rows of a table that a directive holds; none of other directives."""
        if first >= stop:
            return ()
        if markup.kind == "code":
            return code_groups(self._lines, first, stop)
        if markup.kind == "table":
            return table_groups(self._lines, first, stop)
        starts = [n for n in range(first, stop) if _ROW.match(self._lines.raw[n])]
        if markup.kind != "list" or first not in starts:
            return ()
        base = self._lines.indent(first)
        return list_groups(
            self._lines, {n: True for n in starts if self._lines.indent(n) <= base}, stop
        )
