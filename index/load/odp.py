"""OpenDocument presentations: slide by slide, with the notes below each slide."""

from __future__ import annotations

import re
from typing import Any

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.hidden_text import hidden_warning
from index.load.odf_blocks import OdfBlocks
from index.load.odf_styles import DRAW, PRESENTATION, SVG, OpenDocument
from index.load.slide_warnings import slide_warnings
from index.load.titles import title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

MIME = "application/vnd.oasis.opendocument.presentation"

_CLASS = f"{PRESENTATION}class"
_FURNITURE = frozenset({"header", "footer", "date-time", "page-number", "page"})
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)?")
_MILLIMETRES = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 0.3528, "pc": 4.2333, "px": 0.2646}
_SAME_ROW = 5.0
"""Millimetres by which the tops of shapes that stand side by side may differ."""


def load_odp(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the slides of a presentation in order; `charset` has no meaning here."""
    document = OpenDocument(data, name, newer=".odp")
    text = ComposedText()
    blocks = OdfBlocks(document.styles, text)
    titles: list[str] = []
    hidden: list[int] = []
    bare: list[int] = []
    pages = list(document.body.iterfind(f"{DRAW}page"))
    for number, page in enumerate(pages, start=1):
        if _is_hidden(page, document):
            hidden.append(number)
            continue
        title = _title(page, blocks)
        titles.append(title)
        text.place("slide", number, fragment="slide=")
        text.heading(1, title or f"Slide {number}")
        if not (_write(page, blocks) or title):
            bare.append(number)
    if len(hidden) + len(bare) == len(pages):
        raise LoadError(name, "Its slides hold no text, only pictures if anything.")
    return LoadedDocument(
        text=text.text,
        title=document.title or next(filter(None, titles), None) or title_from_name(name),
        mime=MIME,
        places=tuple(text.places),
        modified=document.modified,
        warnings=slide_warnings(hidden, bare)
        + hidden_warning(blocks.hidden)
        + invisible_warnings(text.text),
    )


def _is_hidden(page: Any, document: OpenDocument) -> bool:
    style = page.get(f"{DRAW}style-name")
    group, wanted = "drawing-page-properties", f"{PRESENTATION}visibility"
    return document.styles.property(style, group, wanted) == "hidden"


def _title(page: Any, blocks: OdfBlocks) -> str:
    frames = (shape for shape in page if shape.get(_CLASS) == "title")
    return next(filter(None, (" ".join(blocks.flat(each).split()) for each in frames)), "")


def _write(page: Any, blocks: OdfBlocks) -> bool:
    """Write what stands on a slide, and its notes; says whether there is anything."""
    before = blocks.text.next_start
    for shape in _in_reading_order(page):
        blocks.write_one(shape)
    notes = page.find(f"{PRESENTATION}notes")
    bodies = () if notes is None else notes.iterfind(f"{DRAW}frame")
    words = [shape for shape in bodies if shape.get(_CLASS) == "notes" and blocks.flat(shape)]
    if words:
        blocks.text.heading(2, "Notes")
        for shape in words:
            blocks.write_one(shape)
    return blocks.text.next_start != before


def _in_reading_order(page: Any) -> list[Any]:
    """Return shapes from top to bottom, those that stand side by side from left to right."""
    placed = sorted(
        (
            (_millimetres(shape, "y"), _millimetres(shape, "x"), number, shape)
            for number, shape in enumerate(page)
            if isinstance(shape.tag, str)
            and shape.tag != f"{PRESENTATION}notes"
            and shape.get(_CLASS) not in _FURNITURE | {"title"}
        ),
        key=lambda each: each[:3],
    )
    rows: list[list[tuple[float, float, int, Any]]] = []
    for each in placed:
        if not rows or each[0] - rows[-1][0][0] > _SAME_ROW:
            rows.append([])
        rows[-1].append(each)
    return [each[3] for row in rows for each in sorted(row, key=lambda shape: shape[1:3])]


def _millimetres(shape: Any, side: str) -> float:
    inner = [shape, *shape.iterfind(f".//*[@{SVG}{side}]")][:2]
    stated = next((found for each in inner if (found := each.get(f"{SVG}{side}"))), "")
    length = _LENGTH.fullmatch(stated)
    try:
        return float(length[1]) * _MILLIMETRES.get(length[2] or "px", 1.0) if length else 0.0
    except ValueError:
        return 0.0
