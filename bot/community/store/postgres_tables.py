"""The tables of what the bot remembers as they are today, from which a database begins.

A file came to the same by the steps of `bot.community.store.records_file`; no database is older
than its last one. A later change is one more step for both.
"""

from __future__ import annotations

from index.store.database import Connection
from index.store.postgres_types import for_postgres
from index.store.sqlite_file import script

TODAY = """
CREATE TABLE bot_answers (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    at REAL NOT NULL, asker INTEGER NOT NULL, body BLOB NOT NULL, guild INTEGER
);
CREATE INDEX bot_answers_asker ON bot_answers (asker);
CREATE INDEX bot_answers_at ON bot_answers (at);
CREATE INDEX bot_answers_guild ON bot_answers (guild);
CREATE TABLE bot_messages (
    place INTEGER PRIMARY KEY, message INTEGER NOT NULL UNIQUE,
    key TEXT NOT NULL
);
CREATE INDEX bot_messages_key ON bot_messages (key);
CREATE TABLE bot_turns (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL, at REAL NOT NULL, person INTEGER NOT NULL,
    question TEXT NOT NULL, answer BLOB NOT NULL, guild INTEGER
);
CREATE INDEX bot_turns_conversation ON bot_turns (conversation, id);
CREATE INDEX bot_turns_person ON bot_turns (person);
CREATE INDEX bot_turns_guild ON bot_turns (guild);
CREATE TABLE bot_ratings (
    key TEXT NOT NULL, rater TEXT NOT NULL, liked INTEGER NOT NULL,
    reason TEXT, at REAL NOT NULL, PRIMARY KEY (key, rater)
);
CREATE TABLE bot_gaps (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL,
    question TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT,
    asker TEXT NOT NULL, answer TEXT NOT NULL,
    at REAL NOT NULL, person INTEGER, questioner TEXT,
    private INTEGER NOT NULL DEFAULT 1, open INTEGER NOT NULL DEFAULT 0, place INTEGER,
    UNIQUE (answer, kind, asker)
);
CREATE INDEX bot_gaps_guild ON bot_gaps (guild, at);
CREATE TABLE bot_team_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE, body TEXT NOT NULL
);
CREATE TABLE bot_guilds (guild INTEGER PRIMARY KEY, rules TEXT NOT NULL);
CREATE TABLE bot_seen (
    place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,
    at REAL NOT NULL
);
CREATE TABLE bot_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE model_tokens (
    day TEXT NOT NULL, person TEXT NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (day, person)
);
CREATE TABLE bot_confirmations (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL,
    question TEXT NOT NULL, person TEXT NOT NULL,
    collection TEXT NOT NULL, source TEXT NOT NULL,
    sha256 TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL,
    UNIQUE (guild, question, source, sha256, starts, ends, person)
);
CREATE INDEX bot_confirmations_person ON bot_confirmations (person);
CREATE TABLE bot_open_answers (
    id INTEGER PRIMARY KEY, guild INTEGER, person INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX bot_open_answers_person ON bot_open_answers (person);
CREATE TABLE bot_notices (
    id INTEGER PRIMARY KEY, guild INTEGER NOT NULL,
    person INTEGER NOT NULL, channel INTEGER, kind TEXT NOT NULL,
    about TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX bot_notices_person ON bot_notices (person);
CREATE TABLE bot_followed (
    message INTEGER NOT NULL, source TEXT NOT NULL, guild INTEGER NOT NULL,
    channel INTEGER NOT NULL, parent INTEGER, collection TEXT NOT NULL,
    sha256 TEXT NOT NULL, attachment INTEGER, edited REAL, person INTEGER,
    PRIMARY KEY (message, source)
);
CREATE TABLE bot_erasures (
    guild INTEGER NOT NULL, collection TEXT NOT NULL, due REAL NOT NULL,
    begun INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (guild, collection)
);
CREATE TABLE bot_channels (
    collection TEXT PRIMARY KEY, guild INTEGER NOT NULL,
    wanted REAL NOT NULL, begun REAL NOT NULL DEFAULT 0, before INTEGER
);
CREATE TABLE bot_channel_units (
    collection TEXT NOT NULL, unit TEXT NOT NULL, guild INTEGER NOT NULL,
    seen REAL NOT NULL DEFAULT 0, due REAL,
    marked REAL NOT NULL DEFAULT 0, PRIMARY KEY (collection, unit)
);
CREATE INDEX bot_channel_units_due ON bot_channel_units (due) WHERE due IS NOT NULL;
CREATE TABLE bot_channel_authors (
    collection TEXT NOT NULL, unit TEXT NOT NULL, guild INTEGER NOT NULL,
    person TEXT NOT NULL, PRIMARY KEY (collection, unit, person)
);
CREATE INDEX bot_channel_authors_person ON bot_channel_authors (person);
CREATE TABLE bot_unquoted (person TEXT PRIMARY KEY);
CREATE TABLE bot_processes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, until REAL NOT NULL
);
CREATE TABLE bot_asked (
    number INTEGER PRIMARY KEY, person INTEGER NOT NULL,
    guild INTEGER, at REAL NOT NULL
);
CREATE INDEX bot_asked_person ON bot_asked (person);
CREATE INDEX bot_asked_guild ON bot_asked (guild, at)
"""
"""They are written in the types of a file, which `for_postgres` translates."""

_OF_PEOPLE = {
    "asker", "person", "questioner", "rater",
    "answer", "body", "question", "reason", "rules", "text", "value",
}  # fmt: skip
"""Columns of which the server is to keep no statistics: it copies values into them, where no
deletion reaches."""


def make_tables(write: Connection) -> None:
    """Make today's tables from nothing."""
    script(for_postgres(TODAY))(write)
    columns = write.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema()"
    )
    for table, column in columns.fetchall():
        if column in _OF_PEOPLE:
            write.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


POSTGRES_MIGRATIONS = (make_tables,)
"""Lead from nothing to today's tables."""
