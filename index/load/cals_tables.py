"""Tables of the CALS model, which DocBook and DITA share, as tables of HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.load.marked_up_elements import ElementWriter

_PARTS = {"thead": "th", "tbody": "td", "tfoot": "td"}
_MOST = 1_000
"""Rows or columns that a cell may span."""


def write_cals_table(writer: ElementWriter, group: Any, level: int) -> None:
    """Write a group of columns as one table."""
    columns = {
        spec.get("colname", ""): number
        for number, spec in enumerate(each for each in group if each.tag == "colspec")
    }
    spans = {
        spec.get("spanname", ""): _width(spec, columns) for spec in group if spec.tag == "spanspec"
    }
    writer.start("table")
    for part in group:
        if part.tag in _PARTS:
            writer.start(part.tag)
            for row in part:
                if row.tag == "row":
                    _write_row(writer, row, level, _PARTS[part.tag], columns, spans)
            writer.end(part.tag)
    writer.end("table")


def _write_row(
    writer: ElementWriter,
    row: Any,
    level: int,
    cell: str,
    columns: Mapping[str, int],
    spans: Mapping[str, int],
) -> None:
    writer.start_row(row)
    for entry in row:
        if entry.tag not in ("entry", "entrytbl"):
            continue
        width = spans.get(entry.get("spanname", ""), 0) or _width(entry, columns)
        down = entry.get("morerows", "").strip()[:6]
        height = min(int(down), _MOST) + 1 if down.isdecimal() else 1
        writer.start(cell, colspan=str(width), rowspan=str(height))
        if entry.tag == "entry":
            writer.children(entry, level)
        else:  # a table in a cell
            writer.data(writer.words(entry))
        writer.end(cell)
    writer.end("tr")


def _width(entry: Any, columns: Mapping[str, int]) -> int:
    """Return how many columns an entry spans, by the names of its first and last."""
    first, last = (columns.get(entry.get(name, "")) for name in ("namest", "nameend"))
    if first is None or last is None:
        return 1
    return max(1, min(last - first + 1, _MOST))
