"""`quoth chat`: as a pipe with a fake answerer, and on a real terminal with the real one."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest

from bot.schema import Answer
from index.errors import EmbeddingError
from tests.cli.test_commands import GUIDE, cited
from tests.doubles.cli_fakes import FakeAnswerer, answer, run

ROOT = Path(__file__).parents[2]
QUOTE = "No account and no key are\nneeded."


def test_a_pipe_gets_answers_and_no_prompt(indexed_folder: Path) -> None:
    fake = FakeAnswerer()
    result = run(indexed_folder, "chat", fake=fake, stdin="first\n\nsecond\n")
    assert result.stdout == "You asked: first\n\nYou asked: second\n\n"
    assert result.exit_code == 0


def test_what_was_said_is_handed_on_until_it_is_forgotten(indexed_folder: Path) -> None:
    fake = FakeAnswerer()
    result = run(indexed_folder, "chat", fake=fake, stdin="one\ntwo\n/forget\nthree\n")
    assert "Forgotten.\n" in result.stdout
    histories = [[turn.text for turn in history] for _, history, _ in fake.asked]
    assert histories == [[], ["one", "You asked: one"], []]


def test_a_quote_is_shown_in_its_place(indexed_folder: Path) -> None:
    def reply(question: str) -> Answer:
        return answer(question, citations=(cited(indexed_folder, GUIDE, QUOTE),))

    result = run(
        indexed_folder,
        "chat",
        fake=FakeAnswerer(reply),
        stdin="key?\n/show 1\n/show [1]\n/show\n/show 7\n/quit\n",
    )
    shown = result.stdout.partition("#L1)\n\n")[2]
    assert shown.count(f"Quoth user guide (documents/{GUIDE}, lines 14-15)\n") == 2
    assert re.search(r"^>14  .*No account and no key are$", shown, re.MULTILINE)
    assert re.search(r"^>15  needed\.", shown, re.MULTILINE)
    assert "Say which quote: /show takes 1.\n" in result.stderr
    assert "The last answer has no quote '7'; /show takes 1.\n" in result.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/show 1", "There is no quote to show yet"),
        ("/nothing", "There is no command '/nothing'"),
        ("x" * 10_000, "The question has 10,000 characters"),
    ],
    ids=["nothing to show", "unknown command", "long"],
)
def test_a_line_that_cannot_be_acted_on_is_explained_and_the_chat_goes_on(
    indexed_folder: Path, line: str, sentence: str
) -> None:
    result = run(indexed_folder, "chat", fake=FakeAnswerer(), stdin=f"{line}\nstill here\n")
    assert sentence in result.stderr
    assert result.stdout == "You asked: still here\n\n"


def test_a_failed_answer_does_not_end_the_chat(indexed_folder: Path) -> None:
    def reply(question: str) -> Answer:
        if question == "broken":
            raise EmbeddingError("The model broke.")
        return answer(question)

    result = run(indexed_folder, "chat", fake=FakeAnswerer(reply), stdin="broken\nfine\n")
    assert (result.stdout, result.stderr) == ("You asked: fine\n\n", "The model broke.\n")


def test_commands_list_sources_and_help(indexed_folder: Path) -> None:
    result = run(
        indexed_folder, "chat", fake=FakeAnswerer(), stdin="/sources\n/help\n/quit\nlost\n"
    )
    assert f"documents/{GUIDE}" in result.stdout
    assert "/show N" in result.stdout
    assert "lost" not in result.stdout


class Terminal:
    """A `quoth` process on a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, **more: str) -> None:
        self._own, theirs = pty.openpty()
        environ = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TERM": "xterm", **more}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.screen = ""
        self._seen = 0

    def expect(self, text: str, *, seconds: float = 100, pressing: int | None = None) -> None:
        """Wait until `text` has appeared behind what was expected before.

        `pressing` is a signal to send, and again after ten silent seconds: one that comes while a
        key is being handled waits for the next key. Sooner, a busy machine would get it twice, and
        the second would drop what is typed next.
        """
        deadline = time.monotonic() + seconds
        silent = True
        while (found := self.screen.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.screen}"
            if pressing is not None and silent:
                os.killpg(self._process.pid, pressing)
            silent = not self._read(10.0)
        self._seen = found + len(text)

    def _read(self, seconds: float) -> bool:
        """Take in what has come; say whether anything has."""
        ready, _, _ = select.select([self._own], [], [], seconds)
        if ready:
            try:
                self.screen += os.read(self._own, 4096).decode()
            except OSError:  # Linux says so when the process has ended
                pytest.fail(f"the process has ended:\n{self.screen}")
        return bool(ready)

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._own)

    def wait(self) -> int:
        return self._process.wait(timeout=60)


def test_a_conversation_on_a_terminal(indexed_folder: Path) -> None:
    with Terminal(indexed_folder, "chat") as terminal:
        terminal.expect("Ask a question. /help lists the commands, Ctrl-D leaves.")
        terminal.expect("> ")
        terminal.type("half a li")
        terminal.expect("half a li")
        terminal.expect("> ", pressing=signal.SIGINT)
        terminal.type("Who leads UN peacekeeping?\r")
        terminal.expect("[1]")
        terminal.expect("> ")
        terminal.type("/show 1\r")
        terminal.expect("Lacroix")
        terminal.expect("> ")
        terminal.type("\x04")
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.screen
        assert "\x1b[1" in terminal.screen


def test_the_first_question_on_a_terminal_shows_progress_and_colour(own_folder: Path) -> None:
    for number in range(3):
        text = f"# Tides {number}\n\nThe moon pulls the sea {number} times a day.\n"
        (own_folder / "documents" / f"tides-{number}.md").write_text(text)
    with Terminal(own_folder, "ask", "How often does the moon pull the sea?") as terminal:
        terminal.expect("Indexing")
        terminal.expect("/3")
        terminal.expect("(documents/tides-")
        assert terminal.wait() in (0, 1)


def test_no_colour_is_respected(indexed_folder: Path) -> None:
    with Terminal(indexed_folder, "show", GUIDE + ":6", NO_COLOR="1") as terminal:
        terminal.expect("# Quoth user guide")
        assert terminal.wait() == 0
        assert "\x1b" not in terminal.screen
