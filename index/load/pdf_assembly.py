"""The pages of a PDF put together: the canonical text and the span of each page.

The text stays plain, as the page is: Markdown would give a meaning to stars, angles and indents
that are printed there. Two marks are added, which the chunker knows in plain text too and which are
taken away or explained where a quote is shown: `#` before a heading, and bars and a
ruler around the cells of a table. A printed line that begins like a heading is told apart by the
blank behind its `#`, which is made one that does not break: it looks the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.load.decode import canonical
from index.load.pdf_contents import contents_lines
from index.load.pdf_font_headings import font_headings
from index.load.pdf_lines import Line, paragraphs
from index.load.pdf_outline import (
    OutlineEntry,
    PrintedHeading,
    headings_by_page,
    printed_headings,
)
from index.load.pdf_page import PrintedPage
from index.load.pdf_running_lines import running_lines
from index.load.pdf_table_rows import Table
from index.load.text_formats import table_text

_LIKE_A_HEADING = re.compile(r"^(#{1,6})[ \t]")

_BESIDE = 12.0
"""Points by which a table may be moved from one page to the next."""


@dataclass(frozen=True)
class AssembledPage:
    """The text of a page, and whether it begins with rows of the table that ends the last one."""

    text: str
    goes_on: bool = False


@dataclass(frozen=True)
class _Open:
    """A table at the end of a page, which may go on."""

    table: Table
    header: tuple[str, ...]


def assembled_pages(
    pages: Sequence[PrintedPage], outline: Sequence[OutlineEntry]
) -> Iterator[AssembledPage]:
    """Yield the text of each page, without what only repeats: running lines, tables of contents."""
    left_out: dict[int, set[int]] = {}
    for number, line in running_lines(pages) | contents_lines(pages):
        left_out.setdefault(number, set()).add(line)
    entries = headings_by_page(outline)
    by_font = {} if outline else font_headings(pages, left_out)
    open_table: _Open | None = None
    for page in pages:
        without = left_out.get(page.number, set())
        content = _Content(page, without, entries.get(page.number, ()), by_font)
        items = list(content.items())
        first = items[0] if items else None
        goes_on = isinstance(first, Table) and _goes_on(open_table, first)
        text = canonical(paragraphs(list(_lines(items, goes_on=goes_on)))).strip()
        yield AssembledPage(text, goes_on)
        last = items[-1] if items else None
        if isinstance(last, Table):
            carried = open_table if goes_on and len(items) == 1 else None
            open_table = _Open(last, carried.header if carried else last.rows[0])
        elif items:
            open_table = None


def _goes_on(above: _Open | None, table: Table) -> bool:
    """Say whether a table at the top of a page is the rest of the one above, without a header."""
    return (
        above is not None
        and not (table.is_list or above.table.is_list)
        and len(table.rows[0]) == len(above.header)
        and abs(table.edges[0] - above.table.edges[0]) <= _BESIDE
        and table.rows[0] != above.header
    )


def _lines(items: Sequence[Line | Table], *, goes_on: bool) -> Iterator[Line]:
    """Yield what is on a page as lines, with tables as structures of their own."""
    for number, item in enumerate(items):
        if isinstance(item, Line):
            yield item
            continue
        if item.is_list:
            yield Line("\n".join(" ".join(filter(None, row)) for row in item.rows), whole=True)
            continue
        header, ruler, *rows = table_text([list(row) for row in item.rows]).split("\n")
        top = [header] if goes_on and not number else [header, ruler]
        yield Line("\n".join([*top, *rows]), whole=True)


class _Content:
    """What stands on one page, in reading order."""

    def __init__(
        self,
        page: PrintedPage,
        left_out: Collection[int],
        outline: Sequence[OutlineEntry],
        by_font: Mapping[int, Sequence[PrintedHeading]],
    ) -> None:
        self._page = page
        tables = [
            table
            for table in page.tables
            # Entries of a table of contents have columns too.
            if 2 * len(table.lines.intersection(left_out)) < len(table.lines)
        ]
        in_tables = {number for table in tables for number in table.lines}
        found = (
            printed_headings(page, outline, in_tables.union(left_out))
            if outline
            else by_font.get(page.number, ())
        )
        self._tables = {table.first: table for table in tables}
        self._rest = {number: text for table in tables for number, text in table.rest}
        self._headings = {heading.lines[0]: heading for heading in found}
        self._gone = in_tables.union(left_out, *(heading.lines for heading in found))

    def items(self) -> Iterator[Line | Table]:
        """Yield lines and tables."""
        inserted: dict[int, list[Line]] = {}
        for number, line in self._page.inserted:
            inserted.setdefault(number, []).append(line)
        for number, line in enumerate(self._page.lines):
            yield from inserted.get(number, ())
            if number in self._tables:
                for title in self._tables[number].titles:
                    yield _as_printed(Line(title, whole=True))
                yield self._tables[number]
            if number in self._rest:
                yield _as_printed(replace(line, text=self._rest[number]))
            if number in self._headings:
                yield self._heading(number)
            if number not in self._gone:
                yield _as_printed(line)
        yield from inserted.get(len(self._page.lines), ())

    def _heading(self, number: int) -> Line:
        heading = self._headings[number]
        words = " ".join(self._page.lines[line].text for line in heading.lines)
        return Line(f"{'#' * heading.level} {words}", whole=True)


def _as_printed(line: Line) -> Line:
    """Return a line that no one takes for a heading of ours."""
    if not line.text.startswith("#"):
        return line
    return replace(line, text=_LIKE_A_HEADING.sub("\\1\u00a0", line.text))
