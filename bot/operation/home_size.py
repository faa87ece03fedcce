"""What a home holds, in numbers: read from its files away from the loop, and not too often."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.community.store.open_answers import OpenAnswers
from bot.community.store.records_file import Records
from index.config import IndexConfig
from index.embed.model_folders import kept_models, model_folders
from index.schema import CatalogStats
from index.store.work_state import WorkState

logger = logging.getLogger(__name__)

FRESH = 10.0
"""Seconds for which a reading serves."""

PATIENCE = 2.0
"""Seconds that a scrape waits for a new one; after that it gets the one before."""

_PARTS = {
    "catalog": ("catalog.sqlite*",),
    "vectors": ("chroma/**/*", "vectors.sqlite*"),
    "additions": ("additions.sqlite*",),
    "originals": ("originals/*",),
    "pages": ("pages/*/*",),
    "answers": ("answers.sqlite*",),
    "community": ("community.sqlite*",),
    "log": ("quoth.log*",),
}


@dataclass(frozen=True)
class HomeSize:
    """What was read at one time."""

    sources: int
    passages: int
    failed: int
    """Files of the documents folder whose newest version cannot be read."""
    parts: Mapping[str, int]
    """Bytes on disk by part of the home; models may stand in a folder of all homes."""
    free: int
    """Bytes left on its disk."""
    owed: int
    """Commands and questions nobody was replied to yet."""
    work: WorkState
    """What is still to be done for its index, and who is at it."""


class HomeMeter:
    """Reads the numbers of a home on the thread of the records, where no question waits for it."""

    def __init__(
        self,
        config: IndexConfig,
        records: Records,
        stats: Callable[[], CatalogStats],
        work: Callable[[], WorkState] = WorkState,
    ) -> None:
        self._home = config.home
        self._models = model_folders(config.home, config.models)
        self._records = records
        self._stats = stats
        self._work = work
        self._owed = OpenAnswers(records)
        self._last: HomeSize | None = None
        self._at = 0.0
        self._reading: asyncio.Task[None] | None = None

    async def read(self) -> HomeSize | None:
        """Return the newest reading; None while there is none yet."""
        if self._last is None or time.monotonic() - self._at > FRESH:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
            await asyncio.wait({self._reading}, timeout=PATIENCE)
        return self._last

    async def close(self) -> None:
        """Wait for nothing that is still being read."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            owed = await self._owed.count()
            self._last = await self._records.run(self._from_files, owed)
            self._at = time.monotonic()
        except Exception as error:  # figures that cannot be read are no reason to end
            logger.warning("the figures of the home were not read: %s", type(error).__name__)
        finally:
            self._reading = None

    def _from_files(self, owed: int) -> HomeSize:
        stats = self._stats()
        in_database = self._records.size()
        return HomeSize(
            sources=stats.sources,
            passages=stats.passages,
            failed=stats.failed,
            parts={
                "models": sum(kept.bytes for kept in kept_models(self._models)),
                **{
                    name: sum(_size(self._home, each) for each in files)
                    for name, files in _PARTS.items()
                },
                **({} if in_database is None else {"community": in_database}),
            },
            free=shutil.disk_usage(self._home).free,
            owed=owed,
            work=self._work(),
        )


def _size(home: Path, files: str) -> int:
    """Return the bytes of what fits a pattern; a file may vanish meanwhile."""
    total = 0
    for path in home.glob(files):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
