"""Rows of tables with what makes them readable: the header that stands once, above all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.schema import Passage, Source, Span
from index.text.sentences import trim
from index.text.text_shapes import text_shape

_MAX_TABLE_LINES = 5000
"""How far above a row its header is looked for."""

BORDER = "|"
"""A line of nothing else fills a table up, so that its rows stand on the lines of their file."""

_BORDER = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"[-+|:=_~*#.\s—–─━═│┼]+")


def is_ruler(line: str) -> bool:
    """Say whether a stripped line only separates: no letter, three marks or more."""
    return len(line) >= 3 and _RULER.fullmatch(line) is not None


def header_in(source: Source, passage: Passage) -> str:
    """Return the header row of the table that `passage` is cut from; empty where there is none."""
    if passage.kind != "table" or not passage.sentences:
        return ""
    last = passage.sentences[-1].start
    at = table_start(source.text) if text_shape(source.mime) == "table" else None
    found = header_of(source.text, last) if at is None else _first_row(source.text, at, last)
    return "" if found is None else source.text[found.start : found.end]


def table_start(text: str) -> int | None:
    """Return where the first row between pipes begins in the text of a table; None without one."""
    at = 0 if text.startswith("|") else text.find("\n|") + 1
    return at if text.startswith("|", at) else None


def _first_row(text: str, at: int, start: int) -> Span | None:
    """Return the row at `at`, the header of the row at `start`; None for itself and for values."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    # A row without a letter holds values: the file has no header.
    return Span(start=at, end=end) if start > end and re.search(r"[^\W\d_]", text[at:end]) else None


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
        if row == BORDER:
            continue
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
    if is_ruler(rows[number]):
        return None  # nothing stands above the ruler: it says that there is no header
    start, end = above[number]
    if is_ruler(text[start:end].strip()):
        return None  # no column has a name
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


def _named(names: Sequence[str], values: Sequence[str]) -> str:
    return "; ".join(f"{n}: {v}" if n else v for n, v in zip(names, values, strict=False) if v)


@dataclass(frozen=True)
class RowPart:
    """What is quoted of one row: all of it, or some neighbouring cells where it is long."""

    text: str
    names: tuple[str, ...] = ()
    """Of its columns; empty where they are not known."""
    subject: str = ""
    """The first cell of the row behind the name of its column, where that is not quoted."""

    @classmethod
    def of(cls, text: str, header: str, span: Span) -> RowPart:
        """Return the part at `span` of a canonical text, of a table with this header."""
        quoted = span.of(text)
        start = text.rfind("\n", 0, span.start) + 1
        end = text.find("\n", span.end)
        row = text[start : len(text) if end < 0 else end]
        names, values, whole = cells(header), cells(quoted), cells(row)
        if not header or "\n" in quoted or len(names) < 2 or not 1 < len(whole) <= len(names):
            return cls(quoted)
        if not row.lstrip().startswith("|"):
            return cls(quoted, tuple(names) if len(names) == len(values) else ())
        borders = len(_BORDER.findall(text, start, span.start))
        first = borders if quoted.startswith("|") else borders - 1
        columns = tuple(names[first : first + len(values)])
        return cls(quoted, columns, _named(names[:1], whole[:1]) if first else "")

    @property
    def as_read(self) -> str:
        """Each cell behind the name of its column, behind what the row is about."""
        if not self.names:
            return self.text
        return "; ".join(filter(None, (self.subject, _named(self.names, cells(self.text)))))

    @property
    def above(self) -> tuple[str, ...]:
        """What stands above it as headings: what the row is about, the names of the columns."""
        return tuple(filter(None, (self.subject, " | ".join(filter(None, self.names)))))
