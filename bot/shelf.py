"""What the Discord edge asks of the documents; synchronous, reached through the bridge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from bot.settings import Settings
from index.catalog import Catalog
from index.catalog_rows import SourceEntry
from index.errors import LoadError
from index.load import load_bytes
from index.schema import LoadedDocument, Source, SyncFailure, SyncReport
from index.sync import Addition


class Shelf(Protocol):
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

    def remove(self, source: str) -> None:
        """Take a source out of the index; raises SourceNotFound."""
        ...

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        ...

    def bring_in_step(self) -> SyncReport | None:
        """Index what changed in the documents folder; None when nothing did."""
        ...


class Writer(Protocol):
    """What the shelf needs of `index.sync.Synchroniser`."""

    def add(self, collection: str, additions: Sequence[Addition]) -> SyncReport:
        """Add documents, or replace what was added under the same uri."""
        ...

    def remove(self, collection: str, uri: str) -> SyncReport:
        """Take a source out of the index; raises SourceNotFound."""
        ...

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        ...


class Held(Protocol):
    """What the shelf needs of `bot.app.Library`."""

    @property
    def catalog(self) -> Catalog:
        """The catalog."""
        ...

    @property
    def synchroniser(self) -> Writer:
        """The one writer of the index."""
        ...

    @property
    def settings(self) -> Settings:
        """The settings."""
        ...

    def bring_in_step(self) -> SyncReport | None:
        """Index what changed in the documents folder; None when nothing did."""
        ...


class LibraryShelf:
    """The documents of a library."""

    def __init__(self, library: Held, *, allowed_hosts: Sequence[str] = ()) -> None:
        self._library = library
        self._allowed_hosts = tuple(allowed_hosts)

    def sources(self, collection: str) -> Sequence[SourceEntry]:
        """Return what a collection holds, by uri."""
        return self._library.catalog.sources(collection)

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        return self._library.catalog.source(id)

    def add_file(
        self, collection: str, name: str, content: bytes, *, added_by: str | None
    ) -> SyncReport:
        """Read and index an uploaded file."""
        digest = hashlib.sha256(content).hexdigest()
        return self._add(collection, name, lambda: load_bytes(content, name=name), added_by, digest)

    def add_page(self, collection: str, url: str, *, added_by: str | None) -> SyncReport:
        """Fetch a public web page and index it."""
        from index.load.web import load_page

        return self._add(
            collection, url, lambda: load_page(url, allowed_hosts=self._allowed_hosts), added_by
        )

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
        """Index a text that people wrote."""

        def document() -> LoadedDocument:
            read = load_bytes(text.encode(), name=name, mime="text/plain")
            return read.model_copy(
                update={"title": title, "url": url, "modified": datetime.now(UTC)}
            )

        return self._add(collection, name, document, added_by)

    def remove(self, source: str) -> None:
        """Take a source out of the index; raises SourceNotFound."""
        found = self._library.catalog.source(source)
        self._library.synchroniser.remove(found.collection, found.uri)

    def remove_collection(self, collection: str) -> None:
        """Take a collection with all its sources out of the index."""
        self._library.synchroniser.remove_collection(collection)

    def bring_in_step(self) -> SyncReport | None:
        """Index what changed in the documents folder; None when nothing did, or there is none."""
        if not self._library.settings.documents.is_dir():
            return None
        return self._library.bring_in_step()

    def _add(
        self,
        collection: str,
        uri: str,
        read: Callable[[], LoadedDocument],
        added_by: str | None,
        sha256: str | None = None,
    ) -> SyncReport:
        try:
            document = read()
        except LoadError as error:
            return SyncReport(failed=(SyncFailure(source=uri, reason=error.reason),))
        addition = Addition(uri, document, added_by=added_by, sha256=sha256)
        return self._library.synchroniser.add(collection, [addition])
