"""Where files are kept by name: what every such place can do, and the plain folder that can."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Files by name, which may have folders in it, with slashes.

    Each is written whole or not at all. What fails raises OSError, or what the store's own library
    raises.
    """

    def put(self, name: str, data: bytes) -> None:
        """Write a file, in place of what had its name."""
        ...

    def create(self, name: str, data: bytes) -> None:
        """Write a file that is not there yet; raises FileExistsError."""
        ...

    def read(self, name: str) -> bytes:
        """Return what is in a file; raises FileNotFoundError."""
        ...

    def has(self, name: str) -> bool:
        """Say whether a file is there."""
        ...

    def delete(self, name: str) -> None:
        """Delete a file, with what a killed writer left of it; one that is not there is fine."""
        ...

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the bytes of each file of a folder by its name in it; empty without a folder."""
        ...


class FolderStore:
    """Files in a folder that is there, for their owner alone.

    A folder that is not there is not made: its disk may not be mounted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, data: bytes) -> None:
        """Write a file beside its place, and move it there."""
        path = self._path(name)
        write_whole(path, data, beside=_unfinished(path))

    def create(self, name: str, data: bytes) -> None:
        """Write a file that is not there yet: of two who do, one fails."""
        path = self._path(name)
        beside = path.with_name(f".{name}.{os.getpid()}")
        write_whole(beside, data)
        try:
            os.link(beside, path)
        except FileExistsError:
            raise
        except OSError:  # a disk without links
            if path.exists():
                raise FileExistsError(str(path)) from None
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        return self._path(name).read_bytes()

    def has(self, name: str) -> bool:
        """Say whether a file is there."""
        return self._path(name).exists()

    def delete(self, name: str) -> None:
        """Delete a file, with what a killed writer left of it."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        _unfinished(path).unlink(missing_ok=True)

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the bytes of each file of a folder."""
        found: dict[str, int] = {}
        with suppress(FileNotFoundError), os.scandir(self._path(folder)) as entries:
            for each in entries:
                with suppress(FileNotFoundError):
                    found[each.name] = each.stat().st_size
        return found

    def _path(self, name: str) -> Path:
        if not self._folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is no such folder", str(self._folder))
        return self._folder / name


def write_whole(path: Path, data: bytes, *, beside: Path | None = None) -> None:
    """Write a file for its owner alone, whole or not at all; raises OSError.

    `beside` is where it is written first: a name of its own, unless only one writes at a time.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if beside is None:
        handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    else:
        handle, name = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), str(beside)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")
