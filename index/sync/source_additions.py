"""What people add to collections by hand: files, archives, texts, pages; and what they take out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.config import SHARED_COLLECTION
from index.load.archive_names import is_archive
from index.load.git_address import git_address
from index.schema import LoadedDocument, SyncFailure, SyncReport, merged_reports
from index.store.catalog import Catalog
from index.sync.added_archives import AddedArchives, without_archives
from index.sync.additions import Addition, file_addition, named_additions, text_addition

if TYPE_CHECKING:
    from index.sync.pace import Steps
    from index.sync.read_worker import ReadWorkers
    from index.sync.synchroniser import Progress, Synchroniser
    from index.sync.web_sources import WebSources


@dataclass(frozen=True)
class SourceAdditions:
    """The door for additions to the collections of one home folder."""

    catalog: Catalog
    documents: Path | None
    """The folder whose files are brought back when they are added by hand."""
    writer: Callable[[], Synchroniser]
    read_workers: Callable[[], ReadWorkers]
    web: Callable[[], WebSources]

    def add(
        self,
        names: Sequence[str],
        collection: str,
        progress: Progress | None = None,
        steps: Steps | None = None,
        *,
        site: bool = False,
    ) -> SyncReport:
        """Add files, folders or web pages; what cannot be read is in the report.

        An address is a page, a feed or the map of a site by what it holds; with `site`, a page is
        where a whole site begins.
        """
        addresses = [name for name in names if _is_address(name)]
        paths = [name for name in names if name not in addresses]
        inside = self.documents if collection == SHARED_COLLECTION else None
        report = SyncReport()
        if paths:
            found = named_additions(paths, inside=inside)
            files, archives, not_read = without_archives(found)
            report = self._add(collection, files, progress, steps)
            report = report.model_copy(update={"not_read": (*report.not_read, *not_read)})
            added = self._archives.add_all(collection, archives, progress, steps)
            report = merged_reports(report, added)
        for done, url in enumerate(dict.fromkeys(addresses)):
            if progress is not None and not site:
                progress(done, len(addresses), url)
            watch = progress or _unwatched
            added = self.web().add(
                collection, url, site=site, watch=watch, steps=steps, is_own=True
            )
            report = merged_reports(report, added)
        return report

    def add_file(
        self,
        collection: str,
        name: str,
        content: bytes,
        *,
        added_by: str | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Read and index an uploaded file; the same name replaces what it held.

        `steps` is told how far it is, and may raise Cancelled.
        """
        if is_archive(name):
            return self._archives.add(collection, name, content, added_by=added_by, steps=steps)
        step = partial(steps, 0, 1) if steps else None
        load = partial(self.read_workers().load, step=step)
        return self._add(
            collection, [file_addition(name, content, added_by=added_by, load=load)], steps=steps
        )

    def add_text(
        self,
        collection: str,
        name: str,
        text: str,
        *,
        title: str,
        url: str | None = None,
        added_by: str | None = None,
    ) -> SyncReport:
        """Index a text that people wrote, such as a message or a team answer."""
        addition = text_addition(name, text, title=title, url=url, added_by=added_by)
        return self._add(collection, [addition])

    def add_document(
        self, collection: str, name: str, document: LoadedDocument, *, sha256: str
    ) -> SyncReport:
        """Index a finished text with its places; `sha256` names its version."""
        return self._add(collection, [Addition(name, document, sha256=sha256)])

    def remove(self, source: str) -> SyncReport:
        """Take the source with this id out of the index; raises SourceNotFound."""
        found = self.catalog.source(source)
        return self.writer().remove(found.collection, found.uri)

    def remove_archive(self, collection: str, uri: str) -> SyncReport:
        """Take an archive that was added by itself out with all its documents; SourceNotFound."""
        return self._archives.remove(collection, uri)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        self.writer().remove_collection(collection)
        self.web().sweep()

    @property
    def _archives(self) -> AddedArchives:
        return AddedArchives(self.catalog, self.writer, self.read_workers().load)

    def _add(
        self,
        collection: str,
        found: Sequence[Addition | SyncFailure],
        progress: Progress | None = None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Index what could be read; what could not is in the report."""
        failed = tuple(each for each in found if isinstance(each, SyncFailure))
        read = [each for each in found if not isinstance(each, SyncFailure)]
        if not read:
            return SyncReport(failed=failed)
        report = self.writer().add(collection, read, progress, steps)
        return report.model_copy(update={"failed": (*failed, *report.failed)})


def _unwatched(done: int, total: int, name: str) -> None:
    """Note nothing."""


def _is_address(name: str) -> bool:
    return name.startswith(("http://", "https://")) or git_address(name, is_own=True) is not None
