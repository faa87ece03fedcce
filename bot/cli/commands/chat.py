"""`quoth chat`: reads lines from a terminal or a pipe until the conversation ends."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

from bot.cli import options
from bot.cli.chat_session import Chat
from bot.cli.environment import Edge, log_failure, pass_edge, say, write
from bot.cli.input_lines import Asked
from bot.cli.session import Desk, open_desk, show_answer
from bot.schema import Answer
from index.errors import QuothError

PROMPT = "> "


@click.command()
@options.collection
@pass_edge
def chat(edge: Edge, collection: str) -> None:
    """Ask in a conversation that remembers.

    A follow-up may refer to what was said before. /help lists the commands; Ctrl-C stops an
    answer, Ctrl-D leaves.
    """
    with open_desk(edge, [collection]) as desk:
        talk = Chat(
            shelf=desk.library,
            collection=collection,
            style=edge.style(),
            ask=lambda asked: _answer(edge, desk, asked),
        )
        for line in _lines():
            _take(edge, talk, line)
            if not talk.open:
                break


def _answer(edge: Edge, desk: Desk, asked: Asked) -> Answer:
    answer = show_answer(edge, desk, asked)
    write("")
    return answer


def _take(edge: Edge, talk: Chat, line: str) -> None:
    try:
        if text := talk.take(line):
            write(text)
    except QuothError as error:
        say(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        say(log_failure(edge, error))
    except KeyboardInterrupt:
        say("\nStopped.")


def _lines() -> Iterator[str]:
    """Yield what is typed until Ctrl-D; Ctrl-C drops the line. A pipe gets no prompt."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
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
