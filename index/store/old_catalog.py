"""What becomes of a catalog that cannot stay: of release 0.1.0, of unknown format, or damaged."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from index.errors import IndexUnwritable, StoreError
from index.store.added_documents import open_added_file
from index.store.catalog_format import (
    ADDITIONS_FILE,
    CATALOG_FILE,
    CHROMA_FOLDER,
    CHROMA_STATE_FILE,
    COMMUNITY_FILE,
    NOTE_FILE,
    VECTORS_FILE,
)
from index.store.sqlite_file import BUSY_SECONDS, DamagedFile, Migration, SqliteFile
from index.store.write_lock import write_lock

ASIDE = f"{CATALOG_FILE}.damaged"
"""Where a damaged catalog is kept from which what people made was not taken out yet."""

logger = logging.getLogger(__name__)


def replace_catalog(home: Path, opened: Callable[[], None]) -> None:
    """Open a catalog that failed, once nobody replaces it; make room for a new one if need be.

    Whoever opens it while another process deletes it sees no damage but an error of the disk, and
    finds the new one here.
    """
    with write_lock(home, seconds=BUSY_SECONDS):
        try:
            opened()  # another process may have been first
        except DamagedFile as error:
            try:
                kept = _set_aside(home)
            except OSError as failure:
                raise StoreError(
                    f"{error} But it cannot be deleted: {failure.strerror}."
                ) from error
            logger.warning("%s%s", error, kept)
            opened()


def delete_what_lost_its_catalog(home: Path) -> None:
    """Delete notes and vectors where there is no catalog: the next one names other vectors."""
    file = home / CATALOG_FILE
    with suppress(IndexUnwritable), write_lock(home, seconds=BUSY_SECONDS):
        if not file.exists() or not file.stat().st_size:
            _delete_derived(home)


def _delete_derived(home: Path) -> None:
    (home / NOTE_FILE).unlink(missing_ok=True)
    (home / CHROMA_STATE_FILE).unlink(missing_ok=True)
    shutil.rmtree(home / CHROMA_FOLDER, ignore_errors=True)


def _set_aside(home: Path) -> str:
    """Delete a catalog with what is derived from it, or keep it where it may be the only copy."""
    _delete_derived(home)
    aside = home / ASIDE
    keep = not _holds_only_what_is_derived(home) and not aside.exists()
    for suffix in ("-wal", "-shm", ""):
        (home / f"{VECTORS_FILE}{suffix}").unlink(missing_ok=True)
    for suffix in ("-wal", "-shm", ""):  # left behind, the log would go into the new file
        file = home / f"{CATALOG_FILE}{suffix}"
        if keep and file.exists():
            file.replace(home / f"{ASIDE}{suffix}")
        else:
            file.unlink(missing_ok=True)
    return f" It was moved to {str(aside)!r}, in case it holds what people added." if keep else ""


def _holds_only_what_is_derived(home: Path) -> bool:
    """Say whether what people made stands in files of its own."""
    try:
        with closing(sqlite3.connect(f"file:{home / ADDITIONS_FILE}?mode=ro", uri=True)) as file:
            return bool(file.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return False


def move_out_what_people_made(catalog: sqlite3.Connection) -> None:
    """Copy into files of their own what release 0.1.0 kept in the catalog, and drop what can go.

    Runs inside the transaction of a migration, so that nobody writes meanwhile. The copies are
    committed first; whoever dies in between does it again, and what is there stays as it is.
    """
    tables = [
        row[0]
        for row in catalog.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND (name LIKE 'bot\\_%' ESCAPE '\\' OR name = 'model_tokens')"
        )
    ]
    path = Path(catalog.execute("PRAGMA database_list").fetchone()[2])
    if tables:
        with (
            closing(_Community(path.with_name(COMMUNITY_FILE), ())) as file,
            file.transaction() as community,
        ):
            for table in tables:
                _copy_table(catalog, table, community)
    if catalog.execute("SELECT 1 FROM collections").fetchone():
        with closing(open_added_file(path.parent, catalog)) as added:
            added.adopt(catalog)
    for table in tables:
        catalog.execute(f"DROP TABLE {table}")


class _Community(SqliteFile):
    """The file that the bot keeps its memory in; its format is the bot's affair."""

    def _upgrade(self, migrations: Sequence[Migration]) -> None:
        """Leave it as it is."""


def _copy_table(catalog: sqlite3.Connection, table: str, community: sqlite3.Connection) -> None:
    """Copy a table with its indexes; rows that are there already stay as they are."""
    made = catalog.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
        "ORDER BY type DESC",  # the table before its indexes
        (table,),
    )
    for name, sql in made.fetchall():
        if not community.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone():
            community.execute(sql)
    columns = [f'"{row[1]}"' for row in catalog.execute(f"PRAGMA table_info({table})")]
    marks = ",".join("?" * len(columns))
    community.executemany(
        f"INSERT OR IGNORE INTO {table} ({','.join(columns)}) VALUES ({marks})",
        catalog.execute(f"SELECT {','.join(columns)} FROM {table}"),
    )
    # A number that was given once is not given again: it stands on buttons.
    for (last,) in catalog.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)):
        community.execute("DELETE FROM sqlite_sequence WHERE name = ? AND seq < ?", (table, last))
        community.execute(
            "INSERT INTO sqlite_sequence SELECT ?1, ?2 "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
            (table, last),
        )
