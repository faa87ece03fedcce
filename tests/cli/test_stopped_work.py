"""Ctrl-C while documents are indexed, on a terminal: what stays, what is said, how it goes on."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.cli.progress import Course
from bot.cli.stopped_work import stopped_text
from bot.settings import load_settings
from index.library import open_library
from index.schema import Coverage
from index.store.catalog import Catalog
from index.store.catalog_format import recipe
from index.store.chroma_queue import has_queue
from index.store.write_lock import FOLDER_LOCK_FILE, LOCK_FILE, write_lock
from tests.cli.test_process import COMMAND, environ, quoth


def parts(number: int, word: str) -> str:
    """Return a text of so many passages."""
    return "\n\n".join(f"# Part {n}\n\nThe {word} {n} has a bend." for n in range(number))


@dataclass
class Terminal:
    """A command that runs on a pseudo-terminal, and all that stood on it."""

    folder: Path
    arguments: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)
    shown: bytes = b""

    def __post_init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *self.arguments], cwd=self.folder, env=environ(**self.more), stdin=theirs,
            stdout=theirs, stderr=theirs, preexec_fn=_lead_terminal,
        )  # fmt: skip
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while piece := os.read(self._ours, 4096):
                self.shown += piece
        except OSError:
            pass  # the other end is closed

    def until(self, is_so: Callable[[], bool]) -> None:
        """Return once something is so."""
        while not is_so():
            assert self.process.poll() is None, self.shown.decode()
            time.sleep(0.02)

    def press_ctrl_c(self) -> None:
        """Press it: the terminal sends SIGINT to all in its foreground."""
        os.write(self._ours, b"\x03")

    def end(self) -> int:
        """Wait for the end; returns the exit code."""
        code = self.process.wait(100)
        self._reader.join(10)
        os.close(self._ours)
        return code

    @property
    def said(self) -> str:
        """What stood on the terminal, without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown.decode())


def _lead_terminal() -> None:
    """Make the process the leader of a session whose terminal is its standard input."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def indexed(folder: Path) -> set[str]:
    """Return the names of the documents that are indexed."""
    with closing(Catalog(folder / ".quoth")) as catalog:
        return {Path(each.uri).name for each in catalog.sources("documents")}


def check_consistent(folder: Path) -> None:
    """The lock is free, and both stores hold the same."""
    with write_lock(folder / ".quoth", seconds=0):
        pass
    with open_library(load_settings({}, folder).index) as library:
        ids = library.catalog.embedded_ids("documents")
        assert library.vectors.ids("documents") == ids
        assert not has_queue(library.catalog.connection())


@pytest.mark.limit(600)
def test_adding_is_stopped_while_it_is_embedded_and_gone_on_with(own_folder: Path) -> None:
    (own_folder / "first.md").write_text(parts(100, "river"))
    (own_folder / "second.md").write_text(parts(1500, "fox"))
    terminal = Terminal(own_folder, ("add", "first.md", "second.md"))
    terminal.until(lambda: (own_folder / ".quoth" / "catalog.sqlite").exists())
    terminal.until(lambda: "second.md" in indexed(own_folder))
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.said
    assert "Traceback" not in terminal.said
    said = " ".join(terminal.said.split())
    kept = r"Stopped: what was read .* and [\d,]+ of 1,600 passages by meaning; the same command"
    assert re.search(kept, said), said
    assert indexed(own_folder) == {"first.md", "second.md"}
    check_consistent(own_folder)
    (own_folder / "second.md").write_text(parts(3, "fox"))
    again = quoth(own_folder, "add", "first.md", "second.md")
    assert again.returncode == 0
    assert again.stdout.startswith("1 updated, 1 unchanged")
    assert again.stderr == "", "nobody watches"


@pytest.mark.limit(600)
def test_a_rebuild_is_stopped_between_documents_and_gone_on_with(own_folder: Path) -> None:
    documents = own_folder / "documents"
    (documents / "a.md").write_text(parts(100, "river"))
    (documents / "b.md").write_text(parts(500, "fox"))
    assert quoth(own_folder, "sync").returncode == 0
    with closing(Catalog(own_folder / ".quoth")) as catalog, catalog.transaction() as connection:
        connection.execute("UPDATE builds SET recipe = 'cut by an older release'")
    (own_folder / ".quoth" / "unchanged").unlink(missing_ok=True)
    terminal = Terminal(own_folder, ("sync",))
    terminal.until(lambda: b"b.md" in terminal.shown)  # the first is written by then
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.said
    assert "Traceback" not in terminal.said
    assert stopped_text(0, is_rebuild=True) in " ".join(terminal.said.split())
    check_consistent(own_folder)
    asked = quoth(own_folder, "search", "fox", "--json")  # which finishes it first
    assert json.loads(asked.stdout)["hits"]
    with closing(Catalog(own_folder / ".quoth")) as catalog:
        (build,) = catalog.builds()
        assert build.recipe == recipe()


def test_what_is_said_of_work_that_was_stopped() -> None:
    assert "was written and kept" in stopped_text(1, is_rebuild=False)
    assert "3 documents were written and kept" in stopped_text(3, is_rebuild=False)
    assert "the index is as it was" in stopped_text(0, is_rebuild=False)
    coverage = Coverage(passages=1234, embedded=56, documents=7, read=7)
    assert "56 of 1,234 passages by meaning" in stopped_text(0, is_rebuild=False, coverage=coverage)


WRITER = """
import signal, sys, time
from index.store.interruption import kept_from_interrupting
with kept_from_interrupting():
    print("writing", flush=True)
    for _ in range(100):
        time.sleep(0.01)
    print("written", flush=True)
    if "twice" in sys.argv:
        time.sleep(100)
