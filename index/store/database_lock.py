"""One writer at a time among all who share a database, as `index.store.write_lock` has in a home.

A lock is a row that says who holds it, the how manieth that is, and until when; and a lock of the
server that ends with the holder's connection, so that whoever comes next need not wait for one that
was killed. A holder says again and again that it goes on. One that does not, because its machine
hangs, has lost the lock: its connections are ended, and what it would still write is refused.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from index.errors import DatabaseAway, IndexLocked, StoreError
from index.store.database import Connection
from index.store.postgres import PostgresDatabase, signed
from index.store.postgres_address import PostgresAddress
from index.store.postgres_connection import PostgresConnection
from index.store.postgres_driver import connect, process_name
from index.store.postgres_errors import LockedTable
from index.store.sqlite_file import script
from index.store.write_lock import LOCK_FILE, UNTOLD_SECONDS, describe_self

LEASE = 20.0
"""Seconds after which a holder that did not say that it goes on has lost the lock."""

_SAYS_SO = 5.0
"""Seconds between two times that a holder says so."""

_LOOKS = 0.05
"""Seconds between two looks of those who wait."""

_SESSIONS = 0x51554F55
"""Sets the locks of holders' sessions apart from those of `index.store.postgres`."""

_TABLE = """
CREATE TABLE leases (
    name TEXT PRIMARY KEY, number BIGINT NOT NULL, holder TEXT, until TIMESTAMPTZ, process TEXT
)
"""

_FOUND = """
SELECT number, holder, until > clock_timestamp() FROM locks.leases WHERE name = ? FOR UPDATE
"""

_END_SILENT = """
SELECT pg_terminate_backend(a.pid) FROM locks.leases l
JOIN pg_stat_activity a ON a.application_name = l.process AND a.datname = current_database()
WHERE l.name = ? AND l.until <= clock_timestamp() AND l.process <> ?
"""
"""Ends the connections of a holder that was silent for too long: what it is in the middle of would
keep others waiting."""

_TAKE = """
UPDATE locks.leases SET number = ?, holder = ?, process = ?,
until = clock_timestamp() + make_interval(secs => ?) WHERE name = ?
"""

_GO_ON = """
UPDATE locks.leases SET until = clock_timestamp() + make_interval(secs => ?)
WHERE name = ? AND number = ?
"""

_LET_GO = "UPDATE locks.leases SET holder = NULL, until = NULL WHERE name = ? AND number = ?"


class LostLock(StoreError):
    """The write lock was taken over by another process, since this one did not go on."""

    retryable = True


