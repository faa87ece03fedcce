"""Answers under way, which a stop waits for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class AnswersUnderWay:
    """Answers under way, so that stopping can wait for them."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run `work`, and know of it until it is done."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def join(self) -> None:
        """Have a stop wait for the task that calls this, too."""
        if task := asyncio.current_task():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def finish(self, grace: float) -> None:
        """Wait for what is under way, and for what begins meanwhile.

        What takes longer is cancelled, and left time to say so.
        """
        end = time.monotonic() + grace
        while self.tasks and (left := end - time.monotonic()) > 0:
            await asyncio.wait(self.tasks, timeout=left)
        late = set(self.tasks)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=2.0)
