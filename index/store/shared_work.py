"""Work of an index in a database that several processes share: who works on it, and on what.

Who works says again and again that it goes on. What one was at that was killed, or hangs for
longer than its lease, is free at once, or then. Nothing here has to last: the tables are emptied
when the server breaks down, and not in its log.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from index.errors import DatabaseAway, StoreError
from index.store.postgres import PostgresDatabase
from index.store.postgres_address import PostgresAddress
from index.store.postgres_driver import LOCK_SECONDS, process_name
from index.store.postgres_errors import LockedTable
from index.store.postgres_types import for_postgres
from index.store.sqlite_file import script

LEASE = 20.0
"""Seconds after which what a worker is at goes to others, if it did not say that it goes on."""

_SAYS_SO = 5.0
"""Seconds between two times that a worker says so."""

_TABLES = """
CREATE UNLOGGED TABLE workers (
    worker BIGINT PRIMARY KEY, process TEXT NOT NULL, until TIMESTAMPTZ NOT NULL,
    stamp TEXT NOT NULL
);
CREATE UNLOGGED TABLE claimed_passages (key BIGINT PRIMARY KEY, worker BIGINT NOT NULL);
CREATE UNLOGGED TABLE documents (
    run BIGINT, number BIGINT, uri TEXT NOT NULL, sha256 TEXT NOT NULL, stamp TEXT NOT NULL,
    worker BIGINT, refused BIGINT NOT NULL DEFAULT 0, result BLOB, PRIMARY KEY (run, number)
);
ALTER TABLE documents ALTER COLUMN uri SET STATISTICS 0;
ALTER TABLE documents ALTER COLUMN result SET STATISTICS 0
"""
"""The documents are those of `index.store.document_queue`."""

_SINCE = """
ALTER TABLE workers ADD COLUMN since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp();
ALTER TABLE documents ADD COLUMN since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
"""

MIGRATIONS = (script(for_postgres(_TABLES)), script(_SINCE))

LIVING = """(
    SELECT w.worker FROM work.workers w WHERE w.until > clock_timestamp() AND EXISTS (
        SELECT 1 FROM pg_stat_activity a
        WHERE a.application_name = w.process AND a.datname = current_database()
    )
)"""
"""Selects the workers that go on: what they claimed is theirs."""

_GO_ON = """
INSERT INTO work.workers VALUES (?, ?, clock_timestamp() + make_interval(secs => ?), ?)
ON CONFLICT (worker) DO UPDATE SET until = excluded.until
"""

_FREE = f"""
    FROM catalog.awaited_vectors a WHERE a.build = ? AND NOT EXISTS (
        SELECT 1 FROM work.claimed_passages c WHERE c.key = a.key AND c.worker IN {LIVING}
    )
