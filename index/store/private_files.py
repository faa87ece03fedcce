"""Makes the home and its files for their owner alone, before SQLite would for all to read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_WRITTEN_BY_OTHERS = 0o022


def make_home(home: Path) -> None:
    """Make the folder where there is none; one that is there keeps its rights. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file where there is none, which SQLite takes for a new one.

    In a folder that others may write in, which nobody has by chance, it is left to be made as its
    owner would have it. Whatever prevents it, the one who opens the file will tell.
    """
    with contextlib.suppress(OSError):
        if os.name == "posix" and path.parent.stat().st_mode & _WRITTEN_BY_OTHERS:
            return
        _make(path)


def make_private(path: Path) -> None:
    """Make a file for its owner alone, whatever its folder is and it was before."""
    with contextlib.suppress(OSError):
        _make(path)
    if os.name != "posix":
        return
    for each in (path, *(path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))):
        with contextlib.suppress(OSError):  # of another user, or not there
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def _make(path: Path) -> None:
    """Make it empty; what is beside it, SQLite makes with the same rights."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
