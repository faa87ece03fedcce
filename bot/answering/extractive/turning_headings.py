"""Headings that turn what stands below them: "Gloves at the lathe" under "Not allowed".

An item that is quoted without such a heading reads as its opposite.
"""

from __future__ import annotations

import re

from index.schema import Source, Span

_TURNS = re.compile(
    r"\b(?:not?|never|none|without|don['’]?ts?|cannot|can['’]?t|won['’]?t|mustn['’]?t|avoid"
    r"|forbidden|prohibit\w*|banned|refuse\w*|reject\w*|allow\w*|disallow\w*|permi\w+|ok(?:ay)?"
    r"|fine|except\w*|exclu\w+|unsupported|supported|deprecated|removed|breaking|required"
    r"|optional|yes|dos?)\b",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^[ \t]{0,3}(?:#{1,6}[ \t]+(?P<marked>\S[^\n]*?)[ \t#]*|\*\*(?P<bold>[^*\n]+)\*\*:?[ \t]*)$",
    re.MULTILINE,
)
"""How headings stand in the text of a source, whatever it was read from."""

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)

REACH = 4000
"""Characters above a quote in which its heading is looked for."""


def turning_heading(source: Source, start: int) -> Span | None:
    """Return the heading next above an offset, its marks left out, if it turns what follows."""
    text = source.text
    above = list(_HEADING.finditer(text, max(0, start - REACH), start))
    if not above:
        return None
    name = "marked" if above[-1]["marked"] else "bold"
    if _TURNS.search(above[-1][name]) is None or _in_code(text, above[-1].start()):
        return None
    return Span(start=above[-1].start(name), end=above[-1].end(name))


def _in_code(text: str, offset: int) -> bool:
    """Say whether a line is a comment in fenced code, which looks like a heading."""
    return len(_FENCE.findall(text, 0, offset)) % 2 == 1


def with_turning_heading(source: Source, span: Span) -> Span:
    """Return a span from such a heading on, where nothing stands between."""
    heading = turning_heading(source, span.start)
    if heading is None or source.text[heading.end : span.start].strip(" \t\n#*:"):
        return span
    return Span(start=heading.start, end=span.end)
