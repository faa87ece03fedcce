"""The catalog as a file of the home, with the file of its vectors attached to every connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from index.store.catalog_format import CATALOG_FILE, CHROMA_FOLDER, VECTORS_FILE
from index.store.catalog_schema import BEFORE_VECTOR_FILE, CATALOG_MIGRATIONS
from index.store.sqlite_file import BUSY_SECONDS, SqliteFile, UnreadableFile
from index.store.vector_file import attach_vectors, blank_freed, drop_blank, is_worn

_SUFFIXES = ("", "-wal")


class CatalogFile(SqliteFile):
    """The tables of a catalog in a home folder.

    One that is damaged, or of a format that cannot be brought to today's, is replaced by an empty
    one: the documents folder and `index.store.added_documents` hold all that it is made from.
    """

    noun = "catalog"
    is_derived = True

    def __init__(self, home: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._in_use = False
        opened = partial(
            super().__init__, home / CATALOG_FILE, CATALOG_MIGRATIONS, busy_seconds=busy_seconds
        )
        if not _has_content(home / CATALOG_FILE) and (home / CHROMA_FOLDER).exists():
            from index.store.old_catalog import delete_what_lost_its_catalog

            delete_what_lost_its_catalog(home)
        try:
            opened()
        except UnreadableFile as error:
            if error.path != self.path:
                raise
            from index.store.old_catalog import replace_catalog

            replace_catalog(home, opened)
        self._in_use = True

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend this thread's connection to read; raises StoreError where that fails."""
        with self._errors():
            yield self.connection()

    def held_bytes(self) -> int:
        """Return the size of the files, their logs included."""
        names = (f"{name}{suffix}" for name in (CATALOG_FILE, VECTORS_FILE) for suffix in _SUFFIXES)
        files = [self.path.with_name(name) for name in names]
        return sum(file.stat().st_size for file in files if file.exists())

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, nor of its vectors: see `SqliteFile`."""
        with self.transaction() as connection:
            blank_freed(connection)
        if is_worn(self.connection()):
            with self.transaction() as connection:
                drop_blank(connection)
            with self._errors():
                self.connection().execute("VACUUM vector_file")
            with self.transaction() as connection:
                connection.execute("DELETE FROM freed_slots WHERE blank = 1")
        return super().erase_traces()

    def _dress(self, connection: sqlite3.Connection) -> None:
        attach_vectors(connection, self.path, self._busy_seconds)

    def _prepare(self, version: int) -> None:
        if version == BEFORE_VECTOR_FILE:
            from index.store.vector_move import copy_vectors

            copy_vectors(self.path, self._busy_seconds)

    def _note_damage(self) -> None:
        """Have it replaced by the next opening, which finds a format that cannot be upgraded."""
        if self._in_use:
            with suppress(sqlite3.Error), closing(sqlite3.connect(self.path, timeout=0)) as file:
                file.execute("PRAGMA user_version = -1")

    def _cure(self) -> str:
        return "It is replaced when it is next opened, and built again from your documents."


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
