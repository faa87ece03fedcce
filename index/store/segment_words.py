"""The words of passages in tables of a file: postings in segments, ranked as `bm25()` of SQLite.

What is written at once becomes a segment, which is never changed: it knows its passages by their
keys, and in rows, by term, which of them hold it (`index.store.word_arrays`). Small segments are
merged into larger ones, so that a question looks into few. A passage that is deleted is marked in
its segment, counts no more from then on, and is taken out when the segment is written anew. No term
list is kept, and nothing that is deleted has to be prepared again.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from index.store.database import Connection
from index.store.segment_tables import (
    MOST_WRITTEN,
    SEGMENT_TABLES,
    bundles_of,
    bundles_table,
    deleted_of,
    drop_segments,
    marks_of,
    merge_segments,
    merge_small_segments,
    postings_table,
    segments_table,
    table_names,
    write_segment,
)
from index.store.sqlite_file import Row
from index.store.word_arrays import (
    Bundle,
    Numbers,
    PackedPostings,
    Weights,
    instances_of,
    is_in,
    numbers_at,
    postings_of,
    runs_of,
    unpacked_numbers,
    weighed_postings,
)
from index.store.word_index import PassagePlace, PassageWords
from index.store.word_scores import BestPassages, best_passages, bm25_scores

_BOUND = 900
"""Values of one statement."""


class SegmentWords:
    """A `WordIndex`: a table of segments for each build, and one of their rows."""

    def create(self, connection: Connection, build: int) -> None:
        """Make the tables of a build."""
        for statement in SEGMENT_TABLES.format(**table_names(build)).split(";"):
            connection.execute(statement)

    def drop(self, connection: Connection, build: int) -> None:
        """Delete the tables of a build."""
        for table in table_names(build).values():
            connection.execute(f"DROP TABLE IF EXISTS {table}")

    def merge(self, connection: Connection, build: int) -> None:
        """Write the segments anew that hold words of deleted passages."""
        rows = connection.execute(
            f"SELECT segment FROM {segments_table(build)} WHERE length(gone) > 0"
        ).fetchall()
        for (segment,) in rows:
            merge_segments(connection, build, [segment])

    def put(self, connection: Connection, build: int, passages: Sequence[PassageWords]) -> None:
        """Write the terms of passages."""
        for first in range(0, len(passages), MOST_WRITTEN):
            some = passages[first : first + MOST_WRITTEN]
            instances = instances_of([(each.title, each.body) for each in some])
            write_segment(
                connection, build, np.array([each.key for each in some], np.int64), instances
            )
        merge_small_segments(connection, build)

    def delete(self, connection: Connection, build: int, keys: Sequence[int]) -> None:
        """Delete the words of passages by their keys."""
        rows = connection.execute(
            f"SELECT segment, passages, gone, keys FROM {segments_table(build)}"
        ).fetchall()
        for segment, passages, gone, packed_keys in rows:
            found = is_in(unpacked_numbers([packed_keys], [passages]), keys)
            if not found.any():
                continue
            found |= deleted_of(gone, passages)
            if found.all():
                drop_segments(connection, build, [segment])
            else:
                connection.execute(
                    f"UPDATE {segments_table(build)} SET gone = ? WHERE segment = ?",
                    (np.packbits(found).tobytes(), segment),
                )

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
        with _one_moment(connection):
            segments = _open(connection, build)
            rows = _rows_of(connection, build, terms, segments, "passages, w.counts")
            found = []
            for term in terms:
                if rows[term]:
                    held = weighed_postings(rows[term], title_weight, body_weight)
                    found.append(segments.present(*held))
            best = best_passages(segments.scores(found), limit)
            scores = _by_keys(connection, build, segments, best)
            if len(set(scores.values())) == len(scores):  # nothing else tells them apart
                places = _by_key(connection, "p.key, p.id", list(scores), "passages p")
            else:
                places = _by_key(connection, "p.key, s.uri, p.ordinal, p.id", list(scores))
        ordered = sorted((-scores[key], *place, id) for key, *place, id in places)
        return [(each[-1], -each[0]) for each in ordered]

    def counts(self, connection: Connection, build: int, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        counts: dict[str, int] = {}
        with _one_moment(connection):
            for first in range(0, len(terms), _BOUND):
                some = terms[first : first + _BOUND]
                counts |= _counts(connection, build, f"w.term IN ({marks_of(some)})", some)
            return _counted_besides(connection, build, counts, lambda held: _among(held, terms))

    def counts_beginning(self, connection: Connection, build: int, start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        within = (start, f"{start}\U0010ffff")
        with _one_moment(connection):
            counts = _counts(connection, build, "w.term >= ? AND w.term < ?", within)
            return _counted_besides(
                connection,
                build,
                counts,
                lambda held: range(bisect_left(held, within[0]), bisect_left(held, within[1])),
            )

    def texts_with(self, connection: Connection, build: int, term: str, limit: int) -> list[str]:
        """Return title, headings and text of up to `limit` passages that hold a term."""
        with _one_moment(connection):
            rows = _by_key(
                connection,
                "p.key, s.title || ' ' || p.heading || ' ' "
                '|| substr(s.text, p.start + 1, p."end" - p.start)',
                _keys_with(connection, build, term)[:limit],
            )
        return [text for _, text in sorted(rows)]

    def sources_with(self, connection: Connection, build: int, term: str) -> set[str]:
        """Return the ids of the sources that hold a term."""
        with _one_moment(connection):
            rows = _by_key(connection, "p.source", _keys_with(connection, build, term))
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
        with _one_moment(connection):
            segments = _open(connection, build)
            found = []
            for phrase in phrases:
                rows = _rows_of(connection, build, phrase, segments, "passages, w.counts, w.places")
                passages, often = runs_of([rows[term] for term in phrase], len(segments.lengths))
                found.append(segments.present(passages, often.astype(np.float64)))
            scores = segments.scores(found)
            if source is not None:
                scores[~_is_of(connection, build, source)] = 0.0
            by_key = _by_keys(connection, build, segments, best_passages(scores, limit))
            columns = 'p.key, p.id, p.source, p.start, p."end", p.ordinal'
            places = _by_key(connection, columns, list(by_key))
        places.sort(key=lambda row: (-by_key[row[0]], row[2], row[5]))
        return [PassagePlace(*row[1:5]) for row in places[:limit]]


class _Segments(NamedTuple):
    """The segments of a build at one moment, their passages numbered through all of them."""

    firsts: dict[int, int]
    """The number of the first passage of each, in this order."""
    lengths: Numbers
    """Terms of each passage."""
    gone: npt.NDArray[np.bool_] | None
    """Which of them are deleted, if any is."""

    def present(
        self, passages: Numbers, often: npt.NDArray[np.float64]
    ) -> tuple[Numbers, npt.NDArray[np.float64]]:
        """Leave out those of some passages that are deleted."""
        if self.gone is None:
            return passages, often
        stay = ~self.gone[passages]
        return passages[stay], often[stay]

    def scores(self, found: Sequence[tuple[Numbers, Weights]]) -> Weights:
        """Return the scores of all passages; `found` as `bm25_scores` has it."""
        stay = self.lengths if self.gone is None else self.lengths[~self.gone]
        return bm25_scores(found, self.lengths, len(stay), int(stay.sum()))


def _open(connection: Connection, build: int) -> _Segments:
    rows = connection.execute(
        f"SELECT segment, passages, gone, lengths FROM {segments_table(build)} ORDER BY segment"
    ).fetchall()
    sizes = [row[1] for row in rows]
    gone = None
    if any(row[2] for row in rows):
        gone = np.concatenate([deleted_of(gone, passages) for _, passages, gone, _ in rows])
    firsts = accumulate(sizes, initial=0)
    return _Segments(
        dict(zip((row[0] for row in rows), firsts, strict=False)),
        unpacked_numbers([row[3] for row in rows], sizes),
        gone,
    )


def _by_keys(
    connection: Connection, build: int, segments: _Segments, best: BestPassages
) -> dict[int, float]:
    """Return the scores of passages by their keys."""
    numbers = np.array(list(segments.firsts), np.int64)
    firsts = np.array(list(segments.firsts.values()), np.int64)
    inside = np.searchsorted(firsts, best.passages, "right") - 1
    held = numbers[np.unique(inside)].tolist()
    found: dict[int, float] = {}
    for start in range(0, len(held), _BOUND):
        some = held[start : start + _BOUND]
        for segment, passages, packed in connection.execute(
            f"SELECT segment, passages, keys FROM {segments_table(build)} "
            f"WHERE segment IN ({marks_of(some)})",
            some,
        ):
            its = numbers[inside] == segment
            places = best.passages[its] - segments.firsts[segment]
            keys = numbers_at(packed, passages, places)
            found.update(zip(keys.tolist(), best.scores[its].tolist(), strict=True))
    return found


def _is_of(connection: Connection, build: int, source: str) -> npt.NDArray[np.bool_]:
    """Return which of all passages are of a source."""
    of_source = connection.execute(
        "SELECT key FROM passages WHERE source = ? AND build = ?", (source, build)
    ).fetchall()
    rows = connection.execute(
        f"SELECT keys, passages FROM {segments_table(build)} ORDER BY segment"
    ).fetchall()
    held = unpacked_numbers([row[0] for row in rows], [row[1] for row in rows])
    return is_in(held, [row[0] for row in of_source])


def _keys_with(connection: Connection, build: int, term: str) -> list[int]:
    """Return the keys of the passages that hold a term, rising."""
    segments = _open(connection, build)
    rows = _rows_of(connection, build, [term], segments, "passages, w.counts")[term]
    if not rows:
        return []
    passages = postings_of(rows).passages
    scores = np.zeros(len(passages))
    return sorted(
        _by_keys(connection, build, segments, BestPassages(*segments.present(passages, scores)))
    )


def _by_key(
    connection: Connection,
    columns: str,
    keys: Sequence[int],
    tables: str = "passages p JOIN sources s ON s.id = p.source",
) -> list[Row]:
    """Select columns of passages `p` and their sources `s`, or of other tables with these."""
    found: list[Row] = []
    for first in range(0, len(keys), _BOUND):
        some = keys[first : first + _BOUND]
        found += connection.execute(
            f"SELECT {columns} FROM {tables} WHERE p.key IN ({marks_of(some)})", some
        ).fetchall()
    return found


def _counts(
    connection: Connection, build: int, condition: str, values: Sequence[str]
) -> dict[str, int]:
    """Return how many passages hold each of the terms that a condition is true of."""
    held = (
        f"FROM {segments_table(build)} s CROSS JOIN {postings_table(build)} w "
        f"ON w.segment = s.segment AND {condition}"
    )
    counted = connection.execute(
        f"SELECT w.term, sum(w.held) {held} GROUP BY w.term", values
    ).fetchall()
    rows = connection.execute(
        f"SELECT s.passages, s.gone, w.term, w.first, w.held, w.passages, w.counts {held} "
        "WHERE length(s.gone) > 0",
        values,
    ).fetchall()
    counts: dict[str, int] = dict(counted)
    for passages, gone, term, *row in rows:
        deleted = deleted_of(gone, passages)[postings_of([PackedPostings(*row)]).passages]
        counts[term] -= int(deleted.sum())
    return {term: count for term, count in counts.items() if count}


def _counted_besides(
    connection: Connection,
    build: int,
    counts: dict[str, int],
    meant: Callable[[Sequence[str]], Sequence[int]],
) -> dict[str, int]:
    """Return counts with those of bundles; `meant` names terms by places in a vocabulary."""
    found = Counter(counts)
    rows = connection.execute(
        f"SELECT s.passages, s.gone, b.* FROM {bundles_table(build)} b "
        f"JOIN {segments_table(build)} s ON s.segment = b.segment"
    )
    for passages, gone, _, *row in rows:
        bundle = Bundle(*row)
        vocabulary = bundle.vocabulary()
        numbers = meant(vocabulary)
        if not numbers:
            continue
        present = ~deleted_of(gone, passages) if gone else None
        for number, held in zip(numbers, bundle.holding(numbers, present), strict=True):
            found[vocabulary[number]] += held
    return {term: count for term, count in found.items() if count}


def _rows_of(
    connection: Connection, build: int, terms: Sequence[str], segments: _Segments, columns: str
) -> dict[str, list[PackedPostings]]:
    """Return the rows of each term, their passages numbered through all segments."""
    rows = connection.execute(
        f"SELECT w.segment, w.term, w.first, w.held, w.{columns} FROM {segments_table(build)} s "
        f"CROSS JOIN {postings_table(build)} w ON w.segment = s.segment "
        f"AND w.term IN ({marks_of(terms)}) ORDER BY s.segment",
        terms,
    )
    found: dict[str, list[PackedPostings]] = {term: [] for term in terms}
    for segment, term, first, *row in rows:
        found[term].append(PackedPostings(segments.firsts[segment] + first, *row))
    for segment, bundle in bundles_of(connection, build):
        vocabulary = bundle.vocabulary()
        numbers = _among(vocabulary, found)
        rows_held = bundle.rows(numbers, segments.firsts[segment])
        for number, row in zip(numbers, rows_held, strict=True):
            found[vocabulary[number]].append(row)
    if len(segments.firsts) > 1:
        for its_rows in found.values():
            its_rows.sort(key=lambda row: row.first)
    return found


def _among(vocabulary: Sequence[str], terms: Iterable[str]) -> list[int]:
    """Return where in a sorted vocabulary those of some terms stand that it has."""
    places = ((bisect_left(vocabulary, term), term) for term in terms)
    return [at for at, term in places if at < len(vocabulary) and vocabulary[at] == term]


@contextmanager
def _one_moment(connection: Connection) -> Iterator[None]:
    """Let statements see one state of the index, whoever changes it meanwhile."""
    if cast(sqlite3.Connection, connection).in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
