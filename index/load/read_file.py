"""Bytes of a file, or the one reason why they cannot be had."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from index.errors import LoadError

MAX_BYTES = 64 * 1024 * 1024
"""Largest file that is read: a thousand novels as text, and the longest PDF manuals we know.

Text is held in memory three or four times over while it is indexed; at 64 MiB that stays below
1 GiB, which is what a small server has to spare.
"""

_KINDS = (
    (stat.S_ISDIR, "It is a folder, not a file."),
    (stat.S_ISFIFO, "It is a named pipe, not a file."),
    (stat.S_ISSOCK, "It is a socket, not a file."),
    (stat.S_ISCHR, "It is a device, not a file."),
    (stat.S_ISBLK, "It is a device, not a file."),
)

_REASONS = {
    errno.ENOENT: "There is no such file; it may have been moved or deleted.",
    errno.ENOTDIR: "There is no such file; it may have been moved or deleted.",
    errno.EACCES: "It may not be read; give the user that runs Quoth permission to read it.",
    errno.EPERM: "It may not be read; give the user that runs Quoth permission to read it.",
    errno.ELOOP: "It is a symbolic link that leads back to itself.",
    errno.EISDIR: "It is a folder, not a file.",
    errno.ENXIO: "It is a socket, not a file.",
    errno.ENAMETOOLONG: "Its name is too long.",
}


def read_file(path: Path, *, name: str, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes; raises LoadError."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            facts = os.fstat(file.fileno())  # what was measured is what is read
            if problem := kind_problem(facts.st_mode) or size_problem(facts.st_size, limit):
                raise LoadError(name, problem)
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise LoadError(name, reason_of(error)) from error
    # It may have grown since it was measured.
    if problem := size_problem(len(data), limit):
        raise LoadError(name, problem)
    return data


def _at_once(path: str, flags: int) -> int:
    """Open a file; without O_NONBLOCK, a named pipe would wait for somebody to write to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def check_file(path: Path) -> None:
    """Raise LoadError unless `path` is a regular file that is not too large."""
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        raise LoadError(path.name, reason_of(error)) from error
    if problem := kind_problem(facts.st_mode) or size_problem(facts.st_size):
        raise LoadError(path.name, problem)


def kind_problem(mode: int) -> str | None:
    """Say why a file of this mode is not one to read; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    return next((reason for test, reason in _KINDS if test(mode)), "It is not a regular file.")


def size_problem(size: int, limit: int = MAX_BYTES) -> str | None:
    """Say that `size` bytes are too many, if they are."""
    if size <= limit:
        return None
    return (
        f"It is larger than {limit // (1024 * 1024)} MiB ({size / (1024 * 1024):.0f} MiB); "
        "split it into smaller files."
    )


def reason_of(error: OSError | ValueError) -> str:
    """Say in one sentence why the system refused."""
    if not isinstance(error, OSError):
        return "Its name cannot be used as a path."
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return f"It could not be read: {error.strerror or error}."
