"""Lines at the head and foot of the pages of a PDF that come again on page after page.

They stand between the two halves of a sentence or of a table that a page parts, so they are left
out where they repeat: the first head and the last foot of each kind stay. Numbers that count the
pages may differ; any other number makes it another line, as on a pile of invoices.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import TypeAlias

from index.load.pdf_lines import Line
from index.load.pdf_page import PrintedPage

_PAGES = 3
"""Pages that a line stands on, at least."""

_MARGIN = 0.12
"""Share of the height of a page, above and below, in which such lines stand."""

_MOST = 4
"""Lines of a page that can be its head, and its foot."""

_APART = 1.5
"""Heights of a line that lie between a head and the text below it, at least."""

_LARGE = 1.2
"""Heights of the usual line from which a line is a title."""

_NUMBER = re.compile(r"\d{1,5}")
_ROMAN = re.compile(r"[ivxlcdm]{1,8}", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_ONLY_A_NUMBER = re.compile(
    r"\W*(?:page|seite|p\.|s\.|página|pagina|strona)?\W*(?:#|\d{1,5}|[ivxlcdm]{1,8})"
    r"\W*(?:(?:of|von|de|di|z|sur)?\W*\d{1,5}\W*)?",
    re.IGNORECASE,
)

Place: TypeAlias = tuple[int, int]
"""The number of a page, and that of one of its lines."""

_Key: TypeAlias = tuple[str, int | None, bool]
"""What a line says, how far its number is from that of the page, and whether it is a head."""


def running_lines(pages: Sequence[PrintedPage]) -> set[Place]:
    """Return the lines of a document that only repeat what another page says."""
    places: dict[_Key, list[Place]] = defaultdict(list)
    for page in pages:
        for number, head in _at_the_edges(page):
            for key in _keys(page.lines[number].text, page.number, head):
                places[key].append((page.number, number))
    left_out: set[Place] = set()
    kept: set[Place] = set()
    for (text, _, head), found in places.items():
        if len({page for page, _ in found}) < _PAGES:
            continue
        left_out |= set(found)
        if not _ONLY_A_NUMBER.fullmatch(text):
            kept.add(found[0] if head else found[-1])
    return left_out - kept


def _at_the_edges(page: PrintedPage) -> Iterator[tuple[int, bool]]:
    """Yield the lines that stand at the head (True) or the foot of a page, set off from it."""
    in_tables = {number for table in page.tables for number in table.lines}
    lines = page.lines
    placed = [number for number, line in enumerate(lines) if line.left is not None]
    if len(placed) < 2:
        return
    placed.sort(key=lambda number: -lines[number].bottom)
    usual = median(lines[number].height for number in placed)
    margin = _MARGIN * page.box.top
    for head, order in ((True, placed), (False, placed[::-1])):
        for number in _set_off([lines[n] for n in order[: _MOST + 1]]):
            line = lines[order[number]]
            inside = line.bottom > page.box.top - margin if head else line.top < margin
            if inside and order[number] not in in_tables and _may_run(line, usual):
                yield order[number], head


def _set_off(lines: Sequence[Line]) -> range:
    """Return which of the outermost lines of a page stand apart from those within it."""
    for number, (outer, inner) in enumerate(pairwise(lines)):
        gap = abs(outer.bottom - inner.bottom)
        if gap > _APART * max(outer.height, inner.height):
            return range(number + 1)
    return range(0)


def _may_run(line: Line, usual: float) -> bool:
    return line.left is not None and 0 < line.height <= _LARGE * usual and len(line.text) < 150


def _keys(text: str, page: int, head: bool) -> Iterator[_Key]:
    """Yield what a line says, and what it says when one of its numbers counts the pages."""
    yield text, None, head
    for match in list(_NUMBER.finditer(text))[:4]:
        yield f"{text[: match.start()]}#{text[match.end() :]}", int(match[0]) - page, head
    if _ROMAN.fullmatch(text):
        yield "#", _roman(text) - page, head


def _roman(text: str) -> int:
    """Return the value of a roman numeral."""
    values = [_VALUES[sign] for sign in text.lower()]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
