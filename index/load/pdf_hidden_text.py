"""Text of a PDF that a reader of the page does not see, though it can be searched and copied.

What is drawn without ink, smaller than any eye reads, or beside the page is known by its numbers.
What is very light, or lies below a picture or a box, may be seen all the same (white words on a
dark ground, words marked with a highlighter), so the page is painted with those words and without
them: where no point differs, nobody sees them. The recognised words of a scanned page are hidden
below its picture on purpose, and stay.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from index.load.pdf_boxes import Box
from index.load.pdf_page_objects import LOW, Drawing, TextObject, address

_TINY = 1.5
"""Points of a letter that no one can read."""

_SCANNED = 0.6
"""Share of a page that the pictures of a scan take, at least."""

_SEEN = 10
"""Levels of grey, of 255, by which words differ from their ground when they are seen."""

_LARGEST = 2_000
"""Pixels beyond which a page is not painted: it is a poster or does harm."""

_COMPARED = 200
"""Pictures and boxes of a page that are looked for above words."""


@dataclass(frozen=True)
class HiddenText:
    """The hidden text of a page."""

    objects: frozenset[int | None] = frozenset()
    reasons: frozenset[str] = frozenset()
    """In words that go behind "text that is"."""

    def __bool__(self) -> bool:
        return bool(self.objects)

    def holds(self, handle: Any) -> bool:
        """Say whether a character drawn by this object is hidden."""
        return address(handle) in self.objects


def find_hidden(page: Any, drawing: Drawing, may_render: Callable[[], bool]) -> HiddenText:
    """Return the text of a page that is not seen; `may_render` is asked before it is painted."""
    if not (drawing.odd_texts or drawing.covers):
        return HiddenText()
    width, height = page.get_size()
    paper = Box(0.0, 0.0, width, height)
    found: dict[str, list[TextObject]] = {}
    scanned = is_scan(drawing, paper)
    doubtful = [] if scanned and not has_ink_above(drawing) else _covered(drawing)
    for each in drawing.odd_texts:
        if reason := _reason(each, paper, scanned=scanned):
            found.setdefault(reason, []).append(each)
        elif each.faint:
            doubtful.append(each)
    if doubtful and max(width, height) <= _LARGEST and may_render():
        doubtful = _unseen(page, doubtful, height)
    else:
        # Not painted: light words are seen only on something drawn before them.
        doubtful = [each for each in doubtful if each.faint and not _has_ground(each, drawing)]
    for each in doubtful:
        reason = "as light as its ground" if each.faint else "covered"
        found.setdefault(reason, []).append(each)
    handles = frozenset(address(each.handle) for texts in found.values() for each in texts)
    return HiddenText(handles, frozenset(found))


def _reason(text: TextObject, paper: Box, *, scanned: bool) -> str:
    """Return why a text cannot be seen; empty where it may be."""
    if _outside(text.box, paper):
        return "off the page"
    if text.box.top - text.box.bottom < LOW and _is_tiny(text.handle):
        return "tiny"
    return "without ink" if text.invisible and not scanned else ""


def _covered(drawing: Drawing) -> list[TextObject]:
    """Return the texts that something drawn later may cover."""
    covers = sorted(drawing.covers, key=lambda cover: -cover[1].area)[:_COMPARED]
    if not covers:
        return []
    last = max(order for order, _ in covers)
    return [
        TextObject(handle, order, box, False, False)
        for handle, order, *places in drawing.texts
        if order < last and _is_below(order, box := Box(*places), covers)
    ]


def _has_ground(text: TextObject, drawing: Drawing) -> bool:
    """Say whether a picture or a box was drawn where a text stands, before it."""
    covers = sorted(drawing.covers, key=lambda cover: -cover[1].area)[:_COMPARED]
    return any(order < text.order and cover.holds(text.box) for order, cover in covers)


def has_ink_above(drawing: Drawing) -> bool:
    """Say whether words are printed over the pictures of a page.

    Where there are none, those below its picture are what was recognised in a scan.
    """
    last = max((order for order, _ in drawing.covers), default=0)
    return any(order > last for _, order, *_ in drawing.texts)


def _outside(box: Box, paper: Box) -> bool:
    return (
        box.right <= paper.left
        or box.left >= paper.right
        or box.top <= paper.bottom
        or box.bottom >= paper.top
    )


def _is_tiny(handle: Any) -> bool:
    """Say whether the letters of a text are too small to be read."""
    from pypdfium2 import raw

    size, matrix = ctypes.c_float(), raw.FS_MATRIX()
    raw.FPDFTextObj_GetFontSize(handle, ctypes.byref(size))
    raw.FPDFPageObj_GetMatrix(handle, ctypes.byref(matrix))
    scale = (matrix.c**2 + matrix.d**2) ** 0.5
    return bool(0 < size.value * scale < _TINY)


def is_scan(drawing: Drawing, paper: Box) -> bool:
    """Say whether pictures take most of a page."""
    return sum(min(each.area, paper.area) for each in drawing.pictures) >= _SCANNED * paper.area


def _is_below(order: int, box: Box, covers: Iterable[tuple[int, Box]]) -> bool:
    return any(above > order and cover.holds(box) for above, cover in covers)


def _unseen(page: Any, texts: Sequence[TextObject], height: float) -> list[TextObject]:
    """Return those of the texts without which the page looks the same."""
    from pypdfium2 import raw

    with_them = _painted(page)
    for each in texts:
        raw.FPDFPageObj_SetIsActive(each.handle, 0)
    differs = abs(with_them - _painted(page)) >= _SEEN
    for each in texts:
        raw.FPDFPageObj_SetIsActive(each.handle, 1)
    return [each for each in texts if not _part(differs, each.box, height).any()]


def _painted(page: Any) -> Any:
    """Return the page in levels of grey, a pixel for each point, shape (height, width)."""
    import numpy as np

    bitmap = page.render(scale=1, grayscale=True, may_draw_forms=False, draw_annots=False)
    try:
        return bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].astype(np.int16)
    finally:
        bitmap.close()


def _part(pixels: Any, box: Box, height: float) -> Any:
    """Return the pixels of a box; rows run from the top of the page."""
    top, bottom = max(0, int(height - box.top) - 1), max(0, int(height - box.bottom) + 2)
    left, right = max(0, int(box.left) - 1), max(0, int(box.right) + 2)
    return pixels[top:bottom, left:right]
