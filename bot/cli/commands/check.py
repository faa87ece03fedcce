"""`quoth check`: what a text quotes and claims, held against the sources."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.checking.check_shapes import CheckShape
from bot.checking.schema import Finding
from bot.checking.text_checker import LONGEST_TEXT, check_text, checked_text
from bot.cli import options
from bot.cli.check_screen import finding_screen, summary_line
from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.json_output import dumps
from bot.cli.session import bring_in_step
from bot.cli.terminal_text import Style, one_line
from bot.schema import Scope
from index.errors import ConfigurationError, QuestionError
from index.sync.time_budget import UNLIMITED

if TYPE_CHECKING:
    from index.library import Library

FAILED = 1
"""Exit code when something is not as the text says."""

_LARGEST = 4 * LONGEST_TEXT
"""Bytes of a file; a character has at most four."""


@click.command()
@click.argument("file")
@options.as_json
@options.collection
@click.option("--source", metavar="NAME", help="Hold it against this source only.")
@click.option("--quotes-only", is_flag=True, help="Check the quotations, and no other sentence.")
@pass_environment
def check(
    environment: Environment,
    file: str,
    as_json: bool,
    collection: str,
    source: str | None,
    quotes_only: bool,
) -> None:
    """Check every quotation and claim of a text against the sources.

    FILE is any text: Markdown, an answer of a language model, a report; - reads standard input.
    Of each quotation it says whether it stands in the sources word for word, nearly (and what
    differs: a number or a "not" first), or not at all; of each other sentence, whether the sources
    back it. A [1] is followed to its entry in the text's list of sources.

    \b
    quoth check answer.md
    quoth check report.md --quotes-only --json
    pbpaste | quoth check -

    Exit code: 0 all of it holds, 1 something does not, 2 something is wrong.
    """
    text = checked_text(_text_of(environment.folder, file))
    with environment.library() as library:
        options.check_collection(library, collection)
        bring_in_step(library, budget=UNLIMITED)
        _check_index(library, collection)
        only = library.find(source, [collection]).id if source else None
        scope = Scope(collections=(collection,), source=only)
        tell = None if as_json else partial(_tell, file, environment.style())
        report = check_text(library, text, scope, claims=not quotes_only, tell=tell)
    for note in report.notes:
        say(f"note: {note}")
    write(dumps(CheckShape.of(report).payload()) if as_json else summary_line(report))
    sys.exit(0 if report.holds else FAILED)


def _check_index(library: Library, collection: str) -> None:
    """Raise ConfigurationError where a collection has no text to hold anything against."""
    if not any(source.characters for source in library.sources(collection)):
        raise ConfigurationError(
            f"Nothing is indexed in {collection!r} that the text could be held against. "
            "`quoth sync` or `quoth add PATH` change that."
        )


def _tell(file: str, style: Style, finding: Finding) -> None:
    name = "line " if file == "-" else f"{one_line(file)}:"
    write(finding_screen(finding, name, style))


def _text_of(folder: Path, file: str) -> str:
    """Return the text of a file or of standard input; raises QuestionError for no text."""
    if file == "-":
        content = sys.stdin.buffer.read(_LARGEST + 1)
        name = "What came in"
    else:
        path = folder / Path(file).expanduser()
        name = repr(file)
        content = _content(path, name)
    if len(content) > _LARGEST:
        raise QuestionError(
            f"{name} is larger than {_LARGEST // 1_000_000} MB. Check it in parts of at most "
            f"{LONGEST_TEXT:,} characters."
        )
    return _decoded(content, name)


def _content(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise QuestionError(f"{name} is a folder. Name a text file, or - for standard input.")
        with path.open("rb") as opened:
            return opened.read(_LARGEST + 1)
    except FileNotFoundError:
        raise QuestionError(
            f"There is no file {name}. Name a text file, or - for standard input."
        ) from None


def _decoded(content: bytes, name: str) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if marked else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise QuestionError(
            f"{name} is no text: it is neither UTF-8 nor UTF-16. Save what is to be checked as "
            "plain text or Markdown."
        )
    return text
