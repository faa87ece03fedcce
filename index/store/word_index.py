"""Which passages hold which words: by segments of a file, or by tables of a server.

The terms of a passage come prepared and separated by spaces
(`index.store.catalog_writes.words_of`), so nothing cuts them again. Each build has tables of its
own, so that the rarity of a word counts within one collection, and says nothing about the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from index.store.database import Connection


class PassagePlace(NamedTuple):
    """Where a passage stands."""

    id: str
    source: str
    start: int
    end: int


class PassageWords(NamedTuple):
    """The prepared terms of a passage."""

    key: int
    title: str
    """Those of the title of its source, and of its headings."""
    body: str


class WordIndex(Protocol):
    """The words of builds; whatever writes is called inside a transaction."""

    def create(self, connection: Connection, build: int, /) -> None:
        """Make the tables of a build."""
        ...

    def drop(self, connection: Connection, build: int, /) -> None:
        """Delete the tables of a build."""
        ...

    def merge(self, connection: Connection, build: int, /) -> None:
        """Leave no words of deleted passages in the tables of a build."""
        ...

    def put(self, connection: Connection, build: int, passages: Sequence[PassageWords], /) -> None:
        """Write the terms of passages."""
        ...

    def delete(self, connection: Connection, build: int, keys: Sequence[int], /) -> None:
        """Delete the words of passages by their keys."""
        ...

    def match(
        self,
        connection: Connection,
        build: int,
        terms: Sequence[str],
        *,
        title_weight: float,
        body_weight: float,
        limit: int,
    ) -> list[tuple[str, float]]:
        """Return (passage id, BM25 score > 0) of those that hold any of some terms, best first.

        Equal ones are by uri and place; those that equal the last of `limit` are all returned.
        """
        ...

    def counts(self, connection: Connection, build: int, terms: Sequence[str], /) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        ...

    def counts_beginning(self, connection: Connection, build: int, start: str, /) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        ...

    def texts_with(self, connection: Connection, build: int, term: str, limit: int, /) -> list[str]:
        """Return title, headings and text of up to `limit` passages that hold a term."""
        ...

    def sources_with(self, connection: Connection, build: int, term: str, /) -> set[str]:
        """Return the ids of the sources that hold a term."""
        ...

    def places_of_phrases(
        self,
        connection: Connection,
        build: int,
        phrases: Sequence[Sequence[str]],
        limit: int,
        source: str | None,
        /,
    ) -> list[PassagePlace]:
        """Return up to `limit` passages that hold any of some runs of terms, most of them first.

        With a `source`, by its id, only those of that one.
        """
        ...


def word_index_of(connection: Connection) -> WordIndex:
    """Return the index of words of the kind that a connection needs."""
    if isinstance(connection, sqlite3.Connection):
        from index.store.segment_words import SegmentWords

        return SegmentWords()
    from index.store.posting_words import PostingWords

    return PostingWords()
