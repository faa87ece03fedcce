"""`quoth eval`: ask questions with known answers, and report how good the answers are."""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import options
from bot.cli.environment import INDEX, MODEL, Environment, pass_environment, say, write
from bot.cli.input_lines import Asked
from bot.cli.json_output import report_payload
from bot.cli.progress import progress_bar
from bot.cli.session import Session, open_session
from index.config import SHARED_COLLECTION
from index.errors import ConfigurationError
from index.search.checked_question import checked_question
from index.sync.time_budget import UNLIMITED

if TYPE_CHECKING:
    from bot.evaluation.question_file import EvalQuestion
    from bot.evaluation.report import Outcome, Report
    from bot.settings import Settings
    from index.library import Library
    from index.sync.additions import Addition

MISSED = 1
"""Exit code when a metric is worse than `--fail-under` allows."""

FROM_FILE = "questions"
"""The collection of the documents of one file, in a home of its own."""


@click.command("eval")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--documents",
    type=click.Path(exists=True, path_type=Path),
    help="Ask over this folder, or a .jsonl file of documents (doc_id, title, text), instead.",
)
@options.as_json
@options.collection
@click.option("--limit", type=click.IntRange(1), help="Ask this many, spread over the file.")
@click.option(
    "--fail-under",
    "bounds",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Exit with 1 when a metric is worse; can be repeated.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture (PNG).")
@click.option("--add", metavar="QUESTION", help="Append a question to FILE instead of asking.")
@click.option("--answer", "answers", multiple=True, help="With --add: an accepted answer.")
@click.option("--unanswerable", is_flag=True, help="With --add: the documents do not say.")
@pass_environment
def eval(
    environment: Environment,
    file: Path,
    documents: Path | None,
    as_json: bool,
    collection: str,
    limit: int | None,
    bounds: tuple[str, ...],
    plot: Path | None,
    add: str | None,
    answers: tuple[str, ...],
    unanswerable: bool,
) -> None:
    """Measure retrieval, answers, citations and confidence on a file of questions.

    FILE has one JSON object a line: "qid", "question" and what is known of "history", "answers",
    "gold_passages", "gold_doc_ids" and "answerable".

    \b
    quoth eval questions.jsonl --documents handbook/
    quoth eval questions.jsonl --fail-under hits@1=0.8 --fail-under citation_exact=1
    quoth eval questions.jsonl --add "Who signs?" --answer "the treasurer"

    Exit code: 0 measured, 1 worse than --fail-under, 2 something is wrong.
    """
    from bot.evaluation.question_file import read_questions
    from bot.evaluation.report import missed, summary
    from bot.evaluation.report_table import report_screen

    if add is not None:
        _append(file, add, answers, answerable=not unanswerable)
        return
    figure = None if plot is None else _figure()
    wanted = dict(_bound(text) for text in bounds)
    questions = _spread(read_questions(file), limit)
    with _session(environment, documents, collection) as session:
        found = summary(list(_outcomes(session, questions)))
    write(json.dumps(report_payload(found), indent=2) if as_json else report_screen(found))
    if plot is not None:
        _plot(found, plot, figure)
    short = missed(found, wanted)
    for sentence in short:
        say(sentence)
    sys.exit(MISSED if short else 0)


def _append(file: Path, text: str, answers: Sequence[str], *, answerable: bool) -> None:
    from bot.evaluation.question_file import EvalQuestion, append_question

    question = checked_question(text)
    qid = hashlib.sha256(question.encode()).hexdigest()[:12]
    append_question(
        file,
        EvalQuestion(qid=qid, question=question, answers=tuple(answers), answerable=answerable),
    )
    say(f"Added as {qid}.")


def _bound(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if math.isnan(bound) or not name:
        raise click.UsageError(f"--fail-under takes METRIC=VALUE, not {text!r}.")
    return name, bound


def _spread(questions: Sequence[EvalQuestion], limit: int | None) -> Sequence[EvalQuestion]:
    if limit is None or limit >= len(questions):
        return questions
    return [questions[at * len(questions) // limit] for at in range(limit)]


def _outcomes(session: Session, questions: Sequence[EvalQuestion]) -> Iterator[Outcome]:
    from bot.evaluation.report import Outcome, measures

    with progress_bar() as progress:
        for done, question in enumerate(questions):
            if progress is not None:
                progress(done, len(questions), question.question)
            begun = time.perf_counter()
            answer = session.answer(Asked(checked_question(question.question), question.turns))
            spent = (time.perf_counter() - begun) * 1000
            found = measures(question, answer, session.library.catalog)
            yield Outcome(question, answer, found, spent)


@contextmanager
def _session(
    environment: Environment, documents: Path | None, collection: str
) -> Iterator[Session]:
    """Open Quoth over its own index, or over one kept apart for these documents."""
    if documents is None:
        with open_session(environment, [collection], budget=UNLIMITED) as session:
            yield session
        return
    apart = _apart(environment.settled(INDEX, MODEL), documents)
    if documents.is_dir():
        # That folder was named for this run, and nothing else confirms what it lost.
        with open_session(
            environment, [SHARED_COLLECTION], settings=apart, forget=True, budget=UNLIMITED
        ) as session:
            yield session
    else:
        from bot.evaluation.question_file import read_documents

        only = list(read_documents(documents))
        with open_session(environment, [FROM_FILE], settings=apart, budget=UNLIMITED) as session:
            _hold_only(session.library, only)
            yield session


def _apart(settings: Settings, documents: Path) -> Settings:
    """Return the settings with a home of its own for these documents."""
    name = hashlib.sha256(str(documents.resolve()).encode()).hexdigest()[:12]
    home = settings.home / "eval" / name
    folder = documents if documents.is_dir() else home / "no-folder"
    folder.mkdir(parents=True, exist_ok=True)
    return settings.model_copy(update={"home": home, "documents": folder})


def _hold_only(library: Library, additions: Sequence[Addition]) -> None:
    """Make the collection hold these documents and no others."""
    named = {addition.uri for addition in additions}
    for entry in library.sources(FROM_FILE):
        if entry.uri not in named:
            library.synchroniser.remove(FROM_FILE, entry.uri)
    with progress_bar() as progress:
        report = library.synchroniser.add(FROM_FILE, additions, progress)
    for failure in report.failed:
        say(f"not indexed: {failure.source}: {failure.reason}")


def _figure() -> Any:
    """Return matplotlib's figure class, which is an extra; asked for before minutes are spent."""
    try:
        from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise ConfigurationError(
            'A plot needs matplotlib. Install it with `pip install "quoth[plot]"`.'
        ) from None
    return Figure


def _plot(found: Report, path: Path, figure_class: Any) -> None:
    """Draw the metrics as bars."""
    names = list(found.metrics)
    figure = figure_class(figsize=(8, 0.35 * len(names) + 1), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, [found.metrics[name] for name in names], color="#5865f2")
    axes.bar_label(bars, fmt="%.3f", padding=3)
    axes.set_xlim(0, 1.12)
    axes.invert_yaxis()
    axes.set_title(f"{found.questions} questions")
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The plot {str(path)!r} cannot be written: {error}.") from error
