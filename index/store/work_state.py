"""What is still to be done for an index, and who is at it: for whoever runs Quoth.

What waits is in the catalog wherever that stands. Who works says the database that processes share
(`index.store.shared_work`), and of a home in files its locks.
"""

from __future__ import annotations

from typing import NamedTuple

from index.store.awaited_passages import awaited_seconds, documents_to_read
from index.store.catalog import Catalog
from index.store.document_queue import QueueCounts, count_queue
from index.store.shared_work import Worker
from index.store.write_lock import EMBEDDING_LOCK_FILE, FOLDER_LOCK_FILE

_STALLED_SECONDS = 900.0
"""Seconds for which passages wait and none gets its vector, after which that is told as a problem:
whoever embeds writes every four seconds, and a bot looks once a minute."""


class WorkState(NamedTuple):
    """What waits, and who works, at one moment."""

    documents: int = 0
    """Documents of folders that are still to be read, or to be read again."""
    queue: QueueCounts = QueueCounts(0, 0, 0, 0.0)
    """What of them the leader has queued for others, and what came of it."""
    passages: int = 0
    """Passages that are found by words and have no vectors yet."""
    embedding: int = 0
    """How many of them are being embedded, where processes share them."""
    waited: float = 0.0
    """Seconds for which passages have waited without a break."""
    idle: float = 0.0
    """Seconds since one of them got its vector, or since they wait."""
    leader: str | None = None
    """Who follows the folder."""
    workers: tuple[Worker, ...] = ()
    """Who helps with it, or embeds."""

    @property
    def oldest(self) -> float:
        """Seconds for which the oldest has waited."""
        return max(self.queue.seconds, self.waited)

    @property
    def is_stalled(self) -> bool:
        """Whether passages wait, and nobody has embedded any for long."""
        return bool(self.passages) and self.idle > _STALLED_SECONDS and not self.workers


def work_state(catalog: Catalog) -> WorkState:
    """Look at what waits and who works; raises StoreError, DatabaseAway."""
    with catalog.reading() as connection:
        numbers = ",".join(str(build.number) for build in catalog.builds()) or "NULL"
        (passages,) = connection.execute(
            f"SELECT count(*) FROM awaited_vectors WHERE build IN ({numbers})"
        ).fetchone()
        waited, idle = awaited_seconds(connection) if passages else (0.0, 0.0)
        documents = sum(documents_to_read(connection, catalog.builds()))
    known = WorkState(
        documents=documents,
        passages=int(passages),
        waited=waited,
        idle=idle,
        leader=catalog.holder(FOLDER_LOCK_FILE),
    )
    if (work := catalog.work()) is not None:
        return known._replace(
            queue=count_queue(work),
            embedding=work.claimed_passages(),
            workers=tuple(work.workers()),
        )
    embeds = catalog.holder(EMBEDDING_LOCK_FILE)
    return known._replace(workers=(Worker(embeds, False, True),) if embeds else ())
