"""What looks like a heading, by the form of one line."""

from __future__ import annotations

import re
from typing import NamedTuple

from index.text.layout import folded

_MAX_CHARACTERS = 90
_MAX_WORDS = 12
_MAX_IDEOGRAPHS = 30
_MAX_UNDERLINED = 120
_MAX_TITLE = 250
_UNDERLINES = "=-~^"

_ATX = re.compile(r"(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?\s*")
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2})*)[.)]?\s+\S")
_PART = re.compile(r"(?:chapter|part|section|appendix|kapitel|chapitre|teil)\b", re.IGNORECASE)
_ENDS = tuple(".,;:!。，；：！、…-–—")
_NOT_A_HEADING = re.compile(
    r"(?:by|von|par|por)\s+[A-Z]"
    r"|(?:read|see)\s+(?:also|more|next)\b"
    r"|page\s+\d+"
    r"|(?:\w+,?\s+)?[A-Za-z]+\.?\s+\d{1,2},?\s+\d{4}$"
    r"|\d{1,2}\.?\s+[A-Za-z]+\.?\s+\d{4}$"
    r"|https?://|www\.|\S+@\S+$",
    re.IGNORECASE,
)
"""Bylines, page furniture, dates and addresses: short lines above text that head nothing."""
_OPENING = frozenset("\"'“„«‘(¿¡[「『《")
_BROKEN_OFF = re.compile(
    r"[{}\\=<>]"
    r"|\s(?:the|an?|and|or|of|to|in|on|at|as|by|for|with|from|that|which|such|some|is|are)$",
    re.IGNORECASE,
)
"""Formulas, and lines that break off where a phrase goes on."""
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EMPHASIS = re.compile(r"(\*\*|__|[*_`])(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class Heading(NamedTuple):
    """Depth and words of a heading."""

    level: int
    title: str


NO_HEADING = Heading(0, "")


def plain_title(text: str) -> str:
    """Return the words of a heading without inline marks, cut at a length no heading has."""
    text = text[:_MAX_TITLE]
    text = _LINK.sub(r"\1", folded(text))
    return _EMPHASIS.sub(r"\2", text).strip()


def atx_heading(line: str) -> Heading | None:
    """Return the heading in a line like `## Words`."""
    possible = line.startswith("#") and len(line) <= _MAX_TITLE
    match = _ATX.fullmatch(line) if possible else None
    return Heading(len(match[1]), plain_title(match[2])) if match and match[2] else None


def underline_level(line: str, following: str) -> int:
    """Return the depth of a heading underlined by the line `following`, 0 if it is none."""
    drawn = len(following) >= 3 and len(set(following)) == 1 and following[0] in _UNDERLINES
    # A ruler much shorter than the line was not drawn to underline it.
    fits = len(line) <= min(2 * len(following) + 3, _MAX_UNDERLINED)
    words = any(map(str.isalnum, line))
    return _UNDERLINES.index(following[0]) + 1 if drawn and fits and words else 0


def capitals_heading(line: str, following: str) -> Heading | None:
    """Return the heading that a line in capitals above ordinary text is."""
    letters = sum(map(str.isalpha, line))
    shouted = letters >= 4 and line.isupper() and not following.isupper()
    return Heading(2, line) if shouted and following and looks_like_heading(line) else None


def looks_like_heading(line: str) -> bool:
    """Say whether a line that stands alone above text can be its heading."""
    if len(line) > _MAX_CHARACTERS or line.endswith(_ENDS) or sum(map(str.isalpha, line)) < 2:
        return False
    if len(line.split()) > _MAX_WORDS or len(_IDEOGRAPH.findall(line)) > _MAX_IDEOGRAPHS:
        return False
    first_ok = line[0] in _OPENING or (line[0].isalnum() and not line[0].islower())
    return first_ok and not (_NOT_A_HEADING.match(line) or _BROKEN_OFF.search(line))


def numbered_level(line: str) -> int:
    """Return the depth a plain heading has by its number: `2. Words` is 2, `2.1 Words` is 3."""
    match = _NUMBERED.match(line)
    if match is None or _PART.match(line):
        return 2
    return 2 + match["number"].count(".")
