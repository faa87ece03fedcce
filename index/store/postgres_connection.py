"""One connection to a PostgreSQL server that behaves as one of SQLite does, as far as Quoth asks.

It is opened when it is first used, and again when the server has ended it. The driver is loaded
here only.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import ConfigurationError, DatabaseAway, IndexUnwritable, StoreError
from index.store.postgres_address import PostgresAddress
from index.store.sqlite_file import Row

if TYPE_CHECKING:
    from pg8000.native import Connection as Driver

LOCK_SECONDS = 10.0
"""How long a statement waits for another writer; writes take milliseconds."""

_CONNECT_SECONDS = 5.0
"""How long a server may take to answer at all."""

STATEMENT_SECONDS = 120.0
"""How long it may take over one statement before it is taken for gone; most take milliseconds."""

_REST_SECONDS = 30
"""How long a transaction may rest before the server ends it: its process hangs, and others wait."""

_STATEMENTS = 200
"""Statements that the server keeps prepared for one connection."""

_OLDEST_SERVER = 13

_LONGEST_NAME = 63
"""Bytes of a name that a server keeps."""


class LockedTable(StoreError):
    """A table or row that somebody else holds on to."""


class _Prepared(NamedTuple):
    name: bytes
    columns: Any
    readers: Any


class PostgresCursor:
    """The rows of one statement, all of which are here."""

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self._next = 0
        self.rowcount = rowcount
        """Rows that were changed or found."""

    def fetchone(self) -> Row | None:
        """Return the next row, or None."""
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int) -> list[Row]:
        """Return up to `size` rows more."""
        some = self._rows[self._next : self._next + size]
        self._next += len(some)
        return some

    def fetchall(self) -> list[Row]:
        """Return the rows that are left."""
        return self.fetchmany(len(self._rows))

    def __iter__(self) -> Iterator[Row]:
        return iter(self.fetchall())


class PostgresConnection:
    """The connection of one thread; question marks stand for values, as in SQLite.

    A statement outside of a transaction is tried once more when the server has ended the
    connection meanwhile. Raises DatabaseAway and StoreError.
    """

    def __init__(
        self, connect: Callable[[], Driver], address: PostgresAddress, noun: str = "database"
    ) -> None:
        self._connect = connect
        self._address = address
        self._noun = noun
        self._driver: Driver | None = None
        self._prepared: OrderedDict[str, _Prepared] = OrderedDict()
        self._in_transaction = False

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> PostgresCursor:
        """Run a statement with a value for each of its question marks."""
        if self._in_transaction or self._driver is None:
            return self._execute(sql, parameters)
        try:
            return self._execute(sql, parameters)
        except DatabaseAway:
            return self._execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        """Run a statement once for each row of values."""
        for row in parameters:
            self.execute(sql, row)

    def begin(self) -> None:
        """Open a transaction."""
        self.execute("BEGIN")
        self._in_transaction = True

    def commit(self) -> None:
        """Make what was written in the transaction last."""
        self._execute("COMMIT", ())
        self._in_transaction = False

    def rollback(self) -> None:
        """Take back what was written in the transaction; never raises."""
        with suppress(StoreError):
            if self._driver is not None:
                self._execute("ROLLBACK", ())
        self._in_transaction = False

    def close(self) -> None:
        """End the connection; the next statement opens it again."""
        driver, self._driver = self._driver, None
        self._prepared.clear()
        if driver is not None:
            _close(driver)

    def _execute(self, sql: str, parameters: Sequence[Any]) -> PostgresCursor:
        from pg8000.exceptions import DatabaseError, InterfaceError

        if self._driver is None and self._in_transaction:
            raise _away(self._address, "the connection was lost in the middle of a change")
        try:
            driver = self._driver = self._driver or self._connect()
            if not parameters:
                done = driver.execute_simple(sql)
            else:
                done = self._run_prepared(driver, sql, parameters)
        except DatabaseError as error:
            failure = _failure(error.args[0], self._address, self._noun)
            if isinstance(failure, DatabaseAway):
                self.close()
            raise failure from error
        except (InterfaceError, OSError) as error:
            self.close()
            raise _away(self._address, str(error) or type(error).__name__) from error
        except BaseException:
            self.close()  # Ctrl-C: what the server still answers would be taken for the next answer
            raise
        return PostgresCursor([tuple(row) for row in done.rows or ()], done.row_count)

    def _run_prepared(self, driver: Driver, sql: str, parameters: Sequence[Any]) -> Any:
        """Run a statement that is kept prepared: one turn with the server instead of three."""
        from pg8000.converters import make_params

        numbered = _numbered(sql)
        found = self._prepared.get(numbered)
        if found is None:
            while len(self._prepared) >= _STATEMENTS:
                driver.close_prepared_statement(self._prepared.popitem(last=False)[1].name)
            found = self._prepared[numbered] = _Prepared(*driver.prepare_statement(numbered, ()))
        self._prepared.move_to_end(numbered)
        values = make_params(driver.py_types, [_plain(each) for each in parameters])
        return driver.execute_named(found.name, values, found.columns, found.readers, numbered)


def connect(
    address: PostgresAddress,
    schema: str,
    lock_seconds: float = LOCK_SECONDS,
    *,
    seconds: float | None = STATEMENT_SECONDS,
) -> Driver:
    """Open a connection whose tables are those of a schema; raises DatabaseAway, StoreError.

    A server that takes longer than `seconds` over one statement is taken for gone; None waits.
    """
    try:
        from pg8000.exceptions import DatabaseError, InterfaceError
        from pg8000.native import Connection
    except ImportError as error:
        raise ConfigurationError(
            "QUOTH_DATABASE_URL needs the driver of PostgreSQL: pip install 'quoth[postgres]'"
        ) from error

    def opened(ssl_context: ssl.SSLContext | bool) -> Driver:
        return Connection(
            address.user,
            database=address.database,
            password=address.password,
            host=address.host,
            sock=_socket(address, seconds),
            ssl_context=ssl_context,
            application_name=process_name(),
            startup_params={
                "search_path": f'"{schema}"',
                "lock_timeout": str(int(lock_seconds * 1000)),
                "idle_in_transaction_session_timeout": str(_REST_SECONDS * 1000),
                "client_min_messages": "warning",
            },
        )

    try:
        if address.ssl_mode != "prefer" or address.is_local:
            driver = opened(_ssl(address))
        else:
            try:
                driver = opened(_unchecked())
            except InterfaceError as error:
                if _NO_SSL not in str(error):
                    raise
                driver = opened(False)
    except DatabaseError as error:
        raise _failure(error.args[0], address) from error
    except (InterfaceError, OSError) as error:
        raise _away(address, str(error.__cause__ or error)) from error
    try:
        _check_server(driver, address)
    except BaseException:
        _close(driver)
        raise
    return driver


def _socket(address: PostgresAddress, seconds: float | None) -> socket.socket:
    if address.is_local:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(_CONNECT_SECONDS)
            made.connect(str(Path(address.host) / f".s.PGSQL.{address.port}"))
        except BaseException:
            made.close()
            raise
    else:
        made = socket.create_connection((address.host, address.port), _CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.settimeout(seconds)
    return made


def process_name() -> str:
    """Return what this process is called where the server lists its connections."""
    return f"quoth {os.getpid()}@{socket.gethostname()}"[:_LONGEST_NAME]


def _unchecked() -> ssl.SSLContext:
    """Encrypt, whoever answers; reads no certificates, which takes 30 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ssl(address: PostgresAddress) -> ssl.SSLContext | bool:
    """Return how the connection is encrypted: False is not at all."""
    mode = address.ssl_mode
    if address.is_local or mode == "disable":
        return False
    if mode == "require" and address.ssl_root is None:
        return _unchecked()
    try:
        context = ssl.create_default_context(cafile=address.ssl_root)
    except OSError as error:
        raise ConfigurationError(
            f"The file {address.ssl_root!r} that QUOTH_DATABASE_URL names as sslrootcert cannot be "
            f"read ({error.strerror or error})."
        ) from error
    context.check_hostname = mode == "verify-full"
    return context


