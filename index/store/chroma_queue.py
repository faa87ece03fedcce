"""What Chroma has yet to be told of a large change that the catalog holds whole.

The change and its queue are one transaction, so that readers see all of it at once: while anything
of a build is queued, they compare the vectors of the catalog. Whoever writes next goes on with what
a killed writer left, since every entry can be carried out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from index.store.database import Connection


class Queued(NamedTuple):
    """Some passages of one build."""

    build: int
    ids: Sequence[str]


def put_in_queue(connection: Connection, build: int, ids: Iterable[str]) -> None:
    """Have Chroma told of passages that are new, have moved or are gone; in a transaction."""
    connection.executemany(
        "INSERT INTO chroma_queue VALUES (?, ?) ON CONFLICT DO NOTHING",
        ((build, id) for id in ids),
    )


def queue_all(connection: Connection, build: int) -> None:
    """Have Chroma told of every passage of a build that has its vector; in a transaction."""
    connection.execute(
        "INSERT INTO chroma_queue SELECT build, id FROM passages WHERE build = ? "
        "AND key NOT IN (SELECT key FROM awaited_vectors) ON CONFLICT DO NOTHING",
        (build,),
    )


def take_off_queue(connection: Connection, told: Queued) -> None:
    """Note that Chroma was told; in a transaction."""
    connection.executemany(
        "DELETE FROM chroma_queue WHERE build = ? AND id = ?", ((told.build, id) for id in told.ids)
    )


def clear_queue(connection: Connection, build: int) -> None:
    """Note that Chroma holds exactly the passages of a build; in a transaction."""
    connection.execute("DELETE FROM chroma_queue WHERE build = ?", (build,))


def next_queued(connection: Connection, limit: int) -> Queued | None:
    """Return up to `limit` passages of one build that is queued; None when nothing is."""
    first = connection.execute(
        "SELECT build FROM chroma_queue ORDER BY build, id LIMIT 1"
    ).fetchone()
    if first is None:
        return None
    rows = connection.execute(
        "SELECT id FROM chroma_queue WHERE build = ? ORDER BY id LIMIT ?", (*first, limit)
    )
    return Queued(first[0], [row[0] for row in rows])


def has_queue(connection: Connection, build: int | None = None) -> bool:
    """Say whether anything is queued, of one build or of any."""
    where, of = ("", ()) if build is None else (" WHERE build = ?", (build,))
    return bool(
        connection.execute(f"SELECT EXISTS (SELECT 1 FROM chroma_queue{where})", of).fetchone()[0]
    )
