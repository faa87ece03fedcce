"""How the place of a quote or a passage is told: under which title and headings, on which lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

from bot.cli.terminal_text import Style, one_line
from bot.schema import Citation
from index.schema import Source
from index.text.bracketed_numbers import without_bracketed_numbers
from index.text.layout import line_range
from index.text.readable_markdown import Markup, readable_title
from index.text.source_state import MISSING, STALE

FROM_PICTURE = "read from a picture"
"""What is said of a quote that was recognised, so that it can be misread."""


def rooted_uri(uri: str, style: Style) -> str:
    """Return the path of a source as seen from the working directory; addresses stay."""
    absolute = uri.startswith("/") or "://" in uri or PureWindowsPath(uri).is_absolute()
    return uri if absolute else style.root + uri


def where_text(page: int | None, place: str | None, lines: tuple[int, int]) -> str:
    """Return `page 3`, `slide 3` or `lines 12-14`."""
    if page is not None:
        return f"page {page}"
    return one_line(without_bracketed_numbers(place)) if place else line_range(*lines)


def place_text(title: str, heading: Sequence[str], where: str, markup: Markup) -> str:
    """Return `Title › Heading, page 3` or `Title › Heading, lines 12-14`."""
    named = (one_line(readable_title(part, markup)) for part in (title, *heading))
    path = list(dict.fromkeys(named))
    return f"{' › '.join(path)}, {where}"


def state_mark(of: Citation | Source) -> str:
    """Say that a document may not be as its file is."""
    return f", {MISSING}" if of.missing else f", {STALE}" if of.stale else ""
