"""How long work will take, told from how far it has come."""

from __future__ import annotations

import time

_TELLING = 5.0
"""Seconds of work from which its pace can be told."""


class TimeLeft:
    """Watches one piece of work; done and total may be of any unit."""

    def __init__(self) -> None:
        self._done = self._total = 0.0
        self._began = 0.0

    def step(self, done: float, total: float) -> None:
        """Note how far the work is; it begins with nothing done."""
        if done == 0:
            self._began = time.monotonic()
        self._done, self._total = done, total

    def seconds(self) -> float | None:
        """Return how long the rest will take; None where that cannot be told."""
        passed = time.monotonic() - self._began
        if not 0 < self._done < self._total or passed < _TELLING:
            return None
        return passed / self._done * (self._total - self._done)


def time_left_text(seconds: float) -> str:
    """Return `About 2 minutes left.`, below that by ten seconds."""
    if seconds < 50:
        return f"About {max(10, round(seconds / 10) * 10)} seconds left."
    minutes = max(1, round(seconds / 60))
    return f"About {minutes} minute{'s' * (minutes != 1)} left."
