"""The picture that a quote was read from, cut out of the original file while that is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from index.errors import LoadError, PictureUnavailable
from index.load.read_file import read_file
from index.load.zip_archive import archive_of, read_member
from index.schema import PictureBox, Source, Span

Crop: TypeAlias = Callable[[bytes, str, PictureBox], bytes]
"""Cuts a place out of the bytes of a file, whose name tells the format; raises LoadError."""


def original_picture(source: Source, span: Span, folder: Path | None, crop: Crop) -> bytes:
    """Return what `span` was read from as a PNG; `folder` is where the source's files lie.

    Raises PictureUnavailable, which says why there is none.
    """
    box = source.picture_of(span)
    if box is None and not source.text.strip():
        raise PictureUnavailable(f"No text was read in {source.uri!r}, so there is no quote of it.")
    if box is None:
        raise PictureUnavailable(f"{source.uri!r} says this in words of its own, in no picture.")
    archive = archive_of(source.uri)
    path = _path(archive, folder)
    if path is None:
        raise PictureUnavailable(
            f"The file of {source.title!r} was not kept, only its text, so there is no picture."
        )
    if not path.is_file():
        raise PictureUnavailable(
            f"The file of {source.title!r} is not there any more, so its picture cannot be shown."
        )
    try:
        data = (
            read_file(path, name=source.uri)
            if archive == source.uri
            else read_member(path, source.uri, archive)
        )
        if hashlib.sha256(data).hexdigest() != source.sha256:
            raise PictureUnavailable(
                f"The file of {source.title!r} has changed since it was read, so its picture is "
                "not shown."
            )
        return crop(data, Path(source.uri).name, box)
    except LoadError as error:
        raise PictureUnavailable(
            f"{error.reason} So the picture of {source.title!r} cannot be shown."
        ) from error


def _path(uri: str, folder: Path | None) -> Path | None:
    """Return where the file of a source lies or lay; None for one that was never in a file."""
    if "://" in uri:
        return None
    named = Path(uri)
    if not named.is_absolute():
        if folder is None:
            return None
        named = folder / named
    return named
