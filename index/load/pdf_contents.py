"""The table of contents of a PDF: lines of titles and page numbers, which answer nothing.

It is left out, as every title in it stands once more above the text it belongs to. A menu or an
account has dots and numbers too: only where most of the titles are found on other pages, and the
numbers rise, is it a table of contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.load.pdf_page import PrintedPage
from index.load.pdf_running_lines import Place

_ENTRY = re.compile(
    r"(?P<title>[^.…·_]?.*?[^\s.…·_])\s*(?P<dots>(?:[.…·_]\s?){3,}|\s)\s*"
    r"(?P<page>\d{1,4}|[ivxlc]{1,7})"
)
_HEADINGS = re.compile(
    r"(?:(?:table\s+of\s+)?contents|list\s+of\s+(?:figures|tables)|inhalt(?:sverzeichnis)?"
    r"|abbildungsverzeichnis|tabellenverzeichnis|table\s+des\s+mati[eè]res|sommaire|[ií]ndice"
    r"|contenido|sommario|inhoud(?:sopgave)?|sum[aá]rio|spis\s+treści|innehåll|indhold|sisällys)",
    re.IGNORECASE,
)
_LAST = frozenset("0123456789ivxlc")
"""What a page number ends in."""

_ENTRIES = 3
"""Titles with a page number that make up a table of contents."""

_FOUND = 0.6
"""Share of the titles that stand on other pages too."""

_MAX_TITLE = 150


def plain_words(text: str) -> str:
    """Return the letters and digits of a text alone, by which titles are compared."""
    return "".join(filter(str.isalnum, text)).casefold()


def contents_lines(pages: Sequence[PrintedPage]) -> set[Place]:
    """Return the lines of the tables of contents of a document."""
    candidates = {page.number: found for page in pages if (found := _entries(page))}
    if not candidates:
        return set()
    known: set[str] = set()
    for page in pages:
        known |= set(_titles(page, candidates.get(page.number, {})))
    left_out: set[Place] = set()
    for page in pages:
        entries = candidates.get(page.number)
        if entries and _is_contents(entries, known, len(pages)):
            left_out |= {(page.number, line) for line in _lines_of(page, entries, known)}
    return left_out


def _entries(page: PrintedPage) -> dict[int, tuple[str, str]]:
    """Return title and page number of the lines that may be entries, if they are enough.

    Without dots, a heading must say that the contents follow.
    """
    found: dict[int, tuple[str, str]] = {}
    dotted = 0
    headed = any(_HEADINGS.fullmatch(line.text) for line in page.lines[:6])
    for number, line in enumerate(page.lines):
        text = line.text
        # Most lines end in no number, which is told sooner.
        if text[-1] not in _LAST or len(text) > 2 * _MAX_TITLE:
            continue
        if match := _ENTRY.fullmatch(text):
            found[number] = (match["title"], match["page"])
            dotted += bool(match["dots"].strip())
    enough = dotted >= _ENTRIES or (headed and len(found) >= _ENTRIES)
    return found if enough or len(found) > 0.6 * len(page.lines) > _ENTRIES else {}


def _titles(page: PrintedPage, entries: dict[int, tuple[str, str]]) -> Iterator[str]:
    """Yield what may be a title on a page: a line that is no entry, or two of them."""
    lines = [line.text for n, line in enumerate(page.lines) if n not in entries]
    for text in lines:
        if len(text) <= _MAX_TITLE:
            yield plain_words(text)
    for above, below in pairwise(lines):
        if len(above) + len(below) <= _MAX_TITLE:
            yield plain_words(above + below)


def _is_contents(entries: dict[int, tuple[str, str]], known: set[str], pages: int) -> bool:
    titles = [title for title, _ in entries.values()]
    found = sum(_is_known(title, known) for title in titles)
    numbers = [int(number) for _, number in entries.values() if number.isdigit()]
    rising = sum(a <= b for a, b in pairwise(numbers))
    return (
        found >= _FOUND * len(titles)
        and rising >= 0.8 * (len(numbers) - 1)
        and max(numbers, default=0) <= 2 * pages + 100
    )


def _is_known(title: str, known: set[str]) -> bool:
    words = plain_words(title)
    return words in known or re.sub(r"^(?:[a-z]?\d+)+", "", words) in known


def _lines_of(
    page: PrintedPage, entries: dict[int, tuple[str, str]], known: set[str]
) -> Iterator[int]:
    """Yield the lines to leave out: entries, the heading, and first lines of long titles."""
    for number, line in enumerate(page.lines):
        if number in entries:
            title, _ = entries[number]
            # What has no dots and stands nowhere else is a sentence that ends in a number.
            if _is_known(title, known) or re.search(r"(?:[.…·_]\s?){3,}", line.text):
                yield number
        elif _HEADINGS.fullmatch(line.text) or (
            number + 1 in entries and plain_words(line.text + entries[number + 1][0]) in known
        ):
            yield number
