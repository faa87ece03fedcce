"""`quoth search`: passages, without an answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from bot.answering.coverage_notice import coverage_text
from bot.cli import options
from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.input_lines import Asked, answer_lines
from bot.cli.json_output import dumps
from bot.cli.session import bring_in_step
from bot.cli.source_screens import hits_screen
from bot.cli.terminal_text import one_line
from bot.conversation.follow_ups import resolve
from bot.json_shapes.answer_shapes import HitsShape
from bot.json_shapes.json_shape import Payload
from index.library import Library
from index.schema import Coverage, Hit
from index.search.checked_question import checked_question
from index.sync.time_budget import UNLIMITED

NOT_FOUND = 1
"""Exit code when no passage is near the words."""


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
    object with "question" and perhaps "history") and print one JSON object a line, once all
    documents are indexed.

    \b
    quoth search security guarantees --limit 3
    quoth search "Lacroix" --json

    Exit code: 0 something was found, 1 nothing, 2 something is wrong.
    """
    with environment.library() as library:
        options.check_collection(library, collection)
        if query == ("-",):
            bring_in_step(library, budget=UNLIMITED)
            sys.exit(0 if _search_lines(environment, library, collection, limit) else 2)
        words = checked_question(" ".join(query))
        bring_in_step(library)
        searched, hits, coverage = _found(library, words, words, collection, limit)
        if coverage is not None and not as_json:
            say(f"{coverage_text(coverage)} This may miss something. `quoth sync` finishes.")
        if as_json:
            write(dumps(HitsShape.of(words, hits, coverage).payload()))
        elif hits:
            style = environment.style()
            if searched != words:
                write(style.dim(f"Searched for: {one_line(searched)}") + "\n")
            write(hits_screen(hits, style))
        else:
            say("Nothing was found. Try other words, or `quoth sources` to see what there is.")
    sys.exit(0 if hits else NOT_FOUND)


def _search_lines(environment: Environment, library: Library, collection: str, limit: int) -> bool:
    def found(asked: Asked) -> Payload:
        alone = resolve(asked.question, asked.history).question
        _, hits, coverage = _found(library, alone, asked.question, collection, limit)
        return HitsShape.of(asked.question, hits, coverage).payload()

    return answer_lines(environment, sys.stdin.buffer, found)


def _found(
    library: Library, question: str, asked: str, collection: str, limit: int
) -> tuple[str, Sequence[Hit], Coverage | None]:
    """Return what was searched for, its words spelt as the documents do, and what was found.

    With it comes how far the documents are indexed, where that is not to the end.
    """
    searched = library.searcher.spelled(question, collections=[collection])
    found = library.searcher.find(searched, collections=[collection], limit=limit, asked=asked)
    return searched, found.hits, found.coverage
