"""What was recognised in a picture, as the printed lines of a page in reading order."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeAlias

from index.load.decode import canonical
from index.load.pdf_columns import visual_lines
from index.load.pdf_lines import WORD_BREAK, Line, Word
from index.load.text_recognition import ReadLine, ReadPicture
from index.schema import Region, Span

Edges: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom in ten-thousandths of a page, from its upper left corner."""

WHOLE = 10_000
"""The width and the height of a page, as `Edges` count."""

_CONFIDENT = 0.9
"""Confidence from which a line is kept: see "Text in pictures" in `docs/formats.md`."""

_LEVEL = 0.35
"""Radians up to which lines that slope are those of a page that lies askew."""

_ALIKE = 0.3
"""Share by which the heights of lines of one size differ, as some have no long letters."""

_CROSSING = 0.2
"""Share of the lines that may cross the gap between two columns: titles, pictures' captions."""

_SIDE = 3
"""Lines that stand in each of two columns, at least: the last one may be hardly begun."""

_SPLITS = 2
"""Times that a page is split into two columns, which makes four."""

_PROSE = 18
"""Letters of the usual line of a column; below it, columns are those of a table, read by rows."""

_FULL = 0.9
"""Share of the width of the widest line from which a line is full, and there are more of them."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DIVIDED = re.compile(r"[^\W\d_]{2}[-\u2010]$")


@dataclass(frozen=True)
class RecognisedPage:
    """The lines of a picture in the order they are read in."""

    lines: tuple[Line, ...] = ()
    edges: tuple[Edges, ...] = ()
    """Of each line, where it stands in the picture."""
    doubtful: int = 0
    """How many lines were left out, as they could not be read with confidence."""


def recognised_page(found: ReadPicture, points: tuple[float, float]) -> RecognisedPage:
    """Return what was read in the picture of a page, whose width and height are `points`."""
    pixels = found.width, found.height
    kept = [each for each in map(_cleaned, found.lines) if each.text]
    sure = [each for each in kept if each.confidence >= _CONFIDENT]
    doubtful = len(kept) - len(sure)
    if not sure:
        return RecognisedPage(doubtful=doubtful)
    words = _level_words(sure, pixels, points)
    rows = list(_in_reading_order(words))
    edges = tuple(_around([_edges(sure[word.line], pixels) for word in row]) for row in rows)
    return RecognisedPage(tuple(_lines(rows)), edges, doubtful)


def edges_on_page(line: Line, points: tuple[float, float]) -> Edges | None:
    """Return where a printed line stands on a page of this size; None where that is not known."""
    if line.left is None:
        return None
    (width, height), low = points, min(line.bottom, line.last_bottom)
    return _clipped(line.left / width, 1 - line.top / height, line.right / width, 1 - low / height)


def read_regions(
    text: str, span: Span, lines: Sequence[Line], edges: Sequence[Edges | None]
) -> Iterator[Region]:
    """Yield where in its picture each line of a page was read; `span` is the page's in `text`.

    `edges` are those of `lines`, in the order of the text. A line that is not in the text, as it
    repeats, has none.
    """
    at = span.start
    for line, place in zip(lines, edges, strict=True):
        words = line.text.strip().removesuffix(WORD_BREAK)
        start = text.find(words, at, span.end)
        if start < 0:
            continue
        at = start + len(words)
        if place is not None:
            yield Region(start, at, *place)


def _cleaned(line: ReadLine) -> ReadLine:
    """Return a line as text is written; without text where no letter or digit was read."""
    text = canonical(line.text).strip().replace("\n", " ")
    if not _EAST_ASIAN.search(text):
        text = text.translate(_FULL_WIDTH)
    return line._replace(text=text if any(map(str.isalnum, text)) else "")


def _edges(line: ReadLine, pixels: tuple[int, int]) -> Edges:
    width, height = pixels
    xs, ys = zip(*line.corners, strict=True)
    return _clipped(min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height)


def _clipped(*shares: float) -> Edges:
    left, top, right, bottom = (min(max(round(WHOLE * each), 0), WHOLE) for each in shares)
    return left, top, max(left, right), max(top, bottom)


def _around(edges: Sequence[Edges]) -> Edges:
    """Return the edges around several stretches of a page."""
    left, top, right, bottom = zip(*edges, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _level_words(
    lines: Sequence[ReadLine], pixels: tuple[int, int], points: tuple[float, float]
) -> list[Word]:
    """Return lines as words in points of a page that lies straight; each knows its line."""
    scale = points[1] / pixels[1]
    slope = _slope(lines)
    words = []
    for number, line in enumerate(lines):
        xs, ys = zip(*line.corners, strict=True)
        middle_x, middle_y = sum(xs) / 4, sum(ys) / 4
        # Turned about the upper left corner; every line moves alike, so that it does not matter.
        x = middle_x * math.cos(slope) + middle_y * math.sin(slope)
        y = middle_y * math.cos(slope) - middle_x * math.sin(slope)
        half_width = _length(line.corners[0], line.corners[1]) / 2
        half_height = _length(line.corners[1], line.corners[2]) / 2
        up = points[1] - y * scale
        words.append(
            Word(
                line.text,
                (x - half_width) * scale,
                up - half_height * scale,
                (x + half_width) * scale,
                up + half_height * scale,
                number,
            )
        )
    return words


def _slope(lines: Sequence[ReadLine]) -> float:
    """Return the usual slope of the longer lines, in radians; 0 where they have none in common."""
    slopes = [
        math.atan2(b[1] - a[1], b[0] - a[0])
        for a, b, c in (line.corners[:3] for line in lines)
        if _length(a, b) > 4 * _length(b, c)
    ]
    found = median(slopes) if slopes else 0.0
    return found if abs(found) < _LEVEL else 0.0


def _length(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


def _in_reading_order(words: Sequence[Word], splits: int = _SPLITS) -> Iterator[list[Word]]:
    """Yield rows of words from above; columns of prose one after the other.

    What crosses the gap between two columns parts what is above it from what is below. A column may
    have columns itself, so many times as `splits` says.
    """
    gutter = _gutter(words) if splits else None
    if gutter is None:
        yield from visual_lines(words)
        return
    sides: tuple[list[Word], list[Word]] = ([], [])
    for word in sorted(words, key=lambda each: -each.top):
        if word.right <= gutter or word.left >= gutter:
            sides[word.left >= gutter].append(word)
            continue
        yield from _both(sides, splits - 1)
        sides = ([], [])
        yield [word]
    yield from _both(sides, splits - 1)


def _both(sides: tuple[list[Word], list[Word]], splits: int) -> Iterator[list[Word]]:
    for side in sides:
        if side:
            yield from _in_reading_order(side, splits)


def _gutter(words: Sequence[Word]) -> float | None:
    """Return the place of the gap between two columns of prose; None where there is none."""
    count = len(words)
    if count < 8:
        return None
    lefts, rights = sorted(word.left for word in words), sorted(word.right for word in words)
    best: tuple[int, float] | None = None
    beside = 0
    for ended, place in enumerate(rights, start=1):
        while beside < count and lefts[beside] < place:
            beside += 1
        right = count - beside
        crossing = count - ended - right
        parts = min(ended, right) >= _SIDE and crossing <= _CROSSING * count
        if parts and (best is None or crossing < best[0]):
            best = crossing, place
    if best is None:
        return None
    sides = [
        [len(word.text) for word in words if word.right <= best[1]],
        [len(word.text) for word in words if word.left >= best[1]],
    ]
    return best[1] if min(median(side) for side in sides) >= _PROSE else None


def _lines(rows: Sequence[Sequence[Word]]) -> Iterator[Line]:
    """Yield rows as printed lines; those of about the same height get the same size."""
    usual = median(word.top - word.bottom for row in rows for word in row)
    widths = [row[-1].right - row[0].left for row in rows]
    full = _FULL * max(widths)
    is_text = sum(width >= full for width in widths) > 2
    for number, row in enumerate(rows):
        height = max(word.top - word.bottom for word in row)
        size = usual if abs(height - usual) < _ALIKE * usual else height
        middle = (row[0].top + row[0].bottom) / 2
        bottom = middle - usual / 2
        line = Line(
            " ".join(word.text for word in row),
            row[0].left,
            row[-1].right,
            bottom,
            bottom,
            size,
            middle + usual / 2,
        )
        below = rows[number + 1][0].text if number + 1 < len(rows) else ""
        if _DIVIDED.search(line.text) and below[:1].islower():
            line = replace(line, text=line.text[:-1] + WORD_BREAK)
        elif not is_text and not below[:1].islower():
            # On a notice, no line is full: the longest one would be taken for such.
            line = replace(line, is_last=True)
        yield line
