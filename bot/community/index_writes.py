"""Writes to the index, each as the share of work of a server or of what all servers read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bot.bridge import WriteQueue
from bot.community.rights import Caller
from bot.community.team_answers import TeamAnswers

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FOLDER = "folder"
"""The share of work that following the documents folder is."""

VECTORS = "vectors"
"""The share of work that embedding in the background is."""


class IndexWrites:
    """Writes in turn, and looks after what rests on what was written."""

    def __init__(self, write_queue: WriteQueue, team_answers: TeamAnswers) -> None:
        self._write_queue = write_queue
        self._team_answers = team_answers

    async def write(self, share: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write, and have the team answers looked at that may rest on what was written."""
        try:
            return await self._write_queue.write(share, call, *args, **kwargs)
        finally:
            try:
                await self._team_answers.expire()
            except Exception:  # what was written stays written, and the next minute looks again
                logger.exception("the team answers were not looked at")


def share_of(caller: Caller) -> str:
    """Return whose share of the work it is: a server's."""
    return str(caller.guild)
