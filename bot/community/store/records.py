"""The rows of the bot's own tables in the catalog's file, and the values they hold."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeAlias

from pydantic import Field

from bot.schema import Answer
from index.schema import Value

Row: TypeAlias = tuple[Any, ...]
GapKind = Literal["not_found", "disliked"]

SCHEMA = """
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
"""


class Tables(Protocol):
    """What the memory needs of the catalog."""

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, in autocommit mode."""
        ...

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Write in one transaction."""
        ...


class Kept(Value):
    """An answer as the buttons below it find it again."""

    key: str = Field(description="Stands in every button's custom_id.")
    at: float = Field(description="When it was given, in seconds since 1970.")
    guild: int | None = Field(description="Server it was given in; None in a direct message.")
    channel: int = Field(description="Channel it was given in.")
    asker: int = Field(description="Who asked.")
    private: bool = Field(description="Whether only the asker saw it.")
    conversation: str = Field(description="The conversation it belongs to.")
    collections: tuple[str, ...] = Field(description="What was opened for the question.")
    answer: Answer = Field(description="The answer itself.")


class Gap(Value):
    """One question that the sources did not answer well."""

    id: int = Field(description="Row of the question.")
    question: str = Field(description="Its wording.")
    kind: GapKind = Field(description="Unanswered, or answered and rated 👎.")
    reason: str | None = Field(default=None, description="Why it was rated 👎, if that was said.")
    answer: str = Field(default="", description="Key of the answer it got.")
    at: float = Field(description="When it was asked, in seconds since 1970.")
    person: int | None = Field(
        default=None, description="Who asked; None unless the operator wants names."
    )


def create_tables(tables: Tables) -> None:
    """Create the tables, and add what an earlier version did not have."""
    tables.connection().executescript(SCHEMA)
    with tables.transaction() as write:
        columns = {row[1] for row in write.execute("PRAGMA table_info(bot_gaps)")}
        if "person" not in columns:
            write.execute("ALTER TABLE bot_gaps ADD COLUMN person INTEGER")


def drop_oldest(write: sqlite3.Connection, table: str, most: int) -> None:
    """Drop the oldest rows beyond `most`; the row id grows with age, so this is one comparison."""
    write.execute(
        f"DELETE FROM {table} WHERE rowid <= (SELECT max(rowid) FROM {table}) - ?", (most,)
    )
