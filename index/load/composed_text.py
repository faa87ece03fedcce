"""Canonical text put together from blocks, with the places at which they stand in the original."""

from __future__ import annotations

import re

from index.load.decode import canonical
from index.schema import Place

_BREAK = "\n\n"
_STRUCTURE = re.compile(
    r"(?m)^[ \t]*(?=#{1,6}(?:[ \t]|$)|>|`{3}|~{3}|\||(?:=+|-+|_{3,}|\*{3,})[ \t]*$)"
)
_INDENT = re.compile(r"(?m)^[ \t]+")


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
            self.add(f"{'#' * max(1, min(level, 6))} {line}")

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
    """Return words of a document such that they are no heading, quotation, code, table or rule.

    A mark of a list stays one: who writes it by hand means it.
    """
    return _INDENT.sub("", _STRUCTURE.sub(r"\\", text))
