"""What a person is told of pictures whose text was not read, or not all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

MAX_PICTURES = 500
"""Pages of a document that are recognised: half an hour's work."""

INSTALL = "Run `pip install 'quoth[ocr]'`, then sync again."
"""How to have text in pictures read."""

NO_TEXT = "picture without text"
"""What is said of a document that shows no words."""


def without_text(
    blank: Sequence[int], unread: Sequence[int], pages: int, *, can_read: bool
) -> Iterator[str]:
    """Yield what to say of pages without text, and of pictures that were not read.

    Both are numbers of pages of a document that has so many `pages`.
    """
    if len(blank) == pages and not unread:
        yield NO_TEXT
        return
    if unread and can_read:
        yield f"More than {MAX_PICTURES} pages are pictures; not read are {named_pages(unread)}."
    elif unread:
        yield f"Pictures of text, which are not read: {named_pages(unread)}. {INSTALL}"
    if rest := [number for number in blank if number not in set(unread)]:
        yield f"Without text: {named_pages(rest)}."


def doubtful_lines(counts: Mapping[int, int]) -> Iterator[str]:
    """Yield how many lines of which pages were left out as too uncertain; one entry a page."""
    for number, count in sorted(counts.items())[:10]:
        yield f"{_lines(count)} of page {number} could not be read with confidence."
    if len(counts) > 10:
        rest = sorted(counts)[10:]
        total = sum(counts[number] for number in rest)
        yield f"{_lines(total)} of {len(rest)} more pages could not be read with confidence."


def doubtful_lines_of_picture(count: int) -> Iterator[str]:
    """Yield the same of a picture that has no pages."""
    if count:
        yield f"{_lines(count)} could not be read with confidence."


def named_pages(numbers: Sequence[int]) -> str:
    """Name pages, the first ten of them."""
    shown = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
    return f"page {shown}" if len(numbers) == 1 else f"pages {shown}"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
