"""What stands under one key of structured data, and where its own members are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Member:
    """A key with its value, or one value of a list, as a stretch of the text."""

    key: str
    """Empty for what adds nothing to the path: a record, a document."""
    start: int
    end: int
    body: tuple[int, int] | None = None
    """The stretch that holds its own members; None for a value that has none."""
    about: str = ""
    """What it is, where its key does not say so: the name of a record."""


MembersOf: TypeAlias = Callable[[str, int, int], Iterator[Member]]
"""Yields the members in `text[start:end]`, in order."""


def line_starts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end, without its line end, of each line in a stretch."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1
