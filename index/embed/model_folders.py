"""Where the graphs of models are kept: in a folder that homes share, or in the home."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

UNUSED_DAYS = 28
"""Days after which a graph that no version of Quoth opened may go."""
TOUCHED_HOURS = 24
"""Age at which an opened graph is noted as used again, so that not every start writes."""
PARTIAL_HOURS = 24
"""Age of what a killed process had begun to write; nobody writes for as long."""
_GRAPH = re.compile(r"[a-z0-9_-]+-[0-9a-f]{12}v\d+\.(onnx|data)")
_PARTIAL = re.compile(rf"\.{_GRAPH.pattern}\.[0-9a-f]{{32}}")
"""What is written before it gets its name; see `write_atomically`."""
ROOM = 256 * 2**20
"""Bytes that a disk must have left for the shared folder to take graphs: the largest has 140 MB."""


@dataclass(frozen=True)
class ModelFolders:
    """The folders in which graphs may be."""

    own: Path
    """The home's; used where the shared one cannot be written."""
    shared: Path | None = None
    """The one of all homes of a user, if there is any."""

    @property
    def all(self) -> tuple[Path, ...]:
        """Return where to look, in this order."""
        return (self.own,) if self.shared is None else (self.shared, self.own)

    def writable(self) -> Path:
        """Return where new files go; the shared folder is made where it may be."""
        return self.shared if self.shared is not None and _takes_files(self.shared) else self.own

    def clear_own(self, name: str) -> None:
        """Take out of the home what the shared folder has now, the graph `name`.

        It is removed, not moved: a home may have come from somebody else, and what stands in the
        shared folder is run for all homes. A link is left as it is, somebody made it so.
        """
        if self.shared is None or self.own.is_symlink() or not self.own.is_dir():
            return
        with suppress(OSError):
            if self.own.samefile(self.shared):
                return
        family = name.rsplit("-", 1)[0]
        for path in (*self.own.glob(f"{family}-*.onnx"), *self.own.glob(f"{family}-*.data")):
            _remove(path)
        remove_unused(self.own, name)
        with suppress(OSError):
            self.own.rmdir()


def model_folders(home: Path, shared: Path | None) -> ModelFolders:
    """Return the folders for the models of a home."""
    return ModelFolders(home / "models", shared)


def note_use(graph: Path) -> None:
    """Note that a graph was opened now, so that it stays while some version of Quoth opens it."""
    with suppress(OSError):  # a folder that can only be read, or a file of somebody else
        if time.time() - graph.stat().st_mtime > TOUCHED_HOURS * 3600:
            os.utime(graph)


def remove_unused(folder: Path, name: str) -> None:
    """Remove graphs that no version of Quoth opened for weeks, and what was never finished.

    The graph `name` stays, and so does what belongs to another user.
    """
    for path in list(folder.iterdir()):
        if _PARTIAL.fullmatch(path.name):
            if _is_left(path, PARTIAL_HOURS):
                _remove(path)
        elif _GRAPH.fullmatch(path.name) and path.stem != name:
            used = path.with_suffix(".onnx")
            if _is_left(used if used.exists() else path, UNUSED_DAYS * 24):
                _remove(path)


@dataclass(frozen=True)
class KeptModels:
    """Graphs in one folder."""

    folder: Path
    bytes: int
    """What they take on disk."""
    is_shared: bool
    """Whether other homes use them too."""


def kept_models(folders: ModelFolders) -> Iterator[KeptModels]:
    """Yield the folders that hold files of models, the shared one first; a link counts once."""
    seen: set[Path] = set()
    for folder in folders.all:
        place = folder.resolve()
        taken = sum(_size(path) for path in (*place.glob("*.*"), *place.glob(".*.*")))
        if taken and place not in seen:
            seen.add(place)
            yield KeptModels(folder, taken, folder == folders.shared)


def _takes_files(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free >= ROOM
    except OSError:
        return False


def _is_left(path: Path, hours: float) -> bool:
    """Say whether a file is the user's own and was not used for so long."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    user = getattr(os, "geteuid", None)
    is_own = user is None or facts.st_uid == user()
    return is_own and time.time() - facts.st_mtime > hours * 3600


def _remove(path: Path) -> None:
    # Windows refuses while another process has it open; the next build tries again.
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
