"""Where in the catalog words stand one behind the other, for exact search. Only reads."""

from __future__ import annotations

from collections.abc import Sequence

from index.store.catalog import Catalog
from index.store.word_index import PassagePlace, word_index_of


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
    wanted = [phrase for phrase in phrases if phrase]
    build = next((each for each in catalog.builds() if each.collection == collection), None)
    if build is None or not wanted:
        return []
    with catalog.reading() as connection:
        index = word_index_of(connection)
        return index.places_of_phrases(connection, build.number, wanted, limit, source)


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
    found: set[str] | None = None
    for term in terms:
        with catalog.reading() as connection:
            holding = word_index_of(connection).sources_with(connection, build.number, term)
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
