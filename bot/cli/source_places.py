"""Where in which source: reads what citations and people write behind a source's name.

`notes.md:12` is a line, `notes.md#L12-L14` lines, `scan.pdf#page=3` a page, `deck.pptx#slide=3` a
slide, and `notes.md:120:180` the characters from `start` to `end` of a citation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from index.errors import AmbiguousSource, QuothError, SourceNotFound
from index.schema import Source, Span
from index.text.place_names import fragment_span


class LocatorError(QuothError):
    """A place that the source does not have."""


def locate(text: str, find: Callable[[str], Source]) -> tuple[Source, Span | None]:
    """Return the source that `text` names and the span it points at; None points at all of it.

    `find` gives a source by name or raises SourceNotFound. The longest name that exists wins, so
    a file called `a:12` can be shown. Raises LocatorError when the source has no such place.
    """
    for name, part in _readings(text):
        try:
            source = find(name)
        except AmbiguousSource:
            raise
        except SourceNotFound:
            continue
        return source, None if part is None else part(source)
    raise SourceNotFound(text)


def _readings(text: str) -> Iterator[tuple[str, Callable[[Source], Span] | None]]:
    """Yield each name that `text` may begin with, and what finds the part behind it."""
    yield text, None
    for pattern, part in _SUFFIXES:
        if found := pattern.fullmatch(text):
            name, *numbers = filter(None, found.groups())
            yield name, partial(part, first=int(numbers[0]), last=int(numbers[-1]))
    if found := _FRAGMENT.fullmatch(text):
        yield found[1], None
    if found := _PLACE.fullmatch(text):
        yield found[1], partial(_named_place, fragment=found[2])


def _characters(source: Source, first: int, last: int) -> Span:
    size = len(source.text)
    if not first < last <= size:
        raise LocatorError(
            f"{source.uri!r} has {size} characters; {first}:{last} is no part of it."
        )
    return Span(start=first, end=last)


def _lines(source: Source, first: int, last: int) -> Span:
    lines = source.text.removesuffix("\n").split("\n")
    if not 1 <= first <= last <= len(lines):
        has = (
            "1 line; give line 1"
            if len(lines) == 1
            else (f"{len(lines):,} lines; give a line from 1 to {len(lines)}")
        )
        raise LocatorError(f"{source.uri!r} has {has}.")
    start = sum(len(line) + 1 for line in lines[: first - 1])
    return Span(start=start, end=start + len("\n".join(lines[first - 1 : last])))


def _page(source: Source, first: int, last: int) -> Span:
    """Return the span of one page: `last` is `first` again."""
    if not source.pages:
        raise LocatorError(
            f"{source.uri!r} has no pages; give a line, as in {source.uri + ':12'!r}."
        )
    if not 1 <= first <= len(source.pages):
        count = len(source.pages)
        raise LocatorError(f"{source.uri!r} has {count} pages; give a page from 1 to {count}.")
    return source.pages[first - 1]


def _named_place(source: Source, fragment: str) -> Span:
    """Return the span of a slide, of rows, of a message."""
    found = fragment_span(source, fragment)
    if found is None:
        raise LocatorError(
            f"{source.uri!r} has no place {'#' + fragment!r}; `quoth show {source.uri}` prints all "
            "of it."
        )
    return found


_SUFFIXES = (
    (re.compile(r"(.+):(\d{1,12}):(\d{1,12})"), _characters),
    (re.compile(r"(.+)#L(\d{1,12})(?:-L?(\d{1,12}))?"), _lines),
    (re.compile(r"(.+):(\d{1,12})(?:-(\d{1,12}))?"), _lines),
    (re.compile(r"(.+)#page=(\d{1,12})"), _page),
)
_FRAGMENT = re.compile(r"(.+)#:~:text=.*")
_PLACE = re.compile(r"(.+)#(\w+=[^#]+)")
