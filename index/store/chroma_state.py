"""What Chroma's files were when the last writer was done: whoever opens them later compares.

Chroma reads its graph with code that trusts the files: one that was cut off or overwritten ends the
process without a word. So a writer leaves a note of every file behind it, and takes the note away
before it changes any. Imports next to nothing, for the check for changes starts with it.
"""

from __future__ import annotations

import os
import zlib

from index.store.catalog_format import CHROMA_FOLDER, CHROMA_STATE_FILE

_END = "end"
"""Last line of a note that is whole."""

_CHUNK = 1 << 20
_UNREADABLE = -1


def record_state(home: str) -> None:
    """Note what Chroma's files are now; the caller holds the write lock."""
    lines = []
    for name, (size, mtime_ns) in sorted(_files(home).items()):
        lines.append(f"{size} {mtime_ns} {_checksum(home, name)} {name}")
    path = f"{home}/{CHROMA_STATE_FILE}"
    with open(f"{path}.new", "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow
        file.write("\n".join([*lines, _END]))
    os.replace(f"{path}.new", path)  # noqa: PTH105 - see above


def forget_state(home: str) -> None:
    """Take the note away, before the files change."""
    try:
        os.unlink(f"{home}/{CHROMA_STATE_FILE}")  # noqa: PTH108 - see above
    except FileNotFoundError:
        return


def has_state(home: str) -> bool:
    """Say whether there is a note."""
    return os.path.exists(f"{home}/{CHROMA_STATE_FILE}")  # noqa: PTH110 - see above


def looks_settled(home: str) -> bool:
    """Say whether every file has the size and time that a writer left it with; reads none."""
    noted = _noted(home)
    if noted is None:
        return False
    return _files(home) == {name: (size, time) for name, (size, time, _) in noted.items()}


def is_settled(home: str) -> bool:
    """Say whether the files are what a writer left, the graph byte for byte."""
    noted = _noted(home)
    if noted is None or broken_file(home) is not None:
        return False
    files = _files(home)
    return files.keys() == noted.keys() and all(
        _is_graph(name) or files[name] == (size, time) for name, (size, time, _) in noted.items()
    )


def broken_file(home: str) -> str | None:
    """Return the name of a file of the graph that is not what a writer left, if there is one."""
    files = _files(home)
    for name, (size, _, checksum) in (_noted(home) or {}).items():
        if name not in files or checksum == _UNREADABLE:
            return name
        if _is_graph(name) and (files[name][0] != size or _checksum(home, name) != checksum):
            return name
    return None


def _is_graph(name: str) -> bool:
    """Say whether a file is in a folder of its own: SQLite's lie beside, and check themselves."""
    return "/" in name


def _files(home: str) -> dict[str, tuple[int, int]]:
    """Return size and time of Chroma's files, by their path below its folder."""
    top = f"{home}/{CHROMA_FOLDER}"
    found = {}
    for folder, _, names in os.walk(top):
        inside = folder[len(top) + 1 :].replace(os.sep, "/")
        for name in names:
            try:
                facts = os.stat(f"{folder}/{name}")  # noqa: PTH116 - see above
            except FileNotFoundError:
                continue  # SQLite's journal comes and goes
            found[f"{inside}/{name}" if inside else name] = (facts.st_size, facts.st_mtime_ns)
    return found


def _checksum(home: str, name: str) -> int:
    """Return the CRC-32 of a file of the graph, 0 for others; a GB takes a quarter of a second."""
    found = 0
    if _is_graph(name):
        try:
            with open(f"{home}/{CHROMA_FOLDER}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
                while chunk := file.read(_CHUNK):
                    found = zlib.crc32(chunk, found)
        except OSError:
            return _UNREADABLE
    return found


def _noted(home: str) -> dict[str, tuple[int, int, int]] | None:
    """Return size, time and checksum of each file as noted; None without a note that is whole."""
    try:
        with open(f"{home}/{CHROMA_STATE_FILE}", encoding="utf-8") as file:  # noqa: PTH123
            *lines, end = file.read().split("\n")
        noted = {}
        for line in lines:
            size, time, checksum, name = line.split(" ", 3)
            noted[name] = (int(size), int(time), int(checksum))
    except (OSError, ValueError):
        return None
    return noted if end == _END else None
