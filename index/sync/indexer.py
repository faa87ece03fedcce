"""Writes sources into a build: vectors to Chroma, everything else to the catalog.

There is no transaction across the two stores, so the order carries the promise. (1) The build is
marked dirty. (2) New vectors go to Chroma, under ids that no reader knows yet. (3) One transaction
of the catalog replaces the source: from here on readers see the new version, all of it. (4) Old
vectors are deleted. (5) The mark is taken away. Whoever dies in between leaves the mark, and
`repair` makes Chroma hold exactly the ids of the catalog.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from index.embed.inputs import digest_of, embedding_input, facts, metadata
from index.protocols import Embedder, EmbeddingInput, PassageVectors, VectorRow
from index.schema import Passage, Source
from index.store.catalog import Catalog
from index.store.catalog_rows import Build, FileState
from index.store.catalog_state import (
    kept_vectors,
    known_inputs,
    passages_held,
    serving_builds,
)
from index.store.catalog_writes import (
    IndexedPassage,
    count_deleted,
    forget_files,
    move_generation,
    owe_purge,
    put_file,
    put_passages,
    put_sentences,
    put_source,
    remove_source,
    set_dirty,
)
from index.store.chroma_vectors import ChromaVectors
from index.sync.pace import Pace
from index.sync.vector_repair import (
    correct_places,
    count_anew,
    delete_stray,
    keep_held,
    restore_kept,
)

_SLICE = 32
"""Passages embedded at a time: a second or two, after which others have their turn."""

_BATCH_PASSAGES = 96
"""Passages written at a time: some seconds of embedding, so that a bar moves and a crash costs
little, yet enough to sort by length and to pay for the commits."""

_BATCH_CHARACTERS = 2_000_000
"""The same for documents that have few passages for their size."""


ALONE = Pace()
"""Of a writer that holds the lock all the time."""


@dataclass(frozen=True)
class Prepared:
    """A source that is read and cut, ready to be embedded and written."""

    source: Source
    passages: Sequence[Passage]
    file: FileState | None = None
    """State of its file in the documents folder, if it comes from there."""


class Batch:
    """Collects prepared sources and writes them together."""

    def __init__(self, write: Callable[[Sequence[Prepared]], None]) -> None:
        self._write = write
        self._waiting: list[Prepared] = []
        self._passages = 0
        self._characters = 0

    def add(self, prepared: Prepared) -> None:
        """Take one source, and write when that makes a batch."""
        self._waiting.append(prepared)
        self._passages += len(prepared.passages)
        self._characters += len(prepared.source.text)
        if self._passages >= _BATCH_PASSAGES or self._characters >= _BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        self._passages = self._characters = 0
        if waiting:
            self._write(waiting)


class EmbeddedHere(threading.local):
    """What a thread has embedded since it cleared it: each works for one caller at a time."""

    def __init__(self) -> None:
        self.passages: Counter[str] = Counter()
        """Passages whose vectors were computed, by collection."""


class Indexer:
    """Embeds and writes; the caller holds the write lock."""

    def __init__(self, catalog: Catalog, vectors: ChromaVectors, embedder: Embedder | None) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self.embedded = EmbeddedHere()

    def write(self, build: Build, prepared: Sequence[Prepared], pace: Pace = ALONE) -> None:
        """Write sources into the build that serves, each in place of its earlier version.

        They are embedded before the lock is held, so that others can write meanwhile.
        """
        held = self._held(build, prepared)
        embedded = self._embed(build, prepared, but=held, pace=pace)
        with pace.hold():
            build = self._as_it_is(build)
            still = self._held(build, prepared)
            if held - still:  # somebody replaced these sources meanwhile
                embedded = self._embed(build, prepared, but=still)
            self._put(build, prepared, embedded, still)

    def _held(self, build: Build, prepared: Sequence[Prepared]) -> set[str]:
        """Return the ids of the passages that these sources have already."""
        connection = self._catalog.connection()
        return passages_held(connection, build, [each.source.id for each in prepared])

    def _as_it_is(self, build: Build) -> Build:
        """Return a build as it is now: its vectors may have been moved while others wrote."""
        builds = serving_builds(self._catalog.connection())
        return next((each for each in builds if each.number == build.number), build)

    def _put(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        embedded: dict[bytes, PassageVectors],
        held: Set[str],
    ) -> None:
        """Write sources and their vectors to both stores."""
        self._begin(build)
        self._upsert(build, prepared, embedded, but=held)
        self._describe(build, prepared, held)
        gone: set[str] = set()
        with self._catalog.transaction() as connection:
            for each in prepared:
                passages = _indexed(each, embedded)
                gone |= put_source(connection, build.number, each.source, passages)
                if each.file is not None:
                    put_file(connection, build.collection, each.source.uri, each.file)
            count_deleted(connection, build.number, len(gone))
            generation = move_generation(connection)
        self._cleaned(build, gone, generation)

    def fill(self, build: Build, prepared: Sequence[Prepared]) -> None:
        """Write passages of known sources into a build that does not serve yet."""
        embedded = self._embed(build, prepared)
        self._upsert(build, prepared, embedded)
        with self._catalog.transaction() as connection:
            for each in prepared:
                passages = _indexed(each, embedded)
                put_passages(connection, build.number, each.source, passages)

    def remove(self, build: Build, ids: Sequence[str], uris: Sequence[str]) -> None:
        """Delete sources by id, and what is known of files by uri."""
        build = self._as_it_is(build)
        self._begin(build)
        gone: set[str] = set()
        with self._catalog.transaction() as connection:
            for id in ids:
                gone |= remove_source(connection, build.number, id)
            forget_files(connection, build.collection, uris)
            count_deleted(connection, build.number, len(gone))
            generation = move_generation(connection)
        self._cleaned(build, gone, generation)

    def finish(self, build: Build) -> None:
        """Take the mark away: both stores agree.

        It stays if it was there before, and where vectors are to be added by a later repair.
        """
        if not build.dirty and self._can_embed(build) and self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)

    def repair(self, build: Build, progress: Callable[[int, int, str], None] | None = None) -> int:
        """Make Chroma hold exactly the passages of the catalog; returns how many it lacked.

        Vectors come from the catalog, and are computed again where it has none. Without an embedder
        the mark then stays, and a later repair adds what is missing.
        """
        missing: set[str] = set()
        if build.dimension:
            wanted = self._catalog.passage_ids(build.collection)
            held = self._vectors.ids(build.chroma)
            missing = wanted - held
            if missing or held - wanted:
                self._begin(build)
            count_anew(self._catalog, self._vectors, build)
            delete_stray(self._catalog, self._vectors, build, held - wanted)
            keep_held(self._catalog, self._vectors, build, held & wanted)
            restored = restore_kept(self._catalog, self._vectors, build, sorted(missing), progress)
            if missing - restored and not self._can_embed(build):
                return len(restored)
            self._restore(build, missing - restored, progress)
            correct_places(self._catalog, self._vectors, build)
        if self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=False)
                owe_purge(connection)  # of what a killed writer began and nobody goes on with
                generation = move_generation(connection)
            self._vectors.wrote(generation)
        return len(missing)

    def _restore(
        self,
        build: Build,
        missing: set[str],
        progress: Callable[[int, int, str], None] | None = None,
    ) -> None:
        """Embed passages of the catalog again, as they are."""
        found = self._catalog.passages(sorted(missing))
        by_source = sorted({passage.source_id for passage in found.values()})
        for done, source_id in enumerate(by_source):
            if progress is not None:
                progress(done, len(by_source), self._catalog.source(source_id).uri)
            passages = [each for each in found.values() if each.source_id == source_id]
            prepared = [Prepared(self._catalog.source(source_id), passages)]
            embedded = self._embed(build, prepared)
            self._upsert(build, prepared, embedded)
            with self._catalog.transaction() as connection:
                for each in _indexed(prepared[0], embedded):
                    put_sentences(connection, build.number, each)

    def _can_embed(self, build: Build) -> bool:
        return self._embedder is not None or not build.dimension

    def is_dirty(self, build: Build) -> bool:
        """Say whether a build carries the mark now."""
        row = self._catalog.connection().execute(
            "SELECT dirty FROM builds WHERE build = ?", (build.number,)
        )
        return bool(row.fetchone()[0])

    def _begin(self, build: Build) -> None:
        """Leave the mark by which a later start knows that this one did not finish."""
        if not self.is_dirty(build):
            with self._catalog.transaction() as connection:
                set_dirty(connection, build.number, dirty=True)

    def _cleaned(self, build: Build, gone: set[str], generation: int) -> None:
        """Delete vectors that the catalog no longer names."""
        if build.dimension and gone:
            self._vectors.delete(build.chroma, sorted(gone))
        self._vectors.wrote(generation)

    def _upsert(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        embedded: dict[bytes, PassageVectors],
        *,
        but: Set[str] = frozenset(),
    ) -> None:
        """Write the vectors of prepared sources to Chroma, but for those of some ids."""
        rows = [
            VectorRow(passage.id, made.passage, passage.text, metadata(source, passage))
            for source, passage, digest in _inputs_of(prepared)
            if passage.id not in but and (made := embedded.get(digest))
        ]
        if rows:
            self._vectors.upsert(build.chroma, rows)

    def _describe(self, build: Build, prepared: Sequence[Prepared], ids: Set[str]) -> None:
        """Write to Chroma where the passages with these ids stand now."""
        if build.dimension:
            known = {
                passage.id: facts(each.source, passage)
                for each in prepared
                for passage in each.passages
                if passage.id in ids
            }
            self._vectors.describe(build.chroma, known)

    def _embed(
        self,
        build: Build,
        prepared: Sequence[Prepared],
        *,
        but: Set[str] | None = None,
        pace: Pace = ALONE,
    ) -> dict[bytes, PassageVectors]:
        """Return vectors by the hash of what they were made from, each input embedded once.

        There are none without an embedder, and for a build of words. With `but`, passages of these
        ids are left out, and vectors that the build holds are taken from there.
        """
        if self._embedder is None or not build.dimension:
            return {}
        wanted: dict[bytes, EmbeddingInput] = {}
        for each in prepared:
            for passage in each.passages:
                if but is None or passage.id not in but:
                    given = embedding_input(each.source, passage)
                    wanted.setdefault(digest_of(given), given)
        found = {} if but is None else self._reused(build, list(wanted))
        fresh = [digest for digest in wanted if digest not in found]
        self.embedded.passages[build.collection] += len(fresh)
        for first in range(0, len(fresh), _SLICE):
            some = fresh[first : first + _SLICE]
            with pace.turn():
                pace.step(first, len(fresh))
                made = self._embedder.embed_passages([wanted[digest] for digest in some])
            found.update(zip(some, made, strict=True))
        pace.step(len(fresh), len(fresh))
        return found

    def _reused(self, build: Build, digests: Sequence[bytes]) -> dict[bytes, PassageVectors]:
        """Return the vectors of passages that did not change: moved, renamed, or beside an edit."""
        known = known_inputs(self._catalog.connection(), build, digests)
        ids = [each.id for each in known.values()]
        held = kept_vectors(self._catalog.connection(), build, ids)
        return {
            digest: PassageVectors(held[each.id], each.sentences)
            for digest, each in known.items()
            if each.id in held
        }


def _inputs_of(prepared: Iterable[Prepared]) -> Iterator[tuple[Source, Passage, bytes]]:
    for each in prepared:
        for passage in each.passages:
            yield each.source, passage, digest_of(embedding_input(each.source, passage))


def _indexed(each: Prepared, embedded: dict[bytes, PassageVectors]) -> list[IndexedPassage]:
    """Put the passages of a source together with their sentence vectors."""
    return [
        IndexedPassage(
            passage,
            digest,
            made.sentences if (made := embedded.get(digest)) else None,
            made.passage if made else None,
        )
        for _, passage, digest in _inputs_of([each])
    ]
