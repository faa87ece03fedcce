"""What is drawn on a PDF page besides the words: rules and boxes, pictures, and how text is shown.

One pass over the objects of a page serves the tables, which are ruled by what is drawn, and the
search for text that nobody sees. Objects inside forms (drawings used like stamps) count too.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from index.load.pdf_boxes import Box, Matrix, Rule, matrix_within, moved_point, upright

_MAX_OBJECTS = 20_000
"""Objects of a page that are looked at; drawings with more have no table to find."""

_MAX_RULES = 4_000
"""Rules of a page that are kept."""

_MAX_DEPTH = 3
"""Forms within forms that are looked into."""

_THIN = 2.5
"""Points up to which a filled box is a rule."""

_CURVE = 8
"""Segments of a path without one along the page, after which it is none of rules."""

_SHORT = 6.0
"""Points below which a stroke is no rule."""

_COVERING = 100.0
"""Square points from which a box or a picture may cover words."""

_LIGHT = 200
"""Of 255: text whose every colour is above it may not be seen on paper."""

LOW = 2.0
"""Points of a box whose letters may be tiny; a full stop has such a box too."""

_NO_INK = frozenset({3, 7})
"""Ways to draw text that leave nothing on the page: invisible, and as an edge for pictures."""

_FAINT = 40
"""Of 255: text less opaque than this may not be seen."""


class TextObject(NamedTuple):
    """Words as the file draws them, in one go."""

    handle: Any
    order: int
    """Later objects are painted over earlier ones."""
    box: Box
    invisible: bool
    """Drawn without ink, as the words below a scanned page are."""
    faint: bool
    """So light or transparent that it may not be seen."""


@dataclass
class Drawing:
    """The objects of one page."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)
    texts: list[tuple[Any, int, float, float, float, float]] = field(default_factory=list)
    """Handle, order and box of the texts that nothing is odd about."""
    odd_texts: list[TextObject] = field(default_factory=list)
    """Texts that may not be seen: faint, without ink, low, or beside the page."""
    covers: list[tuple[int, Box]] = field(default_factory=list)
    """Pictures and filled boxes that may lie over words, with their order."""
    pictures: list[Box] = field(default_factory=list)


def drawing_of(page: Any) -> Drawing:
    """Return what is drawn on a PDFium page."""
    return _Scan(page).drawing


def address(handle: Any) -> int | None:
    """Return what tells one PDFium object from another."""
    return ctypes.cast(handle, ctypes.c_void_p).value


