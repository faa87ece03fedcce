"""What every screen is set with: style, widths, tables, text that only prints.

Everything here is pure. Documents and answers are untrusted: control characters in them are made
visible before they can move a cursor or reverse a line. JSON is made in `bot.cli.json_output`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cli.quote_lines import (
    CLOSE,
    KEPT,
    OPEN,
)
from index.text.invisible_characters import DIRECTION_MARKS, DIRECTION_OVERRIDES
from index.text.layout import aligned, display_width, folded

_VISIBLE = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    | {0x7F: 0x2421, 0x2028: 0x20, 0x2029: 0x20}
    | dict.fromkeys((*range(0x80, 0xA0), *map(ord, DIRECTION_MARKS + DIRECTION_OVERRIDES)), 0xFFFD)
)
"""Control characters by what is shown for them; C0 ones have pictures at U+2400."""

_UNSEEN = dict.fromkeys(map(ord, (OPEN, CLOSE, KEPT)))


@dataclass(frozen=True)
class Style:
    """How text is set: in colour or not, wrapped at a width or not."""

    colour: bool = False
    width: int | None = None
    """Columns; None leaves lines as long as they are, for pipes."""
    root: str = ""
    """Put before the path of a source in the shared documents folder, e.g. `documents/`."""

    def bold(self, text: str) -> str:
        """Set `text` in bold where there is colour."""
        return self._paint("1", text)

    def bold_lines(self, text: str) -> str:
        """Set each line of `text` in bold where there is colour, but not what indents it."""
        return re.sub(r"\S(?:.*\S)?", lambda line: self.bold(line[0]), text)

    def dim(self, text: str) -> str:
        """Set `text` in grey where there is colour."""
        return self._paint("2", text)

    def mark(self, text: str) -> str:
        """Set `text` as marked with a pen, line by line."""
        return "\n".join(self._paint("1;33", line) for line in text.split("\n"))

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def neutral(text: str) -> str:
    """Make every control character visible, so that printing `text` only prints."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def one_line(text: str) -> str:
    """Return `text` on one line, neutralised, with single blanks."""
    return folded(neutral(text))


def table(rows: Iterable[Sequence[str]], head: Sequence[str], style: Style) -> str:
    """Return rows below a head, in columns as wide as they need; the last one stays ragged."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    first, *rest = aligned([head, *cells]).split("\n")
    return "\n".join((style.bold(first), *rest))


def size_text(size: int) -> str:
    """Return a number of bytes as `1.2 MB`, below a tenth of one as `34 kB`."""
    return f"{-(-size // 1000)} kB" if size < 100_000 else f"{size / 1_000_000:,.1f} MB"


def wrapped(line: str, style: Style, *, first: str = "", rest: str = "") -> str:
    """Break one line at blanks, and between wide characters, to the width of the style.

    A word that is longer than the width stays whole, so that addresses can be copied.
    """
    if style.width is None:
        return first + line
    rows, row, used = [], first, _width(first)
    for word in re.findall(r"\s*[\u1100-\uffef]|\s*[^\s\u1100-\uffef]+", line):
        size = _width(word)
        if used + size > style.width and row.strip():
            rows.append(row)
            word = word.lstrip()
            row, used, size = rest, _width(rest), _width(word)
        row, used = row + word, used + size
    return "\n".join((*rows, row))


def _width(text: str) -> int:
    return display_width(text.translate(_UNSEEN))
