"""The outline of a PDF (its bookmarks), and the printed lines that are its headings.

Only what is printed becomes a heading: an entry whose words are not on its page is left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from index.load.pdf_contents import plain_words
from index.load.pdf_page import PrintedPage

_MAX_ENTRIES = 20_000
"""Entries that are read; no one wrote more."""

_MAX_LEVEL = 6
"""Headings below it are written as ones of it."""

_MAX_LINES = 3
"""Printed lines of a heading."""

_NUMBER = re.compile(
    r"(?:chapter|section|part|appendix|kapitel|teil|abschnitt|anhang|chapitre|partie|annexe"
    r"|cap[ií]tulo|parte|capitolo)?(?:\d+|[ivxlc]{1,6}|[a-z])?\d*"
)


@dataclass(frozen=True)
class OutlineEntry:
    """One bookmark."""

    title: str
    level: int
    """From 1."""
    page: int
    """Counted from 1."""


@dataclass(frozen=True)
class PrintedHeading:
    """The lines of a page that are a heading."""

    lines: tuple[int, ...]
    level: int


def outline_of(document: Any) -> list[OutlineEntry]:
    """Return the entries of an outline that lead to a page; what is damaged ends it."""
    from pypdfium2 import PdfiumError

    found: list[OutlineEntry] = []
    try:
        for bookmark in islice(document.get_toc(max_depth=2 * _MAX_LEVEL), _MAX_ENTRIES):
            target = bookmark.get_dest()
            page = target.get_index() if target else None
            title = bookmark.get_title().strip()
            if title and page is not None:
                found.append(OutlineEntry(title, min(bookmark.level + 1, _MAX_LEVEL), page + 1))
    except (PdfiumError, ValueError, UnicodeError):
        pass
    return found


def headings_by_page(entries: Sequence[OutlineEntry]) -> Mapping[int, list[OutlineEntry]]:
    """Return the entries of each page, in their order."""
    found: dict[int, list[OutlineEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.page].append(entry)
    return found


def printed_headings(
    page: PrintedPage, entries: Sequence[OutlineEntry], left_out: Collection[int]
) -> list[PrintedHeading]:
    """Return where the entries of a page are printed on it; `left_out` are lines that are none."""
    longest = 2 * max(len(entry.title) for entry in entries) + 40
    words = [
        "" if number in left_out or len(line.text) > longest else plain_words(line.text)
        for number, line in enumerate(page.lines)
    ]
    taken: set[int] = set()
    found: list[PrintedHeading] = []
    for entry in entries:
        lines = _place(words, plain_words(entry.title), taken)
        if lines:
            found.append(PrintedHeading(lines, entry.level))
            taken |= set(lines)
    return found


def _place(words: Sequence[str], title: str, taken: Collection[int]) -> tuple[int, ...]:
    """Return the lines that say a title: exactly, else with its number before it."""
    close: tuple[int, ...] = ()
    for first in range(len(words)):
        text = ""
        for last in range(first, min(first + _MAX_LINES, len(words))):
            if not words[last] or last in taken or len(text) > len(title) + 20:
                break
            text += words[last]
            lines = tuple(range(first, last + 1))
            if text == title:
                # Its number may stand on the line above it.
                return close if close and close[-1] == last else lines
            if not close and _is_numbered(text, title):
                close = lines
    return close


def _is_numbered(text: str, title: str) -> bool:
    """Say whether one of two titles is the other with a number before it."""
    longer, shorter = (text, title) if len(text) > len(title) else (title, text)
    if len(shorter) < 2 or not longer.endswith(shorter):
        return False
    return _NUMBER.fullmatch(longer[: -len(shorter)]) is not None
