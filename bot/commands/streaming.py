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
    shown: list[str] = []

    def show(piece: str) -> None:
        shown.append(piece)
        click.echo(neutral(piece), nl=False)

    answer = desk.stream(asked, show)
    if "".join(shown) == answer.text:
        write("\n\n" + below_text(answer, style))
    else:
        write("\n\n" * bool(shown) + answer_screen(answer, style))
    return answer
