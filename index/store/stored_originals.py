"""Which originals were put at an address: noted before, and until they are deleted there.

So what a killed writer left at the address is known without listing it, and only what this index
put there is ever deleted. The notes stand with the added documents, which all homes of an index
share and which nobody throws away; the tables are made when an address is first used.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from index.errors import StoreError
from index.store.added_documents import AddedDocuments

_TABLES = (
    "CREATE TABLE IF NOT EXISTS stored_originals (sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS files_place (id TEXT PRIMARY KEY, address TEXT NOT NULL)",
)


class StoredOriginals:
    """The notes of one index."""

    def __init__(self, added: AddedDocuments) -> None:
        self._added = added

    def prepare(self) -> None:
        """Make the tables where there are none."""
        with self._added.transaction() as connection:
            for table in _TABLES:
                connection.execute(table)

    def index_id(self) -> str:
        """Return the id by which an address knows this index; it stays when the catalog goes."""
        with self._added.transaction() as connection:
            found = connection.execute("SELECT id FROM files_place").fetchone()
            if found is None:
                found = (uuid.uuid4().hex,)
                connection.execute("INSERT INTO files_place VALUES (?, '')", found)
        return str(found[0])

    def known_id(self) -> str | None:
        """Return that id if there is one; reads only."""
        return self._of_place("id")

    def address(self) -> str | None:
        """Return the address that was used last, as it may be shown; reads only."""
        return self._of_place("address")

    def note_address(self, shown: str) -> None:
        """Note the address that is used from now on."""
        with self._added.transaction() as connection:
            connection.execute("UPDATE files_place SET address = ?", (shown,))

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each original that was put there, or begun to be; reads only."""
        with suppress(StoreError):  # no table: no address was ever used
            return dict(self._added.rows("SELECT sha256, bytes FROM stored_originals"))
        return {}

    def note(self, sha256: str, size: int) -> None:
        """Note an original that is about to be put there."""
        with self._added.transaction() as connection:
            connection.execute(
                "INSERT INTO stored_originals VALUES (?, ?) "
                "ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes",
                (sha256, size),
            )

    def forget(self, sha256: str) -> None:
        """Forget an original that is there no more."""
        with self._added.transaction() as connection:
            connection.execute("DELETE FROM stored_originals WHERE sha256 = ?", (sha256,))

    def _of_place(self, column: str) -> str | None:
        with suppress(StoreError):
            for row in self._added.rows(f"SELECT {column} FROM files_place"):
                return str(row[0])
        return None
