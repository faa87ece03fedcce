"""`quoth sync` and `quoth add`: what is written to the index."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from bot.cli import options
from bot.cli.added_readers import add_reader, refresh_readers
from bot.cli.completed_names import offer_files
from bot.cli.environment import PAGES, Environment, pass_environment, say, write
from bot.cli.json_output import dumps, sync_payload
from bot.cli.progress import indexing_bar
from bot.cli.session import say_problems
from bot.cli.stopped_work import ended_as_by_ctrl_c, told_steps, told_when_stopped
from bot.cli.sync_text import missing_text, no_documents_text, read_nothing_text, sync_screen
from index.config import SHARED_COLLECTION
from index.schema import SyncReport, merged_reports
from index.sync.due_pages import are_pages_due

if TYPE_CHECKING:
    from index.library import Library
    from index.sync.folder_watch import FolderWatch

MISSING = 1
"""Exit code when documents are kept although their files are gone."""


@click.command()
@options.as_json
@options.collection
@click.option("--yes", is_flag=True, help="Forget what is missing, too.")
@click.option("--refresh", is_flag=True, help="Ask for web pages and readers anew, however lately.")
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C, with every change of the folder.")
@pass_environment
def sync(
    environment: Environment,
    as_json: bool,
    collection: str,
    yes: bool,
    refresh: bool,
    watch: bool,
) -> None:
    """Bring the index in step with the documents folder.

    New and changed documents are indexed, deleted ones removed. A document that cannot be read
    is named on standard error, and the rest goes on. With another collection, what was added to
    it is read again.

    Added web pages, sites, feeds and readers that were last asked for a day ago
    (QUOTH_REFRESH_HOURS) are asked for what is new. A site that was not read to its end is gone
    on with.

    Where the whole folder, a sub-folder of three documents or more, or more than half of the
    documents (three or more) are gone, it may be a disk that is not mounted. So these stay in the
    index until you say --yes, or agree when you are asked on a terminal.

    Files of kinds that Quoth does not read are counted by their endings; `quoth sources --all`
    names them.

    Documents can be searched by their words as soon as they are read, and by meaning once they are
    embedded, which takes longer. Ctrl-C leaves an index that answers, and the next `quoth sync`
    goes on.

    With --watch, one line is printed for each set of changes, once the files have rested for two
    seconds. What vanishes together is never forgotten then; run the command without --watch.

    Exit code: 0 all is indexed, 1 documents are missing, 2 something could not be indexed, or the
    folder holds nothing that is read.
    """
    if watch and (yes or collection != SHARED_COLLECTION):
        raise click.UsageError("--watch is for the documents folder, and never forgets (--yes).")
    settings = environment.settings
    asks = refresh or are_pages_due(settings.home, settings.refresh_hours)
    with environment.library(*[PAGES] * asks) as library:
        options.check_collection(library, collection)
        looks = library.watch() if watch else None
        report = _synced(
            environment, library, collection, forget=yes, refresh=refresh, readers=asks
        )
        if looks is not None:
            _tell(report, as_json, environment, indent=None)
            _watch(library, looks, report, as_json, environment)
            return
        if report.missing and _is_confirmed(report, environment):
            report = library.forget_missing()
        is_bare = collection == SHARED_COLLECTION and _is_bare(report, library)
    if is_bare:
        say(no_documents_text(str(environment.settings.documents), ignored=report.ignored))
    _finish(report, as_json, environment, is_bare=is_bare)


def _synced(
    environment: Environment,
    library: Library,
    collection: str,
    *,
    forget: bool,
    refresh: bool,
    readers: bool,
) -> SyncReport:
    """Bring a collection in step, with what its `readers` load where they are to run."""
    began = time.monotonic()
    with told_when_stopped(library, collection, rebuilds=True), indexing_bar() as bar:
        report = library.sync(
            collection,
            bar.progress,
            forget="all" if forget else None,
            steps=told_steps(library, bar.steps),
            refresh=refresh,
        )
        if readers:
            again = refresh_readers(environment, library, collection, bar, everything=refresh)
            report = merged_reports(report, again)
    return _timed(report, began)


def _is_bare(report: SyncReport, library: Library) -> bool:
    """Say whether the folder holds no files at all, and nothing was added from elsewhere."""
    nothing = SyncReport(ignored=report.ignored, seconds=report.seconds)
    return report == nothing and library.is_empty()


def _watch(
    library: Library,
    looks: FolderWatch,
    report: SyncReport,
    as_json: bool,
    environment: Environment,
) -> None:
    """Follow the folder until Ctrl-C, which is no failure."""
    from bot.cli.followed_folder import follow_folder

    folder = str(environment.settings.documents)

    def tell(found: SyncReport) -> None:
        nonlocal report
        if found.missing and found.missing != report.missing:
            say(missing_text(found, folder))
        new = tuple(each for each in found.failed if each not in report.failed)
        say_problems(found.model_copy(update={"failed": new}), english_only=_english(environment))
        write(_line(found, as_json, indent=None))
        report = found

    if report.missing:
        say(missing_text(report, folder))
    say(f"Following {folder!r}. Ctrl-C stops.")
    with contextlib.suppress(KeyboardInterrupt), ended_as_by_ctrl_c(0):
        follow_folder(library, looks, report, tell, indexing_bar)


def _is_confirmed(report: SyncReport, environment: Environment) -> bool:
    """Say what is missing, and ask on a terminal whether it is to be forgotten."""
    say(missing_text(report, str(environment.settings.documents)))
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    return on_terminal and click.confirm("Remove them from the index now?", err=True)


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=offer_files)
@click.option("--site", is_flag=True, help="Take the whole web site below each address.")
@click.option("--reader", metavar="PACKAGE:CLASS", help="Take what a LlamaIndex reader loads.")
@click.option("--arg", "arguments", multiple=True, metavar="NAME=VALUE", help="For the reader.")
@options.as_json
@options.collection
@pass_environment
def add(
    environment: Environment,
    paths: tuple[str, ...],
    site: bool,
    reader: str | None,
    arguments: tuple[str, ...],
    as_json: bool,
    collection: str,
) -> None:
    """Add files, folders, web pages, sites, feeds or Git repositories to the index.

    They stay where they are and are cited by their full path; `quoth remove` takes them out.
    Add files again to take over changes; web pages are asked for what is new by `quoth sync`.

    An address is that of a page, a feed (RSS, Atom), a sitemap.xml or, where it ends in .git, a
    repository. With --site, all pages below it are read, one after the other, as the server's
    robots.txt allows. When that is stopped, the same command or the next `quoth sync` goes on.

    With --reader, what a LlamaIndex reader loads is added, which runs its code. Each --arg goes to
    its class or to its load_data, whichever knows the name. Of a secret, give the variable that
    holds it (env:NAME). `quoth sync` runs it again.

    \b
    quoth add ~/handbook.pdf notes/
    quoth add minutes.md --collection board
    quoth add https://docs.example.org/en/latest/ --site
    quoth add --reader llama_index.readers.wikipedia:WikipediaReader --arg pages=Berlin
    """
    if problem := _misuse(paths, reader, arguments, site=site):
        raise click.UsageError(problem)
    began = time.monotonic()
    with (
        environment.library(PAGES) as library,
        told_when_stopped(library, collection),
        indexing_bar() as bar,
    ):
        before = _passages(library, collection)
        if reader:
            report = add_reader(environment, library, collection, reader, arguments, bar)
        else:
            steps = told_steps(library, bar.steps)
            report = library.add(paths, collection, bar.progress, steps, site=site)
        after = _passages(library, collection)
    report = _of_addition(_timed(report, began), before, after)
    _tell(report, as_json, environment, is_addition=True)
    sys.exit(2 if report.failed or report.read_nothing else 0)


def _timed(report: SyncReport, began: float) -> SyncReport:
    """Return a report of all the time that passed, also that of reading what failed."""
    return report.model_copy(update={"seconds": time.monotonic() - began})


def _passages(library: Library, collection: str) -> dict[tuple[str, str], int]:
    """Return how many passages there are, by uri and version."""
    return {(each.uri, each.sha256): each.passages for each in library.sources(collection)}


def _of_addition(
    report: SyncReport, before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]
) -> SyncReport:
    """Return a report whose passages are those of what was added or changed."""
    passages = sum(count for version, count in after.items() if version not in before)
    kept = max(0, passages - report.embedded) if report.kept else 0
    return report.model_copy(update={"passages": passages, "kept": kept})


def _misuse(
    paths: tuple[str, ...], reader: str | None, arguments: tuple[str, ...], *, site: bool
) -> str | None:
    """Say which options of `quoth add` do not go together; None where all do."""
    if arguments and not reader:
        return "--arg is for a reader. Name it with --reader PACKAGE:CLASS, or leave --arg out."
    if reader and paths:
        return "--reader takes the place of PATHs. Give one of them."
    if reader and site:
        return "--site is for addresses. Leave it out, or leave --reader out."
    if not (reader or paths):
        return "Say what to add: PATHs, or --reader PACKAGE:CLASS with its --arg."
    return None


def _finish(
    report: SyncReport, as_json: bool, environment: Environment, *, is_bare: bool = False
) -> None:
    _tell(report, as_json, environment)
    is_wrong = report.failed or report.read_nothing or is_bare
    sys.exit(2 if is_wrong else MISSING if report.missing else 0)


def _tell(
    report: SyncReport,
    as_json: bool,
    environment: Environment,
    *,
    indent: int | None = 2,
    is_addition: bool = False,
) -> None:
    say_problems(report, english_only=_english(environment))
    if report.read_nothing:
        kinds = Counter(each.kind for each in report.not_read)
        say(read_nothing_text(kinds, str(environment.settings.documents)))
    write(_line(report, as_json, indent=indent, is_addition=is_addition))


def _english(environment: Environment) -> bool:
    return environment.settings.index.english_only


def _line(
    report: SyncReport, as_json: bool, *, indent: int | None, is_addition: bool = False
) -> str:
    if as_json:
        return dumps(sync_payload(report), indent=indent)
    return sync_screen(report, is_addition=is_addition)
