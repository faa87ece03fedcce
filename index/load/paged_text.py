"""The canonical text of the pages of a PDF or a picture, and where its pages and regions stand.

A word that the end of a line divides is put together again, as the document writes it elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index.load.joined_pages import join_pages
from index.load.pdf_assembly import assembled_pages
from index.load.pdf_lines import WORD_BREAK
from index.load.pdf_outline import OutlineEntry
from index.load.pdf_page import PrintedPage
from index.load.recognised_page import read_regions
from index.schema import Region, Span

_DIVIDED = re.compile(rf"([^\W\d_]+){WORD_BREAK}([^\W\d_]+)")

# fmt: off
_COMPOUNDS = frozenset({
    "all", "anti", "co", "cross", "ex", "five", "four", "full", "half", "high", "ill", "long",
    "low", "mid", "multi", "non", "over", "part", "post", "pre", "pro", "quasi", "re", "self",
    "semi", "short", "so", "sub", "third", "three", "two", "well",
})
# fmt: on
"""First parts that keep their hyphen when nothing in the document says otherwise."""


@dataclass(frozen=True)
class PagedText:
    """A canonical text of pages."""

    text: str
    pages: tuple[Span, ...]
    regions: tuple[Region, ...]
    """The lines that were read from pictures."""


def paged_text(pages: Sequence[PrintedPage], outline: Sequence[OutlineEntry] = ()) -> PagedText:
    """Return the text of pages, with the headings that an outline names."""
    assembled = list(assembled_pages(pages, outline))
    goes_on = [page.goes_on for page in assembled]
    text, spans = join_pages(_joined([page.text for page in assembled]), goes_on)
    regions = tuple(
        region
        for page, span in zip(pages, spans, strict=True)
        if page.edges
        for region in read_regions(text, span, page.lines, page.edges)
    )
    return PagedText(text, spans, regions)


def _joined(pages: list[str]) -> list[str]:
    """Return the pages with divided words put together."""
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(pages)))

    def whole(match: re.Match[str]) -> str:
        head, tail = match[1], match[2]
        if words[f"{head}-{tail}"] > words[head + tail]:
            return f"{head}-{tail}"
        compound = head.lower() in _COMPOUNDS and not words[head + tail]
        return f"{head}-{tail}" if compound or tail[0].isupper() else head + tail

    return [_DIVIDED.sub(whole, page).replace(WORD_BREAK, "-") for page in pages]
