"""What people put before the items of a list: one table for all who look for them.

Who knows fewer or more says why: Markdown, and so Discord, has no lists but those of `-`, `*`, `+`
and numbers; the lines of a PDF may begin with a capital and a full stop.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple, TypeAlias, cast

from index.schema import PassageKind

_DASHES = "-*+–—"
"""Without white space behind it, one of these is a minus, an emphasis or a range."""

_SIGNS = "•‣⁃∙·◦▪●○■→⇒►▶¤✓✔☑✅🔹🔸"
"""These start an item wherever they start a line, and so does any other pictograph there."""

_NO_SIGNS = frozenset("©®™°№")
"""Pictographs to Unicode that belong to the words behind them."""

# A guillemet opens a quotation unless there is a space behind it; a year is no number of an item,
# and a capital with a full stop is the initial of a name.
_MARK = re.compile(
    rf"\s*(?:(?P<dash>[{_DASHES}](?=\s))"
    rf"|(?P<sign>[{_SIGNS}]\ufe0f?|»(?=\s))"
    r"|\(?(?P<number>\d{1,3})[.)](?=\s)"
    r"|(?P<letter>\(?(?:[a-zA-Z]|[ivxIVX]{2,5})\)|(?:[a-z]|[ivx]{2,5})\.)(?=\s)"
    r")\s*(?=\S)"
)
_IN_PROSE = re.compile(rf"\s*[{_DASHES}{_SIGNS}]\ufe0f?\s+(?=\S)")
_OTHER_MARKUP = re.compile(
    r"\s*(?:[*#:]{1,6}|\.{1,5}|\\item(?:\[[^\]\n]{0,200}\])?|<\d+>)\s+(?=\S)"
)
"""Marks that only what cut a text by the rules of its markup can tell from words."""
_OF_PICTURES = frozenset({"So", "Sk", "Me", "Mn", "Cf"})
"""Categories of pictographs and of what joins and varies them: a flag is two, a family five."""


Family: TypeAlias = Literal["dash", "sign", "number", "letter"]


class ListMark(NamedTuple):
    """What an item starts with."""

    family: Family
    number: int
    """0 where it is none."""
    length: int
    """Characters before the words of the item, white space at both ends counted."""


def list_mark(line: str) -> ListMark | None:
    """Return the mark that a line starts with, when words stand behind it."""
    match = _MARK.match(line)
    if match is None:
        return _picture(line)
    family = cast(Family, match.lastgroup)
    return ListMark(family, int(match["number"] or 0), match.end())


def _picture(line: str) -> ListMark | None:
    words = line.lstrip()
    if words[:1].isascii() or words[0] in _NO_SIGNS or unicodedata.category(words[0]) != "So":
        return None
    stop = next((n for n, c in enumerate(words) if unicodedata.category(c) not in _OF_PICTURES), 0)
    rest = words[stop:].lstrip()
    return ListMark("sign", 0, len(line) - len(rest)) if stop and rest else None


def item_mark(sentence: str, kind: PassageKind) -> int:
    """Return how many characters of a passage's sentence are the mark of an item; 0 for no item.

    In prose, "a) Smith", "1. January" and a pictograph for a full stop are no items.
    """
    if kind == "list":
        mark = list_mark(sentence)
        other = None if mark else _OTHER_MARKUP.match(sentence)
        return mark.length if mark else other.end() if other else 0
    found = _IN_PROSE.match(sentence) if kind == "paragraph" else None
    return found.end() if found else 0


def is_numbered(line: str) -> bool:
    """Say whether a line starts with the number of an item."""
    mark = list_mark(line)
    return mark is not None and mark.family == "number"


def sign_length(sentence: str, kind: PassageKind) -> int:
    """Return how much of an item's mark only says that it is one; a number is called by people."""
    length = item_mark(sentence, kind)
    if length and is_numbered(sentence):
        return len(sentence) - len(sentence.lstrip())
    return length
