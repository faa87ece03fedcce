"""Vectors of passages: taken over from what is there, or embedded in turns with others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from index.embed.inputs import digest_of, embedding_input
from index.errors import EmbeddingError
from index.protocols import Embedder, EmbeddingInput, PassageVectors
from index.schema import Passage, Source
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import kept_vectors, known_inputs
from index.store.catalog_writes import IndexedPassage, words_of
from index.store.database import Connection
from index.store.vector_file import as_kept
from index.sync.pace import ALONE, Pace
from index.sync.prepared_batch import Prepared

_SLICE = 32
"""Passages embedded at a time: a second or two, after which others have their turn."""


_REFUSED = 3
"""Texts that a model refuses, one after the other, before it is thought to be out of order."""


class Embedded(NamedTuple):
    """What came of embedding some passages, by the hash of what they are made from."""

    vectors: dict[bytes, PassageVectors]
    refused: set[bytes]
    """What was tried and could not be embedded."""
    failure: EmbeddingError | None


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
        pace: Pace = ALONE,
    ) -> dict[bytes, PassageVectors]:
        """Return vectors by the hash of what they were made from, each input embedded once.

        There are none without an embedder, and for a build of words.
        """
        if self._embedder is None or not build.dimension:
            return {}
        wanted = _wanted(prepared)
        fresh, found = list(wanted), dict[bytes, PassageVectors]()
        for first in range(0, len(fresh), _SLICE):
            with pace.turn():
                pace.step(first, len(fresh))
                found |= self._made(build, wanted, fresh[first : first + _SLICE])
        pace.step(len(fresh), len(fresh))
        return found

    def embed_some(
        self, build: Build, prepared: Sequence[Prepared], goes_on: Callable[[], bool]
    ) -> Embedded:
        """Return the same for some at least, in order, and for more as long as that `goes_on`.

        What the build holds under another name is taken over, and costs nothing. What the model
        refuses is tried text by text, so that one does not keep the others from being embedded.
        """
        found = taken_over(self._catalog.connection(), build, prepared)
        wanted = _wanted(prepared)
        fresh = [digest for digest in wanted if digest not in found]
        refused, failure = set[bytes](), None
        for first in range(0, len(fresh), _SLICE):
            if first and not goes_on():
                break
            some = fresh[first : first + _SLICE]
            try:
                found |= self._made(build, wanted, some)
            except EmbeddingError as error:
                made = {} if error.retryable else self._one_by_one(build, wanted, some)
                found, failure = found | made, error
                refused.update(digest for digest in some if digest not in made)
                if not made:
                    break  # it is the model that is out of order
        return Embedded(found, refused, failure)

    def _one_by_one(
        self, build: Build, wanted: dict[bytes, EmbeddingInput], digests: Sequence[bytes]
    ) -> dict[bytes, PassageVectors]:
        """Return vectors of the texts that the model takes, unless it takes none of the first."""
        made: dict[bytes, PassageVectors] = {}
        for number, digest in enumerate(digests):
            if number == _REFUSED and not made:
                break
            with suppress(EmbeddingError):
                made |= self._made(build, wanted, [digest])
        return made

    def _made(
        self, build: Build, wanted: dict[bytes, EmbeddingInput], digests: Sequence[bytes]
    ) -> dict[bytes, PassageVectors]:
        assert self._embedder is not None
        made = self._embedder.embed_passages([wanted[digest] for digest in digests])
        self.embedded.passages[build.collection] += len(digests)
        kept = (replace(each, passage=as_kept(each.passage)) for each in made)
        return dict(zip(digests, kept, strict=True))


def taken_over(
    connection: Connection,
    build: Build,
    prepared: Sequence[Prepared],
    *,
    but: Set[str] = frozenset(),
) -> dict[bytes, PassageVectors]:
    """Return the vectors of passages that did not change: moved, renamed, or beside an edit.

    Passages of the ids `but` are not looked for.
    """
    if not build.dimension:
        return {}
    digests = {digest for _, passage, digest in inputs_of(prepared) if passage.id not in but}
    known = known_inputs(connection, build, sorted(digests))
    held = kept_vectors(connection, build, [each.id for each in known.values()])
    return {
        digest: PassageVectors(held[each.id], each.sentences)
        for digest, each in known.items()
        if each.id in held
    }


def _wanted(prepared: Iterable[Prepared]) -> dict[bytes, EmbeddingInput]:
    """Return what is embedded of sources, each input once, by its hash."""
    wanted: dict[bytes, EmbeddingInput] = {}
    for each in prepared:
        for passage in each.passages:
            given = embedding_input(each.source, passage)
            wanted.setdefault(digest_of(given), given)
    return wanted


def with_vectors(
    passages: Sequence[IndexedPassage], known: dict[bytes, PassageVectors], *, but: Set[str]
) -> list[IndexedPassage]:
    """Return passages with the vectors that are known, but for some ids."""
    return [
        each._replace(vector=found.passage, sentences=found.sentences)
        if each.passage.id not in but and (found := known.get(each.input))
        else each
        for each in passages
    ]


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
