"""`quoth ask`: one question, or one a line from standard input."""

from __future__ import annotations

import sys

import click

from bot.cli import options
from bot.cli.completed_names import offer_sources
from bot.cli.environment import Environment, pass_environment, write
from bot.cli.input_lines import Asked, answer_lines
from bot.cli.json_output import dumps
from bot.cli.session import answer_watched, open_session, show_answer
from bot.json_shapes.answer_shapes import AnswerShape
from index.search.checked_question import checked_question
from index.sync.time_budget import UNLIMITED

NOT_CLAIMED = 1
"""Exit code when the sources do not answer, or may not."""


@click.command()
@click.argument("question", nargs=-1, required=True)
@options.as_json
@options.collection
@click.option(
    "--source", metavar="SOURCE", shell_complete=offer_sources, help="Ask only this source."
)
@pass_environment
def ask(
    environment: Environment,
    question: tuple[str, ...],
    as_json: bool,
    collection: str,
    source: str | None,
) -> None:
    """Answer a question and quote the sources.

    What changed in the documents is read first, for some seconds; where that is not all of it, the
    answer says so, and `quoth sync` does the rest.

    With - instead of a question, read one question a line from standard input (plain text, or a
    JSON object with "question" and perhaps "history") and print one JSON object a line, once all
    documents are indexed.

    \b
    quoth ask what are the prerequisites
    quoth ask "Who signs it?" --json
    quoth ask - < questions.txt

    Exit code: 0 answered or partly answered, 1 unsure or not found, 2 something is wrong.
    """
    if question == ("-",):
        sys.exit(0 if _ask_lines(environment, collection, source) else 2)
    asked = Asked(checked_question(" ".join(question)))
    with open_session(environment, [collection], source=source) as session:
        if as_json:
            answer = answer_watched(session, asked)
            write(dumps(AnswerShape.of(answer).payload()))
        else:
            answer = show_answer(environment, session, asked)
    sys.exit(0 if answer.claims else NOT_CLAIMED)


def _ask_lines(environment: Environment, collection: str, source: str | None) -> bool:
    with open_session(environment, [collection], source=source, budget=UNLIMITED) as session:
        return answer_lines(
            environment,
            sys.stdin.buffer,
            lambda asked: AnswerShape.of(session.answer(asked)).payload(),
        )
