"""Tables of one concern in a schema of a PostgreSQL database, as `index.store.sqlite_file` has them
in a file.

Every thread has a connection of its own, which is opened again when the server was started anew.
Writers of a schema come one after the other, as they do in a file.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import ClassVar, TypeAlias

from index.errors import StoreError
from index.store.database import Connection
from index.store.postgres_address import PostgresAddress
from index.store.postgres_connection import PostgresConnection
from index.store.postgres_driver import LOCK_SECONDS, connect
from index.store.postgres_errors import LockedTable
from index.store.sqlite_file import Row

PostgresMigration: TypeAlias = Callable[[Connection], None]
"""Leads from one format to the next, inside a transaction that is open."""

_LOCKS = 0x51554F54
"""Sets Quoth's advisory locks apart from those of other programs in the same database."""

_READS_THE_PAST = (
    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_xmin IS NOT "
    "NULL AND datname = current_database() AND age(backend_xmin) >= age(CAST(? AS TEXT)::xid)"
)


class PostgresDatabase:
    """A schema with its migrations, the first of which makes its tables.

    Safe to use from several threads. Raises DatabaseAway while the server cannot be reached, and
    StoreError for everything else that fails.
    """

    noun: ClassVar[str] = "database"

    def __init__(
        self,
        address: PostgresAddress,
        schema: str,
        migrations: Sequence[PostgresMigration],
        *,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        """`lock_seconds` is how long a statement waits for another writer."""
        self.address = address
        self.schema = schema
        self._lock_seconds = lock_seconds
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, PostgresConnection]] = []
        self._opening = threading.Lock()
        self._closed = False
        self.guards: list[Callable[[Connection], None]] = []
        """Each is called in every transaction before it is committed, and may refuse it."""
        try:
            self._upgrade(migrations)
        except BaseException:
            self.close()
            raise

    def connection(self) -> PostgresConnection:
        """Return this thread's connection, in which every statement is a transaction."""
        found: PostgresConnection | None = getattr(self._local, "connection", None)
        if self._closed:
            raise StoreError(
                f"The {self.noun} {self.address.shown!r} has been closed. Open it again."
            )
        return found if found is not None else self._connect()

    @contextmanager
    def transaction(self) -> Iterator[PostgresConnection]:
        """Write in one transaction: all of the block or, if it raises, nothing.

        Others who write to the schema wait until it ends.
        """
        connection = self.connection()
        connection.begin()
        try:
            connection.execute("SELECT pg_advisory_xact_lock(?, ?)", (_LOCKS, self._lock_key))
            yield connection
            for guard in self.guards:
                guard(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query; none of a statement that has none."""
        return self.connection().execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if it has one."""
        return next(iter(self.rows(sql, parameters)), None)

    def schemas(self) -> tuple[str, ...]:
        """Return the schemas whose tables are these."""
        return (self.schema,)

    def tables(self) -> list[str]:
        """Return the names of the tables, each with that of its schema, as statements need them."""
        marks = ",".join("?" * len(self.schemas()))
        found = self.rows(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            f"WHERE schemaname IN ({marks}) ORDER BY 1",
            self.schemas(),
        )
        return [row[0] for row in found]

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted in the tables, which are written anew.

        Whoever reads a table waits until it is. What the server keeps elsewhere, as its log of
        changes and whoever copies that, is the affair of who runs it. Returns False where somebody
        held on to a table, or to an older state of it, for so long that it still stands.
        """
        if not self._is_over():
            return False
        patient = PostgresConnection(
            lambda: connect(self.address, self.schema, self._lock_seconds, seconds=None),
            self.address,
            self.noun,
        )
        with closing(patient):
            return all(_write_anew(patient, table) for table in self.tables())

    def close_here(self) -> None:
        """Close the connection of this thread, which ends."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            del self._local.connection
            with self._opening:
                self._opened = [each for each in self._opened if each[1] is not connection]
            connection.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._opening:
            self._closed = True
            while self._opened:
                self._opened.pop()[1].close()

    @property
    def _lock_key(self) -> int:
        return signed(zlib.crc32(self.schema.encode()))

    def _is_over(self) -> bool:
        """Wait until nobody reads the state before this moment, which a table would keep for them;
        False where somebody does for too long."""
        (now,) = self.rows("SELECT txid_current()")[0]
        give_up = time.monotonic() + self._lock_seconds
        while self.rows(_READS_THE_PAST, (now % (1 << 32),)) != [(0,)]:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.05)
        return True

    def _upgrade(self, migrations: Sequence[PostgresMigration]) -> None:
        """Apply the migrations that the schema lacks, each in one transaction."""
        while (version := self._version()) != len(migrations):
            if version is not None:
                self._check(version, len(migrations))
            self._migrate(migrations)

    def _version(self) -> int | None:
        """Return the format of the schema; None where there is none."""
        # Not to_regclass, which answers from what this transaction knew before it had the lock.
        known = "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = 'format'"
        if self.row(known, (self.schema,)) is None:
            return None
        found = self.row(f'SELECT number FROM "{self.schema}".format')
        return int(found[0]) if found else None

    def _migrate(self, migrations: Sequence[PostgresMigration]) -> None:
        """Apply one migration, unless another process was first."""
        with self.transaction() as connection:
            version = self._version()
            if version is None:
                connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
                connection.execute(f'CREATE TABLE "{self.schema}".format (number BIGINT NOT NULL)')
                connection.execute(f'INSERT INTO "{self.schema}".format VALUES (0)')
                version = 0
            if version < len(migrations):
                migrations[version](connection)
                connection.execute(f'UPDATE "{self.schema}".format SET number = ?', (version + 1,))

    def _check(self, version: int, newest: int) -> None:
        """Refuse a schema that these migrations cannot start from."""
        if version > newest:
            raise StoreError(
                f"The {self.noun} {self.address.shown!r} has format {version} of {self.schema!r}; "
                f"this version of Quoth reads format {newest}. Upgrade Quoth."
            )

    def _connect(self) -> PostgresConnection:
        """Open a connection for this thread, and close those of threads that have ended."""
        connection = PostgresConnection(
            lambda: connect(self.address, self.schema, self._lock_seconds), self.address, self.noun
        )
        with self._opening:
            ended = [(thread, each) for thread, each in self._opened if not thread.is_alive()]
            for each in ended:
                self._opened.remove(each)
                each[1].close()
            self._opened.append((threading.current_thread(), connection))
        self._local.connection = connection
        return connection


def _write_anew(connection: PostgresConnection, table: str) -> bool:
    try:
        connection.execute(f"VACUUM (FULL, ANALYZE) {table}")
        connection.execute(f"VACUUM {table}")  # so that indexes alone are read again
    except LockedTable:
        return False
    return True


def signed(number: int) -> int:
    """Return an unsigned number of 32 bits as the signed one that the server takes."""
    return number - (1 << 32) if number >= 1 << 31 else number