def _check_server(driver: Driver, address: PostgresAddress) -> None:
    """Refuse a server that is too old, and a database that cannot hold every text."""
    said = driver.parameter_statuses
    version = said.get("server_version", "")
    if version and int(version.split(".")[0].split()[0]) < _OLDEST_SERVER:
        raise StoreError(
            f"The database {address.shown!r} is on PostgreSQL {version}; Quoth needs "
            f"{_OLDEST_SERVER} or newer."
        )
    if said.get("server_encoding", "UTF8") != "UTF8":
        raise StoreError(
            f"The database {address.shown!r} keeps texts as {said['server_encoding']}. Make one "
            "for Quoth with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )


@lru_cache(maxsize=4096)
def _numbered(sql: str) -> str:
    """Return a statement with $1, $2, … for its question marks; none stands in its quotes."""
    from pg8000.dbapi import convert_paramstyle

    return str(convert_paramstyle("qmark", sql, ())[0])


def _plain(value: Any) -> Any:
    """Return a value as the server can keep it: truth as a number, as in a file.

    It takes no text with a character of code 0, which no document that was read has: one that a
    person types is replaced by another, so that every offset stays.
    """
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    return int(value) if isinstance(value, bool) else value


def _close(driver: Driver) -> None:
    with suppress(Exception):  # whatever it says, it is done with
        driver.close()


_NO_SSL = "refuses SSL"
"""What the driver says of a server that encrypts nothing."""

_AWAY = ("08", "57P", "53300", "25P03")
"""Beginnings of what servers say that shut down, start up, have no room for one more, or have ended
a transaction that rested."""

_OTHER_TABLES = "cached plan"
"""What is said of a statement that was prepared before another process changed the tables."""


def _failure(said: dict[str, str], address: PostgresAddress, noun: str = "database") -> StoreError:
    """Return what failed and what to do, from what the server says; that has no values in it."""
    code, message = said.get("C", ""), " ".join(said.get("M", "").split())
    name = f"The {noun} {address.shown!r}"
    if code.startswith(_AWAY) or (code == "0A000" and _OTHER_TABLES in message):
        return _away(address, message)
    if code in ("28P01", "28000"):
        return StoreError(
            f"{name} does not let {address.user!r} in ({_without(message, address)}). Check user "
            "and password in QUOTH_DATABASE_URL."
        )
    if code == "3D000":
        return StoreError(
            f"{name} does not exist. Make it with `createdb`, or correct QUOTH_DATABASE_URL."
        )
    if code == "42501":
        return IndexUnwritable(
            f"{name} cannot be changed by {address.user!r} ({message}). Let that user own the "
            "database: ALTER DATABASE … OWNER TO …"
        )
    if code in ("25006", "53100"):
        return IndexUnwritable(f"{name} cannot be changed now ({message}). Try again later.")
    if code in ("55P03", "40P01"):
        return LockedTable(
            f"{name} is locked by another program. Wait for it to finish, or stop it, and try "
            "again."
        )
    return StoreError(f"{name} failed: {message}. Try again; `quoth doctor` checks it.")


def _away(address: PostgresAddress, why: str) -> DatabaseAway:
    return DatabaseAway(
        f"The database {address.shown!r} cannot be reached ({_without(why, address)}). Check that "
        "the server runs, and QUOTH_DATABASE_URL."
    )


def _without(message: str, address: PostgresAddress) -> str:
    """Return a message without the password, whoever wrote it in."""
    return message.replace(address.password, "…") if address.password else message
