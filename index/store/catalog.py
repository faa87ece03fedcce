"""The catalog: canonical texts, passages and words, in one SQLite file. It is the truth.

Reading is here; `index.store.catalog_writes` changes it, one transaction per step. Any number of
threads and processes may read while one writes; a reader sees each source whole, in one version.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence, Set
from contextlib import closing, suppress
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from index.errors import AmbiguousSource, SourceNotFound
from index.protocols import PassageOutline, Vectors
from index.schema import CatalogStats, Coverage, Passage, Source, SourceEntry, SourceState
from index.store.awaited_passages import awaited_by_source, coverage_of, embedded_ids
from index.store.catalog_format import CATALOG_FILE, CHROMA_FOLDER, VECTORS_FILE
from index.store.catalog_rows import (
    ENTRY_COLUMNS,
    PASSAGE_COLUMNS,
    SOURCE_COLUMNS,
    Build,
    entry_of,
    heading_of,
    left_out_entry,
    meant_by,
    passage_of,
    source_of,
)
from index.store.catalog_schema import (
    BEFORE_VECTOR_FILE,
    CATALOG_MIGRATIONS,
    counts_table,
    merge_words,
    words_table,
)
from index.store.catalog_state import (
    indexed_versions,
    missing_documents,
    nearest_kept,
    seen_files,
    serving_builds,
)
from index.store.kept_originals import KeptOriginals
from index.store.sqlite_file import BUSY_SECONDS, Row, SqliteFile, UnreadableFile
from index.store.vector_file import (
    JOIN_VECTORS,
    attach_vectors,
    blank_freed,
    drop_blank,
    is_worn,
    sentences_of,
)
from index.text.words import content_terms, terms

_LONGEST_QUERY = 64
"""Terms of a query that are looked up; more make it slow without making it clearer."""

_MATCHED = 20_000
"""Passages, each counted once for every term, that a query is matched with: 30 ms of a processor.

