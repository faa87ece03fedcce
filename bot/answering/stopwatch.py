"""How long each stage of an answer took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.observer import QuestionTrace


@dataclass
class Stopwatch:
    """Milliseconds by stage, from when it was made."""

    trace: QuestionTrace = field(default_factory=QuestionTrace)
    """Is told of the stages, too."""
    _times: dict[str, float] = field(default_factory=dict)
    _begun: float = field(default_factory=time.perf_counter)

    def read(self) -> dict[str, float]:
        """Return the stages so far, and `total`, which holds what is in no stage too."""
        return {**self._times, "total": _since(self._begun)}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what the block takes to a stage."""
        begun = time.perf_counter()
        try:
            with self.trace.stage(name):
                yield
        finally:
            self._times[name] = round(self._times.get(name, 0.0) + _since(begun), 1)


def _since(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)
