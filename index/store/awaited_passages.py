"""Which passages have no vectors yet: they are found by words, and embedded slice by slice.

A passage waits from the transaction that writes it to the one that writes its vector, so that what
a killed writer left is what the table says. A build of words alone waits for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from index.schema import Coverage
from index.store.catalog_rows import Build
from index.store.database import Connection


def await_vector(connection: Connection, build: int, key: int) -> None:
    """Note that a passage has yet to be embedded, if its build has vectors; in a transaction."""
    connection.execute(
        "INSERT INTO awaited_vectors SELECT CAST(? AS BIGINT), build FROM builds "
        "WHERE build = ? AND dimension > 0 ON CONFLICT DO NOTHING",
        (key, build),
    )


def note_first_awaited(connection: Connection, build: int) -> None:
    """Note since when passages wait, where none does yet; before they do, in a transaction."""
    connection.execute(
        "INSERT INTO meta SELECT 'awaited_since', CAST(CURRENT_TIMESTAMP AS TEXT) FROM builds "
        "WHERE build = ? AND dimension > 0 ON CONFLICT (key) DO UPDATE SET value = excluded.value "
        "WHERE NOT EXISTS (SELECT 1 FROM awaited_vectors)",
        (build,),
    )


def note_embedded(connection: Connection) -> None:
    """Note when passages were last given the vectors that they waited for; in a transaction."""
    connection.execute(
        "INSERT INTO meta VALUES ('embedded_at', CAST(CURRENT_TIMESTAMP AS TEXT)) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )


def awaited_seconds(connection: Connection) -> tuple[float, float]:
    """Return for how long passages wait without a break, and for how long none got its vector.

    Both by the clock of the database; the second is no longer than the first. 0 where nothing says.
    """
    rows = connection.execute(
        "SELECT key, value, CAST(CURRENT_TIMESTAMP AS TEXT) FROM meta "
        "WHERE key IN ('awaited_since', 'embedded_at')"
    ).fetchall()
    ago = {key: (_moment(now) - _moment(then)).total_seconds() for key, then, now in rows}
    waited = max(0.0, ago.get("awaited_since", 0.0))
    return waited, min(waited, max(0.0, ago.get("embedded_at", waited)))


def _moment(text: str) -> datetime:
    """Return a moment as a database writes it; a file has no time zone, and means UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def await_missing(connection: Connection, build: int) -> None:
    """Note every passage of a build that has no vector; in a transaction."""
    note_first_awaited(connection, build)
    connection.execute(
        "INSERT INTO awaited_vectors SELECT key, build FROM passages JOIN builds "
        "USING (build) WHERE build = ? AND dimension > 0 AND (slot IS NULL OR slot IN "
        "(SELECT slot FROM vector_file.vectors WHERE length(vector) = 0)) ON CONFLICT DO NOTHING",
        (build,),
    )


def await_no_longer(connection: Connection, key: int) -> None:
    """Note that a passage has its vector; in a transaction."""
    connection.execute("DELETE FROM awaited_vectors WHERE key = ?", (key,))


def count_awaited(connection: Connection, build: int) -> int:
    """Return how many passages of a build have no vectors yet."""
    found = connection.execute("SELECT count(*) FROM awaited_vectors WHERE build = ?", (build,))
    return int(found.fetchone()[0])


def next_awaited(connection: Connection, build: int, limit: int) -> list[str]:
    """Return the ids of up to `limit` passages that are to be embedded next, the newest first."""
    rows = connection.execute(
        "SELECT id FROM awaited_vectors JOIN passages USING (key) "
        "WHERE awaited_vectors.build = ? ORDER BY key DESC LIMIT ?",
        (build, limit),
    )
    return [row[0] for row in rows]


def still_awaited(connection: Connection, build: int, ids: Sequence[str]) -> set[str]:
    """Return those of some passages that are there and have no vectors yet."""
    found: set[str] = set()
    for first in range(0, len(ids), 900):  # SQLite binds 999 values at a time
        some = ids[first : first + 900]
        rows = connection.execute(
            "SELECT id FROM passages JOIN awaited_vectors USING (key) "
            f"WHERE passages.build = ? AND id IN ({','.join('?' * len(some))})",
            (build, *some),
        )
        found.update(row[0] for row in rows)
    return found


def awaited_by_source(connection: Connection, builds: Sequence[Build]) -> dict[str, int]:
    """Return how many passages of each source in builds have no vectors yet, if any has none."""
    numbers = ",".join(str(build.number) for build in builds) or "NULL"
    rows = connection.execute(
        "SELECT source, count(*) FROM awaited_vectors JOIN passages USING (key) "
        f"WHERE awaited_vectors.build IN ({numbers}) GROUP BY source"
    )
    return dict(rows.fetchall())


def embedded_ids(connection: Connection, build: int) -> set[str]:
    """Return the ids of the passages of a build that have vectors: what Chroma is to hold."""
    rows = connection.execute(
        "SELECT id FROM passages WHERE build = ? "
        "AND key NOT IN (SELECT key FROM awaited_vectors WHERE build = ?)",
        (build, build),
    )
    return {row[0] for row in rows}


def coverage_of(
    connection: Connection, builds: Sequence[Build], source: str | None = None
) -> Coverage | None:
    """Return how far builds are searched, or one source of them; None where nothing is lacking."""
    numbers = ",".join(str(build.number) for build in builds) or "NULL"
    where, of = (" AND source = ?", (source,)) if source else ("", ())
    (awaited,) = connection.execute(
        "SELECT count(*) FROM awaited_vectors JOIN passages USING (key) "
        f"WHERE awaited_vectors.build IN ({numbers}){where}"
        if source
        else f"SELECT count(*) FROM awaited_vectors WHERE build IN ({numbers})",
        of,
    ).fetchone()
    unread, changed = (0, 0) if source else documents_to_read(connection, builds)
    if not awaited and not unread and not changed:
        return None
    (passages,) = connection.execute(
        f"SELECT count(*) FROM passages WHERE build IN ({numbers}){where}", of
    ).fetchone()
    read = 0
    for build in builds:
        read += connection.execute(
            "SELECT count(*) FROM sources WHERE collection = ?", (build.collection,)
        ).fetchone()[0]
    return Coverage(
        passages=passages,
        embedded=passages - awaited,
        documents=read + unread,
        read=read,
        changed=changed,
    )


def documents_to_read(connection: Connection, builds: Sequence[Build]) -> tuple[int, int]:
    """Return how many documents of folders have yet to be read, and how many to be read again."""
    new = again = 0
    for build in builds:
        known = "EXISTS (SELECT 1 FROM sources WHERE collection = l.collection AND uri = l.uri)"
        found = connection.execute(
            f"SELECT count(*), coalesce(sum(CASE WHEN {known} THEN 1 ELSE 0 END), 0) "
            "FROM left_out l WHERE collection = ? AND state = 'indexing'",
            (build.collection,),
        ).fetchone()
        new, again = new + int(found[0]) - int(found[1]), again + int(found[1])
    return new, again
