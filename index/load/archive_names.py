"""How a document in an archive is called: by the archive's path, a slash and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


ENDING = ".zip"


def archive_of(uri: str) -> str:
    """Return the path of the archive that a document is in; its own of one in none."""
    at = uri.lower().find(f"{ENDING}/")
    return uri if at < 0 else uri[: at + len(ENDING)]


def is_archive(uri: str) -> bool:
    """Say whether a file is named as an archive."""
    return uri.lower().endswith(ENDING)
