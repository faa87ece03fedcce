"""`quoth sync` and `quoth add`: what is written to the index."""

from __future__ import annotations

import sys

import click

from bot.cli import options
from bot.cli.environment import PAGES, Environment, pass_environment, write
from bot.cli.json_output import dumps, sync_payload
from bot.cli.progress import progress_bar
from bot.cli.session import say_problems
from bot.cli.terminal_text import sync_screen
from index.schema import SyncReport


@click.command()
@options.as_json
@options.collection
@pass_environment
def sync(environment: Environment, as_json: bool, collection: str) -> None:
    """Bring the index in step with the documents folder.

    New and changed documents are indexed, deleted ones removed. A document that cannot be read
    is named on standard error, and the rest goes on. With another collection, what was added to
    it is read again.

    Exit code: 0 all is indexed, 2 something is not.
    """
    with environment.library() as library, progress_bar() as progress:
        report = library.sync(collection, progress)
    _finish(report, as_json, environment)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@options.as_json
@options.collection
@pass_environment
def add(environment: Environment, paths: tuple[str, ...], as_json: bool, collection: str) -> None:
    """Add files, folders or web pages to the index.

    They stay where they are and are cited by their full path; `quoth remove` takes them out.
    Add them again to take over changes.

    \b
    quoth add ~/handbook.pdf notes/
    quoth add minutes.md --collection board
    """
    with environment.library(PAGES) as library, progress_bar() as progress:
        report = library.add(paths, collection, progress)
    _finish(report, as_json, environment)


def _finish(report: SyncReport, as_json: bool, environment: Environment) -> None:
    say_problems(report, english_only=environment.settings.index.english_only)
    write(dumps(sync_payload(report)) if as_json else sync_screen(report))
    sys.exit(2 if report.failed else 0)
