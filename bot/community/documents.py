"""What the Discord edge asks of the documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from bot.community.store.records_file import Records
from index.errors import SourceNotFound
from index.schema import Source, SourceEntry, SyncReport

Steps: TypeAlias = Callable[[int, int], None]


class Documents(Protocol):
    """Documents by collection; everything blocks.

    Failures of one document are in the report, others raise.
    """

    def collections(self) -> Sequence[str]:
        """Return the names of all collections that hold anything, or did."""
        ...

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        """Return what a collection holds, by uri; empty when there is no such collection."""
        ...

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
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

    def add_page(
        self, collection: str, url: str, *, added_by: str | None, steps: Steps | None = None
    ) -> SyncReport:
        """Fetch a public web page and index it; `steps` as with a file."""
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

    def remove(self, source: str) -> SyncReport:
        """Take a source out of the index; raises SourceNotFound."""
        ...

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        ...

    def bring_in_step(self) -> SyncReport | None:
        """Index what changed in the documents folder; None when nothing did, or there is none."""
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

    async def source(self, id: str) -> Source | None:
        """Return a source with its text, if it is in the index."""
        try:
            return await self._records.run(self._documents.source, id)
        except SourceNotFound:
            return None
