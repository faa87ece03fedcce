"""The documents that people added and no folder brings back: uploads, pages, messages, answers.

They exist nowhere else, so they stand here with their texts, and the catalog is made from them.
The one writer puts an addition here before it is indexed, and takes a removal out here before it is
taken out of the index; `index.sync.additions_pass` finishes what a killed writer left.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from index.errors import StoreError
from index.schema import Source, source_id
from index.store.catalog_format import ADDITIONS_FILE, ADDITIONS_VERSION
from index.store.catalog_rows import REPLACE_VERSION, SOURCE_COLUMNS, source_of, source_row
from index.store.copied_tables import copy_tables
from index.store.database import Connection, Database
from index.store.reader_records import READER_TABLE, create_reader_table
from index.store.sqlite_file import Row, SqliteFile, script
from index.store.web_records import WEB_TABLES, create_web_tables

if TYPE_CHECKING:
    from index.store.postgres import PostgresDatabase
    from index.store.postgres_address import PostgresAddress

Key: TypeAlias = tuple[str, str]
"""Collection and uri of a document."""

_TABLES = """
CREATE TABLE collections (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE documents (
    collection TEXT NOT NULL REFERENCES collections (name) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    title TEXT NOT NULL,
    mime TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    pages TEXT NOT NULL,
    url TEXT,
    modified TEXT,
    added_at TEXT NOT NULL,
    added_by TEXT,
    warnings TEXT NOT NULL,
    text BLOB NOT NULL,
    places TEXT NOT NULL DEFAULT '[]',
    regions TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (collection, uri)
);
CREATE INDEX documents_by_version ON documents (collection, uri, sha256)
"""

_create = script(_TABLES)


_PUT_COLLECTION = "INSERT INTO collections VALUES (?) ON CONFLICT DO NOTHING"

_WITHOUT_STATISTICS = ";".join(
    f"ALTER TABLE documents ALTER COLUMN {column} SET STATISTICS 0"
    for column in ("uri", "title", "url", "added_by", "warnings", "text", "places", "regions")
)
"""The server copies values into its statistics, where no deletion reaches."""


class AddedDocuments:
    """What people added, by collection and uri."""

    def __init__(self, database: Database, *, is_lent: bool = False) -> None:
        """`database` has the tables, and is closed with this unless it is lent."""
        self._database = database
        self._is_lent = is_lent

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        return self._database.transaction()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query."""
        return self._database.rows(sql, parameters)

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted; False if that has to wait."""
        return self._database.erase_traces()

    def close(self) -> None:
        """Close the connections of all threads, or give them back."""
        if not self._is_lent:
            self._database.close()

    def adopt(self, catalog: Connection) -> None:
        """Take over from a catalog what is not here and no folder brings back."""
        with self.transaction() as connection:
            _adopt(connection, catalog)

    def collections(self) -> set[str]:
        """Return the names of the collections that people added to."""
        return {row[0] for row in self.rows("SELECT name FROM collections")}

    def versions(self) -> dict[Key, str]:
        """Return the SHA-256 of each document."""
        rows = self.rows("SELECT collection, uri, sha256 FROM documents")
        return {(collection, uri): sha256 for collection, uri, sha256 in rows}

    def source(self, key: Key) -> Source:
        """Return a document, which must be here, as the source that it is in the index."""
        (row,) = self.rows("SELECT * FROM documents WHERE collection = ? AND uri = ?", key)
        *columns, text, places, regions = row
        text = zlib.decompress(text).decode()
        return source_of((source_id(*key), *columns, text, places, regions, None, None, None))

    def put(self, sources: Sequence[Source]) -> None:
        """Keep documents, each in place of its earlier version."""
        with self.transaction() as connection:
            _insert(
                connection, map(_row, sources), f"ON CONFLICT (collection, uri) {REPLACE_VERSION}"
            )

    def put_collection(self, name: str) -> None:
        """Keep a collection to which something is being added."""
        if name not in self.collections():
            with self.transaction() as connection:
                connection.execute(_PUT_COLLECTION, (name,))

    def rename(self, collection: str, before: str, after: str) -> None:
        """Keep a document under another uri; one that is there already gives way."""
        with self.transaction() as connection:
            for sql, keys in (
                ("DELETE FROM documents WHERE (collection, uri) = (?, ?)", (collection, after)),
                (
                    "UPDATE documents SET uri = ? WHERE (collection, uri) = (?, ?)",
                    (after, collection, before),
                ),
            ):
                connection.execute(sql, keys)

    def remove(self, *keys: Key) -> None:
        """Remove documents for good; unknown ones are ignored."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM documents WHERE (collection, uri) = (?, ?)", keys)
        self.erase_traces()

    def remove_collection(self, name: str) -> None:
        """Remove a collection with all its documents for good."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM collections WHERE name = ?", (name,))
        self.erase_traces()


def open_added_file(home: Path, catalog: Connection) -> AddedDocuments:
    """Open the file of a home; one that is not there begins with what a catalog holds of it."""

    def begin(connection: sqlite3.Connection) -> None:
        _create(connection)
        _adopt(connection, catalog)

    migrations = (begin, _add_places, create_web_tables, _add_regions, create_reader_table)
    assert len(migrations) == ADDITIONS_VERSION
    return AddedDocuments(SqliteFile(home / ADDITIONS_FILE, migrations))


def added_tables(address: PostgresAddress) -> PostgresDatabase:
    """Open the tables of added documents in a database, which begin empty."""
    from index.store.postgres import PostgresDatabase
    from index.store.postgres_types import for_postgres

    tables = (_TABLES, WEB_TABLES, READER_TABLE, _WITHOUT_STATISTICS)
    migrations = (script(";".join(map(for_postgres, tables))),)
    return PostgresDatabase(address, "added", migrations)


def take_in_additions(home: Path, address: PostgresAddress) -> int:
    """Copy the file of a home into a database that has no added documents yet; return the rows.

    The documents are in no index afterwards: `index.sync.additions_pass` puts them there. Raises
    StoreError where the database has some.
    """
    if not (home / ADDITIONS_FILE).exists():
        return 0
    with (
        closing(sqlite3.connect(":memory:")) as nothing,
        closing(open_added_file(home, nothing)) as file,
        closing(added_tables(address)) as shared,
        shared.transaction() as write,
    ):
        if write.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is not None:
            raise StoreError(f"The database {address.shown!r} holds added documents already.")
        write.execute("DELETE FROM collections")
        return copy_tables(file._database, write)


def _add_places(connection: sqlite3.Connection) -> None:
    _add_column(connection, "places")


def _add_regions(connection: sqlite3.Connection) -> None:
    _add_column(connection, "regions")


def _add_column(connection: sqlite3.Connection, name: str) -> None:
    """Add what a file of today's first migration has from the beginning."""
    if not _has_column(connection, "documents", name):
        connection.execute(f"ALTER TABLE documents ADD COLUMN {name} TEXT NOT NULL DEFAULT '[]'")


