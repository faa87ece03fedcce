"""Says whether Chroma's files can be opened here: read-only, damaged, or fit to be trusted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import index
from index.errors import DiskFull, StoreError, VectorsAway
from index.store.catalog_format import CHROMA_FOLDER
from index.store.chroma_state import broken_file, is_settled
from index.store.disk_room import is_disk_full

PROBE_SECONDS = 300.0
"""How long the probe may take; a graph that leads round in circles never ends by itself."""


_LATER = 10
"""Seconds more, after which it ends by itself."""


class DamagedVectors(StoreError):
    """Chroma's files cannot be read; they are made again from the catalog."""


def check_chroma(home: Path) -> None:
    """Raise DamagedVectors or VectorsAway when Chroma's files in `home` are not to be opened.

    Files that are as the last writer left them are trusted; of others, Chroma is asked in a process
    of its own, where it may crash.
    """
    folder = home / CHROMA_FOLDER
    if folder.exists() and not may_write(folder):
        # Chroma opens every file to write to it.
        raise VectorsAway(f"The folder {str(folder)!r} can only be read.")
    if is_settled(str(home)):
        return
    if (name := broken_file(str(home))) is not None:
        raise DamagedVectors(damage_of(folder, f"{name} is not what it was"))
    if folder.exists() and any(folder.iterdir()):
        probe_chroma(folder)


def may_write(path: Path) -> bool:
    """Say whether a file or folder may be changed: by its rights, and its disk as a whole."""
    return os.access(path, os.W_OK)


def damage_of(folder: Path, said: str) -> str:
    """Return the sentence about damage."""
    return (
        f"The vector store {str(folder)!r} is damaged ({said}). "
        "It is built again from the catalog by the next `quoth sync`."
    )


def probe_chroma(folder: Path) -> None:
    """Open Chroma in another process and ask it something; raises StoreError when that fails."""
    module, at_last = "index.store.chroma_probe", str(int(PROBE_SECONDS) + _LATER)
    command = [sys.executable, "-P", "-m", module, str(folder), at_last]
    try:
        done = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DamagedVectors(damage_of(folder, "reading it does not end")) from None
    if done.returncode:
        _explain(folder, done.returncode, done.stdout.decode(errors="replace"))


def _environment() -> dict[str, str]:
    """Return what the process needs to start, and none of the keys that this one was given."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    root = str(Path(index.__file__).parents[1])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.getenv("PYTHONPATH")]))}


def _explain(folder: Path, code: int, said: str) -> None:
    """Raise what a failed probe means."""
    said = " ".join(said.split())[:200]
    if code < 0:
        said = f"Chroma ends with {signal.Signals(-code).name}"
    elif "database is locked" in said:
        raise StoreError(
            f"The vector store {str(folder)!r} is locked by another program. "
            "Wait for it to finish, or stop it, and try again."
        )
    elif is_about_full_disk(folder, said):
        raise DiskFull(folder)
    raise DamagedVectors(damage_of(folder, said or "Chroma cannot open it"))


def is_about_full_disk(folder: Path, said: str) -> bool:
    """Say whether Chroma failed because the disk is full, which it does not always tell."""
    told = any(words in said for words in ("disk is full", "No space", "ENOSPC", "os error 28"))
    return told or is_disk_full(folder)
