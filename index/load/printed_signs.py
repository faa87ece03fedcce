"""What is compared of a text to find it in print: its signs, without all that print changes.

White space, hyphens, the bars of tables and the parts of ligatures are none; which hyphens stand
between signs is kept beside them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from index.text.invisible_characters import without_unseen

_HYPHENS = "-\u2010\u2011\u00ad\ufffe\x02"
_SOFT = "\u00ad\ufffe\x02"
"""Hyphens of which a reader sees nothing unless a line ends there."""

_OURS = re.compile(r"^#{1,6} |^\|(?: --- \|)+$", re.MULTILINE)
"""What the loader wrote: marks of headings, rulers of tables."""

_ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\||\\(?=\|)")
"""What the loader wrote into a row of a table: bars between cells, what tells others apart."""


@dataclass(frozen=True)
class Signs:
    """What is compared of a text: its signs, and where each of them stands."""

    text: str
    """With blanks for what the loader wrote."""
    key: str
    at: tuple[int, ...]
    """Of each sign of the key, the character of the text that it is of."""
    hyphens: dict[int, bool]
    """Before which signs of the key hyphens stand, and whether only the end of a line put them."""

    def of(self, start: int, end: int) -> tuple[int, int]:
        """Return the signs of a stretch of the text."""
        return bisect_left(self.at, start), bisect_left(self.at, end)

    def begins_word(self, sign: int) -> bool:
        """Say whether no letter or digit touches a sign from before."""
        at = self.at[sign]
        return not (at and self.text[at - 1].isalnum() and self.text[at].isalnum())

    def ends_word(self, sign: int) -> bool:
        """Say whether no letter or digit touches a sign from behind."""
        at = self.at[sign] + 1
        return not (at < len(self.text) and self.text[at].isalnum() and self.text[at - 1].isalnum())


def signs_of(text: str, *, is_ours: bool = False) -> Signs:
    """Return the signs of a text; `is_ours` leaves out what the loader wrote into it."""
    compared = text
    if is_ours:
        compared = _OURS.sub(lambda found: " " * len(found[0]), text)
        compared = _ROW.sub(lambda row: _BAR.sub(" ", row[0]), compared)
    key: list[str] = []
    at: list[int] = []
    hyphens: dict[int, bool] = {}
    for place, sign in enumerate(compared):
        if sign in _HYPHENS:
            ends_line = sign in _SOFT or compared[place + 1 : place + 2] in ("\n", "\r")
            hyphens[len(key)] = ends_line
            continue
        for part in printed_sign(sign):
            key.append(part)
            at.append(place)
    return Signs(compared, "".join(key), tuple(at), hyphens)


@cache
def printed_sign(sign: str) -> str:
    """Return what a sign is compared by: the letters of a ligature; nothing for a blank."""
    if sign in _HYPHENS:
        return ""
    if sign.isascii():
        return "" if sign.isspace() or sign < " " else sign
    return "".join(unicodedata.normalize("NFKD", without_unseen(sign)).split())


def lines_of(signs: Signs) -> Iterator[tuple[int, int]]:
    """Yield the first sign of each line of a text that has some, and the one behind its last."""
    ends = [found.start() for found in re.finditer(r"[\r\n]+", signs.text)]
    places = [0, *(bisect_left(signs.at, end) for end in ends), len(signs.at)]
    yield from ((start, end) for start, end in pairwise(places) if end > start)


def words_of(signs: Signs, start: int, end: int) -> list[tuple[str, int]]:
    """Return the words between two characters of a text, each with its first sign."""
    found = []
    for word in re.finditer(r"\S+", signs.text[start:end]):
        first, last = signs.of(start + word.start(), start + word.end())
        if last > first:
            found.append((signs.key[first:last], first))
    return found
