"""What a person at a terminal is told while the first question is answered."""

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.cli.waiting_line import LOADING, LOOKING, OPENING, waiting_line
from tests.cli.test_process import COMMAND, environ


def test_the_first_question_says_at_once_what_is_waited_for(own_folder: Path) -> None:
    (own_folder / "documents" / "leave.md").write_text("# Leave\n\nYou get 25 days of leave.\n")
    ours, theirs = pty.openpty()
    read: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(ours, read))
    reader.start()
    try:
        done = subprocess.run(
            [*COMMAND, "ask", "How many days of leave do you get?"], cwd=own_folder,
            env=environ(QUOTH_QUALITY="fast", QUOTH_READER="off"), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=theirs, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(theirs)
        reader.join()
        os.close(ours)
    assert done.returncode == 0
    assert done.stdout.startswith("You get 25 days of leave. [1]")
    seen = b"".join(read).decode()
    told = [OPENING, "Indexing", "1/1", LOADING, LOOKING]
    places = [seen.index(words) for words in told]
    assert places == sorted(places)
    assert _standing(seen) == ""


def _read_all(terminal: int, read: list[bytes]) -> None:
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            return
        if not piece:
            return
        read.append(piece)


def _standing(seen: str) -> str:
    """Return what is left in the last line of a terminal, written over as terminals do."""
    line: list[str] = []
    for piece in re.sub(r"\x1b\[\??[0-9;]*[a-zA-Z]", "", seen.rpartition("\n")[2]).split("\r"):
        line[: len(piece)] = piece
    return "".join(line).strip()


def test_a_line_takes_nothing_away_that_was_written_behind_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with waiting_line(LOOKING) as erase:
        erase()
        sys.stderr.write("The answer, as it is written")
        erase()
    assert _standing(capsys.readouterr().err) == "The answer, as it is written"
    with waiting_line(LOOKING):
        pass
    assert _standing(capsys.readouterr().err) == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with waiting_line(LOOKING):
        pass
    assert capsys.readouterr().err == ""
