"""Where in which source: reads what citations and people write behind a source's name.

`notes.md:12` is a line, `notes.md#L12-L14` lines, `scan.pdf#page=3` a page and
`notes.md:120:180` the characters from `start` to `end` of a citation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.errors import AmbiguousSource, QuothError, SourceNotFound
from index.schema import Source, Span

_SUFFIXES = (
    (re.compile(r"(.+):(\d{1,12}):(\d{1,12})"), "characters"),
    (re.compile(r"(.+)#L(\d{1,12})(?:-L?(\d{1,12}))?"), "lines"),
    (re.compile(r"(.+):(\d{1,12})(?:-(\d{1,12}))?"), "lines"),
    (re.compile(r"(.+)#page=(\d{1,12})"), "page"),
    (re.compile(r"(.+)#:~:text=.*"), "all"),
)


class LocatorError(QuothError):
    """A place that the source does not have."""


@dataclass(frozen=True)
class Place:
    """A part of a source as a person names it."""

    kind: str
    """`characters`, `lines` or `page`."""
    first: int
    last: int


def locate(text: str, find: Callable[[str], Source]) -> tuple[Source, Span | None]:
    """Return the source that `text` names and the span it points at; None points at all of it.

    `find` gives a source by name or raises SourceNotFound. The longest name that exists wins, so
    a file called `a:12` can be shown. Raises LocatorError when the source has no such place.
    """
    for name, place in _readings(text):
        try:
            source = find(name)
        except AmbiguousSource:
            raise
        except SourceNotFound:
            continue
        return source, None if place is None else _span(source, place)
    raise SourceNotFound(text)


def _readings(text: str) -> Iterator[tuple[str, Place | None]]:
    yield text, None
    for pattern, kind in _SUFFIXES:
        if found := pattern.fullmatch(text):
            numbers = [int(number) for number in found.groups()[1:] if number]
            yield found[1], Place(kind, numbers[0], numbers[-1]) if numbers else None


def _span(source: Source, place: Place) -> Span:
    find = {"characters": _characters, "lines": _lines, "page": _page}[place.kind]
    return find(source, place)


def _characters(source: Source, place: Place) -> Span:
    size = len(source.text)
    if not place.first < place.last <= size:
        raise LocatorError(
            f"{source.uri!r} has {size} characters; {place.first}:{place.last} is no part of it."
        )
    return Span(start=place.first, end=place.last)


def _lines(source: Source, place: Place) -> Span:
    lines = source.text.removesuffix("\n").split("\n")
    if not 1 <= place.first <= place.last <= len(lines):
        raise LocatorError(
            f"{source.uri!r} has {len(lines)} lines; give a line from 1 to {len(lines)}."
        )
    start = sum(len(line) + 1 for line in lines[: place.first - 1])
    return Span(start=start, end=start + len("\n".join(lines[place.first - 1 : place.last])))


def _page(source: Source, place: Place) -> Span:
    if not source.pages:
        raise LocatorError(
            f"{source.uri!r} has no pages; give a line, as in {source.uri + ':12'!r}."
        )
    if not 1 <= place.first <= len(source.pages):
        count = len(source.pages)
        raise LocatorError(f"{source.uri!r} has {count} pages; give a page from 1 to {count}.")
    return source.pages[place.first - 1]
