"""The file that holds the catalog: its tables, how it is opened, and what its failures mean.

Everything derived from the documents hangs off a *build*: one way of cutting and embedding a
collection. A collection points at the build that serves; a rebuild fills a second one beside it
and moves the pointer.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import StoreError
from index.store.catalog_format import SCHEMA_VERSION

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', 0), ('home', lower(hex(randomblob(8))));
CREATE TABLE builds (
    build INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    model TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    recipe TEXT NOT NULL,
    chroma TEXT NOT NULL,
    dirty INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    build INTEGER NOT NULL REFERENCES builds (build)
) WITHOUT ROWID;
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
    vectors BLOB,
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
) WITHOUT ROWID;
CREATE TABLE folders (
    collection TEXT PRIMARY KEY REFERENCES collections (name),
    folder TEXT NOT NULL,
    device INTEGER NOT NULL
) WITHOUT ROWID;
"""

_WORDS = """
CREATE VIRTUAL TABLE {table} USING fts5 (
    title, body, tokenize = "ascii tokenchars '-_./\\:@&+#'"
)
"""
"""The terms come prepared and separated by spaces, so FTS5 must not cut them again."""


def words_table(build: int) -> str:
    """Return the name of the full-text table of a build.

    Each build has its own, so that the rarity of a word counts within one collection, and says
    nothing about the others.
    """
    return f"words_{build:d}"


def counts_table(build: int) -> str:
    """Return the name of the view on a full-text table that counts passages by term."""
    return f"counts_{build:d}"


def create_words(connection: sqlite3.Connection, build: int) -> None:
    """Create the full-text table of a build."""
    connection.execute(_WORDS.format(table=words_table(build)))
    connection.execute(
        f"CREATE VIRTUAL TABLE {counts_table(build)} USING fts5vocab ({words_table(build)}, row)"
    )


def drop_words(connection: sqlite3.Connection, build: int) -> None:
    """Delete the full-text table of a build."""
    connection.execute(f"DROP TABLE IF EXISTS {counts_table(build)}")
    connection.execute(f"DROP TABLE IF EXISTS {words_table(build)}")


def open_connection(path: str, *, busy_seconds: float) -> sqlite3.Connection:
    """Open the catalog at `path` for one thread; autocommit, transactions are explicit."""
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # A commit must be on disk before Chroma is written: see index.sync.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA journal_size_limit = 33554432")
    except BaseException:
        connection.close()
        raise
    return connection


def create_catalog(connection: sqlite3.Connection, path: str, *, busy_seconds: float) -> None:
    """Create the tables in a new file; refuse a file of another format."""
    if _version(connection) == SCHEMA_VERSION:
        return
    _use_wal(connection, busy_seconds)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been first
        if version == 0:
            _create(connection)
        elif version != SCHEMA_VERSION:
            raise StoreError(_other_format(path, version))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection) -> None:
    """Create every table, inside the transaction that is open."""
    for statement in _SCHEMA.split(";"):  # executescript would commit first
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


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


def _other_format(path: str, version: int) -> str:
    """Say what to do about a catalog of another format."""
    if version > SCHEMA_VERSION:
        cure = "Upgrade Quoth, or point QUOTH_HOME at another folder."
    else:
        cure = "Delete its folder and run `quoth sync` to build it again from your documents."
    return (
        f"The catalog {path!r} has format {version}; this version of Quoth reads format "
        f"{SCHEMA_VERSION}. {cure}"
    )


@contextmanager
def store_errors(path: str) -> Iterator[None]:
    """Turn failures of SQLite into a StoreError with a sentence about the catalog at `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(_sentence(path, error)) from error


def _sentence(path: str, error: sqlite3.Error) -> str:
    """Say what failed and what to do."""
    said = str(error)
    if "locked" in said or "busy" in said:
        return (
            f"The catalog {path!r} is locked by another program. Wait for it to finish, "
            "or stop it, and try again."
        )
    if "full" in said:
        return f"The disk that holds {path!r} is full. Free some space and try again."
    if "readonly" in said or "unable to open" in said or "permission" in said.lower():
        return (
            f"The catalog {path!r} cannot be opened or written. Check that the folder exists and "
            "that the user who runs Quoth may write to it."
        )
    if "malformed" in said or "not a database" in said:
        return (
            f"The catalog {path!r} is damaged ({said}). Delete its folder and run `quoth sync` "
            "to build it again from your documents."
        )
    return f"The catalog {path!r} failed: {said}. Try again; `quoth doctor` checks it."
