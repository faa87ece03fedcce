"""Quotation marks promise a quote: words between them must stand in the evidence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_CLOSERS = {
    '"': '"',
    "\u201c": "\u201d",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u201f": "\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u275d": "\u275e",
    "\u301d": "\u301e\u301f",
    "\uff02": "\uff02",
    "\u2033": "\u2033",
    "``": "''",
    "''": "''",
}
"""What may close each opening mark, over the languages that use them."""

_DOUBLE = re.compile(
    "``|''|[\"\u201c-\u201f\u00ab\u00bb\u2039\u203a\u300c-\u300f\u275d\u275e\u301d-\u301f\uff02\u2033]"
)
_SINGLE = re.compile(
    r"(?<!\w)(?P<left>['\u2018\u201a\u201b`\u2032])(?=\w)(?!\d\ds?\b)"
    r"(?P<words>[^\n]*?\S)(?P<right>['\u2019\u2018\u2032])(?!\w)"
)
_ELLIPSIS = re.compile(r"\s*\[?\s*(?:\.{3}|\u2026)\s*\]?\s*")
_EDGES = " \t.,;:!?\u2026\"'()"
_LONGEST_TERM = 3
"""Up to so many words in quotation marks are taken for a name or a term, not for speech."""


def quoted_faithfully(text: str, evidence: Sequence[str]) -> str | None:
    """Return `text` with quotation marks only around words that one of `evidence` contains.

    Marks around a few other words, and marks that make no pairs, are taken away; a longer
    invented quotation makes it None.
    """
    sources = [_folded(one) for one in evidence]
    doubles = _pairs(text)
    if doubles is None:
        text, doubles = _DOUBLE.sub("", text), []
    checked = _checked(text, doubles, sources)
    if checked is None:
        return None
    singles = [(m.span("left"), m.span("right")) for m in _SINGLE.finditer(checked)]
    return _checked(checked, singles, sources)


_Pair = tuple[tuple[int, int], tuple[int, int]]
"""Where the opening and the closing mark stand."""


def _pairs(text: str) -> list[_Pair] | None:
    """Pair the double marks; None when they are nested, mixed or one is left over."""
    found: list[_Pair] = []
    marks = iter(_DOUBLE.finditer(text))
    for opening in marks:
        closing = next(marks, None)
        if closing is None or closing[0] not in _CLOSERS.get(opening[0], ""):
            return None
        found.append((opening.span(), closing.span()))
    return found


def _checked(text: str, pairs: Sequence[_Pair], sources: Sequence[str]) -> str | None:
    """Drop the marks of each pair whose words stand in no source; None for a long one."""
    kept: list[str] = []
    position = 0
    for (left, inside), (outside, right) in pairs:
        words = text[inside:outside]
        faithful = _stands_in(words, sources)
        if not faithful and len(words.split()) > _LONGEST_TERM:
            return None
        kept += [text[position:left], text[left:right] if faithful else words]
        position = right
    return "".join([*kept, text[position:]])


def _stands_in(words: str, sources: Sequence[str]) -> bool:
    """Say whether the words, part by part between ellipses, stand in order in one source."""
    parts = [folded for part in _ELLIPSIS.split(words) if (folded := _folded(part).strip(_EDGES))]
    return bool(parts) and any(_in_order(parts, source) for source in sources)


def _in_order(parts: Sequence[str], source: str) -> bool:
    position = 0
    for part in parts:
        found = re.compile(rf"(?<!\w){re.escape(part)}(?!\w)").search(source, position)
        if found is None:
            return False
        position = found.end()
    return True


def _folded(text: str) -> str:
    """Fold case, width and white space; straight and curly quotation marks are the same."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[\u2018\u2019\u201a\u201b]", "'", text)
    return " ".join(re.sub("``|''|[\u201c-\u201f]", '"', text).split())
