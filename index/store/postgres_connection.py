"""One connection to a PostgreSQL server that behaves as one of SQLite does, as far as Quoth asks.

It is opened when it is first used, and again when the server has ended it. The driver is loaded
here and in `index.store.postgres_driver` only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import DatabaseAway, StoreError
from index.store.postgres_address import PostgresAddress
from index.store.postgres_driver import close_driver
from index.store.postgres_errors import away, failure_of
from index.store.sqlite_file import Row

if TYPE_CHECKING:
    from pg8000.native import Connection as Driver

_STATEMENTS = 200
"""Statements that the server keeps prepared for one connection."""


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
            close_driver(driver)

    def _execute(self, sql: str, parameters: Sequence[Any]) -> PostgresCursor:
        from pg8000.exceptions import DatabaseError, InterfaceError

        if self._driver is None and self._in_transaction:
            raise away(self._address, "the connection was lost in the middle of a change")
        try:
            driver = self._driver = self._driver or self._connect()
            if not parameters:
                done = driver.execute_simple(sql)
            else:
                done = self._run_prepared(driver, sql, parameters)
        except DatabaseError as error:
            failure = failure_of(error.args[0], self._address, self._noun)
            if isinstance(failure, DatabaseAway):
                self.close()
            raise failure from error
        except (InterfaceError, OSError) as error:
            self.close()
            raise away(self._address, str(error) or type(error).__name__) from error
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
