"""A source as its page shows it: a part of its text around a quote, and its outline. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bot.permalinks import VERSION_LENGTH
from bot.web.shown_text import day, label, title_of, web_address
from bot.web.text_blocks import Block, Marks, blocks
from bot.web.text_difference import Difference
from index.schema import Source, Span
from index.text.fences import markdown_lines
from index.text.layout import line_range
from index.text.markdown_headings import markdown_heading
from index.text.place_names import told_place
from index.text.readable_markdown import markup_of, readable_title
from index.text.shown_address import shown_address
from index.text.source_state import MISSING, STALE

PART = 16_000
"""Characters of a source that one page shows."""

ABOVE = 4_000
"""Characters shown above a quote."""

BESIDE = 6_000
"""Characters of a source that are shown beside an answer."""

MOST_HEADINGS = 300


class Heading(NamedTuple):
    """A line of the outline."""

    text: str
    level: int
    start: int
    is_here: bool
    """Whether it is in the part that is shown."""


@dataclass(frozen=True)
class Picture:
    """The page of a PDF that a quote is on."""

    path: str
    page: int
    alternative: str
    note: str | None


@dataclass(frozen=True)
class Change:
    """What became of a version since it was quoted."""

    still_says: bool | None
    """Whether the newest version holds the quote word by word; None without a quote."""
    difference: Difference | None
    newest: str
    """Path of the newest version."""


@dataclass(frozen=True)
class SourceView:
    """Everything that the page of a source shows."""

    title: str
    uri: str
    original: str | None
    facts: tuple[str, ...]
    path: str
    """Of this version."""
    permalink: str | None
    """Path of the quote that is marked."""
    place: str | None
    blocks: tuple[Block, ...]
    before: int | None
    """Offset at which the part above begins."""
    after: int | None
    outline: tuple[Heading, ...]
    picture: Picture | None = None
    change: Change | None = None


def version_path(source: Source) -> str:
    """Return the path of one version of a source."""
    return f"/sources/{source.id}/{source.sha256[:VERSION_LENGTH]}"


def source_view(
    source: Source,
    marks: Marks,
    *,
    start: int | None = None,
    permalink: str | None = None,
    length: int = PART,
) -> SourceView:
    """Return the part of a source around its quote, or from `start` on."""
    window = part_of(source.text, marks.quote, start, length)
    markup = markup_of(source.uri, source.mime)
    return SourceView(
        title=title_of(source.title, source.uri, source.mime),
        uri=shown_uri(source.uri),
        original=web_address(source.url) or web_address(source.uri),
        facts=tuple(_facts(source)),
        path=version_path(source),
        permalink=permalink,
        place=quote_place(source, marks.quote) if marks.quote else None,
        blocks=tuple(blocks(source.text, window, marks, markup)),
        before=max(0, window.start - length) if window.start else None,
        after=window.end if window.end < len(source.text) else None,
        outline=tuple(outline(source, window)),
    )


def shown_uri(uri: str) -> str:
    """Return what a source is called, without the folders of this machine."""
    if "://" in uri:
        return label(shown_address(uri))
    absolute = uri.startswith("/") or re.match(r"[A-Za-z]:[\\/]|\\\\", uri)
    return label(re.split(r"[\\/]", uri)[-1] if absolute else uri)


def quote_place(source: Source, span: Span) -> str:
    """Return `page 3`, `slide 3` or `lines 12-14`."""
    page = source.page_at(span.start)
    if page is not None:
        return f"page {page}"
    place = told_place(source, span)
    return label(place) if place else line_range(*source.lines_of(span), dash="–")


def part_of(text: str, quote: Span | None, start: int | None, length: int) -> Span:
    """Return the part of a text that is shown: whole lines, the quote within it."""
    if start is None:
        start = quote.start - min(ABOVE, length // 4) if quote and len(text) > length else 0
    start = min(max(start, 0), max(len(text) - 1, 0))
    first = _line_start(text, start, length // 8)
    end = max(first + length, quote.end if quote and first <= quote.start < first + length else 0)
    stop = text.find("\n", end)
    whole = stop < 0 or stop - end > length  # a line without an end is cut where it is
    return Span(start=first, end=len(text) if end >= len(text) else end if whole else stop + 1)


def _line_start(text: str, at: int, reach: int) -> int:
    """Return where the paragraph of an offset begins, or its line, or at least a word.

    What begins more than `reach` characters before is cut.
    """
    for end, back in (("\n\n", reach), ("\n", reach), (" ", reach // 8)):
        found = text.rfind(end, max(0, at - back), at)
        if found >= 0:
            return found + len(end)
    return 0 if at < reach // 8 else at


def outline(source: Source, window: Span) -> list[Heading]:
    """Return the headings of a text that is Markdown, or was made Markdown.

    Of very many, those around the part that is shown.
    """
    markup = markup_of(source.uri, source.mime)
    found = list(_headings(source.text, window)) if markup in ("markdown", "page") else []
    here = next((at for at, heading in enumerate(found) if heading.start >= window.start), 0)
    first = max(0, min(here - MOST_HEADINGS // 2, len(found) - MOST_HEADINGS))
    return found[first : first + MOST_HEADINGS]


def _headings(text: str, window: Span) -> Iterator[Heading]:
    for line in markdown_lines(text):
        found = markdown_heading(line.text) if line.kind == "text" else None
        shown = label(readable_title(found.text, "markdown"))[:120] if found else ""
        if found and shown:
            here = window.start <= line.start < window.end
            yield Heading(shown, found.level, line.start, here)


def _facts(source: Source) -> Iterator[str]:
    if source.modified:
        yield f"changed {day(source.modified)}"
    yield f"read {day(source.added_at)}"
    if source.pages:
        count = len(source.pages)
        yield "1 page" if count == 1 else f"{count:,} pages"
    yield f"version {source.sha256[:8]}"
    if source.missing:
        yield MISSING
    elif source.stale:
        yield STALE
