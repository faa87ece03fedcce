"""Answers that have an address of their own, and the versions of sources that they quote.

A version stays as long as an answer refers to it. Both go with the source: `index.sync.purge` calls
`forget_others` when something was removed. What stands in an answer is nothing to this file.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from index.schema import Evidence, Source
from index.store.catalog_format import ANSWERS_FILE
from index.store.database import Connection, Database
from index.store.postgres_address import PostgresAddress, shared_address
from index.store.private_files import make_private
from index.store.sqlite_file import SqliteFile, script

if TYPE_CHECKING:
    from index.config import IndexConfig

MOST_ANSWERS = 20_000
MOST_BYTES = 256 * 1024 * 1024
"""Bytes of versions, packed; the oldest answers go first."""

_DAY = 86_400.0

_TABLES = """
CREATE TABLE answers (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL, person INTEGER,
    guild INTEGER, body BLOB NOT NULL
);
CREATE INDEX answers_person ON answers (person);
CREATE INDEX answers_guild ON answers (guild);
CREATE TABLE quotes (
    answer TEXT NOT NULL REFERENCES answers (key) ON DELETE CASCADE,
    source TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (answer, source, sha256)
) WITHOUT ROWID;
CREATE INDEX quotes_version ON quotes (source, sha256);
CREATE TABLE versions (
    source TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (source, sha256)
);
CREATE TABLE traces (are_left INTEGER NOT NULL);
INSERT INTO traces VALUES (0)
"""
"""`traces` says whether something was deleted of which the file may still hold bytes."""

_WITHOUT_STATISTICS = """
ALTER TABLE answers ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE versions ALTER COLUMN body SET STATISTICS 0
"""

MIGRATIONS = (script(_TABLES),)


@dataclass(frozen=True)
class KeptAnswer:
    """What is kept of one answer."""

    key: str
    """Stands in its address, and cannot be guessed."""
    at: float
    """When it was given, in seconds since 1970."""
    body: str
    """The answer as whoever keeps it writes it; empty where only a version is referred to."""
    quotes: tuple[Evidence, ...]
    person: int | None = None
    """Who asked, in Discord."""
    guild: int | None = None
    """In which server."""


class AnswersFile(SqliteFile):
    """The tables of kept answers in a file of the home."""

    noun: ClassVar[str] = "file of answers"

    def __init__(self, home: Path) -> None:
        if home.exists():
            make_private(home / ANSWERS_FILE)
        super().__init__(home / ANSWERS_FILE, MIGRATIONS)


class KeptAnswers:
    """Reads and writes them; safe for several processes."""

    def __init__(self, database: Database) -> None:
        """`database` has the tables, and is closed with this."""
        self._database = database

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    def keep(self, answer: KeptAnswer, versions: Sequence[Source], *, days: float) -> None:
        """Keep an answer with the versions that it quotes, and drop what is over its time."""
        rows = {(each.source_id, each.sha256) for each in answer.quotes}
        body = zlib.compress(answer.body.encode())
        with self._database.transaction() as write:
            write.execute("DELETE FROM answers WHERE key = ?", (answer.key,))
            write.execute(
                "INSERT INTO answers (key, at, person, guild, body) VALUES (?,?,?,?,?)",
                (answer.key, answer.at, answer.person, answer.guild, body),
            )
            write.executemany(
                "INSERT INTO quotes VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(answer.key, *row) for row in sorted(rows)],
            )
            for source in versions:
                if (source.id, source.sha256) in rows:
                    _put_version(write, source)
            _drop_old(write, answer.at - days * _DAY)

    def answer(self, key: str) -> KeptAnswer | None:
        """Return a kept answer, its quotes without offsets."""
        row = self._database.row(
            "SELECT key, at, body, person, guild FROM answers WHERE key = ?", (key,)
        )
        if row is None:
            return None
        key, at, body, person, guild = row
        quoted = self._database.rows("SELECT source, sha256 FROM quotes WHERE answer = ?", (key,))
        return KeptAnswer(
            key=key,
            at=at,
            body=zlib.decompress(body).decode(),
            quotes=tuple(
                Evidence(source_id=source, sha256=sha256, start=0, end=0)
                for source, sha256 in quoted
            ),
            person=person,
            guild=guild,
        )

    def version(self, source: str, version: str) -> Source | None:
        """Return a version of a source, by the beginning of its hash, if an answer refers to it."""
        row = self._database.row(
            "SELECT body FROM versions WHERE source = ? AND substr(sha256, 1, ?) = ?",
            (source, len(version), version),
        )
        return Source.model_validate_json(zlib.decompress(row[0])) if row else None

    def forget_others(self, sources: Collection[str]) -> bool:
        """Forget the answers that quote any source but these, by id, and all versions of it.

        Returns False where a reader kept the file from being written anew.
        """
        held = {row[0] for row in self._database.rows("SELECT source FROM quotes")}
        held |= {row[0] for row in self._database.rows("SELECT source FROM versions")}
        if gone := sorted(held - set(sources)):
            with self._database.transaction() as write:
                for source in gone:
                    write.execute(
                        "DELETE FROM answers WHERE key IN "
                        "(SELECT answer FROM quotes WHERE source = ?)",
                        (source,),
                    )
                _drop_unquoted(write)
        return self.tidy()

    def forget_person(self, person: int) -> None:
        """Forget the answers that one person got in Discord."""
        self._forget("person", person)

    def forget_server(self, guild: int) -> None:
        """Forget the answers that were given in one server."""
        self._forget("guild", guild)

    def drop_old(self, before: float) -> None:
        """Drop what is over its time, leaving no trace."""
        with self._database.transaction() as write:
            _drop_old(write, before)
        self.tidy()

    def tidy(self) -> bool:
        """Leave no trace of what was dropped; False where a reader kept the file as it was."""
        if not self._database.rows("SELECT are_left FROM traces")[0][0]:
            return True
        if not self._database.erase_traces():
            return False
        with self._database.transaction() as write:
            write.execute("UPDATE traces SET are_left = 0")
        return True

    def forget(self, key: str) -> None:
        """Forget one answer."""
        self._forget("key", key)

    def _forget(self, column: str, value: int | str) -> None:
        with self._database.transaction() as write:
            write.execute(f"DELETE FROM answers WHERE {column} = ?", (value,))
            _drop_unquoted(write)
        self.tidy()


def open_kept_answers(home: Path, address: PostgresAddress | None = None) -> KeptAnswers:
    """Open those of a home, or of the database that it shares with others."""
    if address is None:
        return KeptAnswers(AnswersFile(home))
    from index.store.postgres import PostgresDatabase
    from index.store.postgres_types import for_postgres

    tables = script(f"{for_postgres(_TABLES)};{_WITHOUT_STATISTICS}")
    return KeptAnswers(PostgresDatabase(address, "answers", (tables,)))


def kept_answers_of(config: IndexConfig) -> KeptAnswers:
    """Open those of the home, or the database, that is configured."""
    return open_kept_answers(config.home, shared_address(config))


def _put_version(write: Connection, source: Source) -> None:
    known = write.execute(
        "SELECT 1 FROM versions WHERE source = ? AND sha256 = ?", (source.id, source.sha256)
    ).fetchone()
    if known is None:
        body = zlib.compress(source.model_dump_json().encode())
        write.execute("INSERT INTO versions VALUES (?, ?, ?)", (source.id, source.sha256, body))


def _drop_unquoted(write: Connection) -> None:
    """Drop the versions to which no answer refers any more."""
    write.execute(
        "DELETE FROM versions WHERE NOT EXISTS (SELECT 1 FROM quotes q "
        "WHERE q.source = versions.source AND q.sha256 = versions.sha256)"
    )
    write.execute("UPDATE traces SET are_left = 1")


def _drop_old(write: Connection, before: float) -> None:
    """Drop answers that are too old or too many, and the oldest while versions take too much."""
    dropped = write.execute(
        "DELETE FROM answers WHERE at < ? OR place <= (SELECT max(place) FROM answers) - ?",
        (before, MOST_ANSWERS),
    ).rowcount
    if dropped:
        _drop_unquoted(write)
    while _size(write) > MOST_BYTES:
        _drop_oldest(write)
        _drop_unquoted(write)


def _drop_oldest(write: Connection) -> None:
    write.execute(
        "DELETE FROM answers WHERE place IN (SELECT place FROM answers ORDER BY place LIMIT 20)"
    )


def _size(write: Connection) -> int:
    found = write.execute("SELECT coalesce(sum(length(body)), 0) FROM versions").fetchone()
    return int(found[0])
