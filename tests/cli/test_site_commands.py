"""Web sites on the command line: processes of their own, a web server on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.test_process import COMMAND, ROOT
from tests.doubles.cli_fakes import run
from tests.doubles.web_server import WebServer, web_server

ALLOWED = {"QUOTH_ALLOWED_HOSTS": "localhost", "QUOTH_PAGE_PAUSE": "0"}


def quoth(folder: Path, *arguments: str, **more: str) -> Result:
    return run(folder, *arguments, fake=None, stdin=None, **ALLOWED, **more)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as served:
        yield served


def test_a_site_is_one_thing_to_list_refresh_and_remove(
    own_folder: Path, server: WebServer
) -> None:
    server.page("/docs/", "Welcome to the harbour.", "tugs.html")
    server.page("/docs/tugs.html", "Ships longer than ninety metres need two tugs.")
    url = server.url("/docs/")
    (own_folder / "documents").rmdir()
    added = quoth(own_folder, "add", url, "--site")
    assert (added.exit_code, "2 added" in added.stdout) == (0, True)
    (_, line) = run(own_folder, "sources").stdout.splitlines()
    assert line.split()[:2] == [url, url]
    assert "(site of 2 pages)" in line
    assert "tugs.html" in run(own_folder, "sources", "--pages").stdout
    entries = json.loads(run(own_folder, "sources", "--json").stdout)
    assert [entry["site"] for entry in entries] == [url, url]
    assert quoth(own_folder, "sync").stdout.startswith("nothing to do")
    server.page("/docs/tugs.html", "Ships longer than ninety metres need three tugs.")
    refreshed = quoth(own_folder, "sync", "--refresh")
    assert "1 updated, 1 unchanged" in refreshed.stdout
    server.refuse("/docs/tugs.html", 500)
    failed = quoth(own_folder, "sync", "--refresh")
    assert failed.exit_code == 2
    assert f"not indexed: {url}tugs.html: The server has a problem" in failed.stderr
    assert "stale: The server has a problem" in run(own_folder, "sources", "--pages").stdout
    one = run(own_folder, "remove", f"{url}tugs.html")
    assert f"It is a page of '{url}', which brings it back." in one.stderr
    removed = run(own_folder, "remove", url.removesuffix("/"))
    assert removed.stderr == f"{url} has 1 page in the index.\n"
    assert removed.stdout == f"removed {url} with 1 page\n"
    assert "Nothing is indexed" in run(own_folder, "sources").stderr


def test_a_killed_reading_is_gone_on_with_by_the_next_sync(
    own_folder: Path, server: WebServer
) -> None:
    server.page("/docs/", "Start.", *(f"p{n}" for n in range(40)))
    for n in range(40):
        server.page(f"/docs/p{n}", f"Page {n} of the harbour.")
    (own_folder / "documents" / "a.md").write_text("# A\n\nThe moon pulls the sea.\n")
    server.pause = 0.02
    environ = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **ALLOWED}
    with subprocess.Popen(
        [*COMMAND, "add", server.url("/docs/"), "--site"], cwd=own_folder, env=environ,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        ends = time.monotonic() + 60
        while len(server.asked) < 33 and time.monotonic() < ends:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    written = {entry["source"] for entry in _listed(own_folder)}
    assert 11 <= len(written) < 41
    server.asked.clear()
    synced = quoth(own_folder, "sync")
    assert (synced.exit_code, synced.stderr) == (0, "")
    assert len(_listed(own_folder)) == 42
    again = {server.url(path) for path in server.asked}
    assert not written & again


def _listed(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(run(folder, "sources", "--json").stdout)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="times of files are coarser there")
def test_a_sync_that_has_nothing_to_do_looks_at_pages_only_when_they_are_due(
    own_folder: Path, server: WebServer
) -> None:
    from bot.cli.unchanged_sync import quick_sync

    (own_folder / "documents" / "a.md").write_text("# A\n\nThe moon pulls the sea.\n")
    quoth(own_folder, "add", server.page("/page", "An owl."))
    for _ in range(3):  # files younger than the clock is fine are read again
        time.sleep(0.05)
        quoth(own_folder, "sync")
    server.asked.clear()
    assert quick_sync(["sync"], {}, str(own_folder)) == 0
    hours = {"QUOTH_REFRESH_HOURS": "0.00000001"}
    assert quick_sync(["sync"], hours, str(own_folder)) is None
    assert quick_sync(["sync"], {"QUOTH_REFRESH_HOURS": "0"}, str(own_folder)) == 0
    misspelt = {"QUOTH_REFRESH_HOUR": "0"}  # which the command itself names
    assert quick_sync(["sync"], misspelt, str(own_folder)) is None
    quoth(own_folder, "sync", **hours)
    assert server.asked == server.conditional == ["/page"]
