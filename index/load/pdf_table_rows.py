"""Tables of a PDF page as rows of cells, the first of them the header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from index.load.pdf_columns import Cells, filled
from index.load.pdf_lines import Word
from index.text.list_marks import list_mark

_LONG_CELL = 12
"""Words of a cell, in the middle, from which columns are columns of prose."""


@dataclass(frozen=True)
class Table:
    """A table that was found among the lines of a page."""

    lines: frozenset[int]
    """The lines whose words it took, at least in part."""
    rows: tuple[Cells, ...]
    """Cells of each row, all rows alike; the first is the header."""
    edges: tuple[float, ...]
    """Where its columns begin, and the last one ends."""
    titles: tuple[str, ...] = ()
    """Lines across all columns above the header."""
    rest: tuple[tuple[int, str], ...] = ()
    """Words that stand beside it on one of its lines, with that line."""
    is_list: bool = False
    """Whether it has two columns of which no row names them: labels with values, or items."""

    @property
    def first(self) -> int:
        """The line where it begins."""
        return min(self.lines)


def table_of(
    rows: Iterable[Cells],
    edges: Sequence[float],
    words: Sequence[Word],
    rest: Iterable[tuple[int, str]],
    *,
    least: int,
) -> Table | None:
    """Return a table of these rows, if so many of them have two cells or more."""
    kept = [row for row in rows if filled(row)]
    titles = _titles(kept)
    kept = _with_whole_header(kept[len(titles) :])
    columns = [n for n in range(len(edges) - 1) if any(row[n] for row in kept)]
    is_list = len(columns) == 2 and _are_items(kept, columns[0])
    if len(columns) == 2 and any(word.is_field for word in words):
        return None  # the lines of a form say it all
    if len(columns) < 2 or sum(filled(row) > 1 for row in kept) < max(least, len(kept) * 0.5):
        return None
    cells = [cell for row in kept for cell in row if cell]
    if median(len(cell.split()) for cell in cells) > _LONG_CELL:
        return None
    return Table(
        frozenset(word.line for word in words),
        tuple(tuple(row[n] for n in columns) for row in kept),
        (*(edges[n] for n in columns), edges[-1]),
        titles,
        tuple(rest),
        is_list,
    )


def _titles(rows: Sequence[Cells]) -> tuple[str, ...]:
    """Return the rows above the header that have one cell: a title that spans the columns."""
    several = next((number for number, row in enumerate(rows) if filled(row) > 1), 0)
    return tuple(next(filter(None, row)) for row in rows[:several])


def _are_items(rows: Sequence[Cells], first: int) -> bool:
    """Say whether rows are labels with values, as in a form, or items behind their marks."""
    labels = sum(
        row[first].endswith((":", "：")) or list_mark(f"{row[first]} x") is not None for row in rows
    )
    return labels >= 0.5 * len(rows)


def _with_whole_header(rows: Sequence[Cells]) -> list[Cells]:
    """Return rows with the lines of a header joined that is higher in some columns."""
    found = list(rows)
    while len(found) > 2 and not found[0][0] and found[1][0] and _heads(found[0], found[1]):
        joined = (f"{a} {b}".strip() for a, b in zip(found[0], found[1], strict=True))
        found[:2] = [tuple(joined)]
    return found


def _heads(upper: Cells, lower: Cells) -> bool:
    """Say whether two rows without figures can be lines of one header."""
    inside = all(b for a, b in zip(upper, lower, strict=True) if a)
    return inside and not any(c.isdigit() for cell in (*upper, *lower) for c in cell)
