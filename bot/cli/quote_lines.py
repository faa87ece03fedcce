"""Quotes as lines of a terminal: rendered for people, the answer in them marked, code kept whole.

Everything here is pure and knows no colours: private marks stand around the answer until its lines
are broken, and before lines that may not be broken. They take no column.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bot.schema import Citation
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.fences import LineKind, markdown_lines
from index.text.list_marks import list_mark
from index.text.readable_markdown import has_own_lines, markup_of, readable_span

OPEN, CLOSE = "\U000f0000", "\U000f0001"
"""Around the answer in a line of a quote."""

KEPT = "\U000f0002"
"""Before a line that is printed as it is: of code, or a row of a table."""

INDENT = "    "
"""Before lines of code, in place of their fences."""

_PRIVATE = dict.fromkeys(map(ord, (OPEN, CLOSE, KEPT)), 0xFFFD)
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_NEW_LINE = re.compile(r"[\s\-*+|>#`~=0-9]")
"""How a line begins that does not go on with the paragraph above it."""


class QuoteLine(NamedTuple):
    """A line of a quote; a paragraph may be one."""

    text: str
    kind: LineKind


def without_private_marks(text: str) -> str:
    """Replace characters that would be taken for the private marks, keeping every offset."""
    return text.translate(_PRIVATE)


def quote_text(citation: Citation, *, joined: bool) -> str:
    """Return a quote as part of an answer; `joined` makes one line of each paragraph."""
    return _as_text(_quote_lines(citation, joined=joined))


def written_text(text: str, *, joined: bool) -> str:
    """Return what a model wrote as part of an answer, as `quote_text` does."""
    text = without_private_marks(text)
    return _as_text(list(_lines(paragraphs_joined(text) if joined else text)))


def folded_quote(citation: Citation, fold: Callable[[str], str]) -> list[QuoteLine]:
    """Return the lines of a quote that stands in a list; no code is first or last of them.

    `fold` makes one line of the prose between code and rows.
    """
    lines = _quote_lines(citation, joined=False)
    found: list[QuoteLine] = []
    for is_prose, group in itertools.groupby(lines, key=lambda line: line.kind == "text"):
        if is_prose:
            prose = fold("\n".join(line.text for line in group))
            found += [QuoteLine(prose.replace(f"{CLOSE} {OPEN}", " "), "text")] if prose else []
        else:
            found += group
    empty = QuoteLine("", "text")
    before = [empty] if not found or found[0].kind == "code" else []
    after = [empty] if found and found[-1].kind == "code" else []
    return [*before, *found, *after]


def paragraphs_joined(text: str) -> str:
    """Replace the line ends that may only wrap a paragraph by spaces, keeping every offset."""
    lines = list(markdown_lines(text))
    pieces = [lines[0].text]
    for before, line in itertools.pairwise(lines):
        prose = before.kind == line.kind == "text"
        pieces += (" " if prose and _goes_on(before.text, line.text) else "\n", line.text)
    return "".join(pieces)


def _goes_on(before: str, after: str) -> bool:
    """Say whether a line end may be inside a paragraph."""
    ends = not before or before[-1].isspace() or before[-1] in "]|\\" or _HEADING.match(before)
    return not ends and bool(after) and not _NEW_LINE.match(after) and not list_mark(after)


def _quote_lines(citation: Citation, *, joined: bool) -> list[QuoteLine]:
    quote = without_private_marks(citation.quote)
    markup = markup_of(citation.source, citation.mime)
    text, span = readable_span(
        paragraphs_joined(quote) if joined and not has_own_lines(markup) else quote,
        citation.highlight,
        markup,
    )
    return list(_lines(without_bracketed_numbers(text), span))


def _lines(text: str, span: tuple[int, int] | None = None) -> Iterator[QuoteLine]:
    """Yield lines without fences, code indented, with marks around what of `span` is in each."""
    for line in markdown_lines(text):
        if line.kind == "fence":
            continue
        shown = _marked(line.text, line.start, span) if span else line.text
        yield QuoteLine(INDENT + shown if line.kind == "code" and shown else shown, line.kind)


def _marked(line: str, at: int, span: tuple[int, int]) -> str:
    start, end = max(span[0] - at, 0), min(span[1] - at, len(line))
    inside = line[start:end]
    if start >= end or not inside.strip():
        return line
    return f"{line[:start]}{OPEN}{inside}{CLOSE}{line[end:]}"


def _as_text(lines: Sequence[QuoteLine]) -> str:
    """Return lines as one text; what follows code begins on a line of its own."""
    text = "\n".join(line if kind == "text" else KEPT + line for line, kind in lines)
    return f"{text}\n" if lines and lines[-1].kind == "code" else text
