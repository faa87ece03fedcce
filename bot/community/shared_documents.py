"""The shared library while the bot runs: followed and, as time allows, embedded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.community.documents import Documents, SourceReader
from bot.community.index_writes import FOLDER, VECTORS, IndexWrites
from bot.community.site_management import SLICE
from index.config import SHARED_COLLECTION
from index.schema import SyncFailure, SyncReport

if TYPE_CHECKING:
    from index.sync.folder_watch import FolderWatch
    from index.sync.time_budget import TimeBudget

logger = logging.getLogger(__name__)


class SharedDocuments:
    """Keeps the index true to the documents folder, which all servers may read."""

    def __init__(self, reader: SourceReader, documents: Documents, writes: IndexWrites) -> None:
        self._reader = reader
        self._documents = documents
        self._write = writes.write
        self._logged: frozenset[SyncFailure] = frozenset()

    async def is_empty(self) -> bool:
        """Say whether nothing of the documents folder is indexed yet."""
        found = await self._reader.sources(SHARED_COLLECTION)
        return all(entry.state == "indexing" for entry in found)

    async def bring_in_step(
        self, watch: FolderWatch | None = None, budget: TimeBudget | None = None
    ) -> None:
        """Index what changed in the documents folder and rests; what newly failed is logged."""
        rest = 0.0 if watch is None else watch.rest
        report = await self._write(FOLDER, self._follow, rest, budget)
        if watch is not None:
            watch.take(waiting=report is not None and report.waiting > 0)
        if report is None:
            return
        for failed in report.failed:
            if failed not in self._logged:
                logger.warning("%s was not indexed: %s", failed.source, failed.reason)
        self._logged = frozenset(report.failed)

    def _follow(self, rest: float, budget: TimeBudget | None) -> SyncReport | None:
        """Read what changed, and do what is owed to the address for files."""
        report = self._documents.bring_in_step(rest=rest, budget=budget)
        self._documents.carry_originals()
        return report

    async def embed_some(self) -> bool:
        """Embed for some seconds what is found by words only; says whether there is more."""
        return await self._write(VECTORS, self._documents.embed_some, SLICE)
