"""What homes that share a database have of the index in it: the catalog, the additions, the
locks, the work.

Nothing is committed under a write lock that was lost to another.
"""

from __future__ import annotations

import threading

from index.store.added_documents import added_tables
from index.store.catalog_tables import CatalogTables
from index.store.database_lock import DatabaseLocks
from index.store.postgres import PostgresDatabase
from index.store.postgres_address import PostgresAddress
from index.store.postgres_driver import LOCK_SECONDS
from index.store.shared_work import SharedWork


class SharedParts:
    """The parts in one database; raises DatabaseAway and StoreError."""

    def __init__(self, address: PostgresAddress, *, lock_seconds: float = LOCK_SECONDS) -> None:
        """`lock_seconds` is how long a statement waits for another writer."""
        self._address = address
        self._added: PostgresDatabase | None = None
        self._work: SharedWork | None = None
        self._opening = threading.Lock()
        self.catalog = CatalogTables(address, lock_seconds=lock_seconds)
        try:
            self.locks = DatabaseLocks(address)
        except BaseException:
            self.catalog.close()
            raise
        self.catalog.guards.append(self.locks.check)

    def added(self) -> PostgresDatabase:
        """Return the tables of added documents, which stay open."""
        with self._opening:
            if self._added is None:
                self._added = added_tables(self._address)
                self._added.guards.append(self.locks.check)
            return self._added

    def work(self) -> SharedWork:
        """Return who works on the index and on what, which stays open."""
        with self._opening:
            if self._work is None:
                self._work = SharedWork(self._address)
            return self._work

    def close(self) -> None:
        """Close the connections of all threads."""
        self.catalog.close()
        self.locks.close()
        for opened in (self._added, self._work):
            if opened is not None:
                opened.close()
