"""Pictures of text, as scanners and cameras make them; drawn when a test asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Placed = tuple[int, int, str]
"""Left and top in pixels, and words."""


def drawn_picture(
    *lines: Placed, size: tuple[int, int] = (800, 300), letters: int = 28, ink: str = "black"
) -> Image.Image:
    """Return a white picture with words on it."""
    picture = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(letters)
    for left, top, words in lines:
        draw.text((left, top), words, font=font, fill=ink)
    return picture


def as_file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the bytes of a picture in a format."""
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def scanned_pdf(pictures: Sequence[Image.Image], resolution: int = 100) -> bytes:
    """Return a PDF whose pages are pictures."""
    # Pillow notes on a picture what it was saved with before.
    first, *others = (picture.copy() for picture in pictures)
    return as_file(first, "PDF", save_all=True, append_images=others, resolution=resolution)
