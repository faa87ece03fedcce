"""A page of a PDF as a picture: as its reader sees it, what is quoted of it marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from index.errors import LoadError
from index.load.page_marks import PageMarks, Unmarked, page_marks
from index.load.pdf import PDFIUM
from index.load.pdf_boxes import Box
from index.load.pdf_characters import PageCharacters
from index.load.recognised_page import WHOLE

MAX_BYTES = 1_000_000
"""Size of a picture, at most."""

_WIDTH, _HEIGHT = 1400, 1800
"""Pixels of a picture, at most."""

_DENSEST = 2.3
"""Pixels for a point: what is quoted is read without a glass."""

_AROUND = 90.0
"""Points that are shown above and below a quote."""

_LEAST_WIDTH = 620.0
"""Points that a part of a page is wide: more than the page of a book."""

_MOST = 0.8
"""Share of a page from which a part of it is no shorter than all of it."""

_MARGIN = 14.0
"""Points of white paper that stay beside the words."""

_PRINTED = 4_096
"""Colours up to which a page is print, not a photograph: 256 of them look the same."""

_QUOTE, _HIGHLIGHT = (255, 238, 140), (255, 196, 60)
_DARK = 110
"""Of 255: a ground on which colours of a highlighter are not seen."""

RECOGNISED = "The quote was read from a picture, in which no characters can be marked."


@dataclass(frozen=True)
class PageOrder:
    """Which page is asked for, and what is marked on it."""

    number: int
    """From 0."""
    written: str
    """The canonical text of the page."""
    quote: tuple[int, int] | None
    """First character of it that is marked, and the one behind the last; None marks nothing."""
    highlight: tuple[int, int] | None = None
    edges: tuple[tuple[int, int, int, int], ...] = ()
    """Where its lines were recognised in a picture, in ten-thousandths of the page."""
    whole: bool = False


@dataclass(frozen=True)
class PaintedPage:
    """A page as a picture."""

    png: bytes
    is_marked: bool
    reason: str = ""
    """Why nothing is marked though that was asked for."""


def page_picture(data: bytes, name: str, order: PageOrder) -> PaintedPage:
    """Paint a page of a PDF; raises LoadError where it has no such page or cannot be painted."""
    from pypdfium2 import PdfDocument, PdfiumError

    with PDFIUM:
        try:
            with PdfDocument(data) as document:
                document.init_forms()
                page = document[order.number]
                try:
                    return _painted(page, order)
                finally:
                    page.close()
        except (PdfiumError, IndexError, ValueError) as error:
            raise LoadError(name, f"Its page {order.number + 1} cannot be painted.") from error


def _painted(page: Any, order: PageOrder) -> PaintedPage:
    width, height = page.get_size()
    paper = Box(0.0, 0.0, width, height)
    marks, reason = _marks(page, order)
    if reason and order.edges:
        reason, shown = RECOGNISED, _recognised(order.edges, paper)
    else:
        shown = marks.quote
    part = paper if order.whole or not shown else _part(shown, paper)
    scale = min(_DENSEST, _WIDTH / (part.right - part.left), _HEIGHT / (part.top - part.bottom))
    picture = _rendered(page, part, paper, scale)
    for boxes, colour in ((marks.quote, _QUOTE), (marks.highlight, _HIGHLIGHT)):
        picture = _marked(picture, [_pixels(box, part, scale) for box in boxes], colour)
    if part != paper:
        picture = _trimmed(picture, [_pixels(box, part, scale) for box in shown], scale)
    return PaintedPage(_png(picture), bool(marks.quote), reason)


def _marks(page: Any, order: PageOrder) -> tuple[PageMarks, str]:
    """Return what to mark, and why nothing is where that is so."""
    if order.quote is None:
        return PageMarks(()), ""
    text_page = page.get_textpage()
    try:
        found = PageCharacters(page, text_page.raw)
        return page_marks(found, order.written, order.quote, order.highlight), ""
    except Unmarked as error:
        return PageMarks(()), str(error)
    finally:
        text_page.close()


def _recognised(edges: Sequence[tuple[int, int, int, int]], paper: Box) -> tuple[Box, ...]:
    """Return where lines were recognised, in points."""
    across, down = paper.right / WHOLE, paper.top / WHOLE
    return tuple(
        Box(left * across, paper.top - bottom * down, right * across, paper.top - top * down)
        for left, top, right, bottom in edges
    )


def _part(shown: Sequence[Box], paper: Box) -> Box:
    """Return what of a page is shown around marks: all of it where that is hardly more."""
    left, right = min(box.left for box in shown), max(box.right for box in shown)
    bottom, top = min(box.bottom for box in shown), max(box.top for box in shown)
    width = min(paper.right, max(_LEAST_WIDTH, right - left + 2 * _AROUND))
    start = min(max(0.0, (left + right - width) / 2), paper.right - width)
    low, high = max(0.0, bottom - _AROUND), min(paper.top, top + _AROUND)
    if high - low > _MOST * paper.top and width >= paper.right:
        return paper
    return Box(start, low, start + width, high)


def _rendered(page: Any, part: Box, paper: Box, scale: float) -> Any:
    """Return a part of a page as a picture of Pillow."""
    from PIL import Image

    beside = (part.left, part.bottom, paper.right - part.right, paper.top - part.top)
    bitmap = page.render(scale=scale, crop=beside, rev_byteorder=True)
    try:
        pixels = bitmap.to_numpy()
        colours = pixels[:, :, :3] if pixels.ndim == 3 else pixels.reshape(pixels.shape[:2])
        return Image.fromarray(colours.copy()).convert("RGB")
    finally:
        bitmap.close()


def _pixels(box: Box, part: Box, scale: float) -> tuple[float, float, float, float]:
    """Return where a box is in the picture of a part of the page: left, top, right, bottom."""
    return (
        (box.left - part.left) * scale,
        (part.top - box.top) * scale,
        (box.right - part.left) * scale,
        (part.top - box.bottom) * scale,
    )


def _marked(
    picture: Any, places: Sequence[tuple[float, float, float, float]], colour: tuple[int, int, int]
) -> Any:
    """Return a picture with places coloured, as by a highlighter; framed where that is not seen."""
    from PIL import Image, ImageChops, ImageDraw, ImageStat

    if not places:
        return picture
    layer = Image.new("RGB", picture.size, "white")
    ink = ImageDraw.Draw(layer)
    frames = []
    for left, top, right, bottom in places:
        ink.rectangle((left - 1, top, right + 1, bottom), fill=colour)
        seen = picture.crop((int(left), int(top), int(right) + 1, int(bottom) + 1))
        if ImageStat.Stat(seen.convert("L")).median[0] < _DARK:
            frames.append((left - 2, top - 1, right + 2, bottom + 1))
    picture = ImageChops.multiply(picture, layer)
    for frame in frames:
        ImageDraw.Draw(picture).rectangle(frame, outline=colour, width=2)
    return picture


def _trimmed(picture: Any, shown: Sequence[tuple[float, float, float, float]], scale: float) -> Any:
    """Return a picture without the white paper at its left and right."""
    from PIL import Image, ImageChops

    inked = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox()
    if inked is None:
        return picture
    margin = int(_MARGIN * scale)
    left = min(inked[0], *(int(place[0]) for place in shown)) - margin
    right = max(inked[2], *(int(place[2]) for place in shown)) + margin
    return picture.crop((max(0, left), 0, min(picture.width, right), picture.height))


def _png(picture: Any) -> bytes:
    """Return a picture as a PNG that is not too large: in fewer colours, then smaller."""
    while True:
        is_printed = picture.getcolors(_PRINTED) is not None
        png = _encoded(_in_fewer_colours(picture) if is_printed else picture)
        if MAX_BYTES < len(png) <= 2.5 * MAX_BYTES and not is_printed:
            png = min(png, _encoded(_in_fewer_colours(picture)), key=len)
        if len(png) <= MAX_BYTES:
            return png
        share = min(0.9, (0.8 * MAX_BYTES / len(png)) ** 0.5)
        size = (max(1, int(picture.width * share)), max(1, int(picture.height * share)))
        picture = picture.resize(size)


def _in_fewer_colours(picture: Any) -> Any:
    from PIL import Image

    return picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def _encoded(picture: Any) -> bytes:
    made = BytesIO()
    picture.save(made, "PNG", compress_level=4)
    return made.getvalue()
