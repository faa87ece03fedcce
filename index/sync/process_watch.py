"""Ends a process in which a document is read when that takes too long or too much."""

from __future__ import annotations

import subprocess
import threading
import time

from index.config import ReadConfig
from index.sync.process_memory import MIB, allowance, resident_bytes

_PATIENCE = 4
"""Seconds of the clock for each second of the processor's: others may use the machine too."""

TOO_LONG = 1000
"""Stands for the code of a process that was ended because its time was up."""

TOO_MUCH = 1001
"""Stands for the code of a process that was ended because of the memory that it took."""


class ProcessWatch(threading.Thread):
    """Ends a process that takes too long, or more memory than it may; what of it, `why` tells."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        size: int,
        limits: ReadConfig,
        *,
        limited_by_system: bool,
    ) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.why = 0
        self.pictures = False
        self._process = process
        self._size, self._limits = size, limits
        self._before = None if limited_by_system else resident_bytes(process.pid)
        self._set()

    def allow_picture(self) -> None:
        """Allow time for another picture, and memory to recognise it."""
        self.pictures = True
        self._set()

    def _set(self) -> None:
        self._until = time.monotonic() + self._limits.seconds * _PATIENCE
        most = allowance(self._size, self._limits.megabytes, pictures=self.pictures)
        self._most = None if self._before is None else most * MIB + self._before

    def run(self) -> None:
        """Look again and again, until it is done."""
        while not self.done.wait(self._pause()):
            if time.monotonic() >= self._until:
                self._end(TOO_LONG)
                return
            if self._most is not None and resident_bytes(self._process.pid) > self._most:
                self._end(TOO_MUCH)
                return

    def _pause(self) -> float:
        left = max(0.0, self._until - time.monotonic())
        return left if self._most is None else min(left, _LOOK)

    def _end(self, why: int) -> None:
        self.why = why
        self._process.kill()


_LOOK = 0.02
"""Seconds between two looks at the memory of a process: it can take some 50 MB in between."""
