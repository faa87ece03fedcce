"""Embeds what is found by words only so far: slice by slice, each written as soon as it is made.

Each slice is embedded while nobody holds the write lock, and written in one short holding of it;
others write, and have the model, in between. Who shares a database embeds other slices at the same
time (`index.store.awaited_claims`). What is killed loses the slice at hand, and the next
run goes on with what still waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from index.errors import EmbeddingError
from index.store.awaited_claims import AwaitedClaims
from index.store.awaited_passages import count_awaited
from index.store.catalog import Catalog
from index.store.catalog_rows import Build
from index.store.catalog_state import serving_builds
from index.sync.builds import Builds
from index.sync.indexer import Indexer
from index.sync.pace import Pace, Steps
from index.sync.passage_vectors import inputs_of
from index.sync.prepared_batch import Prepared
from index.sync.time_budget import TimeBudget
from index.sync.write_access import PATIENCE, PAUSE

SLICE_SECONDS = 4.0
"""Seconds of embedding after which a slice is written: others wait no longer for the model, and a
kill costs no more."""

_MOST = 256
"""Passages looked at for one slice; a quick model embeds as many in less time."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AwaitedVectors:
    """Adds the vectors that collections lack.

    `pace_of` says how a build is written to while others write; the caller holds no lock.
    """

    catalog: Catalog
    indexer: Indexer
    builds: Builds
    pace_of: Callable[[Build, Steps | None], Pace]

    def are_lacking(self) -> bool:
        """Say whether any passage has yet to be embedded with the model that there is."""
        return any(self.count(build) for build in self._fitting())

    def count(self, build: Build | None) -> int:
        """Return how many passages of a build, if there is one, have yet to be embedded."""
        return 0 if build is None else count_awaited(self.catalog.connection(), build.number)

    def add_all(self, steps: Steps | None, budget: TimeBudget, *, raises: bool = False) -> bool:
        """Embed what any collection lacks, as in `add`; says whether none is lacking then."""
        left = [self.add(each, steps, budget, raises=raises) for each in self._fitting()]
        return not any(left)

    def add(
        self, build: Build, steps: Steps | None, budget: TimeBudget, *, raises: bool = False
    ) -> int:
        """Embed what a build lacks and there is time for; returns how much is lacking then.

        Raises Cancelled where the steps do, and EmbeddingError when the model fails and time is
        unlimited or it `raises`: what was written before stays.
        """
        left = self.count(build)
        if not left or (budget.most is not None and left > budget.most):
            return left
        try:
            return self._add(build, self.pace_of(build, steps), budget.embedding)
        except EmbeddingError as error:
            if raises or budget.embedding is None:
                raise
            logger.warning("Found by words alone for now: %s", error)
            return self.count(build)

    def _add(self, build: Build, pace: Pace, seconds: float | None) -> int:
        if not self.indexer.embedder.can_embed(build):
            return self.count(build)
        ends = None if seconds is None else time.monotonic() + seconds
        done, left, looks = 0, self.count(build), 0
        refused: dict[str, EmbeddingError] = {}
        with self.catalog.claims(seconds=PATIENCE) as claims:
            while left > len(refused) and (ends is None or time.monotonic() < ends):
                pace.step(done, done + left)
                if looks:
                    time.sleep(PAUSE)
                refused |= self._add_slice(build, pace, ends, claims, refused)
                now = self.count(build)
                done, left, looks = done + max(0, left - now), now, looks + 1
        if done:
            pace.step(done, done + left)
        for failure in refused.values():
            raise failure
        return left

    def _add_slice(
        self,
        build: Build,
        pace: Pace,
        ends: float | None,
        claims: AwaitedClaims,
        refused: Mapping[str, EmbeddingError],
    ) -> dict[str, EmbeddingError]:
        """Embed some passages and write them, while nobody else embeds any.

        Returns those that the model refuses, as it did the `refused`; raises EmbeddingError when it
        takes none.
        """
        with pace.turn(), claims.some(build.number, _MOST, len(refused)) as ids:
            prepared = self._prepared([id for id in ids if id not in refused])
            if not prepared:
                return {}  # others are at all that is left
            until = time.monotonic() + SLICE_SECONDS
            until = until if ends is None else min(until, ends)

            def goes_on() -> bool:
                return time.monotonic() < until and not pace.is_wanted()

            made = self.indexer.embedder.embed_some(build, prepared, goes_on)
            tried = len(made.vectors) + len(made.refused)
            claims.embedded(tried, was_all=tried >= sum(len(each.passages) for each in prepared))
            if made.vectors or made.failure is None:
                with pace.hold():  # which raises where the build serves no more
                    self.indexer.add_vectors(build, prepared, made.vectors)
        if made.failure is None:
            return {}
        if not made.vectors:
            raise made.failure
        passages = ((each.id, digest) for _, each, digest in inputs_of(prepared))
        return {id: made.failure for id, digest in passages if digest in made.refused}

    def _prepared(self, ids: Sequence[str]) -> list[Prepared]:
        """Return passages with their sources, in the order of their ids."""
        found, sources = self.catalog.passages_and_sources(ids)
        passages = [found[id] for id in ids if id in found]
        return [
            Prepared(sources[id], [each for each in passages if each.source_id == id])
            for id in dict.fromkeys(passage.source_id for passage in passages)
        ]

    def _fitting(self) -> list[Build]:
        builds = serving_builds(self.catalog.connection())
        return [build for build in builds if self.builds.fits(build)]
