"""What documents a catalog has, and what else their folder held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from index.errors import AmbiguousSource, SourceNotFound
from index.schema import Source, SourceEntry, SourceState
from index.store.awaited_passages import awaited_by_source
from index.store.catalog_rows import (
    ENTRY_COLUMNS,
    SOURCE_COLUMNS,
    entry_of,
    left_out_entry,
    meant_by,
    source_of,
)
from index.store.catalog_state import (
    indexed_versions,
    missing_documents,
    seen_files,
)
from index.store.opened_catalog import SERVING, OpenedCatalog
from index.store.sqlite_file import Row

FILES_OF_SOURCES = (
    "LEFT JOIN files f ON f.collection = s.collection AND f.uri = s.uri "
    "LEFT JOIN missing m ON m.collection = s.collection AND m.uri = s.uri"
)
SOURCES = f"sources s {FILES_OF_SOURCES}"


class CatalogSources(OpenedCatalog):
    """Lists documents, and finds the one that is meant."""

    def sources(self, collection: str) -> list[SourceEntry]:
        """Return what a collection holds, by uri; files included that are not indexed, or not yet.

        Those of kinds that are not read, and those left out on purpose, are in `left_out`.
        """
        counts: dict[str, int] = dict(
            self.rows(
                f"SELECT p.source, count(*) FROM passages p {SERVING} WHERE c.name = ? GROUP BY 1",
                (collection,),
            )
        )
        rows = self.rows(
            f"SELECT {ENTRY_COLUMNS}, m.uri FROM {SOURCES} WHERE s.collection = ?", (collection,)
        )
        failed = self.rows(
            "SELECT f.uri, f.failure FROM files f LEFT JOIN sources s "
            "ON s.collection = f.collection AND s.uri = f.uri "
            "WHERE f.collection = ? AND f.failure IS NOT NULL AND s.id IS NULL",
            (collection,),
        )
        with self._database.reading() as connection:
            awaited = awaited_by_source(connection, self._open([collection]))
        made = (entry_of(row, counts.get(row[0], 0), awaited.get(row[0], 0)) for row in rows)
        listed = {entry.uri: entry for entry in made}
        for uri, failure in failed:
            listed[uri] = left_out_entry(collection, uri, "failed", failure)
        for uri, state, reason in self._left_out(collection, "indexing", "failed"):
            if uri not in listed:
                listed[uri] = left_out_entry(collection, uri, state, reason)
            elif state == "indexing":
                listed[uri] = listed[uri].model_copy(update={"state": state, "failure": None})
        return sorted(listed.values(), key=lambda entry: entry.uri)

    def left_out(self, collection: str) -> list[SourceEntry]:
        """Return what the folder held that is not read, by its kind or on purpose, by uri."""
        found = self._left_out(collection, "unread", "ignored")
        return [left_out_entry(collection, uri, state, None) for uri, state, _ in found]

    def not_read(self, collection: str) -> dict[str, int]:
        """Return how many files of the folder are not read, by their ending."""
        return dict(Counter(kind for _, _, kind in self._left_out(collection, "unread")))

    def _left_out(self, collection: str, *states: SourceState) -> list[Row]:
        """Return (uri, state, reason) of what is left out in one of some ways, by uri."""
        marks = ",".join("?" * len(states))
        sql = (
            "SELECT uri, state, reason FROM left_out "
            f"WHERE collection = ? AND state IN ({marks}) ORDER BY uri"
        )
        return self.rows(sql, (collection, *states))

    def missing(self, collection: str) -> set[str]:
        """Return the uris of the documents that are kept although their files are gone."""
        with self._database.reading() as connection:
            return missing_documents(connection, collection)

    def unmarked(self, collection: str) -> set[str]:
        """Return the uris of the documents of the folder that are taken for being there."""
        with self._database.reading() as connection:
            files = seen_files(connection, collection).keys()
            indexed = indexed_versions(connection, collection).keys()
            return (files & indexed) - missing_documents(connection, collection)

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        rows = self.rows(f"SELECT {SOURCE_COLUMNS}, m.uri FROM {SOURCES} WHERE s.id = ?", (id,))
        if not rows:
            raise SourceNotFound(id)
        return source_of(rows[0])

    def find_source(self, collections: Sequence[str], name: str) -> Source:
        """Return the one source that a person means by `name`.

        Tried in turn: uri or id, title, file name, beginning of a uri or title; case matters only
        where it decides. Raises SourceNotFound, or AmbiguousSource when several fit.
        """
        marks = ",".join("?" * len(collections)) or "NULL"
        known = self.rows(
            f"SELECT id, uri, title FROM sources WHERE collection IN ({marks}) ORDER BY uri",
            tuple(collections),
        )
        found = meant_by(name, known)
        if not found:
            raise SourceNotFound(name)
        if len(found) > 1:
            raise AmbiguousSource(name, [row[1] for row in found])
        return self.source(found[0][0])
