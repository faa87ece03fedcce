"""The passages of a catalog: spans of the texts of their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from index.protocols import FoundPassage, OutlineWindow, PassageOutline, SourceVersion
from index.schema import Passage, Source
from index.store.catalog_rows import (
    PASSAGE_COLUMNS,
    PASSAGE_WIDTH,
    SOURCE_COLUMNS,
    heading_of,
    passage_of,
    passage_saying,
    source_of,
)
from index.store.catalog_sources import FILES_OF_SOURCES, SOURCES
from index.store.opened_catalog import MOST_BOUND, SERVING, OpenedCatalog
from index.store.sqlite_file import Row
from index.store.vector_file import JOIN_VECTORS, vectors_of_sentences

_WITH_SOURCES = f"""
WITH found AS (
    SELECT {PASSAGE_COLUMNS}, row_number() OVER (PARTITION BY p.source) AS nth
    FROM passages p {SERVING} WHERE p.id IN ({{marks}})
)
SELECT {PASSAGE_COLUMNS}, {SOURCE_COLUMNS}, m.uri
FROM found p LEFT JOIN sources s ON s.id = p.source AND p.nth = 1 {FILES_OF_SOURCES}
"""
"""Passages, one of each source with all of the source, so that a long text is read once."""

_PIECE_BY_BYTES = "substr(CAST(s.text AS BLOB), p.byte_start + 1, p.byte_end - p.byte_start)"
_PIECE_BY_CHARACTERS = (
    'substr(s.text, CAST(p.start + 1 AS INTEGER), CAST(p."end" - p.start AS INTEGER))'
)
_LONGEST_PIECED = 50_000
"""Characters of a source up to which each passage is read by itself: SQLite reads a text up to its
end for each, so that of longer ones the whole text is read once."""

_COLUMNS_FOUND = f"""
SELECT {PASSAGE_COLUMNS}, s.collection, s.uri, s.title, s.sha256,
    CASE WHEN s.characters <= {_LONGEST_PIECED} THEN {{piece}} {{whole}} END,
    s.characters > {_LONGEST_PIECED}, {{vectors}}
"""

_FOUND = f"""
{_COLUMNS_FOUND.replace("{whole}", "")}
FROM passages p {SERVING} JOIN sources s ON s.id = p.source {{join}} WHERE p.id IN ({{marks}})
"""
"""Passages, without the text where their source is long."""

_FOUND_IN_LONG = f"""
WITH found AS (
    SELECT {PASSAGE_COLUMNS}, p.build, p.byte_start, p.byte_end, p.slot, p.mark,
        row_number() OVER (PARTITION BY p.source) AS nth
    FROM passages p {SERVING} WHERE p.id IN ({{marks}})
)
{_COLUMNS_FOUND.replace("{whole}", "WHEN p.nth = 1 THEN s.text")}
FROM found p JOIN sources s ON s.id = p.source {{join}}
"""
"""The same, one of each long source with all of its text."""

_WITH_VECTORS = f"LEFT {JOIN_VECTORS} LEFT JOIN builds b ON b.build = p.build"


_WINDOW = "CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS INTEGER)"
_OUTLINES = """
WITH wanted (place, source, low, high) AS (VALUES {values})
SELECT w.place, p.ordinal, p.start, p."end", p.heading
FROM wanted w CROSS JOIN collections c CROSS JOIN passages p
WHERE p.source = w.source AND p.build = c.build AND p.ordinal BETWEEN w.low AND w.high
"""
"""Where passages stand, by the place of the window that was asked for; SQLite keeps to this order
of the tables, each of which is found by an index."""
_MOST_WINDOWS = MOST_BOUND // 3


class CatalogPassages(OpenedCatalog):
    """Reads passages by their ids and by where they stand."""

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages that exist, by id."""
        return {id: found.passage for id, found in self.found_passages(ids, vectors=False).items()}

    def found_passages(self, ids: Sequence[str], *, vectors: bool) -> dict[str, FoundPassage]:
        """Return the passages that exist, each with the version of its source, by id.

        With `vectors`, those of their sentences as well, where there are any.
        """
        rows = self._found_rows(_FOUND, ids, vectors)
        if long := [row[0] for row in rows if row[-4] is None]:
            rows = [row for row in rows if row[-4] is not None]
            rows += self._found_rows(_FOUND_IN_LONG, long, vectors)
        texts = {row[1]: row[-4] for row in rows if row[-3] and row[-4] is not None}
        return {
            row[0]: FoundPassage(
                _passage_found(row, texts), SourceVersion(row[1], *row[PASSAGE_WIDTH:-4]), pooled
            )
            for row, pooled in zip(
                rows, vectors_of_sentences(row[-2:] for row in rows), strict=True
            )
        }

    def _found_rows(self, sql: str, ids: Sequence[str], vectors: bool) -> list[Row]:
        piece = _PIECE_BY_CHARACTERS if self.is_shared else _PIECE_BY_BYTES
        columns, join = (
            ("v.sentences, b.dimension", _WITH_VECTORS) if vectors else ("NULL, NULL", "")
        )
        rows: list[Row] = []
        for first in range(0, len(ids), MOST_BOUND):
            some = tuple(ids[first : first + MOST_BOUND])
            marks = ",".join("?" * len(some))
            filled = sql.format(marks=marks, piece=piece, vectors=columns, join=join)
            rows += self.rows(filled, some)
        return rows

    def sources_of(self, versions: Iterable[SourceVersion]) -> dict[str, Source]:
        """Return the sources that are still of these versions, with their texts, by id."""
        wanted = {version.id: version.sha256 for version in versions}
        ids, rows = tuple(wanted), []
        for first in range(0, len(ids), MOST_BOUND):
            some = ids[first : first + MOST_BOUND]
            marks = ",".join("?" * len(some))
            sql = f"SELECT {SOURCE_COLUMNS}, m.uri FROM {SOURCES} WHERE s.id IN ({marks})"
            rows += self.rows(sql, some)
        found = map(source_of, rows)
        return {source.id: source for source in found if source.sha256 == wanted[source.id]}

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

    def outlines(self, windows: Sequence[OutlineWindow]) -> list[list[PassageOutline]]:
        """Return where the passages of some stretches of sources stand, each in order."""
        found: list[list[PassageOutline]] = [[] for _ in windows]
        for first in range(0, len(windows), _MOST_WINDOWS):
            some = windows[first : first + _MOST_WINDOWS]
            values = ", ".join(f"({at}, {_WINDOW})" for at in range(first, first + len(some)))
            for at, ordinal, start, end, packed in self.rows(
                _OUTLINES.format(values=values), [each for window in some for each in window]
            ):
                found[at].append(PassageOutline(ordinal, start, end, heading_of(packed)))
        for outline in found:
            outline.sort()
        return found


def _passage_found(row: Row, texts: Mapping[str, str]) -> Passage:
    """Return the passage of a row of `_FOUND`; `texts` are those that were read whole."""
    columns = row[:PASSAGE_WIDTH]
    if row[1] in texts:
        return passage_of(columns, texts[row[1]])
    piece = row[-4]
    return passage_saying(columns, piece.decode() if isinstance(piece, bytes) else piece)
