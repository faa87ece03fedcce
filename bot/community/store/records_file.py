"""Where the bot keeps what it remembers, and the one thread that works on it.

It stands in a file of the home folder, or in a database that several bots share. It exists nowhere
else: a change of the tables is another migration, never another table of the same number.
"""

from __future__ import annotations

import functools
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.bridge import Bridge
from bot.community.store.release_0_1 import upgraded_answer, upgraded_turn
from index.store.catalog_format import COMMUNITY_FILE
from index.store.database import Connection, Database
from index.store.postgres_address import PostgresAddress
from index.store.sqlite_file import Row, SqliteFile, script

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Store")

_QUEUE = 10_000

_TABLE_SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind = 'r'"
)

COMMUNITY_SCHEMA = "community"
"""Where the tables stand in a database."""

_SERVER_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"

_TABLES = """
CREATE TABLE IF NOT EXISTS bot_answers (
    key TEXT PRIMARY KEY, at REAL NOT NULL,
    asker INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS bot_answers_asker ON bot_answers (asker);
CREATE INDEX IF NOT EXISTS bot_answers_at ON bot_answers (at);
CREATE TABLE IF NOT EXISTS bot_messages (
    place INTEGER PRIMARY KEY, message INTEGER NOT NULL UNIQUE, key TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS bot_messages_key ON bot_messages (key);
CREATE TABLE IF NOT EXISTS bot_turns (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, at REAL NOT NULL, person INTEGER NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, citations BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS bot_turns_conversation ON bot_turns (conversation, id);
CREATE INDEX IF NOT EXISTS bot_turns_person ON bot_turns (person);
CREATE TABLE IF NOT EXISTS bot_ratings (
    key TEXT NOT NULL, rater TEXT NOT NULL, liked INTEGER NOT NULL, reason TEXT, at REAL NOT NULL,
    PRIMARY KEY (key, rater)
);
CREATE TABLE IF NOT EXISTS bot_gaps (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL, question TEXT NOT NULL, kind TEXT NOT NULL,
    reason TEXT, asker TEXT NOT NULL, answer TEXT NOT NULL, at REAL NOT NULL,
    person INTEGER, UNIQUE (answer, kind, asker)
);
CREATE INDEX IF NOT EXISTS bot_gaps_guild ON bot_gaps (guild, at);
CREATE TABLE IF NOT EXISTS bot_team_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS bot_guilds (guild INTEGER PRIMARY KEY, rules TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bot_seen (
    place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS bot_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS model_tokens (
    day TEXT NOT NULL, person TEXT NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (day, person)
) WITHOUT ROWID;
"""
"""The tables of release 0.1.0, of which a file may hold some that were moved out of its catalog."""

_TURNS = """
CREATE TABLE new_turns (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, at REAL NOT NULL, person INTEGER NOT NULL,
    question TEXT NOT NULL, answer BLOB NOT NULL
);
INSERT INTO new_turns SELECT id, conversation, at, person, question, citations FROM bot_turns;
DROP TABLE bot_turns;
ALTER TABLE new_turns RENAME TO bot_turns;
CREATE INDEX bot_turns_conversation ON bot_turns (conversation, id);
CREATE INDEX bot_turns_person ON bot_turns (person)
"""
"""Turns whose answers are packed whole; SQLite before 3.35 cannot drop a column."""

_CONFIRMATIONS = """
CREATE TABLE bot_confirmations (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL, question TEXT NOT NULL, person TEXT NOT NULL,
    collection TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL,
    starts INTEGER NOT NULL, ends INTEGER NOT NULL,
    UNIQUE (guild, question, source, sha256, starts, ends, person)
);
CREATE INDEX bot_confirmations_person ON bot_confirmations (person)
"""

_OPEN_ANSWERS = """
CREATE TABLE bot_open_answers (
    id INTEGER PRIMARY KEY, guild INTEGER, person INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX bot_open_answers_person ON bot_open_answers (person)
"""

