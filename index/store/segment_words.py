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
from math import log
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from index.store.database import Connection
from index.store.sqlite_file import Row
from index.store.word_arrays import (
    Bundle,
    Instances,
    Numbers,
    PackedPostings,
    bundled,
    instances_of,
    is_in,
    joined,
    packed,
    packed_numbers,
    postings_of,
    runs_of,
    unpacked_numbers,
)
from index.store.word_index import PassagePlace, PassageWords

_K1, _B, _LEAST_IDF = 1.2, 0.75, 1e-6
"""As in SQLite's `bm25()`."""

_TABLES = """
CREATE TABLE {segments} (
    segment INTEGER PRIMARY KEY, passages INTEGER NOT NULL, gone BLOB NOT NULL,
    lengths BLOB NOT NULL, keys BLOB NOT NULL
);
CREATE TABLE {postings} (
    segment INTEGER NOT NULL, term TEXT NOT NULL, first INTEGER NOT NULL, held INTEGER NOT NULL,
    passages BLOB NOT NULL, counts BLOB NOT NULL, places BLOB NOT NULL,
    PRIMARY KEY (segment, term, first)
) WITHOUT ROWID;
CREATE TABLE {bundles} (
    segment INTEGER PRIMARY KEY, terms TEXT NOT NULL, firsts BLOB NOT NULL, held BLOB NOT NULL,
    passages BLOB NOT NULL, counts BLOB NOT NULL, places BLOB NOT NULL
)
"""
"""`passages` of a segment counts those that were written; `gone` has a bit for each, which is set
when it is deleted, and is empty before one is; `lengths` are their terms, `keys` their keys.
A small segment is a bundle instead of rows, since most of them are soon merged."""

MOST_WRITTEN = 8192
"""Passages of a segment that is written at once."""

_FULL = 4096
"""Passages of a segment that is not merged any more: merging one takes a second of a processor."""

_BUNDLED = 64
"""Passages of a segment from which on it has rows."""

_MERGED = 16
"""Segments of a like size that are merged, and how many times larger the next size is."""

_BOUND = 900
"""Values of one statement."""


