"""Passages that are found by words before they have vectors: embedded at once, if they are few.

Beside passages whose likeness to the question is known, one without it would always come last. So
the best by words are embedded while the question waits, and the others get the least likeness that
was found among what words found: they were thought worse.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

from index.errors import EmbeddingError
from index.protocols import Embedder, EmbeddingInput, PassageVectors
from index.schema import Passage, Source
from index.search.passage_rank import Query, RankedPassage, ranking_values

FEW = 8
"""Passages embedded for one question: half a second of one processor."""

PassageInput: TypeAlias = Callable[[Source, Passage], EmbeddingInput]
"""Returns what is embedded of a passage of a source."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AwaitedCandidates:
    """Gives candidates that have no vectors yet a place among those that have."""

    embedder: Embedder
    input_of: PassageInput

    def placed(
        self,
        queries: Sequence[Query],
        found: Sequence[Mapping[str, RankedPassage]],
        awaited: Set[str],
        source_of: Callable[[Passage], Source | None],
    ) -> list[dict[str, RankedPassage]]:
        """Return the candidates of each wording, those whose ids are `awaited` with a likeness."""
        best = [each.passage for each in self._best(queries, found, awaited)]
        there = [(each, source) for each in best if (source := source_of(each)) is not None]
        made = self._embedded(there)
        return [
            _placed(query, by_id, awaited, made)
            for query, by_id in zip(queries, found, strict=True)
        ]

    def _best(
        self,
        queries: Sequence[Query],
        found: Sequence[Mapping[str, RankedPassage]],
        awaited: Set[str],
    ) -> list[RankedPassage]:
        """Return the few awaited candidates that words alone put first for any wording."""
        values: dict[str, float] = {}
        known: dict[str, RankedPassage] = {}
        for query, by_id in zip(queries, found, strict=True):
            waiting = {id: each for id, each in by_id.items() if id in awaited}
            known |= waiting
            of_each = ranking_values(query, [*waiting.values()])
            for id, value in zip(waiting, of_each, strict=True):
                values[id] = max(values.get(id, value), value)
        best = sorted(values, key=lambda id: (-values[id], id))
        return [known[id] for id in best[:FEW]]

    def _embedded(self, passages: Sequence[tuple[Passage, Source]]) -> dict[str, PassageVectors]:
        """Return the vectors of passages by id; none when the model fails."""
        given = [self.input_of(source, passage) for passage, source in passages]
        try:
            made = self.embedder.embed_passages(given) if given else []
        except EmbeddingError as error:
            logger.warning("Passages without vectors are ranked by words: %s", error)
            return {}
        return {passage.id: of for (passage, _), of in zip(passages, made, strict=True)}


def _placed(
    query: Query,
    by_id: Mapping[str, RankedPassage],
    awaited: Set[str],
    made: Mapping[str, PassageVectors],
) -> dict[str, RankedPassage]:
    assert query.vector is not None
    placed = {
        id: replace(
            each,
            vectors=made[id].sentences,
            cosine=float(made[id].passage @ query.vector),
        )
        if id in made
        else each
        for id, each in by_id.items()
    }
    known = [
        each.cosine
        for id, each in placed.items()
        if each.lexical_rank is not None and (id in made or id not in awaited)
    ]
    least = min(known, default=0.0)
    return {
        id: replace(each, cosine=least) if id in awaited and id not in made else each
        for id, each in placed.items()
    }
