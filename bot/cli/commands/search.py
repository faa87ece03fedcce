"""`quoth search`: passages, without an answer."""

from __future__ import annotations

import sys

import click

from bot.cli import options
from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.input_lines import Asked, answer_lines
from bot.cli.json_output import Payload, dumps, hits_payload
from bot.cli.session import bring_in_step
from bot.cli.terminal_text import hits_screen
from bot.conversation.follow_ups import resolve
from index.library import Library
from index.search.searcher import checked_question


@click.command()
@click.argument("query", nargs=-1, required=True)
@options.as_json
@options.collection
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="How many at most."
)
@pass_environment
def search(
    environment: Environment, query: tuple[str, ...], as_json: bool, collection: str, limit: int
) -> None:
    """Find the passages nearest to some words.

    With - instead of words, read one query a line from standard input (plain text, or a JSON
    object with "question" and perhaps "history") and print one JSON object a line.

    \b
    quoth search security guarantees --limit 3
    quoth search "Lacroix" --json
    """
    with environment.library() as library:
        if query == ("-",):
            bring_in_step(library)
            sys.exit(0 if _search_lines(environment, library, collection, limit) else 2)
        words = checked_question(" ".join(query))
        bring_in_step(library)
        hits = library.searcher.find(words, collections=[collection], limit=limit).hits
        if as_json:
            write(dumps(hits_payload(words, hits)))
        elif hits:
            write(hits_screen(hits, environment.style()))
        else:
            say("Nothing was found. Try other words, or `quoth sources` to see what there is.")


def _search_lines(environment: Environment, library: Library, collection: str, limit: int) -> bool:
    def found(asked: Asked) -> Payload:
        alone = resolve(asked.question, asked.history).question
        hits = library.searcher.find(
            alone, collections=[collection], limit=limit, asked=asked.question
        ).hits
        return hits_payload(asked.question, hits)

    return answer_lines(environment, sys.stdin.buffer, found)
