"""Pages joined to one canonical text."""

from __future__ import annotations

from collections.abc import Sequence

from index.schema import Span

_BREAK = "\n\n"


def join_pages(texts: Sequence[str], goes_on: Sequence[bool] = ()) -> tuple[str, tuple[Span, ...]]:
    """Return the texts parted by blank lines, and where each of them stands in the result.

    `goes_on` says of each text whether it begins in the midst of a table, which no blank line
    parts.
    """
    parts: list[str] = []
    spans, start = [], 0
    for number, text in enumerate(texts):
        if number:
            parts.append("\n" if goes_on and goes_on[number] else _BREAK)
            start += len(parts[-1])
        parts.append(text)
        spans.append(Span(start=start, end=start + len(text)))
        start += len(text)
    return "".join(parts), tuple(spans)
