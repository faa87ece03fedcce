"""Opens Chroma so that only Quoth says how, and stops it so that nothing is left open."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from index.config import ChromaAccount
from index.store.chroma_file import CHROMA_FILE, is_empty_graph
from index.store.chroma_server import close_session, server_client
from index.store.spared_imports import spared_imports

_NO_TRACE = """
CREATE TRIGGER IF NOT EXISTS quoth_leaves_no_trace BEFORE INSERT ON acquire_write
BEGIN SELECT RAISE (IGNORE); END
"""
"""Chroma inserts a row that nobody reads, at every opening and before every write, to get SQLite's
lock. The statement takes the lock all the same when the row is left out."""

_FILTERS = (
    "embedding_metadata_string_value",
    "embedding_metadata_int_value",
    "embedding_metadata_float_value",
)
"""Indexes for filters, of which Quoth uses none: a fifth of the file, with every text once more.
Others who read the collections may filter all the same, slower."""

_WORDS = "embedding_fulltext_search"
_WORDS_WITHOUT_INDEX = (
    f"DROP TABLE {_WORDS}",
    f"CREATE VIEW {_WORDS} AS SELECT id AS rowid, string_value FROM embedding_metadata "
    "WHERE key = 'chroma:document'",
    *(
        f"CREATE TRIGGER quoth_keeps_no_words_{change.lower()} INSTEAD OF {change} ON {_WORDS} "
        "BEGIN SELECT 1; END"
        for change in ("INSERT", "UPDATE", "DELETE")
    ),
)
"""Chroma's own index of texts, by every three letters, of which Quoth uses none: half of its file.
A view gives others who read the collections the same answers (`$contains`), slower."""

_FIRST = (_NO_TRACE, *(f"DROP INDEX IF EXISTS {index}" for index in _FILTERS))

_ROWS_UNSAVED = 1000
"""Rows that Chroma keeps in its log before it saves the graph; its own default."""

_importing = threading.Lock()
_opening = threading.Lock()


@dataclass
class OpenChroma:
    """A client of Chroma, who is using it, and the engine to stop behind it."""

    client: Any
    system: Any
    file: int | None = None
    """Which file of an embedded one is open."""
    users: int = 0
    retired: bool = False
    is_remote: bool = False
    known: dict[str, Any] = field(default_factory=dict)
    """Collections that were asked before, by name: looking one up costs as much as a query."""

    def stop_if_unused(self) -> None:
        """Stop a retired engine once nobody uses it."""
        if self.retired and not self.users and self.system is not None:
            self.system.stop()
            self.system = None
            if self.is_remote:
                close_session(self.client)


def open_embedded(path: Path) -> OpenChroma:
    """Open Chroma in this process, on files of our own."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    chromadb = _chroma()
    with _own_engine(str(path)):
        settings = _settings(chromadb, is_persistent=True)
        _leave_no_trace(path)  # if it is there already: else Chroma makes it now
        client = chromadb.PersistentClient(str(path), settings=settings)
        _leave_no_trace(path)
        return OpenChroma(client, client._system, file_id(path))


def file_id(path: Path) -> int | None:
    """Return what tells the file in Chroma's folder from one that took its place."""
    try:
        return (path / CHROMA_FILE).stat().st_ino
    except OSError:
        return None


def _leave_no_trace(path: Path) -> None:
    """Let Chroma open its file, and read it, without writing to it."""
    database = path / CHROMA_FILE
    if not database.exists():
        return
    with suppress(sqlite3.Error), closing(_own_connection(database)) as connection:
        if not _lacking(connection):
            return
        connection.execute("BEGIN IMMEDIATE")  # Chroma cannot do without any one of its tables
        for statement in _lacking(connection):
            connection.execute(statement)
        connection.execute("COMMIT")


