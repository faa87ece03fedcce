"""The catalog as tables of a PostgreSQL database that several homes share."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from index.store.database import Connection
from index.store.postgres import PostgresDatabase
from index.store.postgres_address import PostgresAddress
from index.store.postgres_driver import LOCK_SECONDS
from index.store.postgres_types import for_postgres
from index.store.sqlite_file import script
from index.store.vector_file import BLANK

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE builds (
    build INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    chroma TEXT NOT NULL,
    dirty INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    spare TEXT NOT NULL DEFAULT ''
);
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    build INTEGER NOT NULL REFERENCES builds (build)
);
CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    collection TEXT NOT NULL REFERENCES collections (name),
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
    characters INTEGER NOT NULL,
    text TEXT NOT NULL,
    places TEXT NOT NULL DEFAULT '[]',
    regions TEXT NOT NULL DEFAULT '[]',
    UNIQUE (collection, uri)
);
CREATE TABLE passages (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    build INTEGER NOT NULL REFERENCES builds (build) ON DELETE CASCADE,
    source TEXT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    page INTEGER,
    heading TEXT NOT NULL,
    kind TEXT NOT NULL,
    sentences TEXT NOT NULL,
    text TEXT NOT NULL,
    input BLOB NOT NULL,
    slot INTEGER,
    mark BLOB,
    UNIQUE (build, id)
);
CREATE INDEX passages_by_id ON passages (id);
CREATE INDEX passages_by_source ON passages (source, build, ordinal);
CREATE INDEX passages_by_build ON passages (build, source);
CREATE INDEX passages_by_input ON passages (build, input);
CREATE TABLE files (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    failure TEXT,
    PRIMARY KEY (collection, uri)
);
CREATE TABLE folders (
    collection TEXT PRIMARY KEY REFERENCES collections (name),
    folder TEXT NOT NULL,
    device INTEGER NOT NULL
);
CREATE TABLE missing (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    PRIMARY KEY (collection, uri)
);
CREATE TABLE chroma_queue (
    build INTEGER NOT NULL REFERENCES builds (build) ON DELETE CASCADE,
    id TEXT NOT NULL,
    PRIMARY KEY (build, id)
);
CREATE TABLE left_out (
    collection TEXT NOT NULL REFERENCES collections (name),
    uri TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (collection, uri)
);
CREATE TABLE awaited_vectors (
    key BIGINT PRIMARY KEY REFERENCES passages (key) ON DELETE CASCADE,
    build INTEGER NOT NULL
);
CREATE TABLE freed_slots (slot BIGINT PRIMARY KEY, blank INTEGER NOT NULL DEFAULT 0);
CREATE TABLE word_counts (
    build BIGINT PRIMARY KEY, passages INTEGER NOT NULL, terms INTEGER NOT NULL
);
CREATE SCHEMA IF NOT EXISTS vector_file;
CREATE TABLE vector_file.vectors (
    slot BIGINT PRIMARY KEY, mark BLOB NOT NULL, vector BLOB NOT NULL, sentences BLOB NOT NULL
);
ALTER TABLE vector_file.vectors ALTER COLUMN vector SET STORAGE EXTERNAL;
ALTER TABLE vector_file.vectors ALTER COLUMN sentences SET STORAGE EXTERNAL
"""
"""As `index.store.catalog_schema` has them after its last migration, in the types of a file.

Vectors stand in a schema of their own, so that queries name them alike, and are not packed: they
cannot be made smaller."""

_OF_DOCUMENTS = (
    ("sources", ("id", "uri", "title", "url", "added_by", "warnings", "text", "places", "regions")),
    ("passages", ("heading", "text", "sentences")),
    ("files", ("uri", "failure")),
    ("missing", ("uri",)),
    ("left_out", ("uri", "reason")),
)
"""Columns of which the server is to keep no statistics: it copies values into them, where no
deletion reaches."""

_WITHOUT_STATISTICS = ";".join(
    f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0"
    for table, columns in _OF_DOCUMENTS
    for column in columns
)

_FREE_SLOT = """
CREATE FUNCTION free_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO freed_slots (slot) VALUES (OLD.slot) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

_TRIGGER = """
CREATE TRIGGER passages_free_slot AFTER DELETE ON passages FOR EACH ROW
WHEN (OLD.slot IS NOT NULL) EXECUTE FUNCTION free_slot()
"""


def _make_tables(connection: Connection) -> None:
    script(for_postgres(_TABLES))(connection)
    script(_WITHOUT_STATISTICS)(connection)
    connection.execute(_FREE_SLOT)
    connection.execute(_TRIGGER)
    values = {"generation": "0", "home": secrets.token_hex(8), "purge": "0", "slots": "0"}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", list(values.items()))


_EACH_TEXT_ONCE = """
INSERT INTO meta SELECT 'chroma_texts', CASE WHEN count(*) > 0 THEN '1' ELSE '0' END FROM builds;
UPDATE meta SET value = '1' WHERE key = 'purge' AND EXISTS (SELECT 1 FROM builds);
ALTER TABLE passages DROP COLUMN text
"""

_PASSAGE_BYTES = """
ALTER TABLE passages ADD COLUMN byte_start INTEGER NOT NULL DEFAULT 0;
ALTER TABLE passages ADD COLUMN byte_end INTEGER NOT NULL DEFAULT 0;
UPDATE passages p SET
byte_start = octet_length(substr(s.text, 1, CAST(p.start AS INTEGER))),
byte_end = octet_length(substr(s.text, 1, CAST(p."end" AS INTEGER)))
FROM sources s WHERE s.id = p.source
"""
"""As in a file, where passages are read by them; a server counts characters itself."""

MIGRATIONS = (_make_tables, script(_EACH_TEXT_ONCE), script(_PASSAGE_BYTES))
"""The first makes the tables of release 0.2.0 from nothing; no database is older."""


class CatalogTables(PostgresDatabase):
    """The tables of a catalog, shared by all who have the address of the database."""

    noun = "catalog"

    def __init__(self, address: PostgresAddress, *, lock_seconds: float = LOCK_SECONDS) -> None:
        super().__init__(address, "catalog", MIGRATIONS, lock_seconds=lock_seconds)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend this thread's connection to read."""
        yield self.connection()

    def held_bytes(self) -> int:
        """Return the size of the tables, with their indexes."""
        found = self.rows(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname IN (?, 'vector_file') AND c.relkind = 'r'",
            (self.schema,),
        )
        return int(found[0][0])

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, nor of its vectors: see `PostgresDatabase`."""
        with self.transaction() as connection:
            found = connection.execute("SELECT max(slot) FROM vector_file.vectors").fetchone()
            last = found[0] if found else None
            freed = "slot IN (SELECT slot FROM freed_slots)"
            connection.execute(
                f"DELETE FROM vector_file.vectors WHERE slot < ? AND {freed}", (last or 0,)
            )
            # The last row stays, since it says which slots were given.
            connection.execute(
                "UPDATE vector_file.vectors SET mark = ?, vector = ?, sentences = ? "
                f"WHERE mark != ? AND {freed}",
                (BLANK, b"", b"", BLANK),
            )
            connection.execute("DELETE FROM freed_slots WHERE slot < ?", (last or 0,))
            connection.execute("UPDATE freed_slots SET blank = 1")
        return super().erase_traces()

    def schemas(self) -> tuple[str, ...]:
        """Return the schemas whose tables are these."""
        return (self.schema, "vector_file")
