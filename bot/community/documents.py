"""What the Discord edge asks of the documents; synchronous, reached through the bridge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.schema import Source, SourceEntry, SyncReport


class Documents(Protocol):
    """Documents by collection. Failures of one document are in the report, others raise."""

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        """Return what a collection holds, by uri; empty when there is no such collection."""
        ...

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        ...

    def add_file(
        self, collection: str, name: str, content: bytes, *, added_by: str | None
    ) -> SyncReport:
        """Read and index an uploaded file; the same name replaces what it held."""
        ...

    def add_page(self, collection: str, url: str, *, added_by: str | None) -> SyncReport:
        """Fetch a public web page and index it."""
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
