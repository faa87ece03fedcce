"""A catalog, opened: its tables, and what belongs to them.

It stands in a file of the home, or in a database that several homes share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from index.store.added_documents import AddedDocuments, open_added_file
from index.store.awaited_claims import AwaitedClaims, SharedClaims, SoleClaims
from index.store.catalog_file import CatalogFile
from index.store.catalog_format import ADDITIONS_FILE, ANSWERS_FILE, CATALOG_FILE
from index.store.catalog_rows import (
    Build,
)
from index.store.catalog_state import (
    serving_builds,
)
from index.store.database import Connection, Database
from index.store.document_queue import LedQueue, empty_queue
from index.store.kept_answers import KeptAnswers, open_kept_answers
from index.store.sqlite_file import BUSY_SECONDS, Row
from index.store.write_lock import FOLDER_LOCK_FILE, LOCK_FILE, holder_of, is_locked, write_lock

if TYPE_CHECKING:
    from index.store.postgres_address import PostgresAddress
    from index.store.shared_parts import SharedParts
    from index.store.shared_work import SharedWork

SERVING = "JOIN collections c ON c.build = p.build"
"""Leaves out passages `p` of builds that do not serve."""

MOST_BOUND = 900
"""Ids in one statement; SQLite binds 999 values at a time."""


_CHROMA_NOW = """
SELECT m.value, b.chroma, EXISTS (SELECT 1 FROM chroma_queue q WHERE q.build = c.build)
FROM meta m LEFT JOIN collections c ON c.name = ? LEFT JOIN builds b ON b.build = c.build
WHERE m.key = 'generation'
"""


class ChromaNow(NamedTuple):
    """What a catalog says of the Chroma collection that serves a collection, at one moment."""

    generation: int
    """Of the catalog."""
    name: str | None
    """Its name in Chroma, if there is one."""
    is_behind: bool
    """Whether Chroma has yet to be told of any passage."""


class CatalogDatabase(Database, Protocol):
    """Where the tables of a catalog stand."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend this thread's connection to read; raises StoreError where that fails."""
        ...

    def held_bytes(self) -> int:
        """Return how much room it takes."""
        ...


