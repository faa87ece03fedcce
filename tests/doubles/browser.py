"""Chromium without a window, told what to do by its own protocol; where it is not, tests skip."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NO_CHROMIUM = "Chromium is not installed; on Debian: apt-get install chromium"

_ADDRESS = re.compile(r"DevTools listening on (ws://\S+)")


class Browser:
    """One running Chromium."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def evaluate(self, url: str, script: str) -> Any:
        """Open an address as a person does; return what a script says of it once it is there."""
        target = self._call("Target.createTarget", url=url)["targetId"]
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            ready = "document.readyState === 'complete' && location.href !== 'about:blank'"
            ends = time.monotonic() + 30
            while not self._value(session, ready) and time.monotonic() < ends:
                time.sleep(0.02)
            return self._value(session, script)
        finally:
            self._call("Target.closeTarget", targetId=target)

    def _value(self, session: str, script: str) -> Any:
        said = self._call(
            "Runtime.evaluate", session, expression=script, returnByValue=True, awaitPromise=True
        )
        return said["result"].get("value")

    def _call(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given}
        if session is not None:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            reply = json.loads(self._socket.recv(timeout=60))
            if reply.get("id") == number:
                assert "error" not in reply, reply
                found: dict[str, Any] = reply["result"]
                return found


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Run Chromium until the end of the block."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
        "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
        "--window-size=900,700", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            found = (_ADDRESS.search(line) for line in process.stderr)
            address = next(match[1] for match in found if match)
            with connect(address, max_size=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()
            process.wait(20)
