"""Pages of a PDF that are pictures of text: painted as a reader sees them, and recognised.

A page with text of its own is left as it is. Recognised are pages without any, those whose text
says nothing (a font that does not tell its letters), and scans with no more than a stamp on them,
whose words stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from index.load.pdf_lines import Line
from index.load.pdf_page import PrintedPage
from index.load.recognised_page import Edges, RecognisedPage, edges_on_page, recognised_page
from index.load.text_recognition import MAX_SIDE, Recogniser

_DENSEST = 300 / 72
"""Pixels for a point of a page, at most: more shows no more of its letters."""

_STAMP = 20
"""Words that a scan may have besides its picture and still be one: a stamp, a page number."""

_MEANINGLESS = 0.3
"""Share of signs without a meaning from which a text says nothing."""

_WORD = re.compile(r"\w+")


def is_picture(page: PrintedPage) -> bool:
    """Say whether what a page says has to be recognised in what it shows."""
    if not page.is_drawn or page.inserted:
        return False
    text = " ".join(line.text for line in page.lines)
    if not text or _is_meaningless(text):
        return True
    return page.is_scan and len(_WORD.findall(text)) < _STAMP


def with_recognised(page: PrintedPage, paper: Any, recogniser: Recogniser) -> PrintedPage:
    """Return a page with the lines of its picture; `paper` is the PDFium page.

    Raises ModuleNotFoundError where what recognises them is not installed.
    """
    size = page.box.right, page.box.top
    if min(size) <= 0:
        return page
    found = recognised_page(recogniser.read(lambda: painted(paper, size)), size)
    printed = page.lines
    if page.is_recognised or _is_meaningless(" ".join(line.text for line in printed)):
        printed = ()
    if not found.lines and page.lines:
        return replace(page, doubtful=found.doubtful)
    lines, edges = _merged(printed, found, size)
    return replace(page, lines=lines, tables=(), edges=edges, doubtful=found.doubtful)


def with_edges(page: PrintedPage) -> PrintedPage:
    """Return a page whose words were recognised by another program, with their places."""
    if not page.is_recognised:
        return page
    size = page.box.right, page.box.top
    return replace(page, edges=tuple(edges_on_page(line, size) for line in page.lines))


def painted(paper: Any, size: tuple[float, float]) -> Any:
    """Return a PDFium page as red, green and blue, shape (height, width, 3)."""
    scale = min(_DENSEST, MAX_SIDE / max(size))
    bitmap = paper.render(scale=scale, rev_byteorder=True)
    try:
        return bitmap.to_numpy()[:, :, :3].copy()
    finally:
        bitmap.close()


def _merged(
    printed: Sequence[Line], found: RecognisedPage, size: tuple[float, float]
) -> tuple[tuple[Line, ...], tuple[Edges | None, ...]]:
    """Return printed lines among recognised ones, without those that were read once more."""
    known = [(line, edges_on_page(line, size)) for line in printed]
    taken = [edges for _, edges in known if edges]
    read = [
        (line, edges)
        for line, edges in zip(found.lines, found.edges, strict=True)
        if not any(_share(edges, each) > 0.5 for each in taken)
    ]
    above = [(line, None) for line, edges in known if edges is None or edges[1] < 5_000]
    below = [(line, None) for line, edges in known if edges is not None and edges[1] >= 5_000]
    both: list[tuple[Line, Edges | None]] = [*above, *read, *below]
    return tuple(line for line, _ in both), tuple(edges for _, edges in both)


def _share(edges: Edges, other: Edges) -> float:
    """Return the share of a stretch of the page that `other` covers."""
    width = min(edges[2], other[2]) - max(edges[0], other[0])
    height = min(edges[3], other[3]) - max(edges[1], other[1])
    area = (edges[2] - edges[0]) * (edges[3] - edges[1])
    return max(0, width) * max(0, height) / max(1, area)


def _is_meaningless(text: str) -> bool:
    """Say whether much of a text is signs without a meaning, as of fonts that name no letters."""
    signs = [sign for sign in text if not sign.isspace()]
    odd = sum(
        sign == "\ufffd" or unicodedata.category(sign) in ("Co", "Cn", "Cc") for sign in signs
    )
    return bool(signs) and odd >= _MEANINGLESS * len(signs)
