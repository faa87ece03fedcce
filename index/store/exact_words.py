"""Where in the catalog words stand one behind the other, for exact search. Only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from index.store.catalog import Catalog
from index.store.catalog_schema import words_table


class PassagePlace(NamedTuple):
    """Where a passage stands."""

    id: str
    source: str
    start: int
    end: int


def places_of_phrases(
    catalog: Catalog,
    collection: str,
    phrases: Sequence[Sequence[str]],
    limit: int,
    source: str | None = None,
) -> list[PassagePlace]:
    """Return up to `limit` passages that hold any of some runs of terms, most of them first.

    With a `source`, by its id, only those of that one.
    """
    wanted = [f'"{" ".join(phrase)}"' for phrase in phrases if phrase]
    build = next((each for each in catalog.builds() if each.collection == collection), None)
    if build is None or not wanted:
        return []
    table = words_table(build.number)
    rows = catalog.rows(
        f'SELECT p.id, p.source, p.start, p."end" FROM {table} w '
        f"JOIN passages p ON p.key = w.rowid WHERE {table} MATCH ? AND ? IN ('', p.source) "
        "ORDER BY w.rank, p.source, p.ordinal LIMIT ?",
        (" OR ".join(wanted), source or "", limit),
    )
    return [PassagePlace(*row) for row in rows]


def places_of_ids(catalog: Catalog, ids: Sequence[str]) -> list[PassagePlace]:
    """Return where passages stand, in the order of their ids."""
    found = catalog.passages(ids)
    ordered = (found[id] for id in ids if id in found)
    return [PassagePlace(one.id, one.source_id, one.start, one.end) for one in ordered]


def sources_with(catalog: Catalog, collection: str, terms: Sequence[str]) -> list[str]:
    """Return the ids of the sources of a collection that hold every one of some terms."""
    build = next((each for each in catalog.builds() if each.collection == collection), None)
    if build is None:
        return []
    table = words_table(build.number)
    found: set[str] | None = None
    for term in terms:
        rows = catalog.rows(
            f"SELECT DISTINCT p.source FROM {table} w JOIN passages p ON p.key = w.rowid "
            f"WHERE {table} MATCH ?",
            (f'"{term}"',),
        )
        holding = {str(row[0]) for row in rows}
        found = holding if found is None else found & holding
        if not found:
            return []
    if found is None:
        rows = catalog.rows("SELECT id FROM sources WHERE collection = ?", (collection,))
        found = {str(row[0]) for row in rows}
    return sorted(found)


def passage_at(catalog: Catalog, source: str, offset: int) -> str | None:
    """Return the id of the passage of a source that holds an offset, or the last before it."""
    rows = catalog.rows(
        "SELECT p.id FROM passages p JOIN collections c ON c.build = p.build "
        "WHERE p.source = ? AND p.start <= ? ORDER BY p.start DESC LIMIT 1",
        (source, offset),
    )
    return str(rows[0][0]) if rows else None