print("on", flush=True)
"""


@pytest.mark.parametrize(("times", "said"), [(1, "written\n"), (2, "")])
def test_a_write_is_ended_before_the_program_is(times: int, said: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, *["twice"] * (times - 1)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGINT)
        while times > 1 and process.poll() is None:
            time.sleep(0.05)
            process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert out == said
    assert "KeyboardInterrupt" in error


def test_the_bar_moves_within_a_large_document_and_tells_how_long_it_takes() -> None:
    drawn: list[tuple[float, int, str]] = []

    def draw(done: float, total: int, said: str) -> None:
        drawn.append((done, total, said))

    course = Course(draw)
    course.progress(0, 4, "a")
    course.progress(1, 4, "b")
    course.steps(0, 10)
    course._left._began -= 60  # a minute later
    course.steps(5, 10)
    course.steps(10, 10)
    course.progress(2, 4, "c")
    course.steps(3, 3)
    assert drawn == [
        (0.0, 4, "a"),
        (1.0, 4, "b"),
        (1.0, 4, "b"),
        (1.0, 4, "About 3 minutes left. b"),
        (2.0, 4, "About 1 minute left. b"),
        (2.0, 4, "About 1 minute left. c"),
        (3.0, 4, "About 20 seconds left. c"),
    ]


@pytest.mark.limit(300)
def test_what_is_said_meanwhile_stands_on_a_line_above_the_bar(own_folder: Path) -> None:
    for number in range(210):
        (own_folder / "documents" / f"note-{number:03}.txt").write_text(f"Fox {number} has a den.")
    terminal = Terminal(own_folder, ("sync",))
    terminal.until(lambda: b"passages are embedded next" in terminal.shown)
    terminal.press_ctrl_c()
    assert terminal.end() == 130, terminal.said
    lines = re.split(r"[\r\n]+", terminal.said)
    assert any(line.startswith("210 documents can be searched by words now.") for line in lines)


def test_who_waits_for_another_process_is_told_for_whom(own_folder: Path) -> None:
    (own_folder / "documents" / "fox.md").write_text("# Fox\n\nThe fox has a den.")
    with ExitStack() as locks:
        for file in (FOLDER_LOCK_FILE, LOCK_FILE):
            locks.enter_context(write_lock(own_folder / ".quoth", seconds=0, file=file))
        process = subprocess.Popen(
            [*COMMAND, "sync"], cwd=own_folder, env=environ(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.readline()
    out, more = process.communicate(timeout=100)
    assert said.startswith(f"Waiting for process {os.getpid()} on "), said
    assert (out[:8], more) == ("1 added;", "")


def test_the_bar_goes_on_with_passages_once_all_is_read() -> None:
    drawn: list[tuple[float, int, str]] = []
    course = Course(lambda *call: drawn.append(call))
    for done in range(3):
        course.progress(done, 2, "a")
    course.steps(0, 1000)
    course._left._began -= 60  # a minute later
    course.steps(250, 1000)
    assert drawn[-2:] == [
        (0, 1000, "passages embedded."),
        (250, 1000, "passages embedded. About 3 minutes left."),
    ]
