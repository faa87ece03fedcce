"""The catalog: canonical texts, passages and words. It is the truth.

It stands in a file of the home, or in a database that several homes share. Reading is here;
`index.store.catalog_writes` changes it, one transaction per step. Any number of threads and
processes may read while one writes; a reader sees each source whole, in one version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from index.errors import AmbiguousSource, SourceNotFound
from index.protocols import PassageOutline, Vectors
from index.schema import CatalogStats, Coverage, Passage, Source, SourceEntry, SourceState
from index.store.added_documents import AddedDocuments, open_added_file
from index.store.awaited_claims import AwaitedClaims, SharedClaims, SoleClaims
from index.store.awaited_passages import awaited_by_source, coverage_of, embedded_ids
from index.store.catalog_file import CatalogFile
from index.store.catalog_format import ADDITIONS_FILE, ANSWERS_FILE, CATALOG_FILE
from index.store.catalog_rows import (
    ENTRY_COLUMNS,
    PASSAGE_COLUMNS,
    PASSAGE_WIDTH,
    SOURCE_COLUMNS,
    Build,
    entry_of,
    heading_of,
    left_out_entry,
    meant_by,
    passage_of,
    source_of,
)
from index.store.catalog_state import (
    indexed_versions,
    missing_documents,
    seen_files,
    serving_builds,
)
from index.store.database import Connection, Database
from index.store.document_queue import LedQueue, empty_queue
from index.store.kept_answers import KeptAnswers, open_kept_answers
from index.store.kept_originals import KeptOriginals
from index.store.kept_vectors import HeldVectors, nearest_kept
from index.store.sqlite_file import BUSY_SECONDS, Row
from index.store.vector_file import JOIN_VECTORS, sentences_of
from index.store.word_index import word_index_of
from index.store.write_lock import FOLDER_LOCK_FILE, LOCK_FILE, holder_of, is_locked, write_lock
from index.text.words import content_terms, terms

if TYPE_CHECKING:
    from index.store.postgres_address import PostgresAddress
    from index.store.shared_parts import SharedParts
    from index.store.shared_work import SharedWork

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

_SERVING = "JOIN collections c ON c.build = p.build"
_OF_SOURCES = (
    "LEFT JOIN files f ON f.collection = s.collection AND f.uri = s.uri "
    "LEFT JOIN missing m ON m.collection = s.collection AND m.uri = s.uri"
)
_SOURCES = f"sources s {_OF_SOURCES}"

_WITH_SOURCES = f"""
WITH found AS (
    SELECT {PASSAGE_COLUMNS}, row_number() OVER (PARTITION BY p.source) AS nth
    FROM passages p {_SERVING} WHERE p.id IN ({{marks}})
)
SELECT {PASSAGE_COLUMNS}, {SOURCE_COLUMNS}, m.uri
FROM found p LEFT JOIN sources s ON s.id = p.source AND p.nth = 1 {_OF_SOURCES}
"""
"""Passages, one of each source with all of the source, so that a long text is read once."""

_MOST_BOUND = 900
"""Ids in one statement; SQLite binds 999 values at a time."""

_FAILED = (
    "SELECT count(*) FROM (SELECT collection, uri FROM files WHERE failure IS NOT NULL "
    "UNION SELECT collection, uri FROM left_out WHERE state = 'failed') f"
)
"""Counts the files that could not be read, or not even be looked at."""


class _Counts(NamedTuple):
    """What was counted of a build at one generation of the catalog."""

    generation: int
    passages: int
    terms: dict[str, int]
    """Passages that hold a term, 0 included."""


class CatalogDatabase(Database, Protocol):
    """Where the tables of a catalog stand."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend this thread's connection to read; raises StoreError where that fails."""
        ...

    def held_bytes(self) -> int:
        """Return how much room it takes."""
        ...


