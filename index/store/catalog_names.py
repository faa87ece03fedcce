"""The names that a catalog holds, read past whatever else goes on, for a shell to complete."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from index.store.catalog_format import CATALOG_FILE
from index.store.read_only_file import connect_to_read

_BUSY_SECONDS = 0.2


def collection_names(home: Path) -> list[str]:
    """Return the names of the collections that have something; none where they cannot be read."""
    return [name for (name,) in _rows(home, "SELECT name FROM collections ORDER BY name", ())]


def source_names(home: Path, collection: str, limit: int) -> list[tuple[str, str]]:
    """Return uri and title of what a collection holds, by uri; none where it cannot be read."""
    query = "SELECT uri, title FROM sources WHERE collection = ? ORDER BY uri LIMIT ?"
    return [(uri, title) for uri, title in _rows(home, query, (collection, limit))]


def _rows(home: Path, query: str, values: Sequence[str | int]) -> Sequence[tuple[str, ...]]:
    path = home / CATALOG_FILE
    try:
        if not path.is_file():
            return []
        with closing(connect_to_read(path, _BUSY_SECONDS)) as connection:
            return connection.execute(query, values).fetchall()
    except (OSError, sqlite3.Error):
        return []
