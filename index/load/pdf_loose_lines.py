"""Printed lines that are wider than their words: where a table may be, before any word is placed.

To place the words of a line takes as long as to read it, and most lines are prose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from index.load.pdf_lines import Line

_LOOSE = 1.18
"""Widths of a character, in those of prose, from which a line may have cells."""

_PROSE = (0.34, 0.5)
"""Width of a character on average, in heights of the line, of any prose."""

_HIGH = 2.0
"""Heights of the usual letter from which a sign is a drawing."""

_BETWEEN = 4
"""Lines of a cell that may stand between the first lines of two rows."""


def loose_width(lines: Sequence[Line]) -> float:
    """Return the width of a character on average from which a line of the page may have cells."""
    widths = sorted(w for line in lines if len(line.text) > 20 and (w := character_width(line)))
    usual = widths[len(widths) // 8] if widths else _PROSE[1]
    return _LOOSE * min(max(usual, _PROSE[0]), _PROSE[1])


def loose_lines(lines: Sequence[Line], least: float) -> set[int]:
    """Return the lines that are wider than their words: they may have cells."""
    usual = median(line.height for line in lines) if lines else 0.0
    loose = [
        number
        for number, line in enumerate(lines)
        if character_width(line) > least and line.height < _HIGH * usual
    ]
    return set(_without_listings(loose, lines))


def loose_runs(lines: Sequence[Line], taken: set[int], loose: set[int]) -> list[list[int]]:
    """Return stretches of lines in which lines with gaps follow each other closely."""
    runs: list[list[int]] = []
    for number in sorted(loose - taken):
        last = runs[-1][-1] if runs else -_BETWEEN * 3
        between = range(last + 1, number)
        near = len(between) <= _BETWEEN * 2 and not taken.intersection(between)
        if near and follows(lines[last], lines[number], len(between)):
            runs[-1] += [*between, number]
        else:
            runs.append([number])
    runs = [_without_header(run, lines) for run in runs]
    return [_with_end(run, lines, taken) for run in runs if len(loose.intersection(run)) >= 3]


def _without_listings(loose: Sequence[int], lines: Sequence[Line]) -> list[int]:
    """Return lines without those of typewritten letters that have no gaps.

    All of these have the same width of a character on average, however long they are.
    """
    lengths: dict[int, set[int]] = defaultdict(set)
    for number in loose:
        lengths[round(character_width(lines[number]) * 100)].add(len(lines[number].text))
    listings = {width for width, found in lengths.items() if len(found) > 3}
    return [
        number for number in loose if round(character_width(lines[number]) * 100) not in listings
    ]


def _without_header(run: list[int], lines: Sequence[Line]) -> list[int]:
    """Return a run without a first line that stands far above it: the head of the page."""
    gaps = [lines[a].bottom - lines[b].bottom for a, b in pairwise(run)]
    return run[1:] if len(gaps) > 1 and gaps[0] > 2 * median(gaps[1:]) else run


def _with_end(run: list[int], lines: Sequence[Line], taken: set[int]) -> list[int]:
    """Return a run with the lines behind it that may belong to its last row."""
    end = run[-1] + 1
    while (
        end < len(lines)
        and end not in taken
        and end - run[-1] <= _BETWEEN
        and follows(lines[end - 1], lines[end], 0)
    ):
        end += 1
    return [*run, *range(run[-1] + 1, end)]


def follows(above: Line, below: Line, between: int) -> bool:
    """Say whether a line can be the next row of a table, or of one of its cells."""
    gap = above.bottom - below.bottom
    high = max(above.height, below.height)
    return -(_BETWEEN + 1) * high < gap < (3.5 + 1.5 * between) * high


def character_width(line: Line) -> float:
    """Return the width of a character on average, in heights of the line; 0 where unknown."""
    if line.left is None or line.height <= 0 or len(line.text) < 3:
        return 0.0
    return (line.right - line.left) / line.height / len(line.text)
