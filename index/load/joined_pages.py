"""Pages joined to one canonical text."""

from __future__ import annotations

from collections.abc import Sequence

from index.schema import Span

_BREAK = "\n\n"


def join_pages(texts: Sequence[str]) -> tuple[str, tuple[Span, ...]]:
    """Return the texts parted by blank lines, and where each of them stands in the result."""
    spans, start = [], 0
    for text in texts:
        spans.append(Span(start=start, end=start + len(text)))
        start += len(text) + len(_BREAK)
    return _BREAK.join(texts), tuple(spans)
