"""Text formats: plain text, Markdown with front matter, and simple tables."""

from __future__ import annotations

from index.errors import LoadError
from index.load.decode import Decoded, decode
from index.load.frontmatter import split_front_matter
from index.load.hidden_markdown import without_hidden
from index.load.restructured_text import title_of_sections, without_markup
from index.load.separated_values import table_lines, table_row
from index.load.titles import (
    title_from_first_line,
    title_from_heading,
    title_from_name,
)
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

_MAX_PADDING = 8
"""Cells for each cell that a table holds, beyond which short rows are not filled up."""


def load_text(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read plain text, reStructuredText or a log."""
    decoded = decode(data, name=name, declared=charset)
    if name.lower().endswith(".rst"):
        return _restructured_text(decoded, name)
    first = None if name.lower().endswith(".log") else title_from_first_line(decoded.text)
    return LoadedDocument(
        text=decoded.text,
        title=first or title_from_name(name),
        mime="text/plain",
        warnings=decoded.warnings + invisible_warnings(decoded.text),
    )


def _restructured_text(decoded: Decoded, name: str) -> LoadedDocument:
    text = without_markup(decoded.text)
    if not text.strip():
        raise LoadError(name, "The file holds nothing but comments and lists of contents.")
    return LoadedDocument(
        text=text,
        title=title_of_sections(text) or title_from_name(name),
        mime="text/x-rst",
        warnings=decoded.warnings + invisible_warnings(text),
    )


def load_markdown(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read Markdown; its front matter gives title, url and date and becomes blank lines."""
    decoded = decode(data, name=name, declared=charset)
    matter, shown = split_front_matter(decoded.text)
    text, hidden = without_hidden(shown)
    if not text.strip():
        what = "what readers are not shown" if shown.strip() else "front matter"
        raise LoadError(name, f"The file holds nothing but {what}.")
    return LoadedDocument(
        text=text,
        title=matter.title or title_from_heading(text) or title_from_name(name),
        mime="text/markdown",
        url=matter.url,
        modified=matter.modified,
        warnings=decoded.warnings + matter.warnings + hidden + invisible_warnings(text),
    )


def load_table(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read separated values as rows between pipes, line by line; what is no table as plain text."""
    decoded = decode(data, name=name, declared=charset)
    tabs = name.lower().endswith(".tsv") and "\t" in decoded.text
    table = table_lines(decoded.text, "\t" if tabs else None)
    text = table or decoded.text
    return LoadedDocument(
        text=text,
        title=_title_above(table) or title_from_name(name),
        mime=("text/tab-separated-values" if tabs else "text/csv") if table else "text/plain",
        warnings=decoded.warnings + invisible_warnings(decoded.text),
    )


def _title_above(table: str | None) -> str | None:
    """Return the first line above a table, if there is one and it stands like a title."""
    above = table[: table.find("| ")] if table else ""
    return title_from_first_line(above) if above and not above.lstrip().startswith("#") else None


def table_text(rows: list[list[str]]) -> str:
    """Write rows of cells as a Markdown table, as wide as the widest, the first as its header."""
    width = max(map(len, rows))
    if len(rows) * width > _MAX_PADDING * sum(map(len, rows)):
        rows = [rows[0] + [""] * (width - len(rows[0])), *rows[1:]]  # short rows stay short
    else:
        rows = [row + [""] * (width - len(row)) for row in rows]
    header, *others = map(table_row, rows)
    return "\n".join([header, "|" + " --- |" * width, *others])
