"""What another bot on the same records has changed, read anew where it is held in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from bot.community.store.change_marks import ChangeMarks, Kind
from index.errors import QuothError

logger = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds between two looks, besides those before each thing that a person does."""

PATIENCE = 1.0
"""Seconds that a person's command waits for a look; Discord waits three for a sign of life."""

Read: TypeAlias = Callable[[], Awaitable[None]]


class ChangesElsewhere:
    """Looks for changes; `readers` read each kind anew. Alone on its records, it does nothing.

    `known` are the marks of what was read already.
    """

    def __init__(
        self,
        marks: ChangeMarks,
        readers: Mapping[Kind, Sequence[Read]],
        known: Mapping[Kind, str],
        *,
        is_shared: bool,
    ) -> None:
        self._marks = marks
        self._readers = readers
        self._known = dict(known)
        self._is_shared = is_shared
        self._reading = asyncio.Lock()
        self._is_missing = False

    async def catch_up(self) -> None:
        """Read what has changed until now; raises StoreError where that cannot be known."""
        if not self._is_shared:
            return
        async with self._reading:
            for kind, mark in (await self._marks.read()).items():
                if self._known.get(kind) != mark:
                    for read in self._readers.get(kind, ()):
                        await read()
                    self._known[kind] = mark

    async def catch_up_soon(self) -> None:
        """Do so before a promise is made, which waits for no database that is slow or away.

        What is promised is looked at again with `catch_up` before anything is opened for it.
        """
        if not self._is_shared:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self.catch_up()
        except (QuothError, TimeoutError) as error:
            if not self._is_missing:  # said once, and not every two seconds
                logger.warning("what other bots changed is not known: %s", error)
            self._is_missing = True
        else:
            self._is_missing = False

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while self._is_shared:
            await asyncio.sleep(PAUSE)
            await self.catch_up_soon()