class Catalog:
    """The catalog of a home folder; a `Lexical` and a `PassageStore`.

    Safe to use from several threads. Raises StoreError when it cannot be read or written.
    """

    def __init__(
        self,
        home: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        address: PostgresAddress | None = None,
    ) -> None:
        """`address` is that of the database that it stands in; None is a file of the home."""
        self.home = home
        self.address = address
        self._counted_before: dict[int, _Counts] = {}
        self._vectors = HeldVectors()
        self._shared: SharedParts | None = None
        self._database: CatalogDatabase
        if address is None:
            self._database = CatalogFile(home, busy_seconds=busy_seconds)
        else:
            from index.store.shared_parts import SharedParts

            self._shared = SharedParts(address, lock_seconds=busy_seconds)
            self._database = self._shared.catalog

    @property
    def path(self) -> Path:
        """The file of the home, which is not there where the catalog stands in a database."""
        return self.home / CATALOG_FILE

    @property
    def is_shared(self) -> bool:
        """Whether it stands in a database, where other homes change it, too."""
        return self.address is not None

    def connection(self) -> Connection:
        """Return this thread's connection, in which every statement is a transaction."""
        return self._database.connection()

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend this thread's connection to read; raises StoreError where that fails."""
        return self._database.reading()

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write in one transaction: all of the block or, if it raises, nothing."""
        return self._database.transaction()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query."""
        return self._database.rows(sql, parameters)

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """Return the first row of a query, if it has one."""
        return self._database.row(sql, parameters)

    def erase_traces(self) -> bool:
        """Leave no copy of what was deleted, nor of its vectors; False if that has to wait."""
        if self._shared is not None and not self.is_locked(FOLDER_LOCK_FILE):
            empty_queue(self._shared.work())  # which a killed leader left
        return self._database.erase_traces()

    def lock(
        self,
        *,
        seconds: float,
        file: str = LOCK_FILE,
        waiting: Callable[[str], None] | None = None,
    ) -> AbstractContextManager[None]:
        """Hold a lock of whoever writes to this index: see `index.store.write_lock`."""
        if self._shared is None:
            return write_lock(self.home, seconds=seconds, file=file, waiting=waiting)
        return self._shared.locks.hold(file, seconds=seconds, waiting=waiting)

    def is_locked(self, file: str = LOCK_FILE) -> bool:
        """Say whether somebody holds a lock now."""
        if self._shared is None:
            return is_locked(self.home, file=file)
        return self._shared.locks.is_held(file)

    def holder(self, file: str = LOCK_FILE) -> str | None:
        """Return who holds a lock now; None where nobody does."""
        if self._shared is None:
            return holder_of(self.home, file=file)
        return self._shared.locks.holder(file)

    @contextmanager
    def claims(self, *, seconds: float) -> Iterator[AwaitedClaims]:
        """Lend what says which passages this process embeds; where it is one at a time, another is
        waited for `seconds`.
        """
        if self._shared is None:
            yield SoleClaims(self, seconds)
            return
        work = self._shared.work()
        with work.worker() as worker:
            yield SharedClaims(work, worker)

    def work(self) -> SharedWork | None:
        """Return who works on this index and on what; None where it is not shared."""
        return None if self._shared is None else self._shared.work()

    def led_queue(self, stamp: str) -> LedQueue | None:
        """Return the documents that others help to read, where this thread follows the folder.

        None where the index is not shared; `stamp` says what they are read with.
        """
        if self._shared is None or (run := self._shared.locks.number(FOLDER_LOCK_FILE)) is None:
            return None
        return LedQueue(self._shared.work(), run, stamp)

    def has_added(self) -> bool:
        """Say whether there may be documents that people added."""
        return self.is_shared or (self.home / ADDITIONS_FILE).exists()

    def open_added(self) -> AddedDocuments:
        """Open the documents that people added; raises StoreError."""
        if self._shared is None:
            return open_added_file(self.home, self.connection())
        return AddedDocuments(self._shared.added(), is_lent=True)

    def has_answers(self) -> bool:
        """Say whether there may be answers that have an address."""
        return self.is_shared or (self.home / ANSWERS_FILE).exists()

    def open_answers(self) -> KeptAnswers:
        """Open the answers that have an address; raises StoreError."""
        return open_kept_answers(self.home, self.address)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()
        if self._shared is not None:
            self._shared.close()

    def generation(self) -> int:
        """Return the number of changes committed so far: when it moves, readers look again."""
        return int(self._row("SELECT value FROM meta WHERE key = 'generation'")[0])

    def home_id(self) -> str:
        """Return the random name of this index, unlike that of any other."""
        return str(self._row("SELECT value FROM meta WHERE key = 'home'")[0])

    def mark(self) -> str:
        """Return what is another at every change that others may have made; empty of a file."""
        return f"{self.home_id()}.{self.generation()}" if self.is_shared else ""

    def builds(self) -> list[Build]:
        """Return the build that serves each collection, by collection."""
        with self._database.reading() as connection:
            return serving_builds(connection)

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
        rows = self.rows(f"SELECT {SOURCE_COLUMNS}, m.uri FROM {_SOURCES} WHERE s.id = ?", (id,))
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
        for first in range(0, len(ids), _MOST_BOUND):
            some = tuple(ids[first : first + _MOST_BOUND])
            rows = self.rows(_WITH_SOURCES.format(marks=",".join("?" * len(some))), some)
            found = [row[PASSAGE_WIDTH:] for row in rows if row[PASSAGE_WIDTH] is not None]
            sources |= {row[0]: source_of(row) for row in found}
            for row in rows:
                passages[row[0]] = passage_of(row[:PASSAGE_WIDTH], sources[row[1]].text)
        return passages, sources

    def sentence_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the pooled sentence vectors of the passages that have them, by passage id."""
        join = f"JOIN builds b ON b.build = p.build {JOIN_VECTORS}"
        rows = self._by_ids("p.id, v.sentences, b.dimension", ids, join)
        found = {id: sentences_of(blob, dimension) for id, blob, dimension in rows}
        return {id: vectors for id, vectors in found.items() if vectors is not None}

    def passages_of(self, source: Source, first: int, last: int) -> list[Passage]:
        """Return the passages of a source from ordinal `first` to `last`, both included.

        They are cut from its text, so none are returned where another version is indexed now.
        """
        rows = self.rows(
            f"SELECT {PASSAGE_COLUMNS} FROM passages p {_SERVING} "
            "JOIN sources s ON s.id = p.source AND s.sha256 = ? AND s.characters = ? "
            "WHERE p.source = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal",
            (source.sha256, len(source.text), source.id, first, last),
        )
        return [passage_of(row, source.text) for row in rows]

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
        with self._database.reading() as connection:
            best = word_index_of(connection).match(
                connection,
                build.number,
                wanted,
                title_weight=title_weight,
                body_weight=body_weight,
                limit=limit,
            )
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
            with self._database.reading() as connection:
                held = word_index_of(connection).counts(connection, build.number, new)
            counted = dict.fromkeys(new, 0) | held
            if len(known) > _MOST_COUNTED:
                known.clear()
            known.update(counted)
            found |= counted
        return found

    def passage_counts(self, collections: Sequence[str], terms: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            for build in self._open(collections):
                counts.update(word_index_of(connection).counts(connection, build.number, terms))
        return dict(counts)

    def terms_beginning(self, collections: Sequence[str], start: str) -> dict[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        counts: Counter[str] = Counter()
        with self._database.reading() as connection:
            index = word_index_of(connection)
            for build in self._open(collections):
                counts.update(index.counts_beginning(connection, build.number, start))
        return dict(counts)

    def texts_with(self, collections: Sequence[str], term: str, limit: int) -> list[str]:
        """Return the texts of up to `limit` passages that hold a term, their headings included."""
        found: list[str] = []
        with self._database.reading() as connection:
            index = word_index_of(connection)
            for build in self._open(collections):
                found += index.texts_with(connection, build.number, term, limit - len(found))
        return found

    def merge_words(self) -> None:
        """Take the words of deleted passages out of the index of words."""
        for (build,) in self.rows("SELECT build FROM builds"):
            with self.transaction() as connection:
                word_index_of(connection).merge(connection, build)

    def nearest(self, collection: str, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return up to `limit` (passage id, cosine) pairs, nearest first, without Chroma.

        None are found where no vectors are kept.
        """
        with self._database.reading() as connection:
            build = next(iter(self._open([collection])), None)
            if build is None or build.dimension != len(vector):
                return []
            kept = self._vectors.of(connection, build, self.generation())
            return nearest_kept(connection, kept, vector, limit)

    def coverage(self, collections: Sequence[str], source: str | None = None) -> Coverage | None:
        """Return how far collections, or a source, are searched; None where nothing is lacking."""
        with self._database.reading() as connection:
            return coverage_of(connection, self._open(collections), source)

    def awaited(self, ids: Set[str]) -> set[str]:
        """Return those of some passages that have no vectors yet."""
        rows = self._by_ids("p.id", sorted(ids), "JOIN awaited_vectors a USING (key)")
        return {row[0] for row in rows}

    def awaits_vectors(self) -> bool:
        """Say whether any passage has yet to be embedded."""
        return bool(self._row("SELECT EXISTS (SELECT 1 FROM awaited_vectors)")[0])

    def embedded_ids(self, collection: str) -> set[str]:
        """Return the ids of every passage of a collection that is found by meaning."""
        with self._database.reading() as connection:
            found = (embedded_ids(connection, b.number) for b in self._open([collection]))
            return set().union(*found)

    def model_of(self, collection: str) -> str | None:
        """Return the embedding model whose vectors a collection has, if it has any."""
        return next((build.model for build in self._open([collection]) if build.dimension), None)

    def stats(self) -> CatalogStats:
        """Return how much the catalog holds."""
        sources, characters = self._row(
            "SELECT count(*), coalesce(sum(characters), 0) FROM sources"
        )
        kept = KeptOriginals(self.home).held()
        return CatalogStats(
            collections=self._row("SELECT count(*) FROM collections")[0],
            sources=sources,
            passages=self._row(f"SELECT count(*) FROM passages p {_SERVING}")[0],
            characters=int(characters),
            bytes=self._database.held_bytes(),
            originals=kept.files,
            original_bytes=kept.bytes,
            generation=self.generation(),
            failed=self._row(_FAILED)[0],
            coverage=self.coverage(sorted(self.collections())),
        )

    def _open(self, collections: Sequence[str]) -> list[Build]:
        """Return the builds that serve collections."""
        return [build for build in self.builds() if build.collection in collections]

    def _by_ids(self, columns: str, ids: Sequence[str], join: str = "") -> list[Row]:
        """Select columns of the serving passages with these ids."""
        found: list[Row] = []
        for first in range(0, len(ids), _MOST_BOUND):
            some = tuple(ids[first : first + _MOST_BOUND])
            marks = ",".join("?" * len(some))
            sql = f"SELECT {columns} FROM passages p {_SERVING} {join} WHERE p.id IN ({marks})"
            found += self.rows(sql, some)
        return found

    def _row(self, sql: str, parameters: Sequence[object] = ()) -> Row:
        return self.rows(sql, parameters)[0]