class DatabaseLocks:
    """The locks of one database, by the names of the files that a home has for them."""

    def __init__(self, address: PostgresAddress, *, lease: float | None = None) -> None:
        """`lease` is for how many seconds a holder may be silent."""
        self._address = address
        self._lease = LEASE if lease is None else lease
        self._database = PostgresDatabase(address, "locks", (script(_TABLE),))
        self._idle: list[PostgresConnection] = []
        self._held = threading.local()

    @contextmanager
    def hold(
        self,
        name: str,
        *,
        seconds: float,
        waiting: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Hold a lock; raises IndexLocked after waiting for `seconds`.

        `waiting` is told who holds it, after a second, where the wait may be longer than that.
        """
        session = self._session()
        try:
            number = self._take(session, name, seconds, waiting)
        except IndexLocked:
            self._give_back(session)
            raise
        except BaseException:
            session.close()
            raise
        ended = threading.Event()
        going_on = threading.Thread(
            target=self._go_on, args=(name, number, ended), name=f"lease of {name}", daemon=True
        )
        going_on.start()
        outer = self._numbers.get(name)
        self._numbers[name] = number
        try:
            yield
        finally:
            ended.set()
            if outer is None:
                self._numbers.pop(name, None)
            self._let_go(session, name, number)

    def is_held(self, name: str) -> bool:
        """Say whether somebody holds a lock now."""
        session = self._session()
        try:
            if self._try_to_take(session, name, take=False) is None:
                return True
        except LockedTable:
            return True
        finally:
            self._give_back(session)
        return False

    def holder(self, name: str) -> str | None:
        """Return who holds a lock now; None where nobody does."""
        if not self.is_held(name):
            return None
        session = self._session()
        try:
            return self._holder(session, name)
        finally:
            self._give_back(session)

    def number(self, name: str) -> int | None:
        """Return the how manieth holder of a lock this thread is, if it holds it."""
        return self._numbers.get(name)

    def check(self, connection: Connection) -> None:
        """Refuse to commit what this thread writes under a write lock that it has lost.

        Nobody takes the lock over from here until the transaction ends. Raises LostLock.
        """
        number = self._numbers.get(LOCK_FILE)
        if number is None:
            return
        row = connection.execute(
            "SELECT number FROM locks.leases WHERE name = ? FOR SHARE", (LOCK_FILE,)
        ).fetchone()
        if row is None or row[0] != number:
            raise LostLock(
                f"The index in {self._address.shown!r} was taken over by another process, since "
                "this one did not answer for too long. Nothing was written. Try again."
            )

    def close(self) -> None:
        """Close what is open."""
        while self._idle:
            self._idle.pop().close()
        self._database.close()

    @property
    def _numbers(self) -> dict[str, int]:
        """What this thread holds, with the how manieth holder it is."""
        found: dict[str, int] = self._held.__dict__.setdefault("numbers", {})
        return found

    def _take(
        self,
        session: PostgresConnection,
        name: str,
        seconds: float,
        waiting: Callable[[str], None] | None,
    ) -> int:
        began, is_told = time.monotonic(), waiting is None or seconds <= UNTOLD_SECONDS
        while True:
            with suppress(LockedTable):
                if (number := self._try_to_take(session, name)) is not None:
                    return number
            waited = time.monotonic() - began
            if waited >= seconds:
                raise IndexLocked(self._address.shown, self._holder(session, name))
            if waiting is not None and not is_told and waited >= UNTOLD_SECONDS:
                waiting(self._holder(session, name))
                is_told = True
            time.sleep(_LOOKS)

    def _try_to_take(
        self, session: PostgresConnection, name: str, *, take: bool = True
    ) -> int | None:
        """Take a lock that nobody holds and return its number; None where somebody does."""
        process = process_name()
        if take:
            session.execute(_END_SILENT, (name, process))
        session.begin()
        try:
            session.execute(
                "INSERT INTO locks.leases VALUES (?, 0) ON CONFLICT DO NOTHING", (name,)
            )
            number, _, is_on = session.execute(_FOUND, (name,)).fetchone() or (0, None, None)
            is_there = is_on and not _is_free(session, name, number)
            if is_there or not take:
                session.rollback()
                return None if is_there else number
            number += 1
            session.execute(_TAKE, (number, describe_self(), process, self._lease, name))
            session.execute("SELECT pg_advisory_lock(?, ?)", (_SESSIONS, _key(name, number)))
            session.commit()
        except BaseException:
            session.rollback()
            raise
        return int(number)

    def _holder(self, session: PostgresConnection, name: str) -> str:
        row = session.execute("SELECT holder FROM locks.leases WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row and row[0] else "another process"

    def _go_on(self, name: str, number: int, ended: threading.Event) -> None:
        """Say again and again that the holder goes on, until it is done or has lost the lock."""
        try:
            while not ended.wait(min(_SAYS_SO, self._lease / 4)):
                with suppress(DatabaseAway, LockedTable):
                    connection = self._database.connection()
                    said = connection.execute(_GO_ON, (self._lease, name, number))
                    if not said.rowcount:
                        return
        except StoreError:
            return  # closed meanwhile, or refused: the commit says so
        finally:
            self._database.close_here()

    def _let_go(self, session: PostgresConnection, name: str, number: int) -> None:
        try:
            session.execute(_LET_GO, (name, number))
            session.execute("SELECT pg_advisory_unlock(?, ?)", (_SESSIONS, _key(name, number)))
        except StoreError:
            session.close()  # which frees it, too
        else:
            self._give_back(session)

    def _session(self) -> PostgresConnection:
        with suppress(IndexError):
            return self._idle.pop()
        return PostgresConnection(lambda: connect(self._address, "locks"), self._address, "index")

    def _give_back(self, session: PostgresConnection) -> None:
        self._idle.append(session)


def _is_free(session: PostgresConnection, name: str, number: int) -> bool:
    """Say whether the session of a holder has ended; in a transaction, which has the lock then."""
    row = session.execute(
        "SELECT pg_try_advisory_xact_lock(?, ?)", (_SESSIONS, _key(name, number))
    ).fetchone()
    return bool(row and row[0])


def _key(name: str, number: int) -> int:
    return signed(zlib.crc32(f"{name} {number}".encode()))
