"""Show an answer: at once, or as a language model writes it on a terminal."""

from __future__ import annotations

import click

from bot.commands.desk import Desk
from bot.commands.edge import Edge, write
from bot.questions import Asked
from bot.schema import Answer
from bot.terminal import answer_screen, below_text, neutral


def show_answer(edge: Edge, desk: Desk, asked: Asked) -> Answer:
    """Answer a question and print the whole screen."""
    style = edge.style()
    if style.width is None or edge.settings.llm is None:
        answer = desk.answer(asked)
        write(answer_screen(answer, style))
        return answer
    printed = _Printed()
    answer = desk.stream(asked, printed.grow)
    if answer.text.startswith(printed.text):
        printed.grow(answer.text)
        write("\n\n" + below_text(answer, style))
    else:
        write("\n\n" + answer_screen(answer, style))
    return answer


class _Printed:
    """What stands on the terminal; it can only grow."""

    def __init__(self) -> None:
        self.text = ""

    def grow(self, text: str) -> None:
        """Print what `text` has more than what is printed; one that begins otherwise is left."""
        if text.startswith(self.text):
            click.echo(neutral(text[len(self.text) :]), nl=False)
            self.text = text
