"""The words of passages in full-text tables of SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from index.store.database import Connection
from index.store.word_index import PassagePlace

_WORDS = """
CREATE VIRTUAL TABLE {table} USING fts5 (
    title, body, tokenize = "ascii tokenchars '-_./\\:@&+#'"
)
"""


class Fts5Words:
    """A `WordIndex`: one full-text table for each build, and a view on it that counts."""

    def create(self, connection: Connection, build: int) -> None:
        """Make the tables of a build."""
        connection.execute(_WORDS.format(table=_words(build)))
        connection.execute(
            f"CREATE VIRTUAL TABLE {_counts(build)} USING fts5vocab ({_words(build)}, row)"
        )

    def drop(self, connection: Connection, build: int) -> None:
        """Delete the tables of a build."""
        connection.execute(f"DROP TABLE IF EXISTS {_counts(build)}")
        connection.execute(f"DROP TABLE IF EXISTS {_words(build)}")

    def merge(self, connection: Connection, build: int) -> None:
        """Make one segment of the table, which holds no deleted words."""
        connection.execute(f"INSERT INTO {_words(build)} ({_words(build)}) VALUES ('optimize')")

    def put(self, connection: Connection, build: int, key: int, title: str, body: str) -> None:
        """Write the terms of a passage."""
        connection.execute(
            f"INSERT INTO {_words(build)} (rowid, title, body) VALUES (?, ?, ?)", (key, title, body)
        )

    def delete(self, connection: Connection, build: int, keys: Sequence[int]) -> None:
        """Delete the words of passages by their keys."""
        connection.executemany(
            f"DELETE FROM {_words(build)} WHERE rowid = ?", [(key,) for key in keys]
        )

    def match(
        self,
        connection: Connection,
        build: int,
        terms: Sequence[str],
        *,
        title_weight: float,
        body_weight: float,
        limit: int | None,
    ) -> list[tuple[str, float]]:
        """Return (passage id, BM25 score > 0) of those that hold any of some terms, best first."""
        table = _words(build)
        rows = connection.execute(
            f"SELECT p.id, -m.score FROM (SELECT rowid, bm25({table}, ?, ?) AS score "
            f"FROM {table} WHERE {table} MATCH ? ORDER BY score LIMIT ?) m "
            "JOIN passages p ON p.key = m.rowid JOIN sources s ON s.id = p.source "
            "ORDER BY m.score, s.uri, p.ordinal",
            (title_weight, body_weight, _any_of(terms), -1 if limit is None else limit),
        )
        return [(id, score) for id, score in rows]

    def counts(self, connection: Connection, build: int, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        marks = ",".join("?" * len(terms))
        sql = f"SELECT term, doc FROM {_counts(build)} WHERE term IN ({marks})"
        return dict(connection.execute(sql, terms).fetchall())

    def counts_beginning(self, connection: Connection, build: int, start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        sql = f"SELECT term, doc FROM {_counts(build)} WHERE term >= ? AND term < ?"
        return dict(connection.execute(sql, (start, f"{start}\U0010ffff")).fetchall())

    def texts_with(self, connection: Connection, build: int, term: str, limit: int) -> list[str]:
        """Return title, headings and text of up to `limit` passages that hold a term."""
        rows = connection.execute(
            "SELECT s.title || ' ' || p.heading || ' ' "
            f'|| substr(s.text, p.start + 1, p."end" - p.start) FROM {_words(build)} w '
            "JOIN passages p ON p.key = w.rowid JOIN sources s ON s.id = p.source "
            f"WHERE {_words(build)} MATCH ? LIMIT ?",
            (_any_of([term]), limit),
        )
        return [row[0] for row in rows]

    def sources_with(self, connection: Connection, build: int, term: str) -> set[str]:
        """Return the ids of the sources that hold a term."""
        rows = connection.execute(
            f"SELECT DISTINCT p.source FROM {_words(build)} w JOIN passages p ON p.key = w.rowid "
            f"WHERE {_words(build)} MATCH ?",
            (_any_of([term]),),
        )
        return {str(row[0]) for row in rows}

    def places_of_phrases(
        self,
        connection: Connection,
        build: int,
        phrases: Sequence[Sequence[str]],
        limit: int,
        source: str | None,
    ) -> list[PassagePlace]:
        """Return up to `limit` passages that hold any of some runs of terms, most of them first."""
        rows = connection.execute(
            f'SELECT p.id, p.source, p.start, p."end" FROM {_words(build)} w '
            f"JOIN passages p ON p.key = w.rowid WHERE {_words(build)} MATCH ? "
            "AND ? IN ('', p.source) ORDER BY w.rank, p.source, p.ordinal LIMIT ?",
            (_any_of([" ".join(phrase) for phrase in phrases]), source or "", limit),
        )
        return [PassagePlace(*row) for row in rows]


def _words(build: int) -> str:
    return f"words_{build:d}"


def _counts(build: int) -> str:
    return f"counts_{build:d}"


def _any_of(phrases: Sequence[str]) -> str:
    return " OR ".join(f'"{phrase}"' for phrase in phrases)
