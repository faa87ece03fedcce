"""Signs that tell, in a text that is being made of a file, in which line of the file a block began.

They are written by code points that no text may hold, and taken out when the text is done.
"""

from __future__ import annotations

import re

from index.schema import Place

_DIGITS = "".join(map(chr, range(0xFDD0, 0xFDDA)))
_OPEN, _CLOSE = "\ufdda", "\ufddb"
_WRITTEN = str.maketrans("0123456789", _DIGITS)
_READ = str.maketrans(_DIGITS, "0123456789")
_SIGN = re.compile(f"{_OPEN}([{_DIGITS}]{{1,12}}){_CLOSE}")

_MARKS = re.compile(r"(?:(?:\A|(?<=\n))[ \t]*`{3,}\n)?[ \t]*(?:(?:#{1,6}|>|-|\d{1,9}\.) +)*\Z")
_ROW = re.compile(r"[ \t]*(?:(?:>|-|\d{1,9}\.) +)*\|")
_LONGEST_MARKS = 80
_MOST_PLACES = 20_000

FOREIGN = re.compile(f"[{_DIGITS}{_OPEN}{_CLOSE}]")
"""Signs that were there before."""


def line_sign(line: str) -> str:
    """Return the sign for a line number; empty for none."""
    return f"{_OPEN}{line.translate(_WRITTEN)}{_CLOSE}" if line else ""


def unsigned(text: str) -> str:
    """Return a text without its signs."""
    return _SIGN.sub("", text)


def without_line_signs(text: str) -> tuple[str, tuple[Place, ...]]:
    """Return a text without its signs, and the places that they tell, one for each line.

    Of very many, some stand for those that follow them.
    """
    parts: list[str] = []
    told: list[tuple[int, int]] = []
    at = length = 0
    for sign in _SIGN.finditer(text):
        parts.append(text[at : sign.start()])
        length += len(parts[-1])
        at = sign.end()
        number = int(sign[1].translate(_READ))
        if not told or told[-1][1] != number:
            told.append((length - len(_marks_before(parts[-1])), number))
    parts.append(text[at:])
    kept = told[:: 1 + len(told) // _MOST_PLACES]
    return "".join(parts), tuple(
        Place(start=start, label="line", number=number, fragment="line=") for start, number in kept
    )


def _marks_before(text: str) -> str:
    """Return the marks of a heading, an item or code that a text ends in, or a begun row."""
    begun = text[text.rfind("\n") + 1 :]
    if _ROW.match(begun):
        return begun
    found = _MARKS.search(text[-_LONGEST_MARKS:])
    return found[0] if found else ""
