"""Documents of a folder that several processes read: one leads and writes, the others help.

Who leads holds the lock of the folder, whose number names the run: what is queued under another
number is not read any more, and what is handed in under one is thrown away. Texts stand here from
when a helper hands them in until the leader takes them; then the table is emptied as a whole,
which leaves no byte of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from index.store.shared_work import LIVING, SharedWork
from index.store.write_lock import FOLDER_LOCK_FILE

_AT_ONCE = 4
"""Finished documents that are taken at a time: each may hold megabytes."""

_IS_FREE = f"result IS NULL AND (worker IS NULL OR worker NOT IN {LIVING})"

_CLAIM = f"""
UPDATE work.documents SET worker = ? WHERE (run, number) = (
    SELECT run, number FROM work.documents WHERE stamp = ? AND {_IS_FREE} AND refused = 0
    AND run = (SELECT number FROM locks.leases WHERE name = '{FOLDER_LOCK_FILE}')
    AND sha256 <> ALL (CAST(? AS TEXT[])) ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING run, number, uri, sha256
"""

_TAKE_BACK = f"""
DELETE FROM work.documents WHERE (run, number) = (
    SELECT run, number FROM work.documents WHERE run = ? AND {_IS_FREE}
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING number
"""

_TAKE_FINISHED = """
DELETE FROM work.documents WHERE run = ? AND number IN (
    SELECT number FROM work.documents WHERE run = ? AND result IS NOT NULL ORDER BY number LIMIT ?
) RETURNING number, result
"""

_MINE = "run = ? AND number = ? AND worker = ?"


_COUNTED = f"""
SELECT count(*), count(*) FILTER (WHERE result IS NULL AND worker IN {LIVING}),
count(*) FILTER (WHERE refused <> 0),
CAST(coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0) AS DOUBLE PRECISION)
FROM work.documents
WHERE run = (SELECT number FROM locks.leases WHERE name = '{FOLDER_LOCK_FILE}')
"""


class QueueCounts(NamedTuple):
    """What is in the queue of who leads."""

    queued: int
    """Documents in it, those that were read and not written included."""
    reading: int
    """How many of them helpers read now."""
    refused: int
    """How many of them a helper could not read."""
    seconds: float
    """For how long the oldest has been there."""


class QueuedDocument(NamedTuple):
    """A document that is to be read."""

    number: int
    uri: str
    sha256: str
    """Of the bytes that are to be read."""


class ClaimedDocument(NamedTuple):
    """A document that a helper reads."""

    run: int
    number: int
    uri: str
    sha256: str


class LedQueue:
    """The queue as its leader sees it, who holds the lock of the folder with the number `run`."""

    def __init__(self, work: SharedWork, run: int, stamp: str) -> None:
        """`stamp` says what documents are read with: only who has the same helps."""
        self._work = work
        self._run = run
        self._stamp = stamp

    def helpers(self) -> int:
        """Return how many there are that help."""
        counted = f"SELECT count(*) FROM work.workers WHERE stamp = ? AND worker IN {LIVING}"
        return int(self._work.rows(counted, (self._stamp,))[0][0])

    def put(self, documents: Iterable[QueuedDocument]) -> None:
        """Have documents read."""
        rows = [value for each in documents for value in (self._run, *each, self._stamp)]
        marks = ",".join(["(?,?,?,?,?)"] * (len(rows) // 5))
        if rows:
            into = "work.documents (run, number, uri, sha256, stamp)"
            self._work.rows(f"INSERT INTO {into} VALUES {marks}", rows)

    def take_finished(self) -> list[tuple[int, bytes]]:
        """Take some that were read out of the queue: number and result."""
        rows = self._work.rows(_TAKE_FINISHED, (self._run, self._run, _AT_ONCE))
        return [(number, bytes(result)) for number, result in rows]

    def take_back(self) -> int | None:
        """Take the first out that nobody reads, or that helpers cannot read; its number."""
        row = self._work.row(_TAKE_BACK, (self._run,))
        return None if row is None else int(row[0])

    def left(self) -> set[int]:
        """Return the numbers of those that are in the queue."""
        rows = self._work.rows("SELECT number FROM work.documents WHERE run = ?", (self._run,))
        return {row[0] for row in rows}

    def clear(self) -> None:
        """Leave nothing in the queue, nor of what was in it."""
        empty_queue(self._work)


class HelpedQueue:
    """The queue as a helper sees it."""

    def __init__(self, work: SharedWork, worker: int, stamp: str) -> None:
        self._work = work
        self._worker = worker
        self._stamp = stamp

    def claim(self, *, but: Collection[str]) -> ClaimedDocument | None:
        """Claim the first document that nobody reads, `but` for some hashes, if there is one."""
        row = self._work.row(_CLAIM, (self._worker, self._stamp, list(but)))
        return None if row is None else ClaimedDocument(*row)

    def hand_in(self, claimed: ClaimedDocument, result: bytes) -> bool:
        """Hand in what came of a document; False where it is not wanted any more."""
        return self._update("result = ?", claimed, result)

    def give_back(self, claimed: ClaimedDocument) -> None:
        """Leave a document to others."""
        self._update("worker = NULL", claimed)

    def refuse(self, claimed: ClaimedDocument) -> None:
        """Leave a document that cannot be read here to the leader, who says why it cannot."""
        self._update("worker = NULL, refused = 1", claimed)

    def _update(self, change: str, claimed: ClaimedDocument, *values: bytes) -> bool:
        mine = (claimed.run, claimed.number, self._worker)
        sql = f"UPDATE work.documents SET {change} WHERE {_MINE} RETURNING number"
        return self._work.row(sql, (*values, *mine)) is not None


def count_queue(work: SharedWork) -> QueueCounts:
    """Return what is in the queue now."""
    queued, reading, refused, seconds = work.rows(_COUNTED)[0]
    return QueueCounts(int(queued), int(reading), int(refused), float(seconds))


def empty_queue(work: SharedWork) -> None:
    """Leave nothing in the queue, whose file the server then begins anew."""
    # Who was killed may have left pages of rows that are gone, which a look at the rows misses.
    if work.rows("SELECT pg_relation_size('work.documents')")[0][0]:
        work.rows("TRUNCATE work.documents")
