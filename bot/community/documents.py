"""What the Discord edge asks of the documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bot.community.store.records_file import Records
from index.errors import SourceNotFound
from index.schema import (
    Evidence,
    LoadedDocument,
    PagePicture,
    SiteEntry,
    Source,
    SourceEntry,
    Span,
    SyncReport,
)
from index.store.web_records import SiteRecord
from index.sync.crawl_step import CrawlStep
from index.sync.page_batch import Watch
from index.sync.time_budget import TimeBudget

if TYPE_CHECKING:
    from index.sync.folder_watch import FolderWatch

Steps: TypeAlias = Callable[[int, int], None]


class WebDocuments(Protocol):
    """Pages, sites and feeds of the web; everything blocks.

    `steps` is told passages done and in all, `watch` pages done, in all and the one at hand; both
    may raise Cancelled.
    """

    def add_page(
        self, collection: str, url: str, *, added_by: str | None, steps: Steps | None = None
    ) -> SyncReport | None:
        """Fetch a public web page and index it; None for a feed or a map of a site."""
        ...

    def begin(self, collection: str, url: str, *, added_by: str | None) -> SiteRecord | SyncReport:
        """Note a site or feed that is to be read; a report says why it cannot be."""
        ...

    def read_on(
        self,
        collection: str,
        url: str,
        *,
        seconds: float,
        watch: Watch,
        steps: Steps | None = None,
    ) -> CrawlStep:
        """Read a site or feed for about so long; raises SourceNotFound where it is gone."""
        ...

    def stop(self, collection: str, url: str) -> None:
        """Leave a site as it is: what was read of it stays, and nothing more is taken."""
        ...

    def refresh(
        self,
        collection: str,
        *,
        seconds: float | None = None,
        watch: Watch,
    ) -> SyncReport:
        """Ask for what is new of pages, sites and feeds that were not looked at for long."""
        ...

    def is_due(self) -> bool:
        """Say whether a page, site or feed was not looked at for long."""
        ...

    def remove_site(self, collection: str, url: str) -> SyncReport:
        """Take a site or feed with all its pages out; raises SourceNotFound."""
        ...


class Documents(Protocol):
    """Documents by collection; everything blocks.

    Failures of one document are in the report, others raise.
    """

    @property
    def web(self) -> WebDocuments:
        """What comes from the web."""
        ...

    def collections(self) -> Sequence[str]:
        """Return the names of all collections that hold anything, or did."""
        ...

    def sites(self, collection: str) -> Sequence[SiteEntry]:
        """Return the web sites and feeds that a collection has, by address."""
        ...

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        """Return what a collection holds, by uri; empty when there is no such collection."""
        ...

    def not_read(self, collection: str) -> Mapping[str, int]:
        """Return how many files of the collection's folder are not read, by their ending."""
        ...

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        ...

    def picture(self, source: str, span: Span) -> bytes:
        """Return the picture that a span of a source was read from, as a PNG.

        Raises SourceNotFound and PictureUnavailable.
        """
        ...

    def page_picture(
        self, evidence: Evidence, highlight: Evidence | None = None, *, whole: bool = False
    ) -> PagePicture | None:
        """Return the page that a quote begins on, marked; None for what is no PDF.

        Raises SourceNotFound and PictureUnavailable.
        """
        ...

    def add_file(
        self,
        collection: str,
        name: str,
        content: bytes,
        *,
        added_by: str | None,
        steps: Steps | None = None,
    ) -> SyncReport:
        """Read and index an uploaded file; the same name replaces what it held.

        `steps` is told passages done and in all, and may raise Cancelled.
        """
        ...

    def add_text(
        self,
        collection: str,
        name: str,
        text: str,
        *,
        title: str,
        url: str | None = None,
        added_by: str | None,
    ) -> SyncReport:
        """Index a text that people wrote, such as a message or a team answer."""
        ...

    def add_document(
        self, collection: str, name: str, document: LoadedDocument, *, sha256: str
    ) -> SyncReport:
        """Index a finished text with its places; `sha256` names its version."""
        ...

    def remove(self, source: str) -> SyncReport:
        """Take a source out of the index; raises SourceNotFound."""
        ...

    def remove_archive(self, collection: str, uri: str) -> SyncReport:
        """Take an uploaded archive out with all its documents; raises SourceNotFound."""
        ...

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        ...

    def watch(self) -> FolderWatch | None:
        """Return what notices changes of the documents folder; None where there is none."""
        ...

    def bring_in_step(
        self, *, rest: float = 0.0, budget: TimeBudget | None = None
    ) -> SyncReport | None:
        """Index what changed in the documents folder; None when nothing did, or there is none.

        A file that changed in the last `rest` seconds is left for the next call, as is what the
        `budget` has no time for.
        """
        ...

    def carry_originals(self) -> None:
        """Move the files of added documents to the address for them, where there is one."""
        ...

    def embed_some(self, seconds: float) -> bool:
        """Embed what is found by words only so far, for about so long in each collection.

        Returns whether there is more to be done at once.
        """
        ...

    def forget_missing(self) -> SyncReport:
        """Bring the shared collection in step, and forget what is missing from the folder."""
        ...


class SourceReader:
    """Looks sources up on the thread of the records, not behind searching and indexing."""

    def __init__(self, documents: Documents, records: Records) -> None:
        self._documents = documents
        self._records = records

    async def sources(self, *collections: str) -> list[SourceEntry]:
        """Return what collections hold, one after the other."""
        found = [await self._records.run(self._documents.sources, name) for name in collections]
        return [entry for entries in found for entry in entries]

    async def pages_are_due(self) -> bool:
        """Say whether a web page, site or feed was not looked at for long."""
        return await self._records.run(self._documents.web.is_due)

    async def collections(self) -> Sequence[str]:
        """Return the names of all collections."""
        return await self._records.run(self._documents.collections)

    async def sites(self, *collections: str) -> list[SiteEntry]:
        """Return the web sites and feeds of collections, one after the other."""
        found = [await self._records.run(self._documents.sites, name) for name in collections]
        return [site for sites in found for site in sites]

    async def not_read(self, collection: str) -> Mapping[str, int]:
        """Return how many files of a collection's folder are not read, by their ending."""
        return await self._records.run(self._documents.not_read, collection)

    async def source(self, id: str) -> Source | None:
        """Return a source with its text, if it is in the index."""
        try:
            return await self._records.run(self._documents.source, id)
        except SourceNotFound:
            return None
