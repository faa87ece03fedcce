"""The command `quoth`: finds the command that was called, and turns failures into one line.

A command's module is imported when it is called, so that `quoth --help` stays quick; the
summaries below are checked against the commands by a test.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from bot.cli.environment import Environment, OutputFailed, log_failure

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("bot.cli.commands.ask", "Answer a question and quote the sources."),
    "chat": ("bot.cli.commands.chat", "Ask in a conversation that remembers."),
    "search": ("bot.cli.commands.search", "Find the passages nearest to some words."),
    "add": (
        "bot.cli.commands.sync",
        "Add files, folders, web pages, sites, feeds or Git repositories to the index.",
    ),
    "sync": ("bot.cli.commands.sync", "Bring the index in step with the documents folder."),
    "sources": (
        "bot.cli.commands.sources",
        "List what is indexed, and in which state each document is.",
    ),
    "show": ("bot.cli.commands.sources", "Print a source, or a quote in its place."),
    "remove": (
        "bot.cli.commands.sources",
        "Take a source out of the index, or a site, feed, reader or archive with all it has.",
    ),
    "eval": (
        "bot.cli.commands.eval",
        "Measure retrieval, answers, citations and confidence on a file of questions.",
    ),
    "doctor": ("bot.cli.commands.doctor", "Check what is configured and what works."),
    "backup": (
        "bot.cli.commands.backup",
        "Copy the index and all that people made into one file.",
    ),
    "restore": (
        "bot.cli.commands.backup",
        "Put a backup in the place of the index and of all that people made.",
    ),
    "stats": ("bot.cli.commands.sources", "Count sources, passages and bytes."),
    "trust": ("bot.cli.commands.trust", "Allow the addresses and keys in a folder's .env."),
    "discord": ("bot.cli.commands.discord", "Run the Discord bot."),
    "web": ("bot.cli.commands.web", "Serve a page to ask and to read the sources in a browser."),
}
"""Module and summary of each command, in the order of the help."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it: 128 and the number of SIGINT."""

BROKEN_PIPE = 141
"""Exit code when the reader of the output has gone: 128 and the number of SIGPIPE."""


class Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was called; raises UsageError with the likeliest other name."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe must not reach click, which would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _let_go_of_output()
            sys.exit(BROKEN_PIPE)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        obj: Environment | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run a command and leave with its exit code; every failure is one line."""
        environment = Environment() if obj is None else obj
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "quoth", obj=environment, **extra)
            sys.stdout.flush()
        except BaseException as error:
            code = _explain(error, environment)
        sys.exit(code if isinstance(code, int) else 0)


def _explain(error: BaseException, environment: Environment) -> int:
    """Print one line about a failure and return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 2
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _let_go_of_output()
        return BROKEN_PIPE
    if isinstance(error, OutputFailed):
        _let_go_of_output()
    if isinstance(error, click.UsageError):
        error.show()
        return 2
    _print_error(_sentence(error, environment))
    return 2


def _sentence(error: BaseException, environment: Environment) -> str:
    from index.errors import QuothError

    if isinstance(error, QuothError):
        return str(error)
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{str(error.filename)!r}: {error.strerror}."
    return log_failure(environment, error)


def _print_error(sentence: str) -> None:
    from bot.cli.terminal_text import one_line

    with contextlib.suppress(OSError):
        click.echo(f"quoth: {one_line(sentence)}", err=True)


def _let_go_of_output() -> None:
    """Point standard output at nothing, so that the interpreter can flush it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group("quoth", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quoth", message="%(prog)s %(version)s")
def cli() -> None:
    """Answer questions from your own documents, and quote the source for every answer."""