_PLACES = """
ALTER TABLE bot_answers ADD COLUMN guild INTEGER;
CREATE INDEX bot_answers_guild ON bot_answers (guild);
ALTER TABLE bot_turns ADD COLUMN guild INTEGER;
CREATE INDEX bot_turns_guild ON bot_turns (guild);
ALTER TABLE bot_gaps ADD COLUMN questioner TEXT;
ALTER TABLE bot_gaps ADD COLUMN private INTEGER NOT NULL DEFAULT 1;
ALTER TABLE bot_gaps ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bot_gaps ADD COLUMN place INTEGER;
CREATE TABLE bot_notices (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL, person INTEGER NOT NULL, channel INTEGER,
    kind TEXT NOT NULL, about TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX bot_notices_person ON bot_notices (person);
CREATE TABLE bot_followed (
    message INTEGER NOT NULL, source TEXT NOT NULL, guild INTEGER NOT NULL,
    channel INTEGER NOT NULL, parent INTEGER, collection TEXT NOT NULL, sha256 TEXT NOT NULL,
    attachment INTEGER, edited REAL, person INTEGER, PRIMARY KEY (message, source)
) WITHOUT ROWID;
CREATE TABLE bot_erasures (
    guild INTEGER NOT NULL, collection TEXT NOT NULL, due REAL NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (guild, collection)
) WITHOUT ROWID
"""

_CHANNELS = """
CREATE TABLE bot_channels (
    collection TEXT PRIMARY KEY, guild INTEGER NOT NULL, wanted REAL NOT NULL,
    begun REAL NOT NULL DEFAULT 0, before INTEGER
) WITHOUT ROWID;
CREATE TABLE bot_channel_units (
    collection TEXT NOT NULL, unit TEXT NOT NULL, guild INTEGER NOT NULL,
    seen REAL NOT NULL DEFAULT 0, due REAL, marked REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, unit)
) WITHOUT ROWID;
CREATE INDEX bot_channel_units_due ON bot_channel_units (due) WHERE due IS NOT NULL;
CREATE TABLE bot_channel_authors (
    collection TEXT NOT NULL, unit TEXT NOT NULL, guild INTEGER NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (collection, unit, person)
) WITHOUT ROWID;
CREATE INDEX bot_channel_authors_person ON bot_channel_authors (person);
CREATE TABLE bot_unquoted (person TEXT PRIMARY KEY) WITHOUT ROWID
"""


_SHARED_RECORDS = """
CREATE TABLE new_answers (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL,
    asker INTEGER NOT NULL, body BLOB NOT NULL, guild INTEGER
);
INSERT INTO new_answers (key, at, asker, body, guild)
    SELECT key, at, asker, body, guild FROM bot_answers ORDER BY rowid;
DROP TABLE bot_answers;
ALTER TABLE new_answers RENAME TO bot_answers;
CREATE INDEX bot_answers_asker ON bot_answers (asker);
CREATE INDEX bot_answers_at ON bot_answers (at);
CREATE INDEX bot_answers_guild ON bot_answers (guild);
CREATE TABLE bot_processes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, until REAL NOT NULL
);
CREATE TABLE bot_asked (
    number INTEGER PRIMARY KEY, person INTEGER NOT NULL, guild INTEGER, at REAL NOT NULL
);
CREATE INDEX bot_asked_person ON bot_asked (person);
CREATE INDEX bot_asked_guild ON bot_asked (guild, at)
"""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables, and add what homes older than release 0.1.0 did not have."""
    script(_TABLES)(connection)
    if "person" not in {row[1] for row in connection.execute("PRAGMA table_info(bot_gaps)")}:
        connection.execute("ALTER TABLE bot_gaps ADD COLUMN person INTEGER")


def keep_structure(connection: sqlite3.Connection) -> None:
    """Keep of answers what they are made of, where release 0.1.0 kept their text."""
    answers = connection.execute("SELECT key, body FROM bot_answers").fetchall()
    connection.executemany(
        "UPDATE bot_answers SET body = ? WHERE key = ?",
        [(upgraded_answer(body), key) for key, body in answers],
    )
    turns = connection.execute("SELECT id, answer, citations FROM bot_turns").fetchall()
    script(_TURNS)(connection)
    connection.executemany(
        "UPDATE bot_turns SET answer = ? WHERE id = ?",
        [(upgraded_turn(text, cited), id) for id, text, cited in turns],
    )


add_confirmations = script(_CONFIRMATIONS)
"""Keep which quotes were confirmed as the answer to which question."""

add_open_answers = script(_OPEN_ANSWERS)
"""Keep what somebody waits for, so that the next process can answer."""

add_channels = script(_CHANNELS)
"""Keep how far the channels that are sources are read, and whose messages are left out."""

share_records = script(_SHARED_RECORDS)
"""Have the tables that a database has, in which several bots share what they remember.