def _own_connection(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _lacking(connection: sqlite3.Connection) -> Sequence[str]:
    """Return what is still to be done; nothing as long as Chroma has not made all its tables."""
    known = dict(connection.execute("SELECT name, type FROM sqlite_master").fetchall())
    if not known.keys() >= {"embedding_metadata", "acquire_write"}:
        return ()
    first = () if "quoth_leaves_no_trace" in known else _FIRST
    return (*first, *(_WORDS_WITHOUT_INDEX if known.get(_WORDS) == "table" else ()))


def unsaved_graphs(path: Path) -> list[str]:
    """Return the names of the collections whose graph was never saved, or only while empty.

    So it is with small ones. Whoever reads one of these makes its graph again, and writes an empty
    one to the disk.
    """
    unsaved = [
        file.parent.name
        for file in path.glob("*/header.bin")
        if not file.with_name("index_metadata.pickle").exists() or is_empty_graph(file)
    ]
    if not unsaved:
        return []
    with closing(sqlite3.connect(path / CHROMA_FILE)) as connection:
        rows = connection.execute(
            "SELECT c.name FROM segments s JOIN collections c ON c.id = s.collection "
            f"WHERE s.id IN ({','.join('?' * len(unsaved))})",
            unsaved,
        )
        return [row[0] for row in rows]


def save_graphs(path: Path, names: Sequence[str]) -> None:
    """Have Chroma save graphs that are too small for it to do so by itself."""
    with _opened(path) as client:  # an engine keeps to the number that it was opened with
        _set_rows_unsaved(client, names, 0)
    with _opened(path) as client:
        for name in names:
            client.get_collection(name, embedding_function=None).count()
        _set_rows_unsaved(client, names, _ROWS_UNSAVED)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    opened = open_embedded(path)
    try:
        yield opened.client
    finally:
        opened.system.stop()


def _set_rows_unsaved(client: Any, names: Sequence[str], rows: int) -> None:
    """Set how many rows are kept in the log before the graph is saved."""
    for name in names:
        found = client.get_collection(name, embedding_function=None)
        # `Collection.modify` does the same, and then warns of an embedding function.
        found._client._modify(
            id=found.id,
            new_configuration={"hnsw": {"sync_threshold": rows}},
            tenant=found.tenant,
            database=found.database,
        )


def open_server(url: str, account: ChromaAccount) -> OpenChroma:
    """Connect to a Chroma server."""
    chromadb = _chroma()
    client = server_client(chromadb, _settings(chromadb), url, account)
    return OpenChroma(client, client._system, is_remote=True)


@contextmanager
def _own_engine(identifier: str) -> Iterator[None]:
    """Keep the engine that is opened inside out of Chroma's process-wide cache, and the reverse.

    The cache hands one engine to every client of a folder: reopening would get the stale one, and
    a client with other settings, ours or that of another library, would be refused.
    """
    from chromadb.api.shared_system_client import SharedSystemClient as Shared

    with _opening:
        caches = (Shared._identifier_to_system, Shared._identifier_to_refcount)
        theirs = [cache.pop(identifier, None) for cache in caches]
        try:
            yield
        finally:
            for cache, entry in zip(caches, theirs, strict=True):
                cache.pop(identifier, None)
                if entry is not None:
                    cache[identifier] = entry


def _chroma() -> Any:
    """Import Chroma so that neither `.env` nor the environment can set it up.

    Chroma reads both, under names without a prefix (ENVIRONMENT, PERSIST_DIRECTORY), into values
    that it makes while it is imported, and fails on those it does not understand.
    """
    with _importing:
        from pydantic_settings import BaseSettings

        original = BaseSettings.__dict__["settings_customise_sources"]
        BaseSettings.settings_customise_sources = _given_only  # type: ignore[method-assign, assignment]
        try:
            with spared_imports():
                import chromadb
        finally:
            BaseSettings.settings_customise_sources = original  # type: ignore[method-assign]
        for name in ("chromadb", "chromadb.telemetry"):
            logging.getLogger(name).setLevel(logging.ERROR)
        return chromadb


@classmethod  # type: ignore[misc]
def _given_only(cls: type, settings_cls: type, init_settings: Any, **_: Any) -> tuple[Any, ...]:
    """Let settings come from arguments alone."""
    return (init_settings,)


def _settings(chromadb: Any, **given: Any) -> Any:
    """Return settings of Chroma that nothing outside this file can change."""
    return _own_settings(chromadb.Settings)(anonymized_telemetry=False, **given)


@cache  # making a class of Pydantic takes longer than all else of opening a small home
def _own_settings(settings: Any) -> Any:
    """Return Chroma's settings, from arguments alone."""
    return type("OwnSettings", (settings,), {"settings_customise_sources": _given_only})
