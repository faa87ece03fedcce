"""Printed lines to paragraphs, by where the lines stand on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from index.text.list_marks import list_mark

# Here each line of an outline is known by it: a person's initial hardly ever starts a line.
_CAPITAL = re.compile(r"\(?[A-Z]\.\s")
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)\]]*$")

_GAP = 1.3
"""Line distances, in medians of the page, from which a paragraph ends: between 1 and 2."""

WORD_BREAK = "\ufffe"
"""What PDFium writes where a word is divided at the end of a line."""

_SIZE = 0.6
"""Points by which the size of a heading differs from the text around it."""

_INDENT = 4.0
"""Points by which the first line of a paragraph is moved in, at least."""


class Word(NamedTuple):
    """A printed word with its place, in points from the lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    line: int = 0
    """The line of the page it belongs to, in the order of the file."""
    is_field: bool = False
    """Whether it is what a person put into a field of a form."""


class Look(NamedTuple):
    """How letters look."""

    size: float
    """In points, to the half."""
    bold: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line; places are in points from the lower left corner, None where unknown."""

    text: str
    left: float | None = None
    right: float = 0.0
    bottom: float = 0.0
    """Of the first character."""
    last_bottom: float = 0.0
    """Of the last character: lower, where a divided word joins two printed lines."""
    size: float = 0.0
    top: float = 0.0
    """Of the first character."""
    look: Look | None = None
    """How its letters look, where that was asked for and is the same from the first to the last."""
    has_field: bool = False
    """Whether a person put something into it, so that it is joined to no other line."""
    is_last: bool = False
    """Whether it is known to end its paragraph."""
    whole: bool = False
    """Whether it is no line but a structure, a table say, parted from others by blank lines."""

    @property
    def height(self) -> float:
        """From the bottom of its letters to their top."""
        return self.top - self.bottom


def paragraphs(lines: Sequence[Line]) -> str:
    """Join lines into paragraphs parted by blank lines; items of a list keep a line each."""
    if not lines:
        return ""
    printed = [line for line in lines if not line.whole]
    distance = _usual_distance(printed)
    edge = max((line.right for line in printed), default=0.0)
    text = lines[0].text
    for above, below in pairwise(lines):
        text += _between(above, below, distance, edge) + below.text
    return text


def _usual_distance(lines: Sequence[Line]) -> float:
    """Return the median distance of a line to the next one below it; 0 when there is none."""
    distances = [
        d for above, below in pairwise(lines) if (d := above.last_bottom - below.bottom) > 0
    ]
    return median(distances) if distances else 0.0


def _between(above: Line, below: Line, distance: float, edge: float) -> str:
    """Return what stands between two lines: a blank line, a line end, or a space."""
    if above.whole or below.whole:
        return "\n\n"
    if above.text.endswith(WORD_BREAK):
        return ""
    if above.left is None or below.left is None:
        return "\n"
    gap = above.last_bottom - below.bottom
    if abs(above.size - below.size) > _SIZE or gap > _GAP * distance:
        return "\n\n"
    if _is_item(below.text) or above.has_field or below.has_field or above.is_last:
        return "\n"
    ended = _SENTENCE_END.search(above.text) is not None
    if gap < 0:
        # The next column, or a new block: a sentence that has not ended goes on there.
        return "\n\n" if ended else " "
    if re.search(r"\w-$", above.text) and re.match(r"\w", below.text):
        return ""
    # A line may be short of the edge and yet not the last: a sentence goes on with a small letter.
    if _is_full(above, below, edge) or (not ended and below.text[0].islower()):
        indented = below.left > above.left + _INDENT and not _is_item(above.text)
        return "\n\n" if ended and indented else " "
    return "\n"


def _is_item(line: str) -> bool:
    return list_mark(line) is not None or _CAPITAL.match(line) is not None


def _is_full(above: Line, below: Line, edge: float) -> bool:
    """Say whether the first word of the next line would not have fitted on this one."""
    width = (above.right - (above.left or 0.0)) / max(1, len(above.text))
    first = below.text.split(maxsplit=1)[0]
    return above.right + width * (len(first) + 1) > edge * 0.98