Answers get a number with a name, where SQLite's own was used.
"""


def add_places(connection: sqlite3.Connection) -> None:
    """Keep of answers and turns their server, and of gaps where they were asked.

    What was asked in private, and what nothing tells of any more, counts as private; whether all
    could see the others was not noted, so they count as asked where not everyone reads.
    """
    script(_PLACES)(connection)
    connection.execute("UPDATE bot_gaps SET questioner = asker WHERE kind = 'not_found'")
    conversations = set()
    for key, body in connection.execute("SELECT key, body FROM bot_answers").fetchall():
        kept = json.loads(zlib.decompress(body))
        guild = kept["guild"]
        conversations.add((guild, kept["conversation"]))
        connection.execute("UPDATE bot_answers SET guild = ? WHERE key = ?", (guild, key))
        connection.execute(
            "UPDATE bot_gaps SET private = ?, place = ? WHERE answer = ?",
            (kept["private"], kept["channel"], key),
        )
    connection.executemany("UPDATE bot_turns SET guild = ? WHERE conversation = ?", conversations)


MIGRATIONS = (
    create_tables,
    keep_structure,
    add_confirmations,
    add_open_answers,
    add_places,
    add_channels,
    share_records,
)

RECORDS_VERSION = len(MIGRATIONS)
"""Number of the last migration."""


class Records:
    """What the bot remembers of people, in a file or a database; one thread reads and writes it.

    `is_shared` says that other processes work on the same records at the same time.
    """

    def __init__(self, database: Database, *, is_shared: bool = False) -> None:
        self._database = database
        self._bridge = Bridge(workers=1, queue=_QUEUE)
        self.is_shared = is_shared

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call(*args, **kwargs)` on that thread."""
        return await self._bridge.run(call, *args, **kwargs)

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        return self._database.transaction()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query."""
        return self._database.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if it has one."""
        return self._database.row(sql, parameters)

    def erase_traces(self) -> None:
        """Leave no copy of what was deleted, as far as that can be done from here."""
        self._database.erase_traces()

    def erase_empty(self, table: str) -> None:
        """Leave no copy of what stood in a table that has no rows any more, which takes a moment.

        In a file its pages are overwritten, and what is left stands in the log beside it; a server
        gives the room of an empty table back.
        """
        self.rows(f"VACUUM {table}" if self.is_shared else "PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int | None:
        """Return the bytes that the tables take in a database; None where they are in a file."""
        found = self.row(_TABLE_SIZE, (COMMUNITY_SCHEMA,)) if self.is_shared else None
        return int(found[0]) if found else None

    def now(self) -> float:
        """Return the seconds since 1970 by the one clock of all that share the records."""
        found = self.row(_SERVER_CLOCK) if self.is_shared else None
        return float(found[0]) if found else time.time()

    def close(self) -> None:
        """Finish what runs, and close the file or the connections."""
        self._bridge.close()
        self._database.close()


def open_records(home: Path, address: PostgresAddress | None = None) -> Records:
    """Open what the bot remembers; raises StoreError.

    It stands in the file of a home folder, or where an address is given, in that database, with
    what the bots of other homes remember.
    """
    if address is None:
        return Records(SqliteFile(home / COMMUNITY_FILE, MIGRATIONS))
    from bot.community.store.postgres_tables import POSTGRES_MIGRATIONS
    from index.store.postgres import PostgresDatabase

    database = PostgresDatabase(address, COMMUNITY_SCHEMA, POSTGRES_MIGRATIONS)
    return Records(database, is_shared=True)


class Store:
    """Some tables of the records; what is public there is awaited."""

    def __init__(self, records: Records) -> None:
        self._records = records


def on_records(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T]]:
    """Make a method of a store one to be awaited, which runs on the thread of the records."""

    @functools.wraps(method)
    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._records.run(method, self, *args, **kwargs)

    return run


def drop_oldest(write: Connection, table: str, number: str, most: int) -> None:
    """Drop the oldest rows beyond `most`, by a column that numbers them as they come."""
    write.execute(
        f"DELETE FROM {table} WHERE {number} <= (SELECT max({number}) FROM {table}) - ?", (most,)
    )
