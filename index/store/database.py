"""What the stores ask of the place where their tables are: a file, or a schema of a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from index.store.sqlite_file import Row


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """Rows that it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return up to `size` rows more."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection of one thread; values stand for the question marks of a statement."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Cursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run a statement once for each row of values."""
        ...


class Tables(Protocol):
    """Tables of one concern, to be read and written; safe to use from several threads."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        ...

    def rows(self, sql: str, parameters: Sequence[object] = (), /) -> list[Row]:
        """Return the rows of a query."""
        ...


class Database(Tables, Protocol):
    """Where tables of one concern stand: a file, or a schema of a server."""

    def connection(self) -> Connection:
        """Return this thread's connection, in which every statement is a transaction."""
        ...

    def row(self, sql: str, parameters: Sequence[object] = (), /) -> Row | None:
        """Return the first row of a query, if it has one."""
        ...

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, as far as that can be done from here."""
        ...

    def close(self) -> None:
        """Close the connections of all threads."""
        ...
