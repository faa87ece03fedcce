"""What the bot remembered in the file of a home, taken into a database that has nothing yet."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.community.store.records_file import MIGRATIONS, Records
from index.errors import StoreError
from index.store.catalog_format import COMMUNITY_FILE
from index.store.copied_tables import copy_tables
from index.store.sqlite_file import SqliteFile

_MADE_BY_PEOPLE = ("bot_answers", "bot_turns", "bot_guilds", "bot_team_answers", "bot_gaps")


def take_in_records(home: Path, shared: Records) -> int:
    """Copy all that a home's file holds into shared records, and return how many rows that were.

    None are where it has no file.
    The file stays as it is. Raises StoreError where the shared records hold something already: two
    homes cannot be made one, since the same people and servers have other numbers and keys in each.
    """
    if not (home / COMMUNITY_FILE).exists():
        return 0
    with (
        closing(SqliteFile(home / COMMUNITY_FILE, MIGRATIONS)) as file,
        shared.transaction() as write,
    ):
        for table in _MADE_BY_PEOPLE:
            if write.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None:
                raise StoreError(
                    "The database holds what people made already. Only what one home has can be "
                    "taken in, into a database in which no bot has been asked yet."
                )
        write.execute("DELETE FROM bot_facts")  # with the key of the hashes, which comes with them
        write.execute("DELETE FROM bot_processes")
        return copy_tables(file, write)
