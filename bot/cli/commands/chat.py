"""`quoth chat`: reads lines from a terminal or a pipe until the conversation ends."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

from bot.cli import options
from bot.cli.chat_session import Chat
from bot.cli.environment import Environment, log_failure, pass_environment, say, write
from bot.cli.input_lines import Asked
from bot.cli.session import Session, open_session, show_answer
from bot.schema import Answer
from index.errors import QuothError

PROMPT = "> "
WELCOME = "Ask a question. /help lists the commands, Ctrl-D leaves."


@click.command()
@options.collection
@pass_environment
def chat(environment: Environment, collection: str) -> None:
    """Ask in a conversation that remembers.

    A follow-up may refer to what was said before. /help lists the commands; Ctrl-C stops an
    answer, Ctrl-D leaves.
    """
    with open_session(environment, [collection]) as session:
        talk = Chat(
            library=session.library,
            collection=collection,
            style=environment.style(),
            ask=lambda asked: _answer(environment, session, asked),
        )
        if _is_typed():
            write(environment.style().dim(WELCOME))
        for line in _lines():
            _take(environment, talk, line)
            if not talk.open:
                break


def _answer(environment: Environment, session: Session, asked: Asked) -> Answer:
    answer = show_answer(environment, session, asked)
    write("")
    return answer


def _take(environment: Environment, talk: Chat, line: str) -> None:
    try:
        if text := talk.take(line):
            write(text)
    except QuothError as error:
        say(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        say(log_failure(environment, error))
    except KeyboardInterrupt:
        say("\nStopped.")


def _is_typed() -> bool:
    """Say whether a person sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _lines() -> Iterator[str]:
    """Yield what is typed until Ctrl-D; Ctrl-C drops the line. A pipe gets no prompt."""
    if not _is_typed():
        for raw in sys.stdin.buffer:
            yield raw.decode("utf-8", "replace")
        return
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # gives `input` its line editing
    while True:
        try:
            yield input(PROMPT)
        except KeyboardInterrupt:
            with contextlib.suppress(KeyboardInterrupt):  # a second Ctrl-C, pressed in haste
                click.echo()
        except EOFError:
            click.echo()
            return
