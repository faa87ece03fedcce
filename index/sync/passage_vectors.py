"""Vectors of passages: taken over from what is there, or embedded in turns with others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from index.embed.inputs import digest_of, embedding_input
from index.protocols import Embedder, EmbeddingInput, PassageVectors
from index.schema import Passage, Source
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import kept_vectors, known_inputs
from index.store.catalog_writes import IndexedPassage, words_of
from index.sync.pace import ALONE, Pace
from index.sync.prepared_batch import Prepared

_SLICE = 32
"""Passages embedded at a time: a second or two, after which others have their turn."""


class EmbeddedHere(threading.local):
    """What a thread has embedded since it cleared it: each works for one caller at a time."""

    def __init__(self) -> None:
        self.passages: Counter[str] = Counter()
        """Passages whose vectors were computed, by collection."""


class PassageEmbedder:
    """Makes vectors of prepared sources; without an embedder, none."""

    def __init__(self, catalog: Catalog, embedder: Embedder | None) -> None:
        self._catalog = catalog
        self._embedder = embedder
        self.embedded = EmbeddedHere()

    def can_embed(self, build: Build) -> bool:
        """Say whether there is what a build needs, if it needs anything."""
        return self._embedder is not None or not build.dimension

    def embed(
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


def inputs_of(prepared: Iterable[Prepared]) -> Iterator[tuple[Source, Passage, bytes]]:
    """Yield every passage with its source and the hash of what is embedded of it."""
    for each in prepared:
        for passage in each.passages:
            yield each.source, passage, digest_of(embedding_input(each.source, passage))


def indexed(
    each: Prepared, embedded: dict[bytes, PassageVectors], *, but: Set[str] = frozenset()
) -> list[IndexedPassage]:
    """Put the passages of a source together with their vectors, and with words but for some ids."""
    return [
        IndexedPassage(
            passage,
            digest,
            made.sentences if (made := embedded.get(digest)) else None,
            made.passage if made else None,
            None if passage.id in but else words_of(source, passage),
        )
        for source, passage, digest in inputs_of([each])
    ]
