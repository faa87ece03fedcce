"""The words of passages in tables of PostgreSQL, ranked to the last digit as SQLite ranks them.

A row says how often a passage holds a term. The terms of a passage one behind the other stand
beside them, for phrases. How many passages and terms there are in all is counted along, since
every ranking asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log

from index.store.database import Connection
from index.store.word_index import PassagePlace, PassageWords

_K1, _B, _LEAST_IDF = 1.2, 0.75, 1e-6
"""As in SQLite's `bm25()`."""

_TABLES = """
CREATE TABLE {words} (
    term TEXT COLLATE "C" NOT NULL, passage BIGINT NOT NULL, in_title INTEGER NOT NULL,
    in_body INTEGER NOT NULL, length INTEGER NOT NULL,
    PRIMARY KEY (term, passage) INCLUDE (in_title, in_body, length)
);
CREATE INDEX ON {words} (passage);
ALTER TABLE {words} ALTER COLUMN term SET STATISTICS 0;
CREATE TABLE {terms} (
    passage BIGINT PRIMARY KEY, title TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL
);
ALTER TABLE {terms} ALTER COLUMN title SET STATISTICS 0;
ALTER TABLE {terms} ALTER COLUMN body SET STATISTICS 0
"""
"""All of a row stands in the index, where those of a term lie together: in the table, each is on
another page. Statistics would hold a copy of some terms, where no deletion reaches."""

_OF_TERM = 'CROSS JOIN LATERAL (SELECT * FROM {words} WHERE term = a.term COLLATE "C" OFFSET 0) w'
"""One look into the index for each term. Without statistics the server would read the whole table
instead, which takes ten times as long with 10,000 passages; OFFSET keeps it from that."""

_MATCH = f"""
WITH hits AS (
    SELECT a.place, w.passage, w.length,
        w.in_title * CAST(? AS DOUBLE PRECISION) + w.in_body * CAST(? AS DOUBLE PRECISION) AS often
    FROM unnest(string_to_array(?, ' ')) WITH ORDINALITY AS a (term, place)
    {_OF_TERM}
), whole AS (
    SELECT CAST(passages AS DOUBLE PRECISION) AS passages,
        CAST(terms AS DOUBLE PRECISION) / passages AS average
    FROM word_counts WHERE build = ?
), rarity AS (
    SELECT place, CASE WHEN 2 * n < passages
        THEN ln((passages - n + 0.5::float8) / (n + 0.5::float8)) ELSE {_LEAST_IDF}::float8
        END AS idf
    FROM (SELECT place, CAST(count(*) AS DOUBLE PRECISION) AS n FROM hits GROUP BY place) c, whole
), scored AS (
    SELECT passage, sum(idf * ((often * ({_K1}::float8 + 1)) / (often + {_K1}::float8
        * (1 - {_B}::float8 + {_B}::float8 * length / average))) ORDER BY place) AS score
    FROM hits JOIN rarity USING (place), whole GROUP BY passage
    ORDER BY score DESC FETCH FIRST ? ROWS WITH TIES
)
SELECT p.id, m.score FROM scored m JOIN passages p ON p.key = m.passage
JOIN sources s ON s.id = p.source ORDER BY m.score DESC, s.uri, p.ordinal
"""