"""

_UNCLAIMED = f"SELECT count(*) {_FREE}"

_CLAIM_PASSAGES = f"""
WITH free AS (
    SELECT a.key {_FREE} ORDER BY a.key DESC LIMIT ? FOR UPDATE OF a SKIP LOCKED
), claimed AS (
    INSERT INTO work.claimed_passages AS c SELECT key, CAST(? AS BIGINT) FROM free
    ON CONFLICT (key) DO UPDATE SET worker = excluded.worker WHERE c.worker NOT IN {LIVING}
    RETURNING key
)
SELECT p.id FROM claimed JOIN catalog.passages p USING (key) ORDER BY key DESC
"""
"""Who claims at the same moment is passed by, or was first: none is claimed twice."""


_LISTED = f"""
SELECT w.process, CAST(max(CASE WHEN w.stamp <> '' THEN 1 ELSE 0 END) AS BIGINT), CAST(count(
    (SELECT 1 FROM work.claimed_passages c WHERE c.worker = w.worker LIMIT 1)
) AS BIGINT), CAST(extract(epoch FROM clock_timestamp() - min(w.since)) AS DOUBLE PRECISION)
FROM work.workers w WHERE w.worker IN {LIVING} GROUP BY w.process ORDER BY min(w.since)
"""

_CLAIMED = f"SELECT count(*) FROM work.claimed_passages c WHERE c.worker IN {LIVING}"


class Worker(NamedTuple):
    """A process that works, or is there to work, on an index."""

    process: str
    """Which one it is, on which machine."""
    reads: bool
    """Whether it reads documents for whoever leads."""
    embeds: bool
    """Whether it embeds passages now."""
    seconds: float | None = None
    """For how long it has been there, where that is known."""


class SharedWork(PostgresDatabase):
    """Who works on a shared index, and what each has claimed; raises DatabaseAway, StoreError."""

    noun = "list of work"

    def __init__(
        self,
        address: PostgresAddress,
        *,
        lock_seconds: float = LOCK_SECONDS,
        lease: float | None = None,
    ) -> None:
        """`lease` is for how many seconds a worker may be silent."""
        self._lease = LEASE if lease is None else lease
        super().__init__(address, "work", MIGRATIONS, lock_seconds=lock_seconds)

    @contextmanager
    def worker(self, stamp: str = "") -> Iterator[int]:
        """Be one who works, by a number of its own; what is claimed by then is free at the end.

        `stamp` says what it reads documents with, where it reads those of others.
        """
        number = secrets.randbits(62)
        self._forget_ended()
        self._say(number, stamp)
        ended = threading.Event()
        saying = threading.Thread(
            target=self._go_on, args=(number, stamp, ended), name="lease of work", daemon=True
        )
        saying.start()
        try:
            yield number
        finally:
            ended.set()
            saying.join()
            with suppress(StoreError):  # then its lease ends
                self.release_passages(number)
                self.rows("DELETE FROM work.workers WHERE worker = ?", (number,))

    def claim_passages(self, worker: int, build: int, limit: int) -> list[str]:
        """Claim passages that await vectors; returns their ids, the newest first."""
        return [row[0] for row in self.rows(_CLAIM_PASSAGES, (build, limit, worker))]

    def count_unclaimed(self, build: int) -> int:
        """Return how many passages await vectors that nobody has claimed."""
        return int(self.rows(_UNCLAIMED, (build,))[0][0])

    def count_processes(self) -> int:
        """Return how many processes work."""
        counted = f"SELECT count(DISTINCT process) FROM work.workers WHERE worker IN {LIVING}"
        return int(self.rows(counted)[0][0])

    def release_passages(self, worker: int) -> None:
        """Leave what a worker claimed, and did not embed, to others."""
        self.rows("DELETE FROM work.claimed_passages WHERE worker = ?", (worker,))

    def workers(self) -> list[Worker]:
        """Return the processes that go on, who has been there longest first."""
        return [
            Worker(_shown(process), bool(reads), bool(embeds), float(seconds))
            for process, reads, embeds, seconds in self.rows(_LISTED)
        ]

    def claimed_passages(self) -> int:
        """Return how many passages are being embedded."""
        return int(self.rows(_CLAIMED)[0][0])

    def _say(self, worker: int, stamp: str) -> None:
        self.rows(_GO_ON, (worker, process_name(), self._lease, stamp))

    def _go_on(self, worker: int, stamp: str, ended: threading.Event) -> None:
        """Say again and again that a worker goes on, until it has ended."""
        try:
            while not ended.wait(min(_SAYS_SO, self._lease / 4)):
                with suppress(DatabaseAway, LockedTable):
                    self._say(worker, stamp)
        except StoreError:
            return  # closed meanwhile, or refused
        finally:
            self.close_here()

    def _forget_ended(self) -> None:
        """Delete what workers left that were killed."""
        for table in ("workers", "claimed_passages"):
            self.rows(f"DELETE FROM work.{table} WHERE worker NOT IN {LIVING}")


def _shown(process: str) -> str:
    """Return what a process is called in the list of connections, as people are told of it."""
    number, at, machine = process.removeprefix("quoth ").partition("@")
    return f"process {number} on {machine}" if at else process
