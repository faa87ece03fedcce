"""`quoth web` as a process of its own: it serves, says nothing of questions, and stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from bot.cli.commands.web import NEEDS_WEB
from tests.conftest import ROOT

ASKED = "Which zorblaxian conditions does the UN have?"


def environ() -> dict[str, str]:
    given = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    given["QUOTH_MODELS"] = os.environ["QUOTH_MODELS"]
    return given | {"QUOTH_LOG_LEVEL": "debug", "QUOTH_QUALITY": "fast", "QUOTH_READER": "off"}


def test_the_process_serves_writes_no_question_down_and_stops_on_sigterm(
    copied_folder: Path,
) -> None:
    command = [sys.executable, "-m", "bot", "web", "--port"]
    with subprocess.Popen(
        [*command, "0"], cwd=copied_folder, env=environ(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = ""
        while not (found := re.search(r"Open (http://127\.0\.0\.1:(\d+))/ in a browser", line)):
            line = process.stderr.readline()
            assert line, "it ended before it served"
        taken = subprocess.run(
            [*command, found[2]], cwd=copied_folder, env=environ(), capture_output=True,
            text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert taken.returncode == 2
        assert f"The page cannot be served at '127.0.0.1', port {found[2]}" in taken.stderr
        with httpx.Client(base_url=found[1], timeout=60) as browser:
            done = browser.post("/ask", data={"question": ASKED})
            assert browser.get(done.headers["location"]).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    log = (copied_folder / ".quoth" / "quoth.log").read_text(encoding="utf-8")
    assert "zorblax" not in (said + log).casefold()
    assert done.headers["location"] not in said + log
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", int(found[2])))


@pytest.mark.parametrize("command", ["web", "discord"])
@pytest.mark.parametrize("library", ["starlette", "uvicorn", "jinja2"])
def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, command: str, library: str
) -> None:
    script = (
        f"import sys; sys.modules[{library!r}] = None; "
        f"sys.argv = ['quoth', {command!r}]; from bot.__main__ import main; main()"
    )
    (tmp_path / "documents").mkdir()
    given = environ() | {"DISCORD_TOKEN": "x", "QUOTH_WEB_URL": "https://docs.example.org"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.strip() == f"quoth: {NEEDS_WEB}"
