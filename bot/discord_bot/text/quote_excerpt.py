"""What is shown of a long quote: around its highlight, without cutting code or tables. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from bot.discord_bot.text.message_split import FENCE
from index.text.fences import MarkdownLine, markdown_lines, open_fence

_WHOLE_LIMIT = 1000
"""Characters of a quote up to which its code and tables are not cut."""


def around_highlight(
    quote: str, highlight: tuple[int, int] | None, limit: int
) -> tuple[str, tuple[int, int] | None]:
    """Cut a long quote to about `limit` characters around what matters in it.

    A block of code or a table that a cut would go through stays whole up to `_WHOLE_LIMIT`; of a
    longer one whole lines are left, below its fence or its header.
    """
    if len(quote) <= limit:
        return quote, highlight
    start, end = highlight or (0, 0)
    room = max(limit - (end - start), 0)
    first = max(0, start - room // 2)
    last = min(len(quote), first + limit)
    first = max(0, last - limit) if first else 0
    first, last, head = _whole_blocks(quote, first, last)
    before, after = "…" if first else "", "…" if last < len(quote) else ""
    if head:
        before = f"{before}\n{head}\n"
    if after and open_fence(f"{head}\n{quote[first:last]}"):
        after = f"\n{FENCE}\n{after}"
    moved = (max(start, first) - first + len(before), min(end, last) - first + len(before))
    return f"{before}{quote[first:last]}{after}", moved if highlight else None


def _whole_blocks(quote: str, first: int, last: int) -> tuple[int, int, str]:
    """Return where to cut instead, and what stands above the first line: a fence or a header."""
    blocks = list(_blocks(quote))
    for block in blocks:
        inside = block.start < first < block.end or block.start < last < block.end
        if inside and max(last, block.end) - min(first, block.start) <= _WHOLE_LIMIT:
            first = min(first, block.start)
            last = max(last, block.end)
    head = ""
    for block in blocks:
        if block.start < first < block.end:
            first = quote.rfind("\n", 0, first) + 1
            head = block.head if first > block.start + len(block.head) else ""
            first = first if head else block.start
        if block.start < last < block.end:
            last = max(quote.rfind("\n", 0, last), first)
    return first, last, head


@dataclass(frozen=True)
class _Block:
    """Code or a table in a quote."""

    start: int
    end: int
    head: str
    """The lines that have to stand above any of its lines."""


def _blocks(quote: str) -> Iterator[_Block]:
    for is_code, lines in itertools.groupby(_grouped(quote), key=lambda pair: pair[0]):
        if not is_code:
            continue
        found = [line for _, line in lines]
        kind = found[0].kind
        head = found[:1] if kind == "fence" else found[:2] if kind == "row" else []
        yield _Block(
            found[0].start,
            found[-1].start + len(found[-1].text),
            "\n".join(line.text for line in head),
        )


def _grouped(quote: str) -> Iterator[tuple[int, MarkdownLine]]:
    """Yield lines with the number of the block that they belong to, or 0."""
    number, fenced, before = 0, False, "text"
    for line in markdown_lines(quote):
        if line.kind == "fence":
            fenced = not fenced
            number += fenced
        elif line.kind != before and not fenced:
            number += 1
        before = line.kind
        yield (0 if line.kind == "text" else number), line