class PostingWords:
    """A `WordIndex`: two tables for each build, and a row that counts."""

    def create(self, connection: Connection, build: int) -> None:
        """Make the tables of a build."""
        for statement in _TABLES.format(words=_words(build), terms=_terms(build)).split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO word_counts VALUES (?, 0, 0)", (build,))

    def drop(self, connection: Connection, build: int) -> None:
        """Delete the tables of a build."""
        connection.execute(f"DROP TABLE IF EXISTS {_words(build)}, {_terms(build)}")
        connection.execute("DELETE FROM word_counts WHERE build = ?", (build,))

    def merge(self, connection: Connection, build: int) -> None:
        """Leave it to the purge, which writes every table anew."""

    def put(self, connection: Connection, build: int, passages: Sequence[PassageWords]) -> None:
        """Write the terms of passages."""
        for each in passages:
            self._put(connection, build, *each)

    def _put(self, connection: Connection, build: int, key: int, title: str, body: str) -> None:
        above, below = Counter(title.split()), Counter(body.split())
        length, held = above.total() + below.total(), sorted(above.keys() | below.keys())
        connection.execute(
            f"INSERT INTO {_words(build)} SELECT t.term, ?, t.above, t.below, ? FROM unnest("
            "string_to_array(?, ' '), string_to_array(?, ' ')::integer[], "
            "string_to_array(?, ' ')::integer[]) AS t (term, above, below)",
            (
                key,
                length,
                " ".join(held),
                " ".join(str(above[term]) for term in held),
                " ".join(str(below[term]) for term in held),
            ),
        )
        connection.execute(f"INSERT INTO {_terms(build)} VALUES (?, ?, ?)", (key, title, body))
        self._count(connection, build, 1, length)

    def delete(self, connection: Connection, build: int, keys: Sequence[int]) -> None:
        """Delete the words of passages by their keys."""
        for key in keys:
            gone = connection.execute(
                f"DELETE FROM {_words(build)} WHERE passage = ? RETURNING in_title + in_body",
                (key,),
            )
            length = sum(row[0] for row in gone)
            found = connection.execute(f"DELETE FROM {_terms(build)} WHERE passage = ?", (key,))
            self._count(connection, build, -found.rowcount, -length)

    def match(
        self,
        connection: Connection,
        build: int,
        terms: Sequence[str],
        *,
        title_weight: float,
        body_weight: float,
        limit: int,
    ) -> list[tuple[str, float]]:
        """Return (passage id, BM25 score > 0) of those that hold any of some terms, best first."""
        rows = connection.execute(
            _MATCH.format(words=_words(build)),
            (title_weight, body_weight, " ".join(terms), build, limit),
        )
        return [(id, score) for id, score in rows]

    def counts(self, connection: Connection, build: int, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        rows = connection.execute(
            "SELECT w.term, count(*) FROM unnest(string_to_array(?, ' ')) AS a (term) "
            f"{_OF_TERM.format(words=_words(build))} GROUP BY w.term",
            (" ".join(terms),),
        )
        return dict(rows.fetchall())

    def counts_beginning(self, connection: Connection, build: int, start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        rows = connection.execute(
            f"SELECT term, count(*) FROM {_words(build)} WHERE term >= ? AND term < ? "
            "GROUP BY term ORDER BY term",
            (start, f"{start}\U0010ffff"),
        )
        return dict(rows.fetchall())

    def texts_with(self, connection: Connection, build: int, term: str, limit: int) -> list[str]:
        """Return title, headings and text of up to `limit` passages that hold a term."""
        rows = connection.execute(
            "SELECT s.title || ' ' || p.heading || ' ' || substr(s.text, "
            'CAST(p.start + 1 AS INTEGER), CAST(p."end" - p.start AS INTEGER)) '
            f"FROM {_words(build)} w "
            "JOIN passages p ON p.key = w.passage JOIN sources s ON s.id = p.source "
            "WHERE w.term = ? ORDER BY p.key LIMIT ?",
            (term, limit),
        )
        return [row[0] for row in rows]

    def sources_with(self, connection: Connection, build: int, term: str) -> set[str]:
        """Return the ids of the sources that hold a term."""
        rows = connection.execute(
            f"SELECT DISTINCT p.source FROM {_words(build)} w JOIN passages p "
            "ON p.key = w.passage WHERE w.term = ?",
            (term,),
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
        found: dict[int, list[int]] = {}
        for at, phrase in enumerate(phrases):
            for key, often in self._often(connection, build, phrase).items():
                found.setdefault(key, [0] * len(phrases))[at] = often
        if not found:
            return []
        scores = self._scores(connection, build, found)
        rows = connection.execute(
            f'SELECT p.id, p.source, p.start, p."end", p.ordinal, p.key FROM passages p '
            f"WHERE p.key IN ({','.join('?' * len(found))}) AND CAST(? AS TEXT) IN ('', p.source)",
            (*found, source or ""),
        )
        ordered = sorted(rows, key=lambda row: (-scores[row[5]], row[1], row[4]))
        return [PassagePlace(*row[:4]) for row in ordered[:limit]]

    def _often(self, connection: Connection, build: int, phrase: Sequence[str]) -> dict[int, int]:
        """Return how often each passage holds a run of terms, if it does, by its key."""
        wanted = list(dict.fromkeys(phrase))
        holding = " ".join(
            f"JOIN {_words(build)} w{at} ON w{at}.passage = t.passage AND w{at}.term = ?"
            for at in range(len(wanted))
        )
        run = f" {' '.join(phrase)} "
        rows = connection.execute(
            f"SELECT t.passage, t.title, t.body FROM {_terms(build)} t {holding} "
            "WHERE strpos(' ' || t.title || ' ', ?) > 0 OR strpos(' ' || t.body || ' ', ?) > 0",
            (*wanted, run, run),
        )
        return {key: _runs(title, run) + _runs(body, run) for key, title, body in rows}

    def _scores(
        self, connection: Connection, build: int, found: dict[int, list[int]]
    ) -> dict[int, float]:
        """Return the BM25 scores of passages that hold each run of terms so often."""
        counted = connection.execute(
            "SELECT passages, terms FROM word_counts WHERE build = ?", (build,)
        ).fetchone()
        passages, average = counted[0], counted[1] / counted[0]
        columns = zip(*found.values(), strict=True)
        holding = [sum(1 for often in column if often) for column in columns]
        idfs = [log((passages - n + 0.5) / (n + 0.5)) if n else 0.0 for n in holding]
        idfs = [idf if idf > 0 else _LEAST_IDF for idf in idfs]
        lengths = dict(
            connection.execute(
                f"SELECT DISTINCT passage, length FROM {_words(build)} "
                f"WHERE passage IN ({','.join('?' * len(found))})",
                tuple(found),
            ).fetchall()
        )
        return {
            key: sum(
                idf * (often * (_K1 + 1)) / (often + _K1 * (1 - _B + _B * lengths[key] / average))
                for idf, often in zip(idfs, oftens, strict=True)
            )
            for key, oftens in found.items()
        }

    def _count(self, connection: Connection, build: int, passages: int, terms: int) -> None:
        connection.execute(
            "UPDATE word_counts SET passages = passages + ?, terms = terms + ? WHERE build = ?",
            (passages, terms, build),
        )


def _words(build: int) -> str:
    return f"words_{build:d}"


def _terms(build: int) -> str:
    return f"terms_{build:d}"


def _runs(text: str, run: str) -> int:
    """Return how often a run of terms, with a space at either end, stands in others."""
    padded, count, at = f" {text} ", 0, -1
    while (at := padded.find(run, at + 1)) >= 0:
        count += 1
    return count