class OpenedCatalog:
    """The tables of a catalog, and what belongs to them: locks, builds, documents of people.

    Safe to use from several threads. Raises StoreError when it cannot be read or written.
    """

    def __init__(
        self,
        home: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        address: PostgresAddress | None = None,
    ) -> None:
        """`address` is that of the database that it stands in; None is a file of the home."""
        self.home = home
        self.address = address
        self._shared: SharedParts | None = None
        self._database: CatalogDatabase
        if address is None:
            self._database = CatalogFile(home, busy_seconds=busy_seconds)
        else:
            from index.store.shared_parts import SharedParts

            self._shared = SharedParts(address, lock_seconds=busy_seconds)
            self._database = self._shared.catalog

    @property
    def path(self) -> Path:
        """The file of the home, which is not there where the catalog stands in a database."""
        return self.home / CATALOG_FILE

    @property
    def is_shared(self) -> bool:
        """Whether it stands in a database, where other homes change it, too."""
        return self.address is not None

    def connection(self) -> Connection:
        """Return this thread's connection, in which every statement is a transaction."""
        return self._database.connection()

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend this thread's connection to read; raises StoreError where that fails."""
        return self._database.reading()

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        return self._database.transaction()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query."""
        return self._database.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if it has one."""
        return self._database.row(sql, parameters)

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, nor of its vectors; False if that has to wait."""
        if self._shared is not None and not self.is_locked(FOLDER_LOCK_FILE):
            empty_queue(self._shared.work())  # which a killed leader left
        return self._database.erase_traces()

    def lock(
        self,
        *,
        seconds: float,
        file: str = LOCK_FILE,
        waiting: Callable[[str], None] | None = None,
    ) -> AbstractContextManager[None]:
        """Hold a lock of whoever writes to this index: see `index.store.write_lock`."""
        if self._shared is None:
            return write_lock(self.home, seconds=seconds, file=file, waiting=waiting)
        return self._shared.locks.hold(file, seconds=seconds, waiting=waiting)

    def is_locked(self, file: str = LOCK_FILE) -> bool:
        """Say whether somebody holds a lock now."""
        if self._shared is None:
            return is_locked(self.home, file=file)
        return self._shared.locks.is_held(file)

    def holder(self, file: str = LOCK_FILE) -> str | None:
        """Return who holds a lock now; None where nobody does."""
        if self._shared is None:
            return holder_of(self.home, file=file)
        return self._shared.locks.holder(file)

    @contextmanager
    def claims(self, *, seconds: float) -> Iterator[AwaitedClaims]:
        """Lend what says which passages this process embeds; where it is one at a time, another is
        waited for `seconds`.
        """
        if self._shared is None:
            yield SoleClaims(self, seconds)
            return
        work = self._shared.work()
        with work.worker() as worker:
            yield SharedClaims(work, worker)

    def work(self) -> SharedWork | None:
        """Return who works on this index and on what; None where it is not shared."""
        return None if self._shared is None else self._shared.work()

    def led_queue(self, stamp: str) -> LedQueue | None:
        """Return the documents that others help to read, where this thread follows the folder.

        None where the index is not shared; `stamp` says what they are read with.
        """
        if self._shared is None or (run := self._shared.locks.number(FOLDER_LOCK_FILE)) is None:
            return None
        return LedQueue(self._shared.work(), run, stamp)

    def has_added(self) -> bool:
        """Say whether there may be documents that people added."""
        return self.is_shared or (self.home / ADDITIONS_FILE).exists()

    def open_added(self) -> AddedDocuments:
        """Open the documents that people added; raises StoreError."""
        if self._shared is None:
            return open_added_file(self.home, self.connection())
        return AddedDocuments(self._shared.added(), is_lent=True)

    def has_answers(self) -> bool:
        """Say whether there may be answers that have an address."""
        return self.is_shared or (self.home / ANSWERS_FILE).exists()

    def open_answers(self) -> KeptAnswers:
        """Open the answers that have an address; raises StoreError."""
        return open_kept_answers(self.home, self.address)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()
        if self._shared is not None:
            self._shared.close()

    def generation(self) -> int:
        """Return the number of changes committed so far: when it moves, readers look again."""
        return int(self._row("SELECT value FROM meta WHERE key = 'generation'")[0])

    def home_id(self) -> str:
        """Return the random name of this index, unlike that of any other."""
        return str(self._row("SELECT value FROM meta WHERE key = 'home'")[0])

    def mark(self) -> str:
        """Return what is another at every change that others may have made; empty of a file."""
        return f"{self.home_id()}.{self.generation()}" if self.is_shared else ""

    def builds(self) -> list[Build]:
        """Return the build that serves each collection, by collection."""
        with self._database.reading() as connection:
            return serving_builds(connection)

    def chroma_name(self, collection: str) -> str | None:
        """Return the name of the Chroma collection that serves a collection, if there is one."""
        rows = self.rows(
            "SELECT b.chroma FROM collections c JOIN builds b ON b.build = c.build "
            "WHERE c.name = ?",
            (collection,),
        )
        return str(rows[0][0]) if rows else None

    def chroma_now(self, collection: str) -> ChromaNow:
        """Return what the catalog says of the Chroma collection that serves a collection."""
        generation, name, is_behind = self._row(_CHROMA_NOW, (collection,))
        return ChromaNow(int(generation), name, bool(is_behind))

    def collections(self) -> set[str]:
        """Return the names of the collections there are."""
        return {row[0] for row in self.rows("SELECT name FROM collections")}

    def passage_ids(self, collection: str) -> set[str]:
        """Return the ids of every passage that serves in a collection."""
        rows = self.rows(f"SELECT p.id FROM passages p {SERVING} WHERE c.name = ?", (collection,))
        return {row[0] for row in rows}

    def passage_count(self, collection: str) -> int:
        """Return the number of passages that serve in a collection."""
        sql = f"SELECT count(*) FROM passages p {SERVING} WHERE c.name = ?"
        return int(self._row(sql, (collection,))[0])

    def _open(self, collections: Sequence[str]) -> list[Build]:
        """Return the builds that serve collections."""
        return [build for build in self.builds() if build.collection in collections]

    def _by_ids(self, columns: str, ids: Sequence[str], join: str = "") -> list[Row]:
        """Select columns of the serving passages with these ids."""
        found: list[Row] = []
        for first in range(0, len(ids), MOST_BOUND):
            some = tuple(ids[first : first + MOST_BOUND])
            marks = ",".join("?" * len(some))
            sql = f"SELECT {columns} FROM passages p {SERVING} {join} WHERE p.id IN ({marks})"
            found += self.rows(sql, some)
        return found

    def _row(self, sql: str, parameters: Sequence[object] = ()) -> Row:
        return self.rows(sql, parameters)[0]
