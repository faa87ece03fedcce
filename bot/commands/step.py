"""Bring the index in step with the documents folder before a question is answered."""

from __future__ import annotations

from bot.commands.edge import say
from bot.commands.progress import progress_bar
from bot.library import Library
from bot.terminal import one_line
from index.errors import ConfigurationError, IndexLocked, IndexMismatch
from index.schema import SyncReport


def bring_in_step(library: Library) -> None:
    """Index what is new or changed, and say on standard error what could not be.

    Where the folder is missing, another process is writing, or the embedding model cannot be
    had, questions are answered from the index as it is; raises QuothError when it is empty.
    """
    if not library.settings.documents.is_dir():
        _without_folder(library)
        return
    try:
        with progress_bar() as progress:
            report = library.bring_in_step(progress)
    except (IndexLocked, IndexMismatch) as error:
        if library.is_empty():
            raise
        say(f"{error} This answer comes from the index as it is now.")
        return
    if report is not None:
        say_problems(report)


def _without_folder(library: Library) -> None:
    folder = str(library.settings.documents)
    if library.is_empty():
        raise ConfigurationError(
            f"There is no documents folder {folder!r} and nothing is indexed. Create it and put "
            "documents in, point QUOTH_DOCUMENTS at another one, or add files with `quoth add`."
        )
    say(f"The documents folder {folder!r} is missing; answers come from the index as it is.")


def say_problems(report: SyncReport) -> None:
    """Name on standard error every document that was not indexed, or not fully."""
    for failure in report.failed:
        say(f"not indexed: {one_line(failure.source)}: {one_line(failure.reason)}")
    for warning in report.warnings:
        say(f"note: {one_line(warning.source)}: {one_line(warning.reason)}")
