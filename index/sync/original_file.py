"""The bytes that a source was read from, while they are there: in the folder, or kept by hash."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from index.errors import ConfigurationError, FilesAway, PictureUnavailable
from index.load.archive_names import archive_of
from index.load.read_file import read_file
from index.load.zip_archive import read_member
from index.schema import Source
from index.store.kept_originals import KeptOriginals

logger = logging.getLogger(__name__)


def original_bytes(
    source: Source, folder: Path | None, kept: KeptOriginals, what: str = "picture"
) -> bytes:
    """Return the bytes of the very version of a source; `folder` is where its files lie.

    Raises PictureUnavailable, which says why `what` was asked for cannot be shown, and LoadError.
    """
    if (known := kept.path(source.sha256)).is_file():
        data = read_file(known, name=source.uri)
        if hashlib.sha256(data).hexdigest() == source.sha256:
            return data
    archive = archive_of(source.uri)
    path = _path(archive, folder)
    if path is None or not path.is_file():
        fetched = _fetched(source, kept, what)
        if fetched is not None:
            return fetched
    if path is None:
        raise PictureUnavailable(
            f"The file of {source.title!r} was not kept, only its text, so there is no {what}."
        )
    if not path.is_file():
        raise PictureUnavailable(
            f"The file of {source.title!r} is not there any more, so its {what} cannot be shown."
        )
    data = (
        read_file(path, name=source.uri)
        if archive == source.uri
        else read_member(path, source.uri, archive)
    )
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise PictureUnavailable(
            f"The file of {source.title!r} has changed since it was read, so its {what} is "
            "not shown."
        )
    return data


def _fetched(source: Source, kept: KeptOriginals, what: str) -> bytes | None:
    """Return what is kept at an address, which is named in the log and not to who asks."""
    try:
        return kept.fetched(source.sha256)
    except (FilesAway, ConfigurationError) as error:
        if not isinstance(error, FilesAway) or error.is_news:
            logger.warning("%s", error)
        raise PictureUnavailable(
            f"The file of {source.title!r} cannot be fetched at the moment, so its {what} cannot "
            "be shown. Try again later."
        ) from None


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
