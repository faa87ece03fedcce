"""What one cell of an Excel sheet shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from index.load.number_formats import shown_number
from index.load.sheet_tables import Figure

_ESCAPED = re.compile(r"_x([0-9A-F]{4})_")


class CellValues:
    """The texts and formats that the cells of a workbook share."""

    def __init__(
        self, texts: Sequence[str], formats: Sequence[str], *, since_1904: bool = False
    ) -> None:
        self._texts = texts
        self._formats = formats
        self._since_1904 = since_1904

    def shown(self, cell: Any) -> str | None:
        """Return what a cell shows; None for a formula whose value is not stored."""
        parts = {each.tag.rpartition("}")[2]: each for each in cell if isinstance(each.tag, str)}
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return words_of_string(parts["is"]) if "is" in parts else ""
        value = parts["v"].text if "v" in parts else None
        if value is None:
            return None if "f" in parts else ""
        if kind == "s":
            place = figure_of(value)
            return self._texts[place] if place is not None and place < len(self._texts) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind == "n":
            return Figure(self._number(value, cell.get("s")))
        return Figure(value) if kind == "d" else _unescaped(str(value))

    def _number(self, value: str, style: str | None) -> str:
        place = figure_of(style) or 0
        format = self._formats[place] if place < len(self._formats) else "General"
        return shown_number(value, format, since_1904=self._since_1904)


def words_of_string(element: Any) -> str:
    """Return the words of a string; how they are pronounced is left out."""
    parts = []
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            parts.append(child.text or "")
        elif tag == "r":
            parts += [each.text or "" for each in child.iterfind("{*}t")]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """Return text with the characters for which XML has no place, as `_x005F_` for `_`."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text).replace("\0", "")


def column_of(reference: str) -> int:
    """Return the column of a reference like `AB12`, from 0; -1 for one without a letter."""
    column = 0
    for letter in reference[:4]:
        if not letter.isalpha() or not letter.isascii():
            break
        column = column * 26 + ord(letter.upper()) - ord("A") + 1
    return column - 1


def figure_of(text: str | None) -> int | None:
    """Return a whole number of at most nine figures; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
