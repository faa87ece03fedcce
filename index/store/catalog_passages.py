"""The passages of a catalog: spans of the texts of their sources, read with them."""

from __future__ import annotations

from collections.abc import Sequence

from index.protocols import PassageOutline
from index.schema import Passage, Source
from index.store.catalog_rows import (
    PASSAGE_COLUMNS,
    PASSAGE_WIDTH,
    SOURCE_COLUMNS,
    heading_of,
    passage_of,
    source_of,
)
from index.store.catalog_sources import FILES_OF_SOURCES
from index.store.opened_catalog import MOST_BOUND, SERVING, OpenedCatalog

_WITH_SOURCES = f"""
WITH found AS (
    SELECT {PASSAGE_COLUMNS}, row_number() OVER (PARTITION BY p.source) AS nth
    FROM passages p {SERVING} WHERE p.id IN ({{marks}})
)
SELECT {PASSAGE_COLUMNS}, {SOURCE_COLUMNS}, m.uri
FROM found p LEFT JOIN sources s ON s.id = p.source AND p.nth = 1 {FILES_OF_SOURCES}
"""
"""Passages, one of each source with all of the source, so that a long text is read once."""


class CatalogPassages(OpenedCatalog):
    """Reads passages by their ids and by where they stand."""

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages that exist, by id."""
        return self.passages_and_sources(ids)[0]

    def passages_and_sources(
        self, ids: Sequence[str]
    ) -> tuple[dict[str, Passage], dict[str, Source]]:
        """Return the passages that exist, and their sources with their texts, by id.

        A passage is a span of its source, and both are of one version.
        """
        passages: dict[str, Passage] = {}
        sources: dict[str, Source] = {}
        for first in range(0, len(ids), MOST_BOUND):
            some = tuple(ids[first : first + MOST_BOUND])
            rows = self.rows(_WITH_SOURCES.format(marks=",".join("?" * len(some))), some)
            found = [row[PASSAGE_WIDTH:] for row in rows if row[PASSAGE_WIDTH] is not None]
            sources |= {row[0]: source_of(row) for row in found}
            for row in rows:
                passages[row[0]] = passage_of(row[:PASSAGE_WIDTH], sources[row[1]].text)
        return passages, sources

    def passages_of(self, source: Source, first: int, last: int) -> list[Passage]:
        """Return the passages of a source from ordinal `first` to `last`, both included.

        They are cut from its text, so none are returned where another version is indexed now.
        """
        rows = self.rows(
            f"SELECT {PASSAGE_COLUMNS} FROM passages p {SERVING} "
            "JOIN sources s ON s.id = p.source AND s.sha256 = ? AND s.characters = ? "
            "WHERE p.source = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal",
            (source.sha256, len(source.text), source.id, first, last),
        )
        return [passage_of(row, source.text) for row in rows]

    def outline(self, source_id: str, first: int, last: int) -> list[PassageOutline]:
        """Return where the passages of a source from ordinal `first` to `last` stand, in order."""
        rows = self.rows(
            f'SELECT p.ordinal, p.start, p."end", p.heading FROM passages p {SERVING} '
            "WHERE p.source = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal",
            (source_id, first, last),
        )
        return [
            PassageOutline(ordinal, start, end, heading_of(packed))
            for ordinal, start, end, packed in rows
        ]
