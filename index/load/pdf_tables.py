"""Tables of a PDF page: where they are, and their cells, row by row.

A PDF knows no tables. What shows one is rules that are drawn around its cells or between its rows,
or lines whose words leave the same gaps one below the other. The lines of a column of prose leave
gaps too, to the column beside it: cells of one row come one behind the other in the file, lines of
two columns do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from index.load.pdf_boxes import Rule
from index.load.pdf_columns import (
    Columns,
    column_at,
    columns_of,
    gap_of,
    has_gap,
    in_columns,
    is_torn,
    is_typewritten,
    joined_words,
    line_cells,
    torn_share,
)
from index.load.pdf_grids import Grid, grids_of, rows_of_grid
from index.load.pdf_lines import Line, Word
from index.load.pdf_loose_lines import (
    character_width,
    follows,
    loose_lines,
    loose_runs,
    loose_width,
)
from index.load.pdf_table_rows import Table, table_of

_FAR = 12
"""Lines of the file that may stand between the cells of one row: they have so many lines."""

_LONG_CELL = 6
"""Words of a cell, in the middle, from which two columns are columns of prose."""

_TORN = 0.25
"""Share of lines that run across the borders of columns, from which there are none."""

_MAX_WORDS = 20_000
"""Words of a table; more are not looked at."""


WordsOf = Callable[[int], Sequence[Word]]
"""Returns the words of a line, by its number."""


def find_tables(
    lines: Sequence[Line], words_of: WordsOf, across: Sequence[Rule], down: Sequence[Rule]
) -> list[Table]:
    """Return the tables of a page, in the order of the file."""
    found: list[Table] = []
    taken: set[int] = set()
    least = loose_width(lines)
    loose = loose_lines(lines, least)
    for grid in grids_of(across, down):
        inside = [n for n, line in enumerate(lines) if n not in taken and _meets(line, grid)]
        # Without rules between columns, only lines with gaps can have cells.
        prose = len(grid.xs) == 2 and (
            len(loose.intersection(inside)) < 2
            or _is_prose(grid, [lines[n] for n in inside], least)
        )
        table = None if prose else _ruled(grid, inside, lines, words_of)
        if table is not None:
            found.append(table)
            taken |= table.lines
    for run in loose_runs(lines, taken, loose):
        for table in _aligned(run, lines, words_of, taken):
            found.append(table)
            taken |= table.lines
    return sorted(found, key=lambda table: table.first)


def _meets(line: Line, grid: Grid) -> bool:
    return (
        line.left is not None
        and line.left < grid.right
        and line.right > grid.left
        # A divided word joins printed lines, so that a line may be higher than its letters.
        and min(line.bottom, line.last_bottom) < grid.top
        and line.top > grid.bottom
    )


def _ruled(
    grid: Grid, inside: Sequence[int], lines: Sequence[Line], words_of: WordsOf
) -> Table | None:
    """Return the table that is drawn by the rules of a grid, if it is one."""
    words: list[Word] = []
    rest: list[tuple[int, str]] = []
    for number in inside:
        of_line = words_of(number)
        within = [word for word in of_line if grid.holds(word)]
        words += within
        if within and len(within) < len(of_line):
            beside = [word for word in of_line if not grid.holds(word)]
            rest.append((number, joined_words(beside)))
        if len(words) > _MAX_WORDS:
            return None
    if len(words) < 4:
        return None
    ruled = len(grid.xs) > 2
    columns = columns_of(words, grid.xs if ruled else None)
    if len(columns.edges) < 3 or not _in_rows(columns, ruled=ruled):
        return None
    if not ruled and torn_share(columns) > _TORN:
        return None
    if not grid.down:
        grid, more = _with_header(grid, lines, words_of, columns)
        words += more
    rows = rows_of_grid(grid, words, columns.edges)
    return table_of(rows, columns.edges, words, rest, least=2)


def _with_header(
    grid: Grid, lines: Sequence[Line], words_of: WordsOf, columns: Columns
) -> tuple[Grid, list[Word]]:
    """Return a grid with the line above its first rule, where that is the header, and its words."""
    first = min(word.line for line in columns.lines for word in line)
    words: list[Word] = []
    for number in range(first - 1, max(-1, first - 4), -1):
        line = lines[number]
        near = line.left is not None and 0 < line.top - grid.top < 2.5 * line.height
        if not near or not _fits(words_of(number), columns):
            break
        words += words_of(number)
    if not words:
        return grid, []
    return replace(grid, ys=(max(word.top for word in words) + 1, *grid.ys)), words


def _is_prose(grid: Grid, inside: Sequence[Line], loose: float) -> bool:
    """Say whether what stands between two rules is mostly lines as wide as the rules."""
    wide = [line for line in inside if line.right - (line.left or 0) > 0.7 * grid.width]
    return sum(character_width(line) <= loose for line in wide) > len(inside) / 3


def _aligned(
    run: Sequence[int], lines: Sequence[Line], words_of: WordsOf, taken: set[int]
) -> Iterator[Table]:
    """Yield the tables in a run of lines, where gaps stand below each other."""
    for part in _without_prose(run, words_of):
        words = [word for number in part for word in words_of(number)]
        if not 4 <= len(words) <= _MAX_WORDS:
            continue
        columns = columns_of(words)
        if len(columns.edges) < 3 or (len(columns.edges) == 3 and is_typewritten(words)):
            continue  # code has comments beside it
        kept = _grown(part, lines, words_of, columns, taken)
        if kept and _is_header(kept[0] - 1, lines, words_of, columns, taken):
            kept.insert(0, kept[0] - 1)
        words = [word for number in kept for word in words_of(number)]
        columns = columns_of(words, columns.edges)
        if _in_rows(columns, ruled=False) and torn_share(columns) < _TORN:
            table = table_of(in_columns(columns), columns.edges, words, (), least=3)
            if table is not None:
                yield table


def _without_prose(run: Sequence[int], words_of: WordsOf) -> list[list[int]]:
    """Return the parts of a run between lines that cross all of it without a gap."""
    placed = [words for number in run if (words := words_of(number))]
    if not placed:
        return []
    gap = gap_of([word for words in placed for word in words])
    left = min(words[0].left for words in placed)
    right = max(words[-1].right for words in placed)
    parts: list[list[int]] = [[]]
    for number in run:
        words = words_of(number)
        width = words[-1].right - words[0].left if words else right - left
        if width > 0.6 * (right - left) and not has_gap(words, gap):
            parts.append([])
        else:
            parts[-1].append(number)
    return [part for part in parts if len(part) > 2]


def _grown(
    part: Sequence[int],
    lines: Sequence[Line],
    words_of: WordsOf,
    columns: Columns,
    taken: set[int],
) -> list[int]:
    """Return a part with the rows next to it, and without lines at its ends that are none."""
    kept = list(part)
    for end, step in ((-1, 1), (0, -1)):
        while kept and not _fits(words_of(kept[end]), columns):
            kept.pop(end)
        while kept and 0 <= (following := kept[end] + step) < len(lines):
            upper, lower = sorted((kept[end], following))
            near = following not in taken and follows(lines[upper], lines[lower], 2)
            if not near or not _fits(words_of(following), columns):
                break
            kept.insert(len(kept) if step > 0 else 0, following)
    return kept


def _is_header(
    above: int, lines: Sequence[Line], words_of: WordsOf, columns: Columns, taken: set[int]
) -> bool:
    """Say whether the line above rows of figures names their columns, with narrow gaps."""
    if above < 0 or above in taken or not follows(lines[above], lines[above + 1], 0):
        return False
    words, row = words_of(above), words_of(above + 1)
    names = sum(not _is_figure(word) for word in words)
    width = len(columns.edges) - 1
    filled_columns = {column_at((w.left + w.right) / 2, columns.edges) for w in words}
    return (
        2 * sum(map(_is_figure, row)) >= len(row)
        and 3 * names >= 2 * len(words)
        and len(words) <= 2.5 * width
        and len(filled_columns) >= 0.6 * width
    )


def _is_figure(word: Word) -> bool:
    return word.text[0] in "+-−(.<0123456789" and any(c.isdigit() for c in word.text)


def _fits(words: Sequence[Word], columns: Columns) -> bool:
    """Say whether a line has cells, or is the rest of a cell that is not the first of its row."""
    if not words:
        return False
    cells = [number for number, cell in enumerate(line_cells(words, columns)) if cell]
    if len(cells) == 1:
        return cells != [0] and columns.edges[0] < words[0].left
    return has_gap(words, columns.gap) and not is_torn(words, columns)


def _in_rows(columns: Columns, *, ruled: bool) -> bool:
    """Say whether what stands side by side is a row, not two columns of prose."""
    together = apart = 0
    lengths: list[int] = []
    for line in columns.lines:
        counts = Counter(column_at((w.left + w.right) / 2, columns.edges) for w in line)
        lengths += counts.values()
        if len(counts) < 2:
            continue
        numbers = [word.line for word in line]
        if max(numbers) - min(numbers) <= _FAR:
            together += 1
        else:
            apart += 1
    if together <= 2 * apart:
        return ruled and together + apart > 1
    return ruled or len(columns.edges) > 3 or median(lengths) < _LONG_CELL
