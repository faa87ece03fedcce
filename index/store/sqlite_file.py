"""One SQLite file of the home folder: opened for every thread, and brought to today's format.

The format of a file is the number of the last migration that was applied to it, kept in it as
`user_version`. Files are `index.store.catalog` (derived, may be built anew), and what people made:
`index.store.added_documents` and the bot's memory, which exist nowhere else.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from index.errors import DiskFull, StoreError
from index.store.disk_room import is_disk_full
from index.store.private_files import make_file, make_home
from index.store.read_only_file import connect_to_read, is_read_only

if TYPE_CHECKING:
    from index.store.database import Connection

BUSY_SECONDS = 10.0
"""How long a statement waits for a writer of another process; writes take milliseconds."""

Row: TypeAlias = tuple[Any, ...]

Migration: TypeAlias = Callable[[sqlite3.Connection], None]
"""Leads from one format to the next, inside a transaction that is open."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TAKEN_AWAY = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
"""What SQLite says, among other causes, when a file vanishes between its opening and its use."""


class UnreadableFile(StoreError):
    """A file that failed under SQLite, as it does when another process is just replacing it."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


class DamagedFile(UnreadableFile):
    """A file that will not be read again, or whose format no migration starts from."""


class SqliteFile:
    """A file with its migrations, the first of which makes it from nothing.

    Safe to use from several threads, each of which gets a connection of its own. Raises StoreError
    when the file cannot be opened, is damaged, locked or of a newer format, or the disk is full.
    """

    noun: ClassVar[str] = "file"
    is_derived: ClassVar[bool] = False
    """Whether it can be built anew from other files, and needs no backup."""

    def __init__(
        self, path: Path, migrations: Sequence[Migration], *, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        self._closed = False
        _make_folder(path.parent)
        make_file(path)
        try:
            with self._errors():
                self._upgrade(migrations)
        except BaseException:
            self.close()
            raise

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, in autocommit mode."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if self._closed:
            raise StoreError(f"The {self.noun} {str(self.path)!r} has been closed. Open it again.")
        return found if found is not None else self._connect()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        connection = self.connection()
        with self._errors():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has rolled back by itself
                    connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query."""
        try:
            return self.connection().execute(sql, parameters).fetchall()
        except sqlite3.Error:
            with self._errors():  # entered only now, since a search asks for rows many times
                raise

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if it has one."""
        return next(iter(self.rows(sql, parameters)), None)

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted: in no backup, not in SQLite's log, nor in the file.

        SQLite overwrites what it deletes, but when it moves a row to another page it leaves what
        stood in the first: only a file that is written anew has none of it. That takes about the
        size of the file in room besides, until it is done. Returns False when a reader held on to
        the log for so long that it still stands.
        """
        self._drop_backups()
        with self._errors():
            self.connection().execute("VACUUM")
        (busy, _, _) = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0]
        return not busy

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._opening:
            self._closed = True
            while self._opened:
                self._opened.pop().close()

    def _upgrade(self, migrations: Sequence[Migration]) -> None:
        """Apply the migrations that the file lacks, each in one transaction after a backup."""
        connection = self._connect()
        if _version(connection) == len(migrations):
            return
        _use_wal(connection, self._busy_seconds)
        worth_keeping = not self.is_derived and _has_tables(connection)
        while self._migrate(migrations, backup=worth_keeping) < len(migrations):
            pass

    def _migrate(self, migrations: Sequence[Migration], *, backup: bool) -> int:
        """Apply one migration, if one is lacking; returns the version of the file afterwards."""
        prepared = _version(self.connection())
        self._prepare(prepared)
        with self.transaction() as connection:
            version = _version(connection)  # another process may have been first
            if prepared < version < len(migrations):
                return version  # and not have prepared the next one
            self._check(version, len(migrations), connection)
            if version == len(migrations):
                return version
            copy = self._back_up(version + 1) if backup else None
            migrations[version](connection)
            connection.execute(f"PRAGMA user_version = {version + 1}")
            if copy is not None:
                self._drop_backups(but=copy)  # later, it would be the next one's copy, too
        return version + 1

    def _check(self, version: int, newest: int, connection: sqlite3.Connection) -> None:
        """Refuse a file that these migrations cannot start from."""
        if version > newest:
            raise StoreError(
                f"The {self.noun} {str(self.path)!r} has format {version}; this version of Quoth "
                f"reads format {newest}. Upgrade Quoth, or point QUOTH_HOME at another folder."
            )
        if version < 0 or (version == 0 and self.is_derived and _has_tables(connection)):
            raise DamagedFile(
                self.path,
                f"The {self.noun} {str(self.path)!r} has format {version}, of which no upgrade "
                f"leads to format {newest}. {self._cure()}",
            )

    def _back_up(self, version: int) -> Path:
        """Copy the file as it is, before the migration to `version` changes it."""
        backup = self.path.with_name(f"{self.path.name}.before-{version}")
        unfinished = backup.with_name(f"{backup.name}.new")
        unfinished.unlink(missing_ok=True)
        make_file(unfinished)
        with closing(sqlite3.connect(self.path)) as now, closing(sqlite3.connect(unfinished)) as to:
            now.backup(to)
        return unfinished.replace(backup)

    def _drop_backups(self, *, but: Path | None = None) -> None:
        for backup in self.path.parent.glob(f"{self.path.name}.before-*"):
            if backup != but:
                _delete(backup)

    def _connect(self) -> sqlite3.Connection:
        """Open a connection for this thread."""
        with self._errors(), self._opening:
            connection = _open_connection(self.path, self._busy_seconds)
            self._opened.append(connection)
            self._dress(connection)
        self._local.connection = connection
        return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn failures of SQLite into a StoreError with a sentence."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _DAMAGE:
                self._note_damage()
                raise DamagedFile(
                    self.path,
                    f"The {self.noun} {str(self.path)!r} is damaged ({error}). {self._cure()}",
                ) from error
            if code == sqlite3.SQLITE_FULL or (code in _TAKEN_AWAY and is_disk_full(self.path)):
                raise DiskFull(self.path) from error
            sentence = self._sentence(str(error))
            if code in _TAKEN_AWAY:
                raise UnreadableFile(self.path, sentence) from error
            raise StoreError(sentence) from error

    def _dress(self, connection: sqlite3.Connection) -> None:
        """Add what every connection needs besides the file."""

    def _prepare(self, version: int) -> None:
        """Do what the migration from `version` needs done before its transaction, again and again
        if need be."""

    def _note_damage(self) -> None:
        """Have the file built anew the next time, where that can be done."""

    def _cure(self) -> str:
        """Say what to do about damage."""
        return (
            "What is in it exists nowhere else: restore a backup with `quoth restore FILE --yes`, "
            f"or put the file '{self.path.name}.before-N' in its place if there is one."
        )

    def _sentence(self, said: str) -> str:
        """Say what failed and what to do."""
        name = f"The {self.noun} {str(self.path)!r}"
        if "locked" in said or "busy" in said:
            return (
                f"{name} is locked by another program. Wait for it to finish, or stop it, and try "
                "again."
            )
        if "readonly" in said or "unable to open" in said or "permission" in said.lower():
            return (
                f"{name} cannot be opened or written. Check that the folder exists and that the "
                "user who runs Quoth may write to it."
            )
        return f"{name} failed: {said}. Try again; `quoth doctor` checks it."


def script(sql: str) -> Callable[[Connection], None]:
    """Return a migration that runs the statements of `sql`, none of which holds a semicolon."""

    def run(connection: Connection) -> None:
        for statement in sql.split(";"):  # executescript would commit first
            if statement.strip():
                connection.execute(statement)

    return run


def _open_connection(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a file for one thread; autocommit, transactions are explicit."""
    if is_read_only(path):
        return connect_to_read(path, busy_seconds)
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # A commit must be on disk before the next store is written: see index.sync.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA journal_size_limit = 33554432")
    except BaseException:
        connection.close()
        raise
    return connection


def _make_folder(home: Path) -> None:
    try:
        make_home(home)
    except OSError as error:
        raise StoreError(
            f"The folder {str(home)!r} cannot be made ({error.strerror}). "
            "Set QUOTH_HOME to a folder that you may write to."
        ) from error


def _delete(backup: Path) -> None:
    try:
        backup.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The old copy {str(backup)!r} cannot be deleted ({error.strerror}), and may hold what "
            "was removed. Delete it."
        ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Let readers and a writer work at once; the busy time-out does not cover this switch."""
    give_up = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return
