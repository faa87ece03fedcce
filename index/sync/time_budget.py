"""How long somebody waits for the index: to the end, or some seconds for each of its two halves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TimeBudget:
    """Seconds of reading and of embedding; what is over is left to the next run."""

    reading: float | None = None
    """After which no further document is begun; None reads all."""
    embedding: float | None = None
    """After which no further slice is begun; None embeds all, and a model that fails raises."""
    most: int | None = None
    """Passages above which none is embedded, since most of them would still be lacking."""


UNLIMITED = TimeBudget()
"""Of those who came to write, such as `quoth sync`."""

ASKING = TimeBudget(reading=8.0, embedding=10.0, most=500)
"""Of those who came to ask. In ten seconds two processors embed some 200 passages, so that small
folders are searched by meaning at once; of a large one the wait would change little."""

SERVING = TimeBudget(embedding=10.0, most=500)
"""Of the bot, which goes on in the background: what is small is whole when that is told."""

STARTING = TimeBudget(reading=20.0, embedding=10.0, most=500)
"""Of the bot when it starts with an empty index, before it takes questions."""
