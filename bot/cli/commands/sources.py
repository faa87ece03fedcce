"""`quoth sources`, `show`, `remove` and `stats`: what is indexed. No model is loaded for these."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import options
from bot.cli.completed_names import offer_sources
from bot.cli.environment import Environment, pass_environment, say, write
from bot.cli.json_output import dumps, stats_payload
from bot.cli.model_places import models_payload, models_text
from bot.cli.source_places import locate
from bot.cli.source_screens import source_screen, sources_table
from bot.cli.stats_screen import stats_screen
from bot.cli.sync_text import left_out_text
from bot.cli.terminal_text import neutral
from bot.json_shapes.source_shapes import EntryShape, ShownShape
from index.errors import SourceNotFound
from index.load.archive_names import archive_of
from index.schema import Evidence, SiteEntry, Span
from index.sync.additions import plain_path
from index.sync.web_lists import with_sites

if TYPE_CHECKING:
    from index.library import Library
    from index.schema import Source


_ARGUMENTS = 60
"""Characters that a table has room for of what a reader is called with."""


@click.command()
@click.option("--pages", is_flag=True, help="List what sites, feeds, readers and archives have.")
@options.as_json
@options.collection
@click.option("--all", "every", is_flag=True, help="Name what is not read or ignored, too.")
@pass_environment
def sources(
    environment: Environment, pages: bool, as_json: bool, collection: str, every: bool
) -> None:
    """List what is indexed, and in which state each document is.

    ready: as its file is. indexing: still to be read. stale: the newest version could not be
    read, so an older one answers. failed: nothing of it could be read, and why.

    Files of kinds that are not read are counted, and named with --all. All is as the last look at
    the folder found it. A web site, a feed, a reader or an archive that was added is one line;
    --pages lists what it has. What a reader is called with is shortened, but with --all.
    """
    with environment.library() as library:
        options.check_collection(library, collection)
        found, sites = library.sources(collection), library.sites(collection)
        left_out, kinds = library.left_out(collection), library.not_read(collection)
    if every:
        found = sorted((*found, *left_out), key=lambda entry: entry.uri)
    elif left_out:
        say(left_out_text(kinds, ignored=sum(entry.state == "ignored" for entry in left_out)))
    if as_json:
        write(dumps([EntryShape.of(entry).payload() for entry in found]))
    elif found or sites:
        rows = found if pages else with_sites(found, [_told(site, whole=every) for site in sites])
        write(sources_table(rows, environment.style()))
    else:
        say(f"Nothing is indexed in {collection!r}. `quoth sync` or `quoth add PATH` change that.")


def _told(site: SiteEntry, *, whole: bool) -> SiteEntry:
    """Return a reader with what is for the person at this machine: arguments, why it failed.

    Its package and what is long of its arguments are left out, unless the `whole` is asked for.
    """
    if site.kind != "reader" or site.called is None:
        return site
    called = site.called if whole else site.called.partition(" ")[2] or site.title
    if not whole and len(called) > _ARGUMENTS:
        called = f"{called[: _ARGUMENTS - 1].rstrip()}…"
    return site.model_copy(update={"title": called, "failure": site.trouble})


@click.command()
@click.argument("source", shell_complete=offer_sources)
@click.option("--text", "exact", is_flag=True, help="Print the canonical text exactly.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page of the PDF, the quote marked, or what it was read from in a picture, to "
    "this new file, a PNG.",
)
@options.as_json
@options.collection
@pass_environment
def show(
    environment: Environment,
    source: str,
    exact: bool,
    picture: Path | None,
    as_json: bool,
    collection: str,
) -> None:
    """Print a source, or a quote in its place.

    SOURCE is a name from `quoth sources`, perhaps with a place behind it: a line, a page,
    a slide, rows of a sheet, or the start and end of a citation.

    \b
    quoth show notes.md:12
    quoth show scan.pdf#page=3
    quoth show deck.pptx#slide=3
    quoth show notes.md:120:180
    quoth show report.pdf:120:180 --picture page.png
    """
    with environment.library() as library:
        options.check_collection(library, collection)
        found, span = _located(library, collection, source)
        if picture is not None:
            is_place = "#page=" in source
            _write_picture(picture, *_picture(library, found, span, is_place=is_place))
    if as_json:
        write(dumps(ShownShape.of(found, span).payload()))
    elif exact:
        _write_exactly(span.of(found.text) if span else found.text)
    else:
        write(source_screen(found, span, environment.style()))


def _located(library: Library, collection: str, name: str) -> tuple[Source, Span | None]:
    """Find a source and a place in it; of a file that could not be read it is said why."""
    try:
        return locate(name, lambda called: library.find(called, [collection]))
    except SourceNotFound:
        for entry in (*library.sources(collection), *library.left_out(collection)):
            if entry.state == "failed" and library.is_called(entry.uri, name):
                raise click.ClickException(
                    f"{entry.uri!r} is not indexed. {entry.failure}"
                ) from None
        raise


def _picture(
    library: Library, source: Source, span: Span | None, *, is_place: bool
) -> tuple[bytes, str]:
    """Return the page of a quote, or what it was read from in a picture, with what is to be said.

    `is_place` says that a page is named, and no quote. Without either it is the first page, or all
    that was read.
    """
    whole = Span(start=0, end=len(source.text))
    shown = span or whole
    if source.pages and (is_place or span is None):
        shown = Span(start=shown.start, end=shown.start)  # a page, of which nothing is a quote
    quoted = Evidence(source_id=source.id, sha256=source.sha256, start=shown.start, end=shown.end)
    page = library.page_picture(quoted)
    if page is None:
        return library.picture(source.id, span or whole), ""
    return page.png, page.note or ""


def _write_picture(path: Path, png: bytes, note: str) -> None:
    """Write a picture to a file that is new; raises UsageError where that cannot be done."""
    if path.suffix.lower() != ".png":
        raise click.UsageError(f"What --picture writes is a PNG; {str(path)!r} should end in .png.")
    try:
        with path.open("xb") as file:
            file.write(png)
    except FileExistsError:
        raise click.UsageError(f"There is a file {str(path)!r} already. Name a new one.") from None
    except OSError as error:
        raise click.UsageError(f"{str(path)!r} cannot be written: {error.strerror}.") from error
    say(f"The picture is in {neutral(str(path))}.{f' {note}' if note else ''}")


def _write_exactly(text: str) -> None:
    """Write the characters as they are; on a terminal, control characters are made visible."""
    if sys.stdout.isatty():
        text = neutral(text)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()


@click.command()
@click.argument("source", shell_complete=offer_sources)
@click.option("--yes", is_flag=True, help="Remove all that a site has without being asked.")
@options.as_json
@options.collection
@pass_environment
def remove(
    environment: Environment, source: str, yes: bool, as_json: bool, collection: str
) -> None:
    """Take a source out of the index, or a site, feed, reader or archive with all it has.

    The file itself stays. A file in the documents folder comes back with the next
    synchronisation; delete it there instead.
    """
    with environment.library() as library:
        options.check_collection(library, collection)
        if site := library.find_site(collection, source):
            _remove_site(library, site, as_json=as_json, yes=yes)
            return
        _refuse_archive(library, source, collection)
        found = library.find_exactly(source, collection)
        page = next(one for one in library.sources(collection) if one.id == found.id)
        library.remove(found.id)
    if library.is_kept_in_step(found):
        say(
            f"{found.uri!r} is still in the documents folder, and the next sync indexes it again. "
            "Delete the file, or name it in .quothignore."
        )
    if page.site is not None:
        noun = "page" if page.site.startswith("http") else "document"
        say(f"It is a {noun} of {page.site!r}, which brings it back. Remove that to be rid of it.")
    write(dumps({"removed": found.uri}) if as_json else f"removed {neutral(found.uri)}")


def _refuse_archive(library: Library, source: str, collection: str) -> None:
    """Say of an archive in the documents folder what takes its documents out."""
    folder = library.config.documents
    if folder is None:
        return
    uris = (entry.uri for entry in library.sources(collection) if entry.site is None)
    for archive in {archive_of(uri) for uri in uris if archive_of(uri) != uri}:
        path = plain_path(folder / archive)
        if path.exists() and (source == archive or plain_path(source) == path):
            raise click.ClickException(
                f"{archive!r} is in the documents folder, which brings its documents back. Delete "
                "the file, or name it in .quothignore."
            )


def _remove_site(library: Library, site: SiteEntry, *, as_json: bool, yes: bool) -> None:
    """Remove a site or the like once it is said how much that takes, and agreed to."""
    noun = "document" if site.kind in ("reader", "zip") else "page"
    name = site.title if site.kind == "reader" else site.url
    pages = f"1 {noun}" if site.pages == 1 else f"{site.pages:,} {noun}s"
    say(f"{name} has {pages} in the index.")
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if on_terminal and not yes and not click.confirm("Remove all of it?", err=True):
        sys.exit(1)
    remove_it = {"reader": library.readers.remove, "zip": library.remove_archive}
    report = remove_it.get(site.kind, library.web.remove_site)(site.collection, name)
    told = {"removed": name, "pages": report.removed}
    write(dumps(told) if as_json else f"removed {neutral(name)} with {pages}")


@click.command()
@options.as_json
@pass_environment
def stats(environment: Environment, as_json: bool) -> None:
    """Count sources, passages and bytes."""
    home, embeddings = str(environment.settings.home), environment.settings.embeddings
    with environment.library() as library:
        counted = library.stats()
    if as_json:
        told = stats_payload(counted, home, embeddings)
        write(dumps(told | {"models": models_payload(environment.settings.index)}))
    else:
        models = models_text(environment.settings.index)
        write(stats_screen(counted, home, embeddings, models))
