"""What a command knows of the world outside: environment, folder, streams, and how to open Quoth.

Tests hand in another `Environment` as click's `obj`; nothing has to be patched.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.app import App
    from bot.cli.terminal_text import Style
    from bot.settings import Settings
    from index.config import IndexConfig
    from index.library import Library

MAX_WIDTH = 100
"""Columns of prose; longer lines are hard to read."""

INDEX, MODEL, BOT, PAGES, WEB = "index", "model", "bot", "pages", "web"
"""What settings are used for: the index, the language model, the bot in Discord, pages that are
added, the reading page."""


def _open_library(config: IndexConfig) -> AbstractContextManager[Library]:
    from index.library import open_library

    return open_library(config)


@asynccontextmanager
async def _open_app(settings: Settings, library: Library) -> AsyncIterator[App]:
    from bot.app import open_app
    from bot.operation.question_traces import open_traces

    with open_traces(os.environ) as traces:
        async with open_app(settings, library, traces=traces) as app:
            yield app


@dataclass(frozen=True)
class Environment:
    """The outside of one run of a command."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    folder: Path = field(default_factory=Path.cwd)
    open_library: Callable[[IndexConfig], AbstractContextManager[Library]] = _open_library
    open_app: Callable[[Settings, Library], AbstractAsyncContextManager[App]] = _open_app

    def library(self, *uses: str) -> AbstractContextManager[Library]:
        """Open the index that the settings name, for more than itself; raises QuothError."""
        return self.open_library(self.settled(INDEX, *uses).index)

    @cached_property
    def settings(self) -> Settings:
        """Read the settings; raises ConfigurationError."""
        from bot.settings import load_settings

        settings = load_settings(self.environ, self.folder)
        _listen(settings.log_level.upper())
        _shut_out(settings.shut_out)
        return settings

    def settled(self, *uses: str) -> Settings:
        """Return the settings, the person asked first about what `uses` need of the `.env`.

        On a terminal a person is asked; elsewhere one line says what is not used. Raises
        ConfigurationError where nothing can be done without it.
        """
        from bot.cli.folder_consent import settle

        _ = self._unknown_variables
        if settle(self.settings, self.environ, self.folder, uses):
            del self.__dict__["settings"]
        return self.settings

    @cached_property
    def _unknown_variables(self) -> Sequence[str]:
        """Name on standard error, once, each variable that looks like a setting and is none."""
        from bot.settings import likely_variable, unknown_variables

        unknown = unknown_variables(self.environ, self.folder)
        for name in unknown:
            near = likely_variable(name)
            guess = f"Did you mean {near}?" if near else ".env.example lists all settings."
            say(f"{name} is no setting and changes nothing. {guess}")
        return unknown

    def style(self) -> Style:
        """Return how text is set on standard output."""
        from bot.cli.terminal_text import Style

        terminal = sys.stdout.isatty()
        plain = self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb"
        columns = shutil.get_terminal_size().columns
        return Style(
            colour=terminal and not plain,
            width=min(columns, MAX_WIDTH) if terminal else None,
            root=self._root,
        )

    @property
    def _root(self) -> str:
        """Return the documents folder as seen from here, with a slash behind it."""
        documents = self.settings.documents
        inside = documents.is_relative_to(self.folder)
        path = documents.relative_to(self.folder) if inside else documents
        return "" if path == Path() else f"{path.as_posix()}/"


pass_environment = click.make_pass_decorator(Environment, ensure=True)


def _listen(level: str) -> None:
    """Let what is logged at `level` or above reach standard error."""
    for name in ("bot", "index"):
        logging.getLogger(name).setLevel(level)
    if logging.lastResort is not None:
        logging.lastResort.setLevel(level)
        logging.lastResort.addFilter(_is_untold)


def _is_untold(record: logging.LogRecord) -> bool:
    """Say whether a record is news to who reads the answer on the same terminal."""
    return not getattr(record, "is_told", False)


def _shut_out(prefixes: tuple[str, ...]) -> None:
    """Take variables out of this process, so that no library sends them where a `.env` says."""
    for name in [name for name in os.environ if prefixes and name.startswith(prefixes)]:
        del os.environ[name]


def say(message: str) -> None:
    """Print a plain line on standard error, above a progress bar that is shown there.

    Not by click, which writes past the stream that a bar has put in the place of the terminal.
    """
    from bot.cli.terminal_text import neutral

    sys.stderr.write(f"{neutral(message)}\n")
    sys.stderr.flush()


class OutputFailed(click.ClickException):
    """Standard output takes nothing more, as on a full disk."""


def write(text: str) -> None:
    """Print a result on standard output and flush it, so that a closed pipe shows at once.

    Raises OutputFailed where it cannot be written.
    """
    try:
        click.echo(text, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(f"The output cannot be written: {error.strerror}.") from error


def log_failure(environment: Environment, error: BaseException) -> str:
    """Put a traceback into the log and return the sentence that refers to it."""
    from bot.operation.log_lines import log_lines
    from index.store.private_files import make_home

    reference = secrets.token_hex(4)
    try:
        settings = environment.settings
        path = settings.log_file
        make_home(settings.home)
        handler = logging.FileHandler(path, encoding="utf-8")
    except Exception:
        return f"Quoth failed in an unforeseen way: {type(error).__name__}: {error}"
    handler.setFormatter(log_lines(settings.log_format, settings.secrets))
    raised = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "quoth", logging.ERROR, __file__, 0, f"reference {reference}", None, raised
    )
    record.reference = reference
    handler.emit(record)
    handler.close()
    return f"Quoth failed in an unforeseen way. The log {str(path)!r} says more under {reference}."
