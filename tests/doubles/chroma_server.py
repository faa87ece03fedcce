"""A real Chroma server on loopback that can be stopped, killed, frozen and started again."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.doubles.server_process import ServerProcess


class ChromaServer(ServerProcess):
    """`chroma run` on one folder and one port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        program = Path(sys.executable).parent / "chroma"
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(program), "run", "--path", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the Chroma server does not start")
