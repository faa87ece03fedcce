"""The stretches of a PDF page that are marked for a quote: the boxes of its characters, by line.

No mark may hold a character that is not of the quote; where boxes reach into each other, marks are
cut smaller, and where that does not help there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from index.load.pdf_boxes import Box
from index.load.pdf_characters import PageCharacters
from index.load.printed_quote import QuoteSearch

_TALL = 1.6
"""Heights of its neighbours from which a box is that of a font for formulas, not of a letter."""

_BOXED = 0.9
"""Share of the characters that have a place: one that its font lacks has none."""

_SAME_LINE = 0.5
"""Share of its height that a letter may be off a line and still belong to it."""

_GAP = 3.0
"""Heights of a letter that parts of one line are apart at most."""

_OVERPRINTED = 1.5
"""Points between two prints of one letter, which some programs make bold by."""


class PageMarks(NamedTuple):
    """What is marked on a page, in points from its lower left corner."""

    quote: tuple[Box, ...]
    highlight: tuple[Box, ...] = ()


class Unmarked(Exception):
    """Why nothing is marked, as a sentence."""


NOT_FOUND = "The words of the quote are printed otherwise on this page, so they are not marked."
REPEATED = "This page says the same more than once, so nothing is marked."
TOO_MUCH = "This page holds too many characters to find the quote among them."


class _Letter(NamedTuple):
    place: int
    box: Box


def page_marks(
    page: PageCharacters,
    written: str,
    quote: tuple[int, int],
    highlight: tuple[int, int] | None = None,
) -> PageMarks:
    """Return what to mark on a page for a stretch of its canonical text `written`.

    Raises Unmarked where it cannot be told, or boxed so that nothing else is marked.
    """
    if page.is_cut:
        raise Unmarked(TOO_MUCH)
    search = QuoteSearch(written, page.text)
    found = search.find(*quote)
    if found is None:
        raise Unmarked(REPEATED if search.is_repeated else NOT_FOUND)
    quoted = _boxes(page, sorted(set(found.values())))
    if quoted is None:
        raise Unmarked(NOT_FOUND)
    if highlight is None:
        return PageMarks(quoted)
    inside = {found[n] for n in range(*highlight) if n in found}
    return PageMarks(quoted, _boxes(page, sorted(inside)) or () if inside else ())


def _boxes(page: PageCharacters, places: Sequence[int]) -> tuple[Box, ...] | None:
    """Return boxes that hold these characters and no other ones; None where there are none."""
    letters = {place: box for place in places if (box := page.box(place))}
    if not letters or len(letters) < _BOXED * len(places):
        return None
    shaped = _shaped(page, letters)
    for part in (_is_line, _is_word, _is_letter):
        boxes = tuple(_joined(shaped, page.text, part))
        if not _others(page, boxes, set(places)):
            return boxes
    return None


def _shaped(page: PageCharacters, letters: Mapping[int, Box]) -> list[_Letter]:
    """Return boxes in order, those of signs with fonts much too high as high as their ink."""
    usual = median(box.top - box.bottom for box in letters.values())
    return [
        _Letter(place, (page.ink(place) or box) if box.top - box.bottom > _TALL * usual else box)
        for place, box in letters.items()
    ]


Belongs = Callable[[str], bool]
"""Says of the text between two letters whether they may share a box."""


def _is_line(between: str) -> bool:
    return not between.strip(" \u00a0-\u2010\ufffe\x02\u00ad")


def _is_word(between: str) -> bool:
    return not between


def _is_letter(between: str) -> bool:
    return False


def _joined(letters: Sequence[_Letter], text: str, belongs: Belongs) -> Iterator[Box]:
    """Yield the boxes of letters that follow each other on one line."""
    box: Box | None = None
    last: _Letter | None = None
    for letter in letters:
        together = (
            box is not None
            and last is not None
            and belongs(text[last.place + 1 : letter.place])
            and _follows(last.box, letter.box)
        )
        if box is not None and not together:
            yield box
        box = _around(box, letter.box) if box is not None and together else letter.box
        last = letter
    if box is not None:
        yield box


def _follows(before: Box, after: Box) -> bool:
    """Say whether a box stands beside another on one line, across the page or along it."""
    height = max(before.top - before.bottom, after.top - after.bottom)
    across = abs((before.bottom + before.top) - (after.bottom + after.top)) / 2
    return across < _SAME_LINE * height and abs(after.left - before.right) < _GAP * height


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def _others(page: PageCharacters, boxes: Sequence[Box], places: set[int]) -> bool:
    """Say whether a character that is not of the quote stands in a mark."""
    low, high = min(box.bottom for box in boxes), max(box.top for box in boxes)
    strangers = [
        (sign, x, y)
        for place, sign, x, y in page.middles
        if low < y < high and place not in places and _is_inside(x, y, boxes)
    ]
    if not strangers:
        return False
    own: dict[str, list[tuple[float, float]]] = {}
    for place, sign, x, y in page.middles:
        if place in places:
            own.setdefault(sign, []).append((x, y))
    return any(
        not any(
            abs(x - a) < _OVERPRINTED and abs(y - b) < _OVERPRINTED for a, b in own.get(sign, ())
        )
        for sign, x, y in strangers
    )


def _is_inside(x: float, y: float, boxes: Sequence[Box]) -> bool:
    return any(box.left < x < box.right and box.bottom < y < box.top for box in boxes)
