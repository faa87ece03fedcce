"""Where passages stand in the texts of their sources as a file holds them: in bytes of UTF-8.

SQLite finds a character of a text only by counting from its beginning, and copies all of a text
that is read; with the bytes, it copies the passage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


def byte_spans(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of a text's characters as spans of its bytes, in the same order."""
    if text.isascii():
        return list(spans)
    known: dict[int, int] = {}
    at = size = 0
    for edge in sorted({edge for span in spans for edge in span}):
        size += len(text[at:edge].encode())
        at, known[edge] = edge, size
    return [(known[start], known[end]) for start, end in spans]


def measure_passages(connection: sqlite3.Connection) -> None:
    """Write the bytes of passages that a catalog up to format 13 did not have; in a transaction."""
    for column in ("byte_start", "byte_end"):
        connection.execute(f"ALTER TABLE passages ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    for (source,) in connection.execute("SELECT id FROM sources").fetchall():
        rows = connection.execute(
            'SELECT key, start, "end" FROM passages WHERE source = ?', (source,)
        ).fetchall()
        (text,) = connection.execute("SELECT text FROM sources WHERE id = ?", (source,)).fetchone()
        spans = byte_spans(text, [(start, end) for _, start, end in rows])
        connection.executemany(
            "UPDATE passages SET byte_start = ?, byte_end = ? WHERE key = ?",
            [(*span, row[0]) for span, row in zip(spans, rows, strict=True)],
        )
