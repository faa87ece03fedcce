"""Rows of tables with what makes them readable: the header that stands once, above all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.schema import Passage, Source, Span
from index.text.sentences import trim

_MAX_TABLE_LINES = 5000
"""How far above a row its header is looked for."""

_BORDER = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"[-+|:=_~*#.\s—–─━═│┼]+")


def is_ruler(line: str) -> bool:
    """Say whether a stripped line only separates: no letter, three marks or more."""
    return len(line) >= 3 and _RULER.fullmatch(line) is not None


def header_in(source: Source, passage: Passage) -> str:
    """Return the header row of the table that `passage` is cut from; empty where there is none."""
    if passage.kind != "table" or not passage.sentences:
        return ""
    found = header_of(source.text, passage.sentences[-1].start)
    return "" if found is None else source.text[found.start : found.end]


def header_of(text: str, start: int) -> Span | None:
    """Return the header row of the table whose row begins at `start`; None for the header itself.

    `text` is the canonical text of the source. The header is the line above the ruler of a
    Markdown table, and the first line of a table without a ruler.
    """
    line = text.rfind("\n", 0, start) + 1
    above: list[tuple[int, int]] = []
    while line > 0 and len(above) < _MAX_TABLE_LINES:
        end = line - 1
        line = text.rfind("\n", 0, end) + 1
        row = text[line:end].strip()
        if not row:
            break
        above.append((line, end))
    return _header(text, above)


def _header(text: str, above: Sequence[tuple[int, int]]) -> Span | None:
    """Return the header among the lines above a row, nearest first."""
    if not above:
        return None
    rows = [text[start:end].strip() for start, end in above]
    ruled = [n for n, row in enumerate(rows[:-1]) if is_ruler(row) and not is_ruler(rows[n + 1])]
    if not ruled and len(rows) == _MAX_TABLE_LINES:
        return None
    number = ruled[0] + 1 if ruled else len(rows) - 1
    start, end = above[number]
    span = trim(text, start, end)
    return None if span is None else Span(start=span[0], end=span[1])


def cells(row: str) -> list[str]:
    """Return the cells of a row, trimmed and without escapes; of one without pipes, by its tabs."""
    if "|" not in row:
        return [cell.strip() for cell in row.strip(" \n").split("\t")]
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith(r"\|"):
        inner = inner[:-1]
    return [cell.strip().replace(r"\|", "|") for cell in _BORDER.split(inner)]


def labelled(header: str, row: str) -> str:
    """Return a row as it is read, each cell behind the name of its column.

    The row itself where it has other cells than the header.
    """
    names, values = cells(header), cells(row)
    if len(names) != len(values) or len(names) < 2:
        return row
    return "; ".join(f"{n}: {v}" for n, v in zip(names, values, strict=True) if v)
