"""Ends another process of ours that takes too long, or more memory than it may."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from index.sync.process_memory import MIB, resident_bytes

TOO_LONG = 1000
"""Stands for the code of a process that was ended because its time was up."""

TOO_MUCH = 1001
"""Stands for the code of a process that was ended because of the memory that it took."""

_LOOK = 0.02
"""Seconds between two looks at the memory of a process: it can take some 50 MB in between."""


class ProcessWatch(threading.Thread):
    """Ends a process that takes too long, or more memory than it may; what of it, `why` tells."""

    def __init__(
        self, process: subprocess.Popen[bytes], seconds: float, megabytes: int | None
    ) -> None:
        """`megabytes` are those besides what the process has now; None leaves them unwatched."""
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.why = 0
        self._process = process
        self._before = 0 if megabytes is None else resident_bytes(process.pid)
        self.allow(seconds, megabytes)

    def allow(self, seconds: float, megabytes: int | None) -> None:
        """Allow so many seconds from now on, and so much memory."""
        self._until = time.monotonic() + seconds
        self._most = None if megabytes is None else megabytes * MIB + self._before

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


def module_paths() -> list[str]:
    """Return where modules are looked for, without the folder that happens to be the current."""
    return [path for path in sys.path if path]
