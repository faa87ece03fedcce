"""Pictures as documents: the words that stand in a scan, a photograph or a screenshot.

They are decoded by Pillow, turned as their camera says, and read as a page of a PDF is. A TIFF file
may hold several pages; of a film, the first picture is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from index.errors import LoadError
from index.load.paged_text import paged_text
from index.load.pdf_boxes import Box
from index.load.pdf_page import PrintedPage
from index.load.recognised_page import recognised_page
from index.load.recognition_warnings import (
    MAX_PICTURES,
    NO_TEXT,
    doubtful_lines,
    doubtful_lines_of_picture,
)
from index.load.text_recognition import MAX_SIDE, Recogniser, TextRecogniser
from index.load.titles import title_from_first_line, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000
"""Pixels of a picture that is decoded: what a good camera takes, and 250 MB of memory."""

_SMALL = 640
"""Pixels of the longer side below which a picture is read at twice its size, as its letters are
too small to be found."""

_PAGE = 842.0
"""Points of the longer side of the page that a picture stands for: a sheet of A4."""

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}


def load_picture(
    data: bytes, name: str, *, charset: str | None = None, recogniser: Recogniser | None = None
) -> LoadedDocument:
    """Read the words in a picture; one without any has an empty text and says so."""
    picture = opened_picture(data, name)
    recogniser = recogniser or TextRecogniser()
    pages = list(_pages(picture, name, recogniser))
    found = paged_text(pages)
    several = len(pages) > 1
    doubtful = {page.number: page.doubtful for page in pages if page.doubtful}
    said = (
        doubtful_lines(doubtful) if several else doubtful_lines_of_picture(sum(doubtful.values()))
    )
    return LoadedDocument(
        text=found.text,
        title=title_from_first_line(found.text) or title_from_name(name),
        mime=_TYPES[str(picture.format)],
        pages=found.pages if several else (),
        regions=found.regions,
        warnings=(
            *([] if found.text.strip() or any(doubtful.values()) else [NO_TEXT]),
            *said,
            *_left_out(picture),
            *invisible_warnings(found.text),
        ),
    )


def opened_picture(data: bytes, name: str) -> Image.Image:
    """Return a picture whose header was read; raises LoadError, also where it is too large."""
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise LoadError(name, "The file is empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise LoadError(name, _too_large(0, 0)) from error
    except UnidentifiedImageError as error:
        raise LoadError(name, "It is no picture of its kind, or damaged.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise LoadError(name, "It is a damaged picture; save it again.") from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise LoadError(name, _too_large(width, height))
    return picture


def upright_pixels(picture: Image.Image, number: int, name: str) -> Any:
    """Return a page of a picture, counted from 0, as it is seen: bytes, shape (height, width, 3).

    It is as large as it is read at. Raises LoadError where it is damaged or too large.
    """
    import numpy as np
    from PIL import ImageOps

    try:
        if number:
            picture.seek(number)
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise LoadError(name, _too_large(width, height))
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
        small = picture.copy()
        small.thumbnail((MAX_SIDE, MAX_SIDE))
        seen = _coloured(ImageOps.exif_transpose(small))
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise LoadError(name, "It is a damaged picture; save it again.") from error
    if max(seen.size) < _SMALL:
        seen = seen.resize((2 * seen.width, 2 * seen.height))
    return np.asarray(seen)


def page_count(picture: Image.Image) -> int:
    """Return the pages of a picture: those of a TIFF file; a film counts for one."""
    return min(getattr(picture, "n_frames", 1), MAX_PICTURES) if picture.format == "TIFF" else 1


def _coloured(picture: Image.Image) -> Image.Image:
    """Return a picture in red, green and blue, on white where it lets something through."""
    import numpy as np
    from PIL import Image

    if picture.mode[0] in "IF":  # more than 256 levels
        levels = np.asarray(picture, dtype=np.float32)
        low, high = float(levels.min()), float(levels.max())
        levels = (levels - low) * (255 / max(high - low, 1e-9))
        picture = Image.fromarray(levels.astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture)
    return picture.convert("RGB")


def _pages(picture: Image.Image, name: str, recogniser: Recogniser) -> Iterator[PrintedPage]:
    for number in range(page_count(picture)):

        def paint(number: int = number) -> Any:
            return upright_pixels(picture, number, name)

        read = recogniser.read(paint)
        scale = _PAGE / max(read.width, read.height, 1)
        size = read.width * scale, read.height * scale
        page = recognised_page(read, size)
        box = Box(0.0, 0.0, *size)
        yield PrintedPage(number + 1, box, page.lines, edges=page.edges, doubtful=page.doubtful)


def _left_out(picture: Image.Image) -> Iterator[str]:
    """Yield what of a file was not looked at."""
    frames = getattr(picture, "n_frames", 1)
    if picture.format == "TIFF" and frames > MAX_PICTURES:
        yield f"Of its {frames} pages, the first {MAX_PICTURES} are read."


def _too_large(width: int, height: int) -> str:
    size = f"It has {width:,} by {height:,} pixels" if width else "It has too many pixels"
    return f"{size}; save it with no more than {MAX_PIXELS // 1_000_000} million."
