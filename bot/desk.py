"""Where the index is written: one thing after another, for everybody who writes.

The index has one writer, and a second worker of the bridge stays free for questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bot.bridge import Bridge

P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """Takes what is to be written, in the order it comes."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._writing = asyncio.Lock()

    async def write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `call(*args, **kwargs)` once everything before it is written."""
        async with self._writing:
            return await self._bridge.run(call, *args, **kwargs)
