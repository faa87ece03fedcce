"""The tables of a file, copied into the same tables of a database."""

from __future__ import annotations

from index.store.database import Connection, Database


def copy_tables(file: Database, write: Connection) -> int:
    """Copy every row of a file of SQLite, and return how many there were.

    The tables of the schema that `write` is in a transaction of have at least the same columns, and
    nothing in them. Numbers that were given in the file are not given again.
    """
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return sum(_copy(table, file, write) for (table,) in file.rows(named))


def _copy(table: str, file: Database, write: Connection) -> int:
    columns = [row[1] for row in file.rows(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    count = 0
    rows = file.connection().execute(f"SELECT {', '.join(columns)} FROM {table}")
    for row in rows:
        write.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row)
        count += 1
    for (column,) in write.execute(_NUMBERED, (table,)).fetchall():
        write.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), ?)",
            (max(1, _last(table, column, file)),),
        )
    return count


_NUMBERED = (
    "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'YES'"
)


def _last(table: str, column: str, file: Database) -> int:
    """Return the highest number that was ever given, as far as the file knows it."""
    (given,) = file.row(f"SELECT coalesce(max({column}), 0) FROM {table}") or (0,)
    if file.row("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'") is None:
        return int(given)
    noted = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?"
    (once,) = file.row(noted, (table,)) or (0,)
    return max(int(given), int(once))
