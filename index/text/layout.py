"""Plain text in lines and columns, as every edge sets it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def folded(text: str) -> str:
    """Return `text` on one line, with every run of white space as one blank."""
    return " ".join(text.split())


def line_range(first: int, last: int, *, dash: str = "-") -> str:
    """Return `line 3` or `lines 3-4`; terminals print the hyphen, Discord an en dash."""
    return f"line {first}" if first == last else f"lines {first}{dash}{last}"


def display_width(text: str) -> int:
    """Return how many columns `text` takes: two for East Asian wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def aligned(rows: Sequence[Sequence[str]], *, ruled: bool = False) -> str:
    """Return rows in columns as wide as they need; `ruled` draws a line under the first."""
    count = max(map(len, rows))
    full = [[*row, *[""] * (count - len(row))] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*full, strict=True)]
    if ruled:
        full.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell + " " * (width - display_width(cell))
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in full
    )
