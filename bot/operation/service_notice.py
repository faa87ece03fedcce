"""Word to systemd: that the bot is ready, alive or stopping, over the socket that it names."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ServiceNotice:
    """Where to tell; nothing is told where nobody asked for it."""

    address: str = ""
    """Of the socket; empty where the process was not started by systemd."""
    watchdog: float = 0.0
    """Seconds without a sign of life after which the process is ended; 0 is never."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> ServiceNotice:
        """Return what systemd has set in the environment of this process."""
        every = environ.get("WATCHDOG_USEC", "")
        return cls(environ.get("NOTIFY_SOCKET", ""), int(every) / 1e6 if every.isdigit() else 0.0)

    def ready(self, status: str) -> None:
        """Tell that the bot answers."""
        self._tell(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """Tell that the loop still runs."""
        if self.watchdog:
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Tell that the bot is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, said: str) -> None:
        if not self.address:
            return
        place = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.sendto(said.encode(), place)
