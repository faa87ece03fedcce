"""Text formats: plain text, Markdown with front matter, and simple tables."""

from __future__ import annotations

import io

from index.errors import LoadError
from index.load.decode import decode
from index.load.frontmatter import split_front_matter
from index.load.titles import (
    title_from_first_line,
    title_from_heading,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.layout import folded

_MAX_COLUMNS = 60
"""Columns of a table that still make sense as Markdown."""


_MAX_PADDING = 8
"""Cells for each cell that a table holds, beyond which short rows are not filled up."""


def load_text(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read plain text, reStructuredText or a log."""
    decoded = decode(data, name=name, declared=charset)
    rst, log = name.lower().endswith(".rst"), name.lower().endswith(".log")
    first = None if log else title_from_first_line(decoded.text)
    return LoadedDocument(
        text=decoded.text,
        title=first or title_from_name(name),
        mime="text/x-rst" if rst else "text/plain",
        warnings=decoded.warnings + invisible_warnings(decoded.text),
    )


def load_markdown(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read Markdown; its front matter gives title, url and date and becomes blank lines."""
    decoded = decode(data, name=name, declared=charset)
    matter, text = split_front_matter(decoded.text)
    if not text.strip():
        raise LoadError(name, "The file holds nothing but front matter.")
    return LoadedDocument(
        text=text,
        title=matter.title or title_from_heading(text) or title_from_name(name),
        mime="text/markdown",
        url=matter.url,
        modified=matter.modified,
        warnings=decoded.warnings + matter.warnings + invisible_warnings(text),
    )


def load_table(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read comma- or tab-separated values as a Markdown table; odd ones as plain text."""
    decoded = decode(data, name=name, declared=charset)
    tabs = name.lower().endswith(".tsv")
    table = _markdown_table(_rows(decoded.text, tabs=tabs))
    return LoadedDocument(
        text=table or decoded.text,
        title=title_from_name(name),
        mime=("text/tab-separated-values" if tabs else "text/csv") if table else "text/plain",
        warnings=decoded.warnings + invisible_warnings(decoded.text),
    )


def _rows(text: str, *, tabs: bool) -> list[list[str]]:
    """Parse the rows of a table; none when it cannot be parsed."""
    import csv

    delimiter = "\t" if tabs else _delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return [row for row in rows if any(cell.strip() for cell in row)]


def _delimiter(text: str) -> str:
    """Return the separator that the first line has most of; a comma when it has none."""
    first = text.lstrip("\n").split("\n", 1)[0]
    return max(",;\t|", key=first.count)


def _markdown_table(rows: list[list[str]]) -> str | None:
    """Write rows as a Markdown table, the first as its header; None when they are no table."""
    if len(rows) < 2 or not 2 <= len(rows[0]) <= _MAX_COLUMNS:
        return None
    return None if max(map(len, rows)) > len(rows[0]) else table_text(rows) + "\n"


def table_text(rows: list[list[str]]) -> str:
    """Write rows of cells as a Markdown table, as wide as the widest, the first as its header."""
    width = max(map(len, rows))
    if len(rows) * width > _MAX_PADDING * sum(map(len, rows)):
        rows = [rows[0] + [""] * (width - len(rows[0])), *rows[1:]]  # short rows stay short
    else:
        rows = [row + [""] * (width - len(row)) for row in rows]
    header, *others = map(_table_row, rows)
    return "\n".join([header, "|" + " --- |" * width, *others])


def _table_row(cells: list[str]) -> str:
    return "| " + " | ".join(folded(cell).replace("|", "\\|") for cell in cells) + " |"
