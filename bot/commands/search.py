"""`quoth search`: passages, without an answer."""

from __future__ import annotations

import sys

import click

from bot.commands import options
from bot.commands.edge import Edge, pass_edge, say, write
from bot.commands.lines import answer_lines
from bot.commands.step import bring_in_step
from bot.library import Library
from bot.payload import Payload, dumps, hits_payload
from bot.questions import Asked, checked
from bot.terminal import hits_screen


@click.command()
@click.argument("query", nargs=-1, required=True)
@options.as_json
@options.collection
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="How many at most."
)
@pass_edge
def search(edge: Edge, query: tuple[str, ...], as_json: bool, collection: str, limit: int) -> None:
    """Find the passages nearest to some words.

    With - instead of words, read one query a line from standard input (plain text, or a JSON
    object with "question" and perhaps "history") and print one JSON object a line.

    \b
    quoth search security guarantees --limit 3
    quoth search "Lacroix" --json
    """
    with edge.open_library(edge.settings) as library:
        if query == ("-",):
            bring_in_step(library)
            sys.exit(0 if _search_lines(edge, library, collection, limit) else 2)
        words = checked(" ".join(query))
        bring_in_step(library)
        hits = library.search(words, [collection], limit)
        if as_json:
            write(dumps(hits_payload(words, hits)))
        elif hits:
            write(hits_screen(hits, edge.style()))
        else:
            say("Nothing was found. Try other words, or `quoth sources` to see what there is.")


def _search_lines(edge: Edge, library: Library, collection: str, limit: int) -> bool:
    def found(asked: Asked) -> Payload:
        hits = library.search(asked.question, [collection], limit, asked.history)
        return hits_payload(asked.question, hits)

    return answer_lines(edge, sys.stdin.buffer, found)
