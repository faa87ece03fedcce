"""Questions on the command line: the index brought in step, Quoth opened over it, answers shown.

The loop runs only while a question is answered, so Ctrl-C interrupts reading and indexing at
once, and cancels an answer. What could not be indexed is said before anything is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cli.answer_screen import answer_screen, below_text
from bot.cli.environment import INDEX, MODEL, Environment, say, write
from bot.cli.input_lines import Asked
from bot.cli.options import check_collection
from bot.cli.progress import indexing_bar
from bot.cli.sync_text import no_documents_text, other_languages, read_nothing_text
from bot.cli.terminal_text import neutral, one_line
from bot.cli.waiting_line import LOADING, LOOKING, OPENING, waiting_line
from bot.schema import Answer, Scope
from index.config import SHARED_COLLECTION
from index.errors import ConfigurationError, StoreError
from index.schema import SyncReport
from index.sync.time_budget import ASKING, TimeBudget

if TYPE_CHECKING:
    from bot.app import App
    from bot.settings import Settings
    from index.library import Library


@dataclass(frozen=True)
class Session:
    """Answers questions of one person."""

    library: Library
    scope: Scope
    _app: App
    _runner: asyncio.Runner

    def answer(self, asked: Asked, *, show: Callable[[str], None] | None = None) -> Answer:
        """Answer a question, handing `show` a model's text so far.

        Raises QuothError, or KeyboardInterrupt on Ctrl-C.
        """
        return self._runner.run(
            self._app.answerer.answer(
                asked.question, scope=self.scope, history=asked.history, show=show
            )
        )


@contextlib.contextmanager
def open_session(
    environment: Environment,
    collections: Sequence[str],
    *,
    source: str | None = None,
    settings: Settings | None = None,
    forget: bool = False,
    budget: TimeBudget = ASKING,
) -> Iterator[Session]:
    """Open Quoth, bring the index in step and wait for questions; `source` limits them to one.

    Where `settings` are given, they hold instead of those of the environment, and the collections
    need not be there yet. With `forget`, documents whose files vanished together are forgotten too.
    What the `budget` has no time for is not in the index, and said.
    """
    apart, settings = settings is not None, settings or environment.settled(INDEX, MODEL)
    with contextlib.ExitStack() as held:
        with waiting_line(OPENING):
            library = held.enter_context(environment.open_library(settings.index))
            for collection in collections if not apart else ():
                check_collection(library, collection)
            bring_in_step(library, forget=forget, budget=budget)
        only = library.find(source, collections).id if source else None
        scope = Scope(collections=tuple(collections), source=only)
        with asyncio.Runner() as runner:
            opened = environment.open_app(settings, library)
            with waiting_line(LOADING):
                app = runner.run(opened.__aenter__())
            try:
                yield Session(library, scope, app, runner)
            finally:
                runner.run(opened.__aexit__(None, None, None))


def bring_in_step(library: Library, *, forget: bool = False, budget: TimeBudget = ASKING) -> None:
    """Index what is new or changed, and say on standard error what could not be.

    What there was no time for is told with each answer, which says how far all is.
    Where the folder is missing, another process is writing, the index can only be read or is
    partly damaged, or the embedding model cannot be had, questions are answered from the index as
    it is; raises QuothError when it is empty.
    """
    try:
        with indexing_bar() as bar:
            report = library.bring_in_step(bar.progress, bar.steps, budget=budget)
            if forget and library.catalog.missing(SHARED_COLLECTION):
                report = library.forget_missing(bar.progress)
    except StoreError as error:
        if library.is_empty():
            raise
        say(f"{error} This answer comes from the index as it is now.")
        if not library.has_folder():
            _without_folder(library)
        return
    if report is not None:
        say_problems(report, english_only=library.config.english_only)
    if library.is_held:
        return
    if not library.has_folder():
        _without_folder(library)
    elif count := len(library.catalog.missing(SHARED_COLLECTION)):
        documents = "1 document is" if count == 1 else f"{count} documents are"
        say(
            f"{documents} no longer in the documents folder; answers still come from what was "
            "indexed. `quoth sync` says more."
        )
    elif library.is_empty():
        _without_documents(library)


def _without_folder(library: Library) -> None:
    folder = str(library.config.documents)
    if library.is_empty():
        raise ConfigurationError(
            f"There is no documents folder {folder!r} and nothing is indexed. Create it and put "
            "documents in, point QUOTH_DOCUMENTS at another one, or add files with `quoth add`."
        )
    if not library.catalog.is_shared:  # else another machine reads documents
        say(f"The documents folder {folder!r} is missing; answers come from the index as it is.")


def _without_documents(library: Library) -> None:
    """Say what a folder holds from which nothing is indexed, unless its documents failed."""
    folder, kinds = str(library.config.documents), library.not_read(SHARED_COLLECTION)
    if kinds:
        say(read_nothing_text(kinds, folder))
    elif not library.sources(SHARED_COLLECTION):
        say(no_documents_text(folder, ignored=len(library.left_out(SHARED_COLLECTION))))


def say_problems(report: SyncReport, *, english_only: bool) -> None:
    """Name on standard error every document that was not indexed, or not fully.

    Where the embedding model knows English only, documents in other languages are counted.
    """
    for failure in report.failed:
        say(f"not indexed: {one_line(failure.source)}: {one_line(failure.reason)}")
    for warning in report.warnings:
        say(f"note: {one_line(warning.source)}: {one_line(warning.reason)}")
    if english_only and report.languages:
        say(f"note: {other_languages(report.languages)}")


def answer_watched(
    session: Session, asked: Asked, *, show: Callable[[str], None] | None = None
) -> Answer:
    """Answer a question, and say on a terminal that an answer is looked for."""
    with waiting_line(LOOKING) as erase:
        if show is None:
            return session.answer(asked)

        def shown(text: str) -> None:
            erase()
            show(text)

        return session.answer(asked, show=shown)


def show_answer(environment: Environment, session: Session, asked: Asked) -> Answer:
    """Answer a question and print the whole screen."""
    style = environment.style()
    if style.width is None or environment.settings.llm is None:
        answer = answer_watched(session, asked)
        write(answer_screen(answer, style))
        return answer
    printed = _Printed()
    answer = answer_watched(session, asked, show=printed.grow)
    if not printed.text:
        write(answer_screen(answer, style))
    elif answer.text.startswith(printed.text):
        printed.grow(answer.text)
        write("\n\n" + below_text(answer, style))
    else:
        write("\n\n" + answer_screen(answer, style))
    return answer


class _Printed:
    """What stands on the terminal; it can only grow."""

    def __init__(self) -> None:
        self.text = ""

    def grow(self, text: str) -> None:
        """Print what `text` has more than what is printed; one that begins otherwise is left."""
        if text.startswith(self.text):
            click.echo(neutral(text[len(self.text) :]), nl=False)
            self.text = text
