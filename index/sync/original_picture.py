"""The picture that a quote was read from, cut out of the original file while that is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from index.errors import LoadError, PictureUnavailable
from index.schema import PictureBox, Source, Span

Crop: TypeAlias = Callable[[bytes, str, PictureBox], bytes]
"""Cuts a place out of the bytes of a file, whose name tells the format; raises LoadError."""


def original_picture(source: Source, span: Span, read: Callable[[], bytes], crop: Crop) -> bytes:
    """Return what `span` was read from as a PNG; `read` gets the bytes of the original.

    Raises PictureUnavailable, which says why there is none.
    """
    box = source.picture_of(span)
    if box is None and not source.text.strip():
        raise PictureUnavailable(f"No text was read in {source.uri!r}, so there is no quote of it.")
    if box is None:
        raise PictureUnavailable(f"{source.uri!r} says this in words of its own, in no picture.")
    try:
        return crop(read(), Path(source.uri).name, box)
    except LoadError as error:
        raise PictureUnavailable(
            f"{error.reason} So the picture of {source.title!r} cannot be shown."
        ) from error
