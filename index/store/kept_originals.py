"""The files of documents that people added, kept by their hash so that pages can be shown.

Each is written once, whole or not at all, by whoever holds the write lock, and goes when no added
document is of that version any more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from index.store.catalog_format import ORIGINALS_FOLDER


class HeldFiles(NamedTuple):
    """How much a folder holds."""

    files: int
    bytes: int


class KeptOriginals:
    """The originals that are kept in one home folder."""

    def __init__(self, home: Path) -> None:
        self._folder = home / ORIGINALS_FOLDER

    def path(self, sha256: str) -> Path:
        """Return where the original of a version lies, if it is kept."""
        return self._folder / sha256

    def put(self, sha256: str, data: bytes) -> None:
        """Keep an original, unless it is kept already; raises OSError."""
        if not self.path(sha256).exists():
            write_whole(self.path(sha256), data)

    def sweep(self, wanted: Callable[[], Collection[str]]) -> None:
        """Delete all but these versions, and what a killed writer left."""
        if not self._folder.is_dir():
            return
        versions = wanted()
        with os.scandir(self._folder) as found:
            for each in found:
                if each.name not in versions:
                    Path(each.path).unlink(missing_ok=True)

    def held(self) -> HeldFiles:
        """Return how much is kept."""
        if not self._folder.is_dir():
            return HeldFiles(0, 0)
        with os.scandir(self._folder) as found:
            sizes = [each.stat().st_size for each in found]
        return HeldFiles(len(sizes), sum(sizes))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file for its owner alone, whole or not at all; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
