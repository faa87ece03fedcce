"""Moves words out of the full-text tables that a catalog had up to format 12.

Those hold the prepared terms of every passage, so that nothing is cut or embedded again: 100,000
passages take 8 seconds of a processor.
"""

from __future__ import annotations

import sqlite3

from index.store.segment_tables import MOST_WRITTEN
from index.store.segment_words import SegmentWords
from index.store.word_index import PassageWords


def move_words(connection: sqlite3.Connection) -> None:
    """Write the segments of every build, and drop its full-text tables; in a transaction."""
    for (build,) in connection.execute("SELECT build FROM builds").fetchall():
        SegmentWords().create(connection, build)
        held = connection.execute(
            f"SELECT rowid, title, body FROM words_{build:d} "
            "WHERE rowid IN (SELECT key FROM passages) ORDER BY rowid"
        )
        while rows := held.fetchmany(MOST_WRITTEN):
            SegmentWords().put(connection, build, [PassageWords(*row) for row in rows])
        connection.execute(f"DROP TABLE counts_{build:d}")
        connection.execute(f"DROP TABLE words_{build:d}")
    connection.execute(
        "UPDATE meta SET value = 1 WHERE key = 'purge' AND EXISTS (SELECT 1 FROM builds)"
    )
