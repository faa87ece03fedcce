"""The part of a picture, or of a page of a PDF, that a quote was read from, as a PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import PurePath
from typing import Any

from index.errors import LoadError
from index.load.pdf import PDFIUM
from index.load.pdf_pictures import painted
from index.load.picture import opened_picture, page_count, upright_pixels
from index.load.recognised_page import WHOLE
from index.schema import PictureBox

_BESIDE = 250
"""Ten-thousandths of a page that are shown on every side of what was read."""


def cropped_picture(data: bytes, name: str, box: PictureBox) -> bytes:
    """Return what stands at a place of an original, as a PNG.

    Raises LoadError when it has no such page, and ModuleNotFoundError without the extra `ocr`.
    """
    from PIL import Image

    pixels = _page(data, name, (box.page or 1) - 1)
    height, width = pixels.shape[:2]
    left, top, right, bottom = box.edges
    rows = slice(_pixel(top - _BESIDE, height), _pixel(bottom + _BESIDE, height) + 1)
    columns = slice(_pixel(left - _BESIDE, width), _pixel(right + _BESIDE, width) + 1)
    made = BytesIO()
    Image.fromarray(pixels[rows, columns]).save(made, "PNG")
    return made.getvalue()


def _pixel(place: int, pixels: int) -> int:
    return min(max(place * pixels // WHOLE, 0), pixels)


def _page(data: bytes, name: str, number: int) -> Any:
    """Return a page, counted from 0, as it is seen: bytes, shape (height, width, 3)."""
    if PurePath(name).suffix.lower() != ".pdf":
        picture = opened_picture(data, name)
        if number >= page_count(picture):
            raise LoadError(name, f"It has no page {number + 1}.")
        return upright_pixels(picture, number, name)
    from pypdfium2 import PdfDocument, PdfiumError

    with PDFIUM:
        try:
            with PdfDocument(data) as document:
                document.init_forms()
                page = document[number]
                try:
                    return painted(page, page.get_size())
                finally:
                    page.close()
        except (PdfiumError, IndexError) as error:
            raise LoadError(name, f"Its page {number + 1} cannot be painted.") from error
