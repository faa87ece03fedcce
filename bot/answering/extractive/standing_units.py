"""The stretch around a sentence that can be understood on its own: its paragraph, list or code.

A sentence that is shown alone may hide what it depends on: an item without the line above the list,
a second step without the first. On 1,066 answerable questions over 23 sets of real documents, the
best sentences of the three nearest passages held the whole answer for .35, their units for .69,
their whole passages for .75 (2026-11-26).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.schema import Passage, Span
from index.text.english import DEMONSTRATIVES, PERSONAL, POSSESSIVES, one_of
from index.text.list_marks import list_mark

_LEANS = re.compile(
    rf"(?:{one_of(PERSONAL, DEMONSTRATIVES, POSSESSIVES)}|however|but|so|therefore|thus|also|both"
    r"|such|there)\b",
    re.IGNORECASE,
)

_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?!\s*\n))+")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_HEADINGS = re.compile(r"(?:[ \t]*#{1,6}[ \t][^\n]*\n\s*)+")
_HEADING = re.compile(r"\s*#{1,6} [^\n]*\Z")


def unit_around(passage: Passage, sentence: Span) -> Span:
    """Return the unit that a sentence of a passage stands in, as a span of the source's text.

    Of a table the row itself: its columns are named beside it.
    """
    if passage.kind == "table":
        return sentence
    at = sentence.start - passage.start
    for start, end in _units(passage.text):
        if start <= at < end:
            text = passage.text[start:end]
            first = start + len(text) - len(text.lstrip())
            last = max(start + len(text.rstrip()), sentence.end - passage.start)
            return Span(start=passage.start + first, end=passage.start + last)
    return sentence


def leans_back(sentence: str) -> bool:
    """Say whether a sentence refers to the one before it by its first word."""
    return _LEANS.match(sentence) is not None


def below_heading(passage: Passage, span: Span) -> Span:
    """Return a span without the heading lines at its beginning, unless there is nothing else."""
    text = passage.text[span.start - passage.start : span.end - passage.start]
    heading = _HEADINGS.match(text)
    start = span.start + (heading.end() if heading else 0)
    # Headings of other markups are told by what the passage says first, which may be in a fence.
    said = passage.sentences[0].start if passage.sentences else start
    if not is_code(passage.text[: said - passage.start]):
        start = max(start, said)
    return Span(start=start, end=span.end) if start < span.end else span


def is_code(text: str) -> bool:
    """Say whether a unit holds a fenced block."""
    return _FENCE.search(text) is not None


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Yield paragraphs; a list comes with its lead-in, code in one piece, a heading not at all."""
    start = end = 0
    for paragraph in _PARAGRAPH.finditer(text):
        if start < end and not _goes_on(text[start:end], paragraph[0]):
            yield start, end
            start = paragraph.start()
        start = paragraph.start() if start == end else start
        end = paragraph.end()
        if _HEADING.match(text[start:end]):
            start = end
    if start < end:
        yield start, end


def _goes_on(before: str, after: str) -> bool:
    """Say whether a paragraph belongs to what stands above it."""
    if len(_FENCE.findall(before)) % 2:
        return True
    line = after.lstrip("\n")
    listed = list_mark(line) is not None or _FENCE.match(line) is not None
    return listed and (before.rstrip().endswith((":", "：")) or _ends_in_item(before))


def _ends_in_item(text: str) -> bool:
    return list_mark(text.rstrip().rpartition("\n\n")[2]) is not None
