"""Sees whether anything in a folder changed, without knowing which files are documents.

The digest covers more than the documents: names, kinds, sizes, times and inodes of everything that
is not hidden, and of ignore files. So it may differ when no document changed, and the real
synchronisation then finds nothing to do; it cannot be equal when a document did. This is what
`quoth` does first, every time, so it imports next to nothing.
"""

from __future__ import annotations

import os
import stat
import time

try:
    from _blake2 import blake2b  # hashlib loads OpenSSL first, which takes a tenth of the time
except ImportError:
    from hashlib import blake2b

from index.load.ignore_files import GITIGNORE, IGNORE_FILES, in_work_tree

HIDDEN = (".", "~$")
"""Beginnings of the names that `index.load.folder_walk` ignores, and this module with it."""

_TICK_NS = 20_000_000
"""Two writes within a tick of a file system's clock leave the same time; ticks last 1 to 10 ms."""

_COARSE_TICK_NS = 2_000_000_000
"""The same for file systems that keep whole seconds, or every other one as FAT does."""


_OWN_TIME = os.name == "posix"
"""Whether `st_ctime` is when a file changed by the system's clock; on Windows it was created."""


def survey(folder: str) -> str | None:
    """Return a digest of everything in `folder`, equal as long as nothing changes.

    None when something changed so lately that nothing is certain. Raises OSError when the folder
    cannot be listed.
    """
    began = time.time_ns()
    os.listdir(folder)  # noqa: PTH208 - pathlib would cost a tenth of the time there is
    root = os.path.abspath(folder)  # noqa: PTH100 - as above
    lines = [str(_user())]
    newest = _look(root, lines)
    if too_recent(newest, began):
        return None
    return blake2b("\n".join(lines).encode("utf-8", "surrogateescape"), digest_size=32).hexdigest()


def changed_at(mtime_ns: int, ctime_ns: int) -> int:
    """Return when a file was changed, by the clock that programs cannot set if there is one."""
    return ctime_ns if _OWN_TIME else mtime_ns


def too_recent(changed_ns: int, now_ns: int) -> bool:
    """Say whether what changed at `changed_ns` may since have changed again, unnoticed."""
    tick = _TICK_NS if changed_ns % 1_000_000_000 else _COARSE_TICK_NS
    return changed_ns + tick >= now_ns


def _look(folder: str, lines: list[str]) -> int:
    """Describe every entry in `lines`, links followed; returns the latest time of a file."""
    newest = 0
    seen = set()
    folders = [folder]
    home = os.path.realpath(folder)
    while folders:
        here = folders.pop()
        lines.append(here)
        try:
            facts = os.stat(here)  # noqa: PTH116 - as above
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            lines.append(f"{facts.st_dev}\0{facts.st_ino}\0{facts.st_mode}")
            with os.scandir(here) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            lines.append(f"!{error.errno}")
            continue
        newest = max(newest, _describe(ordered, lines, folders, home))
    return newest


def _describe(
    entries: list[os.DirEntry[str]], lines: list[str], folders: list[str], home: str
) -> int:
    """Describe the entries of one folder, and note the folders among them."""
    newest = 0
    for entry in entries:
        name = entry.name
        if name.startswith(HIDDEN):
            if name not in IGNORE_FILES:
                continue
            if name == GITIGNORE:
                lines.append(f"{name}\0{in_work_tree(os.path.dirname(entry.path))}")  # noqa: PTH120
        try:
            facts = entry.stat()
        except OSError as error:
            lines.append(f"{name}\0!{error.errno}")
            continue
        if stat.S_ISDIR(facts.st_mode):
            if entry.is_symlink() and not _is_inside(entry.path, home):
                lines.append(f"{name}\0>")
            else:
                folders.append(entry.path)
            continue
        changed, moved = facts.st_mtime_ns, facts.st_ctime_ns
        latest = moved if _OWN_TIME else changed
        if latest > newest:
            newest = latest
        # Neither programs nor renaming can change a file and keep the system's own time of it.
        lines.append(f"{name}\0{facts.st_size}\0{changed}\0{moved}")
    return newest


def _is_inside(path: str, home: str) -> bool:
    """Say whether a link leads into the folder; others are not followed."""
    return f"{os.path.realpath(path)}/".startswith(f"{home.rstrip('/')}/")


def _user() -> int:
    """Return who is looking: another user may read other files."""
    return os.geteuid() if hasattr(os, "geteuid") else 0