class SegmentWords:
    """A `WordIndex`: a table of segments for each build, and one of their rows."""

    def create(self, connection: Connection, build: int) -> None:
        """Make the tables of a build."""
        for statement in _TABLES.format(**_names(build)).split(";"):
            connection.execute(statement)

    def drop(self, connection: Connection, build: int) -> None:
        """Delete the tables of a build."""
        for table in _names(build).values():
            connection.execute(f"DROP TABLE IF EXISTS {table}")

    def merge(self, connection: Connection, build: int) -> None:
        """Write the segments anew that hold words of deleted passages."""
        rows = connection.execute(
            f"SELECT segment FROM {_segments(build)} WHERE length(gone) > 0"
        ).fetchall()
        for (segment,) in rows:
            _merge(connection, build, [segment])

    def put(self, connection: Connection, build: int, passages: Sequence[PassageWords]) -> None:
        """Write the terms of passages."""
        for first in range(0, len(passages), MOST_WRITTEN):
            some = passages[first : first + MOST_WRITTEN]
            instances = instances_of([(each.title, each.body) for each in some])
            _write(connection, build, np.array([each.key for each in some], np.int64), instances)
        _merge_small(connection, build)

    def delete(self, connection: Connection, build: int, keys: Sequence[int]) -> None:
        """Delete the words of passages by their keys."""
        rows = connection.execute(
            f"SELECT segment, passages, gone, keys FROM {_segments(build)}"
        ).fetchall()
        for segment, passages, gone, packed_keys in rows:
            found = is_in(unpacked_numbers([packed_keys], [passages]), keys)
            if not found.any():
                continue
            found |= _mask(gone, passages)
            if found.all():
                _drop_segments(connection, build, [segment])
            else:
                connection.execute(
                    f"UPDATE {_segments(build)} SET gone = ? WHERE segment = ?",
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
                    held = postings_of(rows[term])
                    often = held.in_title * title_weight + held.in_text * body_weight
                    found.append(segments.present(held.passages, often))
            best = _best(_scores(found, segments), limit)
            scores = _by_keys(connection, build, segments, best)
            places = _by_key(connection, "p.key, s.uri, p.ordinal, p.id", list(scores))
        ordered = sorted((-scores[key], *place, id) for key, *place, id in places)
        return [(each[-1], -each[0]) for each in ordered]

    def counts(self, connection: Connection, build: int, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        counts: dict[str, int] = {}
        with _one_moment(connection):
            for first in range(0, len(terms), _BOUND):
                some = terms[first : first + _BOUND]
                counts |= _counts(connection, build, f"w.term IN ({_marks(some)})", some)
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
            scores = _scores(found, segments)
            if source is not None:
                scores[~_is_of(connection, build, source)] = 0.0
            by_key = _by_keys(connection, build, segments, _best(scores, limit))
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

    def totals(self) -> tuple[int, int]:
        """Return how many passages there are, and how many terms in them."""
        if self.gone is None:
            return len(self.lengths), int(self.lengths.sum())
        return int((~self.gone).sum()), int(self.lengths[~self.gone].sum())


class _Best(NamedTuple):
    """Passages by their numbers, rising, and their scores."""

    passages: Numbers
    scores: npt.NDArray[np.float64]


def _open(connection: Connection, build: int) -> _Segments:
    rows = connection.execute(
        f"SELECT segment, passages, gone, lengths FROM {_segments(build)} ORDER BY segment"
    ).fetchall()
    sizes = [row[1] for row in rows]
    gone = None
    if any(row[2] for row in rows):
        gone = np.concatenate([_mask(gone, passages) for _, passages, gone, _ in rows])
    firsts = accumulate(sizes, initial=0)
    return _Segments(
        dict(zip((row[0] for row in rows), firsts, strict=False)),
        unpacked_numbers([row[3] for row in rows], sizes),
        gone,
    )


def _mask(gone: bytes, passages: int) -> npt.NDArray[np.bool_]:
    """Return which of so many passages are deleted."""
    if not gone:
        return np.zeros(passages, np.bool_)
    return np.unpackbits(np.frombuffer(gone, np.uint8), count=passages).astype(np.bool_)


def _scores(
    found: Sequence[tuple[Numbers, npt.NDArray[np.float64]]], segments: _Segments
) -> npt.NDArray[np.float64]:
    """Return the BM25 score of every passage, 0 where it holds nothing.

    `found` has, for each term or run of terms, the passages that hold it, and how often they do.
    """
    scores = np.zeros(len(segments.lengths))
    whole, terms = segments.totals()
    for passages, often in found:
        idf = log((whole - len(passages) + 0.5) / (len(passages) + 0.5))
        norm = _K1 * (1 - _B + _B * segments.lengths[passages] / (terms / max(whole, 1)))
        scores[passages] += (idf if idf > 0 else _LEAST_IDF) * (
            (often * (_K1 + 1.0)) / (often + norm)
        )
    return scores


def _best(scores: npt.NDArray[np.float64], limit: int) -> _Best:
    """Return the best passages, and all that equal the last of them."""
    found = np.flatnonzero(scores > 0)
    its_scores = scores[found]
    if len(found) > limit:
        last = np.partition(its_scores, len(found) - limit)[len(found) - limit]
        stay = its_scores >= last
        return _Best(found[stay], its_scores[stay])
    return _Best(found, its_scores)


def _by_keys(
    connection: Connection, build: int, segments: _Segments, best: _Best
) -> dict[int, float]:
    """Return the scores of passages by their keys."""
    found: dict[int, float] = {}
    firsts = list(segments.firsts.values())
    inside = np.searchsorted(firsts, best.passages, "right") - 1
    numbers = list(segments.firsts)
    for at in sorted(set(inside.tolist())):
        passages, keys = connection.execute(
            f"SELECT passages, keys FROM {_segments(build)} WHERE segment = ?", (numbers[at],)
        ).fetchone()
        some = inside == at
        held = unpacked_numbers([keys], [passages])[best.passages[some] - firsts[at]]
        found.update(zip(held.tolist(), best.scores[some].tolist(), strict=True))
    return found


def _is_of(connection: Connection, build: int, source: str) -> npt.NDArray[np.bool_]:
    """Return which of all passages are of a source."""
    of_source = connection.execute(
        "SELECT key FROM passages WHERE source = ? AND build = ?", (source, build)
    ).fetchall()
    rows = connection.execute(
        f"SELECT keys, passages FROM {_segments(build)} ORDER BY segment"
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
    return sorted(_by_keys(connection, build, segments, _Best(*segments.present(passages, scores))))


def _by_key(connection: Connection, columns: str, keys: Sequence[int]) -> list[Row]:
    """Select columns of passages `p` and their sources `s`."""
    found: list[Row] = []
    for first in range(0, len(keys), _BOUND):
        some = keys[first : first + _BOUND]
        found += connection.execute(
            f"SELECT {columns} FROM passages p JOIN sources s ON s.id = p.source "
            f"WHERE p.key IN ({_marks(some)})",
            some,
        ).fetchall()
    return found


def _counts(
    connection: Connection, build: int, condition: str, values: Sequence[str]
) -> dict[str, int]:
    """Return how many passages hold each of the terms that a condition is true of."""
    held = (
        f"FROM {_segments(build)} s CROSS JOIN {_postings(build)} w "
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
        deleted = _mask(gone, passages)[postings_of([PackedPostings(*row)]).passages]
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
        f"SELECT s.passages, s.gone, b.* FROM {_bundles(build)} b "
        f"JOIN {_segments(build)} s ON s.segment = b.segment"
    )
    for passages, gone, _, *row in rows:
        bundle = Bundle(*row)
        vocabulary = bundle.vocabulary()
        numbers = meant(vocabulary)
        if not numbers:
            continue
        present = ~_mask(gone, passages) if gone else None
        for number, held in zip(numbers, bundle.holding(numbers, present), strict=True):
            found[vocabulary[number]] += held
    return {term: count for term, count in found.items() if count}


def _rows_of(
    connection: Connection, build: int, terms: Sequence[str], segments: _Segments, columns: str
) -> dict[str, list[PackedPostings]]:
    """Return the rows of each term, their passages numbered through all segments."""
    rows = connection.execute(
        f"SELECT w.segment, w.term, w.first, w.held, w.{columns} FROM {_segments(build)} s "
        f"CROSS JOIN {_postings(build)} w ON w.segment = s.segment "
        f"AND w.term IN ({_marks(terms)}) ORDER BY s.segment",
        terms,
    )
    found: dict[str, list[PackedPostings]] = {term: [] for term in terms}
    for segment, term, first, *row in rows:
        found[term].append(PackedPostings(segments.firsts[segment] + first, *row))
    for segment, bundle in _bundled(connection, build):
        vocabulary = bundle.vocabulary()
        numbers = _among(vocabulary, found)
        rows_held = bundle.rows(numbers, segments.firsts[segment])
        for number, row in zip(numbers, rows_held, strict=True):
            found[vocabulary[number]].append(row)
    if len(segments.firsts) > 1:
        for its_rows in found.values():
            its_rows.sort(key=lambda row: row.first)
    return found


def _bundled(connection: Connection, build: int) -> list[tuple[int, Bundle]]:
    rows = connection.execute(f"SELECT * FROM {_bundles(build)} ORDER BY segment")
    return [(segment, Bundle(*row)) for segment, *row in rows]


def _among(vocabulary: Sequence[str], terms: Iterable[str]) -> list[int]:
    """Return where in a sorted vocabulary those of some terms stand that it has."""
    places = ((bisect_left(vocabulary, term), term) for term in terms)
    return [at for at, term in places if at < len(vocabulary) and vocabulary[at] == term]


def _write(connection: Connection, build: int, keys: Numbers, instances: Instances) -> None:
    """Write a segment of passages by their keys."""
    lengths = np.bincount(instances.passages, minlength=len(keys))
    made = connection.execute(
        f"INSERT INTO {_segments(build)} (passages, gone, lengths, keys) VALUES (?, ?, ?, ?) "
        "RETURNING segment",
        (len(keys), b"", packed_numbers(lengths), packed_numbers(keys)),
    )
    segment = int(made.fetchone()[0])
    if len(keys) < _BUNDLED:
        if bundle := bundled(instances):
            connection.execute(
                f"INSERT INTO {_bundles(build)} VALUES (?, ?, ?, ?, ?, ?, ?)", (segment, *bundle)
            )
        return
    connection.executemany(
        f"INSERT INTO {_postings(build)} VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((segment, term, *row) for term, row in packed(instances)),
    )


def _merge_small(connection: Connection, build: int) -> None:
    """Merge segments for as long as there are `_MERGED` of a like size."""
    while True:
        by_size: dict[int, list[int]] = {}
        for segment, passages in connection.execute(
            f"SELECT segment, passages FROM {_segments(build)} WHERE passages < ?", (_FULL,)
        ):
            by_size.setdefault(int(log(passages, _MERGED)), []).append(segment)
        many = next((some for some in by_size.values() if len(some) >= _MERGED), None)
        if many is None:
            return
        _merge(connection, build, many)


def _merge(connection: Connection, build: int, segments: Sequence[int]) -> None:
    """Write one segment in place of some, without what was deleted of them."""
    marks = _marks(segments)
    found = connection.execute(
        f"SELECT segment, passages, gone, keys FROM {_segments(build)} "
        f"WHERE segment IN ({marks}) ORDER BY segment",
        segments,
    ).fetchall()
    sizes = [row[1] for row in found]
    firsts = dict(zip((row[0] for row in found), accumulate(sizes, initial=0), strict=False))
    stays = ~np.concatenate([_mask(gone, passages) for _, passages, gone, _ in found])
    keys = unpacked_numbers([row[3] for row in found], sizes)
    rows = [
        (term, PackedPostings(firsts[segment] + first, *row))
        for segment, term, first, *row in connection.execute(
            f"SELECT * FROM {_postings(build)} WHERE segment IN ({marks})",
            segments,
        )
    ]
    bundles = [
        (firsts[segment], bundle)
        for segment, bundle in _bundled(connection, build)
        if segment in firsts
    ]
    _drop_segments(connection, build, segments)
    if stays.any():
        instances = joined(rows, bundles, np.where(stays, np.cumsum(stays) - 1, -1))
        _write(connection, build, keys[stays], instances)


def _drop_segments(connection: Connection, build: int, segments: Sequence[int]) -> None:
    for table in _names(build).values():
        connection.executemany(
            f"DELETE FROM {table} WHERE segment = ?", [(segment,) for segment in segments]
        )


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


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _names(build: int) -> dict[str, str]:
    return {
        "segments": _segments(build), "postings": _postings(build), "bundles": _bundles(build),
    }  # fmt: skip


def _segments(build: int) -> str:
    return f"segments_{build:d}"


def _postings(build: int) -> str:
    return f"postings_{build:d}"


def _bundles(build: int) -> str:
    return f"bundles_{build:d}"
