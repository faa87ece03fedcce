"""One writer at a time, in this process and among all others."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import DiskFull, IndexLocked, IndexUnwritable
from index.store.private_files import make_home

LOCK_FILE = "write.lock"
"""Locked while somebody writes; the operating system frees it when the holder dies."""

FOLDER_LOCK_FILE = "folder.lock"
"""Locked while somebody follows the documents folder, and lets others write meanwhile."""

VECTORS_LOCK_FILE = "vectors.lock"
"""Locked while somebody tells Chroma of a large change in slices, between which others write."""

REBUILD_LOCK_FILE = "rebuild.lock"
"""Locked while somebody builds a collection anew, and lets others write meanwhile."""

EMBEDDING_LOCK_FILE = "embedding.lock"
"""Locked while somebody embeds one slice of what awaits vectors, so that nobody else does, too."""

FILES_LOCK_FILE = "files.lock"
"""Locked while somebody moves files to the address for them, or deletes them there."""

LONG_WAIT = 30.0
"""Seconds to wait for another writer by those who came to write."""

SHORT_WAIT = 1.0
"""The same for those who came to ask, and can be answered from the index as it is."""

UNTOLD_SECONDS = 1.0
"""Seconds that somebody waits for a lock before it is said for whom."""

_HOLDER = ".holder"
"""Ends the name of what says who holds a lock: some systems let nobody read a locked file."""


@contextmanager
def write_lock(
    home: Path,
    *,
    seconds: float,
    file: str = LOCK_FILE,
    waiting: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the write lock of `home`; raises IndexLocked after waiting for `seconds`.

    `waiting` is told who holds it, after a second, where the wait may be longer than that.
    """
    holder = (home / file).with_suffix(_HOLDER)
    lock = FileLock(home / file, poll_interval=0.05)
    try:
        make_home(home)
        if waiting is not None and seconds > UNTOLD_SECONDS:
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=UNTOLD_SECONDS)
            if not lock.is_locked:
                waiting(_read_holder(holder))
                lock.acquire(timeout=seconds - UNTOLD_SECONDS)
        else:
            lock.acquire(timeout=seconds)
    except Timeout as error:
        raise IndexLocked(home, _read_holder(holder)) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(home) from error
        raise IndexUnwritable(
            f"The index in {str(home)!r} cannot be locked for writing ({error.strerror}). "
            "Check that the user who runs Quoth may write to it."
        ) from error
    try:
        with contextlib.suppress(OSError):  # only a courtesy to those who wait
            holder.write_text(describe_self(), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def is_locked(home: Path, *, file: str = LOCK_FILE) -> bool:
    """Say whether somebody holds the write lock of `home` now."""
    try:
        with FileLock(home / file).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def holder_of(home: Path, *, file: str = LOCK_FILE) -> str | None:
    """Say who holds a lock of `home` now; None where nobody does. Makes no file."""
    holder = (home / file).with_suffix(_HOLDER)
    if not holder.exists() or not is_locked(home, file=file):
        return None
    return _read_holder(holder)


def describe_self() -> str:
    """Say who this process is."""
    command = " ".join([Path(sys.argv[0]).name or "python", *sys.argv[1:]])
    return f"process {os.getpid()} on {socket.gethostname()} ({command[:100]})"


def _read_holder(path: Path) -> str:
    """Say who holds the lock, as far as that is written down."""
    try:
        return path.read_text(encoding="utf-8").strip() or "another process"
    except (OSError, ValueError):
        return "another process"
