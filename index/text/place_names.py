"""Where a span stands in an original with slides, rows or messages, as people and locators say."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple
from urllib.parse import unquote

from index.schema import Place, Source, Span

_NUMBERS = re.compile(r"(.*?)(\d{1,9})(?:-(\d{1,9}))?")

_LINE = "line="
"""What tells lines of files whose text has others."""


class _Stretch(NamedTuple):
    """The part of a place that a span touches."""

    place: Place
    first: int | None
    last: int | None


def told_place(source: Source, span: Span) -> str | None:
    """Return `slide 3` or `sheet Prices, rows 12-14`; None where the original has no places."""
    found = _touched(source, span)
    if found is None:
        return None
    label, first, last = found.place.label, found.first, found.last
    if first is None:
        return label
    return f"{label} {first}" if first == last else f"{label}s {first}-{last}"


def place_fragment(source: Source, span: Span) -> str:
    """Return what a locator has behind `#` for that place; "" where there is none."""
    found = _touched(source, span)
    if found is None or not found.place.fragment:
        return ""
    fragment, first, last = found.place.fragment, found.first, found.last
    if first is None:
        return fragment
    return f"{fragment}{first}" if first == last else f"{fragment}{first}-{last}"


def _touched(source: Source, span: Span) -> _Stretch | None:
    """Return what a span touches, by numbers where any of it has one.

    Of places with different labels, the first is told.
    """
    end = max(span.start, span.end - 1)
    low, high = (
        bisect_right(source.places, offset, key=lambda place: place.start) - 1
        for offset in (span.start, end)
    )
    touched = source.places[max(low, 0) : high + 1]
    if not touched:
        return None
    numbered = [place for place in touched if place.number is not None] or touched
    first = numbered[0]
    last = next(place for place in reversed(numbered) if place.label == first.label)
    return _Stretch(
        first,
        _number_at(source, first, max(span.start, first.start)),
        _number_at(source, last, _last_offset(source, last, end)),
    )


def _last_offset(source: Source, place: Place, end: int) -> int:
    """Return the last offset of `place` up to `end` that is no white space."""
    at = bisect_right(source.places, place.start, key=lambda each: each.start)
    stop = min(source.places[at].start, end + 1) if at < len(source.places) else end + 1
    return place.start + max(len(source.text[place.start : stop].rstrip()) - 1, 0)


def _number_at(source: Source, place: Place, offset: int) -> int | None:
    if place.number is None or not place.each_line:
        return place.number
    return place.number + source.text.count("\n", place.start, offset)


def fragment_span(source: Source, fragment: str) -> Span | None:
    """Return the span of the place that a locator has behind `#`; None where there is none."""
    wanted = unquote(fragment)
    inside = [_is_inside(place, wanted) for place in source.places]
    first = inside.index(True) if True in inside else len(inside)
    last = next((n for n in range(first, len(inside)) if not inside[n]), len(inside))
    spans = [_span(source, number) for number in range(first, last)]
    if not spans and (numbers := _NUMBERS.fullmatch(wanted)):
        first, last = int(numbers[2]), int(numbers[3] or numbers[2])
        spans = [
            span
            for number, place in enumerate(source.places)
            if place.number is not None and unquote(place.fragment) == numbers[1]
            if (span := _numbered_span(source, number, first, last))
        ] or _around_line(source, numbers[1], first)
    if not spans:
        return None
    start, end = spans[0].start, spans[-1].end
    return Span(start=start, end=start + len(source.text[start:end].rstrip()))


def _around_line(source: Source, fragment: str, line: int) -> list[Span]:
    """Return what goes on over a line of a file; nothing for lines before and behind what is told.

    Of a paragraph over several lines, only the first one is told.
    """
    if fragment != _LINE:
        return []
    told = [(place.number, at) for at, place in enumerate(source.places) if place.number]
    before = max((each for each in told if each[0] < line), default=None)
    goes_on = any(number > line for number, _ in told)
    return [_span(source, before[1])] if before and goes_on else []


def _is_inside(place: Place, wanted: str) -> bool:
    """Say whether a place is the one wanted, or one of the rows of a sheet that is."""
    fragment = unquote(place.fragment)
    return (place.number is None and fragment == wanted) or fragment.startswith(f"{wanted}&")


def _span(source: Source, number: int) -> Span:
    """Return the span of a place, up to the next."""
    after = source.places[number + 1 : number + 2]
    end = after[0].start if after else len(source.text)
    return Span(start=source.places[number].start, end=end)


def _numbered_span(source: Source, number: int, first: int, last: int) -> Span | None:
    """Return the part of a place that has the numbers `first` to `last`, if it has any."""
    place, span = source.places[number], _span(source, number)
    if place.number is None or not place.each_line:
        within = place.number is not None and first <= place.number <= last
        return span if within else None
    lines = span.of(source.text).removesuffix("\n").split("\n")
    low, high = max(first - place.number, 0), min(last - place.number + 1, len(lines))
    if low >= high:
        return None
    start = span.start + sum(len(line) + 1 for line in lines[:low])
    return Span(start=start, end=start + len("\n".join(lines[low:high])))