class _Scan:
    """One pass over a page, with the places that PDFium writes its answers to."""

    def __init__(self, page: Any) -> None:
        from pypdfium2 import raw

        self.drawing = Drawing()
        self._raw = raw
        self._floats = [ctypes.c_float() for _ in range(4)]
        self._ints = [ctypes.c_uint() for _ in range(4)]
        self._of_box = [ctypes.byref(each) for each in self._floats]
        self._of_colour = [ctypes.byref(each) for each in self._ints]
        self._upright = upright(page)
        width, height = page.get_size()
        self._width, self._height = width, height
        self._left = _MAX_OBJECTS
        self._order = 0
        count, get, kind_of = (
            raw.FPDFPage_CountObjects,
            raw.FPDFPage_GetObject,
            raw.FPDFPageObj_GetType,
        )
        for number in range(min(count(page.raw), _MAX_OBJECTS)):
            handle = get(page.raw, number)
            kind = kind_of(handle)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._see_text(handle, self._upright)
            elif kind == raw.FPDF_PAGEOBJ_FORM:
                self._see_inside(handle, self._upright, _MAX_DEPTH)
            else:
                self._see(handle, kind, self._upright)

    def _see_inside(self, form: Any, outer: Matrix | None, depth: int) -> None:
        """Note what a form holds."""
        raw = self._raw
        matrix = matrix_within(self._matrix(form), outer)
        for number in range(max(0, raw.FPDFFormObj_CountObjects(form))):
            self._left -= 1
            if self._left < 0:
                return
            handle = raw.FPDFFormObj_GetObject(form, number)
            kind = raw.FPDFPageObj_GetType(handle)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._see_text(handle, matrix)
            elif kind != raw.FPDF_PAGEOBJ_FORM:
                self._see(handle, kind, matrix)
            elif depth:
                self._see_inside(handle, matrix, depth - 1)

    def _see_text(self, handle: Any, matrix: Matrix | None) -> None:
        """Note a text; most objects of most pages are texts, so this is what takes the time."""
        raw, (a, b, c, d) = self._raw, self._floats
        mode = raw.FPDFTextObj_GetTextRenderMode(handle)
        raw.FPDFPageObj_GetBounds(handle, *self._of_box)
        left, bottom, right, top = a.value, b.value, c.value, d.value
        if matrix:
            left, bottom, right, top = Box(left, bottom, right, top).moved(matrix)
        faint = False
        if raw.FPDFPageObj_GetFillColor(handle, *self._of_colour):
            red, green, blue, opacity = self._ints
            faint = (
                red.value > _LIGHT and green.value > _LIGHT and blue.value > _LIGHT
            ) or opacity.value < _FAINT
        self._order += 1
        found = (handle, self._order, left, bottom, right, top)
        if (
            faint
            or mode in _NO_INK
            or top - bottom < LOW
            or right <= 0
            or top <= 0
            or left >= self._width
            or bottom >= self._height
        ):
            text = TextObject(handle, self._order, Box(*found[2:]), mode in _NO_INK, faint)
            self.drawing.odd_texts.append(text)
        else:
            self.drawing.texts.append(found)

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _matrix(self, handle: Any) -> Matrix:
        found = self._raw.FS_MATRIX()
        self._raw.FPDFPageObj_GetMatrix(handle, ctypes.byref(found))
        return found.a, found.b, found.c, found.d, found.e, found.f

    def _box(self, handle: Any, matrix: Matrix | None) -> Box:
        self._raw.FPDFPageObj_GetBounds(handle, *self._of_box)
        left, bottom, right, top = (each.value for each in self._floats)
        box = Box(left, bottom, right, top)
        return box.moved(matrix) if matrix else box

    def _see(self, handle: Any, kind: int, matrix: Matrix | None) -> None:
        """Note an object that is no text."""
        raw, drawing, order = self._raw, self.drawing, self._next()
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            box = self._box(handle, matrix)
            drawing.pictures.append(box)
            if box.area > _COVERING:
                drawing.covers.append((order, box))
        elif kind == raw.FPDF_PAGEOBJ_PATH and len(drawing.across) < _MAX_RULES:
            self._see_path(handle, matrix, order)

    def _see_path(self, handle: Any, matrix: Matrix | None, order: int) -> None:
        """Note the rules that a path draws, and whether it may cover words."""
        raw = self._raw
        box, segments = self._box(handle, matrix), raw.FPDFPath_CountSegments(handle)
        width, height = box.right - box.left, box.top - box.bottom
        if segments == 2 or min(width, height) <= _THIN:
            self._rule(box)
            return
        if segments > 5:
            if segments <= _MAX_RULES:
                self._see_segments(handle, matrix, segments)
            return
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(handle, ctypes.byref(fill), ctypes.byref(stroke))
        if fill.value and box.area > _COVERING:
            self.drawing.covers.append((order, box))
        if (fill.value or stroke.value) and box.area < 0.9 * self._width * self._height:
            self._edges(box)

    def _edges(self, box: Box) -> None:
        left, bottom, right, top = box
        for edge in (
            Box(left, top, right, top),
            Box(left, bottom, right, bottom),
            Box(left, bottom, left, top),
            Box(right, bottom, right, top),
        ):
            self._rule(edge)

    def _rule(self, box: Box) -> None:
        """Note a line as high or as wide as a box."""
        left, bottom, right, top = box
        width, height = right - left, top - bottom
        if width >= _SHORT and height <= width / 3:
            self.drawing.across.append(Rule((bottom + top) / 2, left, right))
        elif height >= _SHORT and width <= height / 3:
            self.drawing.down.append(Rule((left + right) / 2, bottom, top))

    def _see_segments(self, handle: Any, matrix: Matrix | None, segments: int) -> None:
        """Note the straight lines of a path that draws several."""
        raw = self._raw
        matrix = matrix_within(self._matrix(handle), matrix)
        x, y = ctypes.c_float(), ctypes.c_float()
        drawn: list[Box] = []
        before: tuple[float, float] | None = None
        for number in range(segments):
            segment = raw.FPDFPath_GetPathSegment(handle, number)
            kind = raw.FPDFPathSegment_GetType(segment)
            raw.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y))
            place = moved_point(x.value, y.value, matrix)
            if kind == raw.FPDF_SEGMENT_BEZIERTO or (number > _CURVE and not drawn):
                return  # a letter, a picture or a curve, whose straight lines are no rules
            if kind == raw.FPDF_SEGMENT_LINETO and before is not None:
                (a, b), (c, d) = before, place
                box = Box(min(a, c), min(b, d), max(a, c), max(b, d))
                if min(box.right - box.left, box.top - box.bottom) <= 1.0:
                    drawn.append(box)
            before = place
        for box in drawn:
            self._rule(box)
