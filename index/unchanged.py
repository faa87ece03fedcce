"""Answers "nothing changed" before anything heavy is imported, and imports next to nothing."""

from __future__ import annotations

import os
import sqlite3

from index.catalog_format import CATALOG_FILE, SCHEMA_VERSION, recipe
from index.survey import survey

_STATE = """
SELECT f.digest, b.model, b.recipe, b.dirty, b.dimension, json_extract(f.report, '$.unchanged'),
    (SELECT count(*) FROM passages WHERE build = b.build)
FROM folders f
JOIN collections c ON c.name = f.collection
JOIN builds b ON b.build = c.build
WHERE f.collection = ? AND f.digest IS NOT NULL
"""

_FAILED = """
SELECT json_extract(each.value, '$[0]'), json_extract(each.value, '$[1]')
FROM folders f, json_each(f.report, '$.failed') each
WHERE f.collection = ?
"""


class UnchangedSummary:
    """What `Synchroniser.sync_folder` would report: only these, nothing added or removed."""

    __slots__ = ("failed", "passages", "unchanged")

    def __init__(self, unchanged: int, passages: int, failed: tuple[tuple[str, str], ...]) -> None:
        self.unchanged = unchanged
        self.passages = passages
        self.failed = failed
        """(source, reason) of each file that cannot be indexed, as in the last report."""


def unchanged(
    home: str | os.PathLike[str],
    documents: str | os.PathLike[str],
    collection: str = "documents",
    *,
    model: str = "minilm",
    cut: str | None = None,
    embedded: bool = True,
) -> UnchangedSummary | None:
    """Return the report of a synchronisation that has nothing to do; None: do the real one.

    `model` is the embedding model configured, `cut` what `catalog_format.recipe` returns for the
    chunk configuration (default: for the default one); `embedded` is False with a Chroma server.
    Never raises: whatever is wrong, the real synchronisation says it better.
    """
    try:
        folder = os.fspath(home)
        state = _read_state(f"{folder}/{CATALOG_FILE}", collection)
        if state is None:
            return None
        (digest, built_with, built_by, dirty, dimension, count, passages), failed = state
        if dirty or built_with != model or built_by != (cut or recipe()):
            return None
        if embedded and dimension and passages:
            os.stat(f"{folder}/chroma/chroma.sqlite3")  # noqa: PTH116 - see index.survey
        if survey(os.fspath(documents)) != digest:
            return None
        return UnchangedSummary(count, passages, failed)
    except (OSError, ValueError, sqlite3.Error):
        return None


_State = tuple[str, str, str, int, int, int, int]


def _read_state(path: str, collection: str) -> tuple[_State, tuple[tuple[str, str], ...]] | None:
    """Read what the last synchronisation left behind, if the file is one of ours."""
    # A path may hold characters that mean something else in a URI.
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = sqlite3.connect(f"file:{escaped}?mode=ro", uri=True, timeout=1.0)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
            return None
        state: _State | None = connection.execute(_STATE, (collection,)).fetchone()
        failed = tuple(connection.execute(_FAILED, (collection,)).fetchall())
        return None if state is None else (state, failed)
    finally:
        connection.close()
