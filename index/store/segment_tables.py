"""The tables of the segments of words: written at once, merged, and dropped.

What the rows hold is told in `index.store.word_arrays`, what is asked of them in
`index.store.segment_words`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import log

import numpy as np
import numpy.typing as npt

from index.store.database import Connection
from index.store.word_arrays import (
    Bundle,
    Instances,
    Numbers,
    PackedPostings,
    bundled,
    joined,
    packed,
    packed_numbers,
    unpacked_numbers,
)

SEGMENT_TABLES = """
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
"""Passages of a segment that is not merged any more: to write one takes 0.4 seconds of a processor,
for which others cannot write."""

_BUNDLED = 64
"""Passages of a segment from which on it has rows."""

_MERGED = 16
"""Segments of a like size that are merged, and how many times larger the next size is."""


def deleted_of(gone: bytes, passages: int) -> npt.NDArray[np.bool_]:
    """Return which of so many passages are deleted."""
    if not gone:
        return np.zeros(passages, np.bool_)
    return np.unpackbits(np.frombuffer(gone, np.uint8), count=passages).astype(np.bool_)


def bundles_of(connection: Connection, build: int) -> list[tuple[int, Bundle]]:
    """Return the small segments of a build, each whole."""
    rows = connection.execute(f"SELECT * FROM {bundles_table(build)} ORDER BY segment")
    return [(segment, Bundle(*row)) for segment, *row in rows]


def write_segment(connection: Connection, build: int, keys: Numbers, instances: Instances) -> None:
    """Write a segment of passages by their keys."""
    lengths = np.bincount(instances.passages, minlength=len(keys))
    made = connection.execute(
        f"INSERT INTO {segments_table(build)} (passages, gone, lengths, keys) VALUES (?, ?, ?, ?) "
        "RETURNING segment",
        (len(keys), b"", packed_numbers(lengths), packed_numbers(keys)),
    )
    segment = int(made.fetchone()[0])
    if len(keys) < _BUNDLED:
        if bundle := bundled(instances):
            values = (segment, *bundle)
            connection.execute(
                f"INSERT INTO {bundles_table(build)} VALUES (?, ?, ?, ?, ?, ?, ?)", values
            )
        return
    connection.executemany(
        f"INSERT INTO {postings_table(build)} VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((segment, term, *row) for term, row in packed(instances)),
    )


def merge_small_segments(connection: Connection, build: int) -> None:
    """Merge segments for as long as there are `_MERGED` of a like size, or enough to fill one.

    No more are merged at a time than fill one.
    """
    while True:
        by_size: dict[int, list[tuple[int, int]]] = {}
        for segment, passages in connection.execute(
            f"SELECT segment, passages FROM {segments_table(build)} WHERE passages < ? "
            "ORDER BY segment",
            (_FULL,),
        ):
            by_size.setdefault(int(log(passages, _MERGED)), []).append((segment, passages))
        many = next(filter(None, map(_to_merge, by_size.values())), None)
        if many is None:
            return
        merge_segments(connection, build, many)


def _to_merge(alike: Sequence[tuple[int, int]]) -> list[int]:
    """Return those of some segments, each with its passages, that are merged next; none if few."""
    filled = list(accumulate(passages for _, passages in alike))
    needed = bisect_left(filled, _FULL) + 1
    if len(alike) < min(needed, _MERGED):
        return []
    return [segment for segment, _ in alike[:needed]]


def merge_segments(connection: Connection, build: int, segments: Sequence[int]) -> None:
    """Write one segment in place of some, without what was deleted of them."""
    marks = marks_of(segments)
    found = connection.execute(
        f"SELECT segment, passages, gone, keys FROM {segments_table(build)} "
        f"WHERE segment IN ({marks}) ORDER BY segment",
        segments,
    ).fetchall()
    sizes = [row[1] for row in found]
    firsts = dict(zip((row[0] for row in found), accumulate(sizes, initial=0), strict=False))
    stays = ~np.concatenate([deleted_of(gone, passages) for _, passages, gone, _ in found])
    keys = unpacked_numbers([row[3] for row in found], sizes)
    rows = [
        (term, PackedPostings(firsts[segment] + first, *row))
        for segment, term, first, *row in connection.execute(
            f"SELECT * FROM {postings_table(build)} WHERE segment IN ({marks})",
            segments,
        )
    ]
    bundles = [
        (firsts[segment], bundle)
        for segment, bundle in bundles_of(connection, build)
        if segment in firsts
    ]
    drop_segments(connection, build, segments)
    if stays.any():
        instances = joined(rows, bundles, np.where(stays, np.cumsum(stays) - 1, -1))
        write_segment(connection, build, keys[stays], instances)


def drop_segments(connection: Connection, build: int, segments: Sequence[int]) -> None:
    """Delete segments with all that they hold."""
    for table in table_names(build).values():
        connection.executemany(
            f"DELETE FROM {table} WHERE segment = ?", [(segment,) for segment in segments]
        )


def marks_of(values: Sequence[object]) -> str:
    """Return a placeholder for each of some values."""
    return ",".join("?" * len(values))


def table_names(build: int) -> dict[str, str]:
    """Return the tables of a build by what they hold."""
    return {
        "segments": segments_table(build),
        "postings": postings_table(build),
        "bundles": bundles_table(build),
    }


def segments_table(build: int) -> str:
    """Return the table that knows the segments of a build."""
    return f"segments_{build:d}"


def postings_table(build: int) -> str:
    """Return the table of the terms of larger segments."""
    return f"postings_{build:d}"


def bundles_table(build: int) -> str:
    """Return the table of small segments."""
    return f"bundles_{build:d}"
