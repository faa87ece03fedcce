"""The files of documents that people added, kept by their hash so that pages can be shown.

Each is written once, whole or not at all, by whoever holds the write lock, and goes when no added
document is of that version any more. Where an address is named for them, the home keeps a file only
until it is there (`index.sync.originals_transfer`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from index.errors import FilesAway
from index.store.catalog_format import ORIGINALS_FOLDER
from index.store.file_store import write_whole
from index.store.files_address import FilesAddress


class HeldFiles(NamedTuple):
    """How much a folder holds."""

    files: int
    bytes: int


class KeptOriginals:
    """The originals that are kept in one home folder, or at the address of its index."""

    def __init__(self, home: Path, elsewhere: FilesAddress | None = None) -> None:
        self._folder = home / ORIGINALS_FOLDER
        self._elsewhere = elsewhere

    def path(self, sha256: str) -> Path:
        """Return where the original of a version lies, if the home keeps it."""
        return self._folder / sha256

    def has(self, sha256: str) -> bool:
        """Say whether an original is kept; one at an address that does not answer is not."""
        if self.path(sha256).exists():
            return True
        try:
            return self._elsewhere is not None and self._elsewhere.has(sha256)
        except FilesAway:
            return False

    def fetched(self, sha256: str) -> bytes | None:
        """Return an original that is kept elsewhere; raises FilesAway."""
        return None if self._elsewhere is None else self._elsewhere.read(sha256)

    def put(self, sha256: str, data: bytes) -> None:
        """Keep an original in the home, unless it is kept there already; raises OSError."""
        if not self.path(sha256).exists():
            write_whole(self.path(sha256), data)

    def sweep(self, wanted: Callable[[], Collection[str]]) -> None:
        """Delete all but these versions in the home, and what a killed writer left."""
        if not self._folder.is_dir():
            return
        versions = wanted()
        with os.scandir(self._folder) as found:
            for each in found:
                if each.name not in versions:
                    Path(each.path).unlink(missing_ok=True)

    def names(self) -> set[str]:
        """Return what lies in the home, by hash."""
        return {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else set()

    def held(self) -> HeldFiles:
        """Return how much is kept in the home."""
        if not self._folder.is_dir():
            return HeldFiles(0, 0)
        with os.scandir(self._folder) as found:
            sizes = [each.stat().st_size for each in found]
        return HeldFiles(len(sizes), sum(sizes))
