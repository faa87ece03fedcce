"""Who embeds which of the passages that await vectors, so that none is embedded twice.

In a home of files one process embeds at a time. Who shares a database shares the passages, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from index.store.awaited_passages import next_awaited
from index.store.write_lock import EMBEDDING_LOCK_FILE

if TYPE_CHECKING:
    from index.store.opened_catalog import OpenedCatalog
    from index.store.shared_work import SharedWork

_FIRST = 64
"""Passages that one of several claims at first, and the fewest later: others find some, too."""


_LAST = 16
"""Passages that one of several claims at the end: embedding them takes a quarter of a second."""


class AwaitedClaims(Protocol):
    """Passages of a build that one process embeds."""

    def some(self, build: int, limit: int, refused: int = 0) -> AbstractContextManager[list[str]]:
        """Lend the ids of up to `limit` passages, the newest first, that nobody else embeds.

        So many more that a model has `refused`, which may be the newest.
        """
        ...

    def embedded(self, count: int, *, was_all: bool) -> None:
        """Learn how many of those were embedded in the time there was."""
        ...


class SoleClaims:
    """All that there are, for one process at a time."""

    def __init__(self, catalog: OpenedCatalog, seconds: float) -> None:
        """`seconds` is how long another one is waited for."""
        self._catalog = catalog
        self._seconds = seconds

    @contextmanager
    def some(self, build: int, limit: int, refused: int = 0) -> Iterator[list[str]]:
        """Lend some, and keep others from embedding; raises IndexLocked."""
        with self._catalog.lock(seconds=self._seconds, file=EMBEDDING_LOCK_FILE):
            yield next_awaited(self._catalog.connection(), build, limit + refused)

    def embedded(self, count: int, *, was_all: bool) -> None:
        """Nothing is to be learned."""


class SharedClaims:
    """As many as are embedded in the time of one slice, while others embed others."""

    def __init__(self, work: SharedWork, worker: int) -> None:
        self._work = work
        self._worker = worker
        self._most = _FIRST

    @contextmanager
    def some(self, build: int, limit: int, refused: int = 0) -> Iterator[list[str]]:
        """Lend some that nobody has claimed; none where others have claimed all.

        Towards the end fewer and fewer, so that all who embed are done at about the same time.
        """
        processes = self._work.count_processes()
        if processes > 1:
            share = self._work.count_unclaimed(build) // (2 * processes)
            limit = min(limit, max(_LAST, share))
        try:
            most = min(limit, self._most) + refused
            yield self._work.claim_passages(self._worker, build, most)
        finally:
            self._work.release_passages(self._worker)

    def embedded(self, count: int, *, was_all: bool) -> None:
        """Claim about as many the next time, or twice as many if there was time for more."""
        self._most = max(_FIRST, 2 * self._most if was_all else count)
