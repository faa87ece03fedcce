"""What one line of plain text shows by its form: that it starts an item, or has cells."""

from __future__ import annotations

import re
from typing import NamedTuple

from index.chunk.blocks import Lines
from index.text.list_marks import Family, list_mark

MAX_WRAP = 120
"""Longer lines were not wrapped by hand or by a mail program."""
MIN_WRAP = 40

_GAP = re.compile(r"(?<=[^\s.!?:;,]) {2,}(?=\S)")
_TIGHT_CELL = 40


class Marker(NamedTuple):
    """What an item starts with."""

    indent: int
    family: Family
    number: int


def marker(lines: Lines, line: int) -> Marker | None:
    """Return what `line` starts with, when it could be the start of an item."""
    mark = list_mark(lines.stripped[line])
    return Marker(lines.indent(line), mark.family, mark.number) if mark else None


def columns(text: str) -> tuple[str, int] | None:
    """Return what separates the cells of a line and how many there are, if it has cells."""
    if "\t" in text:
        return "\t", 0
    if bars := text.count("|") - text.count("\\|"):
        return "|", bars
    for mark in ",;":
        count = text.count(mark)
        tight = count >= 2 and text.count(mark + " ") * 2 < count
        if tight and text[-1] not in ".!?" and len(text) <= _TIGHT_CELL * (count + 1):
            return mark, count
    gaps = _GAP.findall(text)
    if len(gaps) >= 2 or any(len(gap) >= 3 for gap in gaps):
        return " ", len(gaps)
    return None


def wrap_width(lines: Lines) -> int:
    """Return the line length the text was wrapped at by hand, 0 when it was not."""
    lengths = sorted(n for line in lines.stripped if 0 < (n := len(line)) <= MAX_WRAP)
    return lengths[len(lengths) * 95 // 100] if len(lengths) > 1 else 0
