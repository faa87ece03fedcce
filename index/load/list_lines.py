"""Items of a list as lines of Markdown, each nested below the one it belongs to."""

from __future__ import annotations

import re

_INDENT = "    "
_PLAIN_NUMBER = re.compile(r"\d{1,9}[.)]")

BULLET = "- "


class ListLines:
    """One list after the other: items go in, a block comes out."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._levels: list[int] = []

    def add(self, level: int, mark: str, words: str) -> None:
        """Put an item behind the others; one that skips a level stands right below the last."""
        while self._levels and self._levels[-1] > level:
            self._levels.pop()
        if not self._levels or self._levels[-1] < level:
            self._levels.append(level)
        indent = _INDENT * (len(self._levels) - 1)
        first, *others = (line.strip() for line in words.strip().split("\n"))
        self._lines.append(f"{indent}{mark}{first}")
        self._lines += [f"{indent}{' ' * len(mark)}{line}" for line in others if line]

    def taken(self) -> str:
        """Return the list so far, and begin another."""
        block = "\n".join(self._lines)
        self._lines, self._levels = [], []
        return block


def item_mark(label: str) -> str:
    """Return how an item with this number begins: as Markdown counts, or behind a dash."""
    # Word's bullet of the second level is the letter o.
    if label in ("", "o") or not any(map(str.isalnum, label)):
        return BULLET
    return f"{label} " if _PLAIN_NUMBER.fullmatch(label) else f"{BULLET}{label} "


def number_label(number: int, kind: str) -> str:
    """Return a number as lists write it; `kind` is Office's name: `lowerLetter`, `upperRoman`."""
    if kind in ("lowerLetter", "upperLetter"):
        letters = _letters(number)
        return letters.upper() if kind == "upperLetter" else letters
    if kind in ("lowerRoman", "upperRoman"):
        figures = _roman(number)
        return figures.lower() if kind == "lowerRoman" else figures
    if kind == "decimalZero":
        return f"{number:02d}"
    return "" if kind in ("bullet", "none") else str(number)


def _letters(number: int) -> str:
    """Return a, b, …, z, aa, bb, … as office programs count."""
    repeated, letter = divmod(max(number, 1) - 1, 26)
    return chr(ord("a") + letter) * (min(repeated, 20) + 1)


def _roman(number: int) -> str:
    figures = ""
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    signs = ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I")
    if not 0 < number < 4000:
        return str(number)
    for value, sign in zip(values, signs, strict=True):
        count, number = divmod(number, value)
        figures += sign * count
    return figures