With 100,000 passages of shuffled sentences, the slowest of 100 questions took 480 ms without.
"""

_TERMS_KEPT = 2
"""The rarest terms are matched however common they are."""

_MOST_COUNTED = 50_000
"""Terms whose counts are remembered: some MB."""

_SUFFIXES = ("", "-wal")

_SERVING = "JOIN collections c ON c.build = p.build"
_SOURCES = (
    "sources s LEFT JOIN files f ON f.collection = s.collection AND f.uri = s.uri "
    "LEFT JOIN missing m ON m.collection = s.collection AND m.uri = s.uri"
)


_FAILED = (
    "SELECT count(*) FROM (SELECT collection, uri FROM files WHERE failure IS NOT NULL "
    "UNION SELECT collection, uri FROM left_out WHERE state = 'failed')"
)
"""Counts the files that could not be read, or not even be looked at."""


class _Counts(NamedTuple):
    """What was counted of a build at one generation of the catalog."""

    generation: int
    passages: int
    terms: dict[str, int]
    """Passages that hold a term, 0 included."""


class Catalog(SqliteFile):
    """The catalog in a home folder; a `Lexical` and a `PassageStore`.

    One that is damaged, or of a format that cannot be brought to today's, is replaced by an empty
    one: the documents folder and `index.store.added_documents` hold all that it is made from.
    """

    noun = "catalog"
    is_derived = True

    def __init__(self, home: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._in_use = False
        self._counted_before: dict[int, _Counts] = {}
        opened = partial(
            super().__init__, home / CATALOG_FILE, CATALOG_MIGRATIONS, busy_seconds=busy_seconds
        )
        if not _has_content(home / CATALOG_FILE) and (home / CHROMA_FOLDER).exists():
            from index.store.old_catalog import delete_what_lost_its_catalog

            delete_what_lost_its_catalog(home)
        try:
            opened()
        except UnreadableFile as error:
            if error.path != self.path:
                raise
            from index.store.old_catalog import replace_catalog

            replace_catalog(home, opened)
        self._in_use = True

    def generation(self) -> int:
        """Return the number of changes committed so far: when it moves, readers look again."""
        return int(self._row("SELECT value FROM meta WHERE key = 'generation'")[0])

    def home_id(self) -> str:
        """Return the random name of this index, unlike that of any other."""
        return str(self._row("SELECT value FROM meta WHERE key = 'home'")[0])

    def builds(self) -> list[Build]:
        """Return the build that serves each collection, by collection."""
        with self._errors():
            return serving_builds(self.connection())

    def chroma_name(self, collection: str) -> str | None:
        """Return the name of the Chroma collection that serves a collection, if there is one."""
        rows = self.rows(
            "SELECT b.chroma FROM collections c JOIN builds b ON b.build = c.build "
            "WHERE c.name = ?",
            (collection,),
        )
        return str(rows[0][0]) if rows else None

    def collections(self) -> set[str]:
        """Return the names of the collections there are."""
        return {row[0] for row in self.rows("SELECT name FROM collections")}

    def sources(self, collection: str) -> list[SourceEntry]:
        """Return what a collection holds, by uri; files included that are not indexed, or not yet.

        Those of kinds that are not read, and those left out on purpose, are in `left_out`.
        """
        counts: dict[str, int] = dict(
            self.rows(
                f"SELECT p.source, count(*) FROM passages p {_SERVING} WHERE c.name = ? GROUP BY 1",
                (collection,),
            )
        )
        rows = self.rows(
            f"SELECT {ENTRY_COLUMNS}, m.uri FROM {_SOURCES} WHERE s.collection = ?", (collection,)
        )
        failed = self.rows(
            "SELECT f.uri, f.failure FROM files f LEFT JOIN sources s "
            "ON s.collection = f.collection AND s.uri = f.uri "
            "WHERE f.collection = ? AND f.failure IS NOT NULL AND s.id IS NULL",
            (collection,),
        )
        with self._errors():
            awaited = awaited_by_source(self.connection(), self._open([collection]))
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
        with self._errors():
            return missing_documents(self.connection(), collection)

    def unmarked(self, collection: str) -> set[str]:
        """Return the uris of the documents of the folder that are taken for being there."""
        with self._errors():
            connection = self.connection()
            files = seen_files(connection, collection).keys()
            indexed = indexed_versions(connection, collection).keys()
            return (files & indexed) - missing_documents(connection, collection)

    def source(self, id: str) -> Source:
        """Return a source with its text; raises SourceNotFound."""
        rows = self.rows(f"SELECT {SOURCE_COLUMNS}, m.uri FROM {_SOURCES} WHERE s.id = ?", (id,))
        if not rows:
            raise SourceNotFound(id)
        return source_of(rows[0])

    def sources_by_id(self, ids: Set[str]) -> dict[str, Source]:
        """Return the sources that exist, with their texts, by id."""
        known = sorted(ids)
        found: dict[str, Source] = {}
        for first in range(0, len(known), 900):  # SQLite binds 999 values at a time
            some = known[first : first + 900]
            marks = ",".join("?" * len(some))
            sql = f"SELECT {SOURCE_COLUMNS}, m.uri FROM {_SOURCES} WHERE s.id IN ({marks})"
            found |= {row[0]: source_of(row) for row in self.rows(sql, some)}
        return found

    def find_source(self, collections: Sequence[str], name: str) -> Source:
        """Return the one source that a person means by `name`.

        Tried in turn: uri or id, title, file name, beginning of a uri or title; case matters only
        where it decides. Raises SourceNotFound, or AmbiguousSource when several fit.
        """
        marks = ",".join("?" * len(collections))
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

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages that exist, by id."""
        rows = self._by_ids(PASSAGE_COLUMNS, ids)
        return {row[0]: passage_of(row) for row in rows}

    def sentence_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the pooled sentence vectors of the passages that have them, by passage id."""
        join = f"JOIN builds b USING (build) {JOIN_VECTORS}"
        rows = self._by_ids("p.id, v.sentences, b.dimension", ids, join)
        found = {id: sentences_of(blob, dimension) for id, blob, dimension in rows}
        return {id: vectors for id, vectors in found.items() if vectors is not None}

    def passages_of(self, source_id: str, first: int, last: int) -> list[Passage]:
        """Return the passages of a source from ordinal `first` to `last`, both included."""
        rows = self.rows(
            f"SELECT {PASSAGE_COLUMNS} FROM passages p {_SERVING} "
            "WHERE p.source = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal",
            (source_id, first, last),
        )
        return [passage_of(row) for row in rows]

    def outline(self, source_id: str, first: int, last: int) -> list[PassageOutline]:
        """Return where the passages of a source from ordinal `first` to `last` stand, in order."""
        rows = self.rows(
            f'SELECT p.ordinal, p.start, p."end", p.heading FROM passages p {_SERVING} '
            "WHERE p.source = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal",
            (source_id, first, last),
        )
        return [
            PassageOutline(ordinal, start, end, heading_of(packed))
            for ordinal, start, end, packed in rows
        ]

    def passage_ids(self, collection: str) -> set[str]:
        """Return the ids of every passage that serves in a collection."""
        rows = self.rows(f"SELECT p.id FROM passages p {_SERVING} WHERE c.name = ?", (collection,))
        return {row[0] for row in rows}

    def passage_count(self, collection: str) -> int:
        """Return the number of passages that serve in a collection."""
        sql = f"SELECT count(*) FROM passages p {_SERVING} WHERE c.name = ?"
        return int(self._row(sql, (collection,))[0])

    def match(
        self,
        collection: str,
        query: str,
        limit: int,
        *,
        body_weight: float = 1.0,
        title_weight: float = 0.5,
    ) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, BM25 score > 0) pairs, best first, equal ones by uri.

        `title_weight` is that of the words in title and headings.
        """
        build = next(iter(self._open([collection])), None)
        wanted = list(dict.fromkeys(content_terms(query) or terms(query)))[:_LONGEST_QUERY]
        if build is None or not wanted or limit < 1:
            return []
        wanted = self._telling(build, wanted)
        table = words_table(build.number)
        asked = (title_weight, body_weight, " OR ".join(f'"{term}"' for term in wanted))
        best = self._matched(table, asked, limit + 1)
        if len(best) > limit and best[limit][1] == best[limit - 1][1]:
            best = self._matched(table, asked, -1)  # so that the limit cuts by uri, too
        return best[:limit]

    def _telling(self, build: Build, wanted: list[str]) -> list[str]:
        """Leave the commonest terms out where all together are in very many passages.

        They tell passages apart least, and take most of the time. The ranking asks for all.
        """
        if len(wanted) <= _TERMS_KEPT or self._counts_of(build).passages <= _MATCHED:
            return wanted
        counts = self._frequencies_in(build, wanted)
        known = sorted((term for term in wanted if counts[term]), key=lambda each: counts[each])
        sums = accumulate(counts[term] for term in known)
        kept = {
            term
            for at, (term, total) in enumerate(zip(known, sums, strict=True))
            if at < _TERMS_KEPT or total <= _MATCHED
        }
        return [term for term in wanted if term in kept] or wanted

    def _matched(self, table: str, asked: Sequence[object], limit: int) -> list[tuple[str, float]]:
        """Return the (passage id, score) pairs of a query; a negative limit is none."""
        rows = self.rows(
            f"SELECT p.id, -m.score FROM (SELECT rowid, bm25({table}, ?, ?) AS score "
            f"FROM {table} WHERE {table} MATCH ? ORDER BY score LIMIT ?) m "
            "JOIN passages p ON p.key = m.rowid JOIN sources s ON s.id = p.source "
            "ORDER BY m.score, s.uri, p.ordinal",
            (*asked, limit),
        )
        return [(id, score) for id, score in rows]

    def frequencies(
        self, collections: Sequence[str], terms: Sequence[str]
    ) -> tuple[int, dict[str, int]]:
        """Return the number of passages, and how many of them hold each term."""
        found = dict.fromkeys(terms, 0)
        documents = 0
        for build in self._open(collections):
            known = self._counts_of(build)
            documents += known.passages
            for term, count in self._frequencies_in(build, terms).items():
                found[term] += count
        return documents, found

    def _counts_of(self, build: Build) -> _Counts:
        """Return what was counted of a build since the catalog changed last."""
        generation = self.generation()
        known = self._counted_before.get(build.number)
        if known is None or known.generation != generation:
            known = _Counts(generation, self.passage_count(build.collection), {})
            self._counted_before[build.number] = known
        return known

    def _frequencies_in(self, build: Build, terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages of a build hold each term."""
        known = self._counts_of(build).terms
        found = {term: count for term in terms if (count := known.get(term)) is not None}
        if new := [term for term in terms if term not in found]:
            marks = ",".join("?" * len(new))
            sql = f"SELECT term, doc FROM {counts_table(build.number)} WHERE term IN ({marks})"
            counted: dict[str, int] = dict.fromkeys(new, 0) | dict(self.rows(sql, new))
            if len(known) > _MOST_COUNTED:
                known.clear()
            known.update(counted)
            found |= counted
        return found

    def passage_counts(self, collections: Sequence[str], terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        marks = ",".join("?" * len(terms))
        return self._counted(collections, f"term IN ({marks})", terms)

    def terms_beginning(self, collections: Sequence[str], start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        return self._counted(collections, "term >= ? AND term < ?", (start, f"{start}\U0010ffff"))

    def texts_with(self, collections: Sequence[str], term: str, limit: int) -> list[str]:
        """Return the texts of up to `limit` passages that hold a term, their headings included."""
        found: list[str] = []
        for build in self._open(collections):
            table = words_table(build.number)
            sql = (
                f"SELECT s.title || ' ' || p.heading || ' ' || p.text FROM {table} w "
                "JOIN passages p ON p.key = w.rowid JOIN sources s ON s.id = p.source "
                f"WHERE {table} MATCH ? LIMIT ?"
            )
            found += (row[0] for row in self.rows(sql, (f'"{term}"', limit - len(found))))
        return found

    def merge_words(self) -> None:
        """Take the words of deleted passages out of the full-text tables, at the price of them."""
        for (build,) in self.rows("SELECT build FROM builds"):
            with self.transaction() as connection:
                merge_words(connection, build)

    def nearest(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, cosine) pairs, nearest first, without Chroma.

        None are found where no vectors are kept.
        """
        with self._errors():
            build = next(iter(self._open([collection])), None)
            if build is None or build.dimension != len(vector):
                return []
            return nearest_kept(self.connection(), build, vector, limit)

    def coverage(self, collections: Sequence[str], source: str | None = None) -> Coverage | None:
        """Return how far collections, or a source, are searched; None where nothing is lacking."""
        with self._errors():
            return coverage_of(self.connection(), self._open(collections), source)

    def awaited(self, ids: Set[str]) -> set[str]:
        """Return those of some passages that have no vectors yet."""
        rows = self._by_ids("p.id", sorted(ids), "JOIN awaited_vectors a USING (key)")
        return {row[0] for row in rows}

    def awaits_vectors(self) -> bool:
        """Say whether any passage has yet to be embedded."""
        return bool(self._row("SELECT EXISTS (SELECT 1 FROM awaited_vectors)")[0])

    def embedded_ids(self, collection: str) -> set[str]:
        """Return the ids of every passage of a collection that is found by meaning."""
        with self._errors():
            found = (embedded_ids(self.connection(), b.number) for b in self._open([collection]))
            return set().union(*found)

    def model_of(self, collection: str) -> str | None:
        """Return the embedding model whose vectors a collection has, if it has any."""
        return next((build.model for build in self._open([collection]) if build.dimension), None)

    def stats(self) -> CatalogStats:
        """Return how much the catalog holds."""
        sources, characters = self._row("SELECT count(*), total(characters) FROM sources")
        names = (f"{name}{suffix}" for name in (CATALOG_FILE, VECTORS_FILE) for suffix in _SUFFIXES)
        files = [self.path.with_name(name) for name in names]
        kept = KeptOriginals(self.path.parent).held()
        return CatalogStats(
            collections=self._row("SELECT count(*) FROM collections")[0],
            sources=sources,
            passages=self._row(f"SELECT count(*) FROM passages p {_SERVING}")[0],
            characters=int(characters),
            bytes=sum(file.stat().st_size for file in files if file.exists()),
            originals=kept.files,
            original_bytes=kept.bytes,
            generation=self.generation(),
            failed=self._row(_FAILED)[0],
            coverage=self.coverage(sorted(self.collections())),
        )

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, nor of its vectors: see `SqliteFile`."""
        with self.transaction() as connection:
            blank_freed(connection)
        if is_worn(self.connection()):
            with self.transaction() as connection:
                drop_blank(connection)
            with self._errors():
                self.connection().execute("VACUUM vector_file")
            with self.transaction() as connection:
                connection.execute("DELETE FROM freed_slots WHERE blank")
        return super().erase_traces()

    def _dress(self, connection: sqlite3.Connection) -> None:
        attach_vectors(connection, self.path, self._busy_seconds)

    def _prepare(self, version: int) -> None:
        if version == BEFORE_VECTOR_FILE:
            from index.store.vector_move import copy_vectors

            copy_vectors(self.path, self._busy_seconds)

    def _open(self, collections: Sequence[str]) -> list[Build]:
        """Return the builds that serve collections."""
        return [build for build in self.builds() if build.collection in collections]

    def _counted(
        self, collections: Sequence[str], where: str, parameters: Sequence[object]
    ) -> dict[str, int]:
        """Return the terms that fit a condition, with how many passages hold each."""
        counts: Counter[str] = Counter()
        for build in self._open(collections):
            sql = f"SELECT term, doc FROM {counts_table(build.number)} WHERE {where}"
            counts.update(dict(self.rows(sql, parameters)))
        return dict(counts)

    def _by_ids(self, columns: str, ids: Sequence[str], join: str = "") -> list[Row]:
        """Select columns of the serving passages with these ids; SQLite binds 999 at a time."""
        found: list[Row] = []
        for first in range(0, len(ids), 900):
            some = tuple(ids[first : first + 900])
            marks = ",".join("?" * len(some))
            sql = f"SELECT {columns} FROM passages p {_SERVING} {join} WHERE p.id IN ({marks})"
            found += self.rows(sql, some)
        return found

    def _row(self, sql: str, parameters: Sequence[object] = ()) -> Row:
        return self.rows(sql, parameters)[0]

    def _note_damage(self) -> None:
        """Have it replaced by the next opening, which finds a format that cannot be upgraded."""
        if self._in_use:
            with suppress(sqlite3.Error), closing(sqlite3.connect(self.path, timeout=0)) as file:
                file.execute("PRAGMA user_version = -1")

    def _cure(self) -> str:
        return "It is replaced when it is next opened, and built again from your documents."


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
