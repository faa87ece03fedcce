"""Opens a SQLite file that may only be read: on a read-only disk, or of another user.

A file in WAL mode wants two more beside it, which nobody can make there; the last connection that
could write has taken them away, as a rule, and then the file alone is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path


def is_read_only(path: Path) -> bool:
    """Say whether a file that exists, or the folder that it is in, may not be written."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def connect_to_read(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a file to read it, and nothing beside it is made; raises sqlite3.Error."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return _connect(path, "immutable=1", busy_seconds)
    connection = _connect(path, "mode=ro", busy_seconds)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        return _connect_to_copy(path, log, busy_seconds)
    return connection


def _connect_to_copy(path: Path, log: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a copy that lives as long as the connection: a log cannot be read where it lies."""
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        into = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        file = sqlite3.connect(copy, timeout=busy_seconds)
        try:
            file.backup(into)
        finally:
            file.close()
        return into


def _connect(path: Path, how: str, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )


def damage_in(path: Path) -> str | None:
    """Return what SQLite finds wrong with a file; None when it is whole."""
    try:
        # Opened to write where that may be: only such a connection takes away what it puts beside.
        opened = connect_to_read(path, 1.0) if is_read_only(path) else sqlite3.connect(path)
        with closing(opened) as connection:
            ((said,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        return str(error)
    return None if said == "ok" else str(said)
