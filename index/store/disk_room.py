"""Says whether a disk is full: SQLite and Chroma do not always tell it from other failures."""

from __future__ import annotations

import shutil
from pathlib import Path

LEAST_FREE = 1 << 20
"""Bytes below which a failed write is put down to the lack of them."""


def is_disk_full(path: Path) -> bool:
    """Say whether the disk that holds `path`, or what of it exists, has next to no room left."""
    known = next(each for each in (path, *path.absolute().parents) if each.exists())
    try:
        return shutil.disk_usage(known).free < LEAST_FREE
    except OSError:
        return False
