"""Canonical text put together from blocks, with the places at which they stand in the original."""

from __future__ import annotations

import re

from index.load.decode import canonical
from index.schema import Place
from index.text.fences import markdown_lines, open_fence

_BREAK = "\n\n"
_STRUCTURE = re.compile(r"(?m)^[ \t]*(?=#{1,6}(?:[ \t]|$)|>|`{3}|~{3}|\|)")
_RULE = re.compile(r"(?m)(?<=[^\n])\n(?=[ \t]*(?:=+|-+)[ \t]*$)")
_INDENT = re.compile(r"(?m)^[ \t]+")
_HEADING = re.compile(r" {0,3}#{1,6}(?=[ \t]|$)")
_DEEPEST = 6


class ComposedText:
    """Blocks of Markdown parted by blank lines."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._length = 0
        self.places: list[Place] = []

    @property
    def text(self) -> str:
        """All blocks so far."""
        return _BREAK.join(self._blocks)

    @property
    def next_start(self) -> int:
        """Offset at which the next block will begin."""
        return self._length + len(_BREAK) if self._blocks else 0

    def add(self, block: str) -> None:
        """Put a block behind the others, unless it is blank."""
        block = canonical(block).strip("\n")
        if block.strip():
            self._length = self.next_start + len(block)
            self._blocks.append(block)

    def heading(self, level: int, words: str) -> None:
        """Put a heading behind the others."""
        if line := " ".join(words.split()):
            self.add(f"{'#' * max(1, min(level, _DEEPEST))} {line}")

    def place(
        self,
        label: str,
        number: int | None = None,
        *,
        fragment: str = "",
        each_line: bool = False,
        offset: int = 0,
    ) -> None:
        """Say where the next block stands in the original, or what is `offset` characters in it."""
        start = self.next_start + offset
        self.places.append(
            Place(start=start, label=label, number=number, each_line=each_line, fragment=fragment)
        )


def as_words(text: str) -> str:
    """Return words of a document such that they are no heading, quotation, code or table.

    A mark of a list stays one: who writes it by hand means it. A line of dashes, which would make a
    heading of what stands above it, gets a blank line before it.
    """
    return _RULE.sub("\n\n", _INDENT.sub("", _STRUCTURE.sub(r"\\", text)))


def as_plain_text(text: str) -> str:
    """Return plain text such that none of its lines is a heading.

    Quotations, code and lists are what they look like: people write them in plain text, too.
    """
    fenced = not open_fence(text)
    lines = (
        f"\\{line.text.lstrip()}"
        if (line.kind == "text" and _HEADING.match(line.text))
        or (not fenced and line.kind == "fence")
        else line.text
        for line in markdown_lines(text)
    )
    return _RULE.sub("\n\n", "\n".join(lines))


def lowered(markdown: str, levels: int) -> str:
    """Return Markdown whose headings stand so many levels lower."""
    lines = (
        _lowered_line(line.text, levels) if line.kind == "text" else line.text
        for line in markdown_lines(markdown)
    )
    return "\n".join(lines)


def _lowered_line(line: str, levels: int) -> str:
    marks = _HEADING.match(line)
    if marks is None:
        return line
    level = min(len(marks[0].strip()) + levels, _DEEPEST)
    return "#" * level + line[marks.end() :]
