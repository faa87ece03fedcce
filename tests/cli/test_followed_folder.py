"""`quoth sync --watch` as a process: what changes is read once it rests; nothing is forgotten."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tests.cli.test_process import COMMAND, environ, quoth
from tests.doubles.cli_fakes import run

FAST = {"QUOTH_QUALITY": "fast", "QUOTH_READER": "off"}


class Watching:
    """A process that follows the folder, and the lines of its two streams."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "sync", "--watch", *options], cwd=folder, env=environ(**FAST), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.out: list[str] = []
        self.errors: list[str] = []
        self._readers: list[threading.Thread] = []
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.errors)):
            assert stream is not None
            reader = threading.Thread(target=_read, args=(stream, lines), daemon=True)
            reader.start()
            self._readers.append(reader)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Return once something is so."""
        end = time.monotonic() + 90
        while not is_so():
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < end, (self.out, self.errors)
            time.sleep(0.05)

    def says(self, start: str) -> None:
        """Return once the last line begins like that."""
        self.until(lambda: bool(self.out) and self.out[-1].startswith(start))

    def stop(self) -> int:
        """Press Ctrl-C, as it were; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        for reader in self._readers:
            reader.join(10)
        return code


def _read(stream: IO[str], lines: list[str]) -> None:
    with stream:
        lines.extend(stream)


def test_every_change_is_read_once_it_rests(own_folder: Path) -> None:
    documents = own_folder / "documents"
    for number in range(3):
        path = documents / "board" / f"{number}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Minutes {number}\n\nThe board met in room {number}.\n")
    watching = Watching(own_folder)
    try:
        watching.says("3 added; ")
        watching.until(lambda: any("Ctrl-C stops" in line for line in watching.errors))
        with (documents / "slow.md").open("w") as slow:
            slow.write("# Tides\n\n")
            for number in range(30):  # longer than files must rest, and never at rest
                slow.write(f"Sentence {number} of the tides.\n")
                slow.flush()
                time.sleep(0.1)
            slow.write("\nThe moon pulls the sea.\n")
        watching.says("1 added, 3 unchanged; ")
        assert "The moon pulls" in run(own_folder, "show", "slow.md", "--text").stdout
        (documents / "slow.md").rename(documents / "tides.md")
        (documents / "new.md").write_text("# Owls\n\nOwls sleep by day.\n")
        watching.says("1 added, 1 updated, 3 unchanged; ")
        (documents / "film.mp4").write_bytes(b"film")
        watching.until(lambda: watching.out[-1].endswith("; 1 not read: 1 .mp4\n"))
        (documents / "new.md").unlink()
        watching.until(lambda: "1 removed" in watching.out[-1])
        shutil.rmtree(documents / "board")
        watching.until(lambda: "3 missing" in watching.out[-1])
        watching.until(lambda: any("(board/: 3)" in line for line in watching.errors))
        listed = json.loads(run(own_folder, "sources", "--json").stdout)
        assert {entry["source"]: entry["missing"] for entry in listed} == {
            "tides.md": False, **{f"board/{number}.md": True for number in range(3)},
        }  # fmt: skip
    finally:
        code = watching.stop()
    assert code == 0, watching.errors
    assert not any("Traceback" in line for line in watching.errors)
    asked = quoth(own_folder, "ask", "What pulls the sea?", **FAST)
    assert "The moon pulls the sea." in asked.stdout


def test_watching_never_forgets_and_is_for_the_folder(own_folder: Path) -> None:
    for options in (["--yes"], ["--collection", "board"]):
        done = run(own_folder, "sync", "--watch", *options)
        assert done.exit_code == 2
        assert "--watch is for the documents folder" in done.stderr
    assert not (own_folder / ".quoth" / "catalog.sqlite").exists()