def _has_column(connection: Connection, table: str, name: str) -> bool:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return any(column[1] == name for column in columns)


def _adopt(connection: Connection, catalog: Connection) -> None:
    """Copy what a catalog holds besides its folders; what is here already stays as it is."""
    names = catalog.execute("SELECT name FROM collections").fetchall()
    connection.executemany(_PUT_COLLECTION, names)
    columns = SOURCE_COLUMNS
    for name in ("places", "regions"):
        # An older catalog is adopted from before it gets that column.
        if not _has_column(catalog, "sources", name):
            columns = columns.replace(f"s.{name}", "'[]'")
    rows = catalog.execute(
        f"SELECT {columns}, NULL FROM sources s LEFT JOIN files f "
        "ON f.collection = s.collection AND f.uri = s.uri WHERE f.uri IS NULL"
    )
    _insert(connection, (_row(source_of(row)) for row in rows), "ON CONFLICT DO NOTHING")


def _insert(connection: Connection, rows: Iterable[Row], otherwise: str) -> None:
    for row in rows:
        connection.execute(_PUT_COLLECTION, row[:1])
        marks = ",".join("?" * len(row))
        connection.execute(f"INSERT INTO documents VALUES ({marks}) {otherwise}", row)


def _row(source: Source) -> Row:
    """Return the columns of a document, in order: as in the catalog, but for what follows."""
    _id, *columns, _characters, text, places, regions = source_row(source)
    return (*columns, zlib.compress(text.encode()), places, regions)
