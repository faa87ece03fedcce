"""Structure of a table of values: notes above it, its header, and rows that are cut where wide.

A row of very many cells is no quote that a person can read. It is cut into neighbouring cells, and
`index.text.table_rows.RowPart` tells of each the columns and what the row is about.
"""

from __future__ import annotations

import re
from itertools import pairwise

from index.chunk.blocks import Block, Group, Lines, Piece, table_groups
from index.chunk.plain_text_blocks import PlainParser
from index.text.sentences import has_words, trim
from index.text.table_rows import table_start

MOST_CELLS = 20
"""Cells of a row that are read as one."""

_CELLS_OF_PART = 10

_BORDER = re.compile(r"(?<!\\)\|")


def value_table_blocks(lines: Lines) -> list[Block]:
    """Return the blocks of the canonical text of a table of values."""
    at = table_start(lines.text)
    if at is None:
        return [Block("table", table_groups(lines, 0, len(lines)))]
    first = lines.text.count("\n", 0, at)
    rows = table_groups(lines, first, len(lines))
    groups = tuple(tuple(part for row in group for part in _parts(lines, row)) for group in rows)
    return [*PlainParser(lines).prose(0, first), Block("table", groups)]


def _parts(lines: Lines, row: Piece) -> Group:
    """Return a row whole, or as parts of about the same number of cells."""
    text = lines.text
    if text.count("|", row.start, row.end) <= MOST_CELLS:
        return (row,)
    borders = [match.start() for match in _BORDER.finditer(text, row.start, row.end)]
    count = len(borders) - 1
    if count <= MOST_CELLS:
        return (row,)
    parts = -(-count // _CELLS_OF_PART)
    cuts = [borders[count * part // parts] for part in range(1, parts)]
    return tuple(_part(text, *ends) for ends in pairwise([row.start, *cuts, row.end]))


def _part(text: str, start: int, end: int) -> Piece:
    """Return some cells of a row; where all are empty, as what is not quoted."""
    span = trim(text, start, end) or (start, end)
    return Piece(*span, "table", "unit" if has_words(text, *span) else "frame")
