"""The words of a catalog as they stood up to format 12."""

from __future__ import annotations

from index.store.catalog_rows import heading_of
from index.store.database import Connection
from index.text.words import terms


def write_full_text(connection: Connection, build: int) -> None:
    """Make the tables that a catalog of format 12 had."""
    connection.execute(
        f"CREATE VIRTUAL TABLE words_{build} USING fts5 "
        "(title, body, tokenize = \"ascii tokenchars '-_./\\:@&+#'\")"
    )
    connection.execute(f"CREATE VIRTUAL TABLE counts_{build} USING fts5vocab (words_{build}, row)")
    rows = connection.execute(
        'SELECT p.key, s.title, p.heading, substr(s.text, p.start + 1, p."end" - p.start) '
        "FROM passages p JOIN sources s ON s.id = p.source"
    ).fetchall()
    connection.executemany(
        f"INSERT INTO words_{build} (rowid, title, body) VALUES (?, ?, ?)",
        [
            (key, " ".join(terms(" ".join((title, *heading_of(heading))))), " ".join(terms(text)))
            for key, title, heading, text in rows
        ],
    )
