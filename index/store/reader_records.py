"""The LlamaIndex readers that were added: what each is called with, and when it was last run.

They stand beside the added documents. What a reader brought is told by the name of its documents,
which begin with that of the reader.
"""

from __future__ import annotations

from typing import NamedTuple

from index.store.database import Tables
from index.store.sqlite_file import script

READER_TABLE = """
CREATE TABLE readers (
    collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    reader TEXT NOT NULL,
    arguments TEXT NOT NULL,
    folder TEXT NOT NULL,
    checked REAL NOT NULL,
    failure TEXT,
    PRIMARY KEY (collection, name)
)
"""

create_reader_table = script(READER_TABLE)


class ReaderRecord(NamedTuple):
    """A reader that was added, with what it is called with."""

    collection: str
    name: str
    """What it is called by; its documents are called `name://…`."""
    reader: str
    """`package:Class`."""
    arguments: str
    """JSON, as `index.sync.reader_arguments` writes it; of a secret the name of its variable."""
    folder: str
    """Where it was added, from which paths among the arguments start."""
    checked: float = 0.0
    """When it was last run, in seconds since 1970; 0 is never."""
    failure: str | None = None
    """Why the last run failed, if it did."""

    @property
    def prefix(self) -> str:
        """What the names of its documents begin with."""
        return f"{self.name}://"


_COLUMNS = ", ".join(ReaderRecord._fields)


class ReaderRecords:
    """The table of readers in the file of the added documents."""

    def __init__(self, file: Tables) -> None:
        self._file = file

    def readers(self, collection: str | None = None) -> list[ReaderRecord]:
        """Return the readers of a collection, or of all, by name."""
        where = "" if collection is None else "WHERE collection = ?"
        rows = self._file.rows(
            f"SELECT {_COLUMNS} FROM readers {where} ORDER BY name",
            () if collection is None else (collection,),
        )
        return [ReaderRecord(*row) for row in rows]

    def put(self, record: ReaderRecord) -> None:
        """Keep a reader as it is now."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in ReaderRecord._fields[2:])
        with self._file.transaction() as connection:
            connection.execute(
                f"INSERT INTO readers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) "
                f"ON CONFLICT (collection, name) DO UPDATE SET {changes}",
                record,
            )

    def remove(self, record: ReaderRecord) -> None:
        """Forget a reader."""
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM readers WHERE (collection, name) = (?, ?)",
                (record.collection, record.name),
            )

    def versions(self, record: ReaderRecord) -> dict[str, str]:
        """Return the SHA-256 of each document that a reader brought, by uri."""
        rows = self._file.rows(
            "SELECT uri, sha256 FROM documents WHERE collection = ? "
            "AND substr(uri, 1, length(?)) = ? ORDER BY added_at, uri",
            (record.collection, record.prefix, record.prefix),
        )
        return dict(rows)
