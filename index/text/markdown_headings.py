"""A line of Markdown that is a heading between its signs. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

# One pattern with the signs at the end in it would take the square of a line's length.
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]++(\S.*)", re.DOTALL)


class MarkdownHeading(NamedTuple):
    """What a heading says."""

    level: int
    text: str
    """Without its signs, at its end too; Markdown in it is left as it stands."""


def markdown_heading(line: str) -> MarkdownHeading | None:
    """Return what a line says as a heading; None where it is none, or has no words."""
    found = _HEADING.match(line)
    if found is None:
        return None
    words = found[2]
    return MarkdownHeading(len(found[1]), words[0] + words[1:].rstrip(" \t#"))
