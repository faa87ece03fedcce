"""Pictures of pages that were painted before, by the version of their source; derived, and bounded.

Nobody holds a lock for them: each is written whole or not at all, and one that does not fit into
what is known of its source is painted anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from index.schema import PagePicture
from index.store.catalog_format import PAGE_PICTURES_FOLDER
from index.store.file_store import write_whole

MOST_BYTES = 64 * 1024 * 1024
"""What all pictures may take together; the oldest give way."""

_ABANDONED = 600.0
"""Seconds after which a picture that is being written is one that a killed process left."""


class PageCache:
    """The pictures of pages of one home folder, a folder for each version of a source."""

    def __init__(self, home: Path, most: int = MOST_BYTES) -> None:
        self._folder = home / PAGE_PICTURES_FOLDER
        self._most = most

    def get(self, sha256: str, order: str) -> PagePicture | None:
        """Return the picture that was made for an order; None where there is none."""
        path = self._path(sha256, order)
        try:
            about, _, png = path.read_bytes().partition(b"\n")
            os.utime(path)
            return PagePicture(png=png, **json.loads(about))
        except (OSError, ValueError, TypeError, ValidationError):
            return None

    def put(
        self, sha256: str, order: str, picture: PagePicture, is_wanted: Callable[[], bool]
    ) -> None:
        """Keep a picture, unless its source was removed meanwhile; a home may be read-only."""
        about = picture.model_dump(exclude={"png"})
        path = self._path(sha256, order)
        with suppress(OSError):
            write_whole(path, json.dumps(about).encode() + b"\n" + picture.png)
            if not is_wanted():
                path.unlink(missing_ok=True)
            self._bound()

    def sweep(self, wanted: Callable[[], Collection[str]]) -> None:
        """Delete the pictures of all but these versions."""
        if not self._folder.is_dir():
            return
        versions = wanted()
        for folder in list(self._folder.iterdir()):
            if folder.name not in versions:
                shutil.rmtree(folder, ignore_errors=True)

    def _path(self, sha256: str, order: str) -> Path:
        named = hashlib.sha256(order.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / sha256 / named

    def _bound(self) -> None:
        """Delete the oldest pictures where all of them take too much."""
        found = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        too_many = sum(size for _, size, _ in found) - self._most
        for at, size, path in sorted(found):
            left = path.name.startswith(".") and at < time.time() - _ABANDONED
            if too_many > 0 or left:
                path.unlink(missing_ok=True)
                too_many -= size
