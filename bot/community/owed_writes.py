"""Writes that were refused when they were due: each is tried again until it can be made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import TypeAlias

from index.errors import QuothError

logger = logging.getLogger(__name__)

PAUSE = 60.0
"""Seconds until what was refused is tried again."""

MOST = 100_000
"""Writes that are owed at most, some MB; the oldest go first."""

Write: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class _Owed:
    undone: str
    write: Write


class OwedWrites:
    """Makes writes, and remembers those that a full, locked or read-only disk refuses.

    They are known to this process alone: what is owed when it ends is lost, so that only what the
    next one finds out by itself, or can do without, is left to this.
    """

    def __init__(self) -> None:
        self._owed: dict[Hashable, _Owed] = {}
        self._any = asyncio.Event()

    async def make(self, key: Hashable, undone: str, write: Write) -> None:
        """Await `write()`; what fails is logged as `undone` and tried again.

        It takes the place of what is owed under the same `key`.
        """
        self._owed.pop(key, None)
        try:
            await write()
        except Exception as error:
            self._owe(key, _Owed(undone, write), error)

    def _owe(self, key: Hashable, owed: _Owed, error: Exception) -> None:
        unforeseen = None if isinstance(error, QuothError) else error
        said = error if unforeseen is None else type(error).__name__
        text = f"{owed.undone}: {said} It is tried again until it is done."
        logger.warning("%s", text, exc_info=unforeseen)
        if len(self._owed) >= MOST:
            del self._owed[next(iter(self._owed))]
        self._owed[key] = owed
        self._any.set()

    async def run(self) -> None:
        """Try again what is owed, after a pause each time, until cancelled."""
        while True:
            await self._any.wait()
            await asyncio.sleep(PAUSE)
            await self.settle()

    async def settle(self) -> None:
        """Try once what is owed; what is refused again stays."""
        for key, owed in list(self._owed.items()):
            if self._owed.get(key) is not owed:
                continue  # made, or replaced, meanwhile
            try:
                await owed.write()
            except Exception as error:
                logger.debug("%s: %s", owed.undone, error)
                continue
            if self._owed.get(key) is owed:
                del self._owed[key]
            logger.info("%s: it is done now.", owed.undone)
        if not self._owed:
            self._any.clear()
