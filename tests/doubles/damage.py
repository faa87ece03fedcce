"""Ways in which files of a home get damaged, each done to a real one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

Damage = Callable[[Path], None]
"""Does damage to a file."""


def cut_off(file: Path) -> None:
    """Keep the first half, as a full disk or a copy that was interrupted does."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def emptied(file: Path) -> None:
    """Keep the name only."""
    file.write_bytes(b"")


def zeroed(file: Path) -> None:
    """Keep the size only, as a file system does after power was cut."""
    file.write_bytes(bytes(file.stat().st_size))


def overwritten(file: Path) -> None:
    """Turn every bit of a stretch in the middle."""
    content = bytearray(file.read_bytes())
    middle, length = len(content) // 2, max(64, len(content) // 8)
    for at in range(middle, min(middle + length, len(content))):
        content[at] ^= 0xFF
    file.write_bytes(content)


def gone(file: Path) -> None:
    """Delete a file, or a folder with all that is in it."""
    if file.is_dir():
        shutil.rmtree(file)
    else:
        file.unlink()


def of_another_program(file: Path) -> None:
    """Put a healthy database with other tables in its place."""
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE collections (title TEXT)")
        connection.commit()


DAMAGES: tuple[Damage, ...] = (cut_off, emptied, zeroed, overwritten, gone)
