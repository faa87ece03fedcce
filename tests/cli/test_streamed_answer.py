"""An answer on a terminal while a model writes: what is shown once, and what when nothing came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from bot.cli.environment import Environment
from bot.cli.input_lines import Asked
from bot.cli.session import Session, show_answer
from bot.cli.terminal_text import Style
from bot.schema import Answer, AnswerPart
from tests.cli.test_terminal_text import answer, written

QUOTE = written("The **moon** pulls\nthe sea.", "moon")
PLACE = "[1] Tides, line 3\n    (tides.md#L3)\n"


class Terminal(Environment):
    """A terminal of 24 columns, in colour."""

    def style(self) -> Style:
        return Style(colour=True, width=24)


@dataclass
class WritingSession:
    """Shows drafts, then answers."""

    reply: Answer
    drafts: tuple[str, ...] = ()

    def answer(self, asked: Asked, *, show: Callable[[str], None] | None = None) -> Answer:
        assert show is not None
        for text in self.drafts:
            show(text)
        return self.reply


def shown(reply: Answer, *drafts: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    terminal = Terminal(environ={"QUOTH_LLM": "ollama/m"}, folder=folder)
    show_answer(terminal, cast(Session, WritingSession(reply, drafts)), Asked("why"))
    return capsys.readouterr().out


def test_quotes_instead_of_a_model_are_set_like_any_quotes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quoted = answer("", QUOTE, parts=(AnswerPart(markers=(1,)),))
    assert shown(quoted, folder=tmp_path, capsys=capsys) == (
        f"The \x1b[1mmoon\x1b[0m pulls the sea.\n[1]\n\n{PLACE}"
    )


def test_what_a_model_has_written_is_printed_once_with_its_quotes_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = answer("", QUOTE, parts=(AnswerPart(text="It is the moon.", markers=(1,)),))
    screen = shown(reply, "It is", "It is the moon.", folder=tmp_path, capsys=capsys)
    assert screen.startswith("It is the moon. [1]\n\n")
    assert screen.count("It is the moon.") == 1
    assert '[1] "The \x1b[1mmoon\x1b[0m pulls' in screen


def test_another_answer_than_was_written_is_printed_below_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quoted = answer("", QUOTE, parts=(AnswerPart(markers=(1,)),))
    screen = shown(quoted, "It is the sun.", folder=tmp_path, capsys=capsys)
    assert screen == f"It is the sun.\n\nThe \x1b[1mmoon\x1b[0m pulls the sea.\n[1]\n\n{PLACE}"
