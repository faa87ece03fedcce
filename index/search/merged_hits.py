"""What a reader is shown of ranked passages: duplicates folded, what belongs together read as one.

Neighbours that were both found are one hit, and a section short enough is returned whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile
from operator import attrgetter

import numpy as np

from index.protocols import PassageOutline
from index.schema import Hit, Passage, Source
from index.search.joined_passages import WordFlags
from index.search.neighbours_ahead import (
    REACH,
    ManyNeighbours,
    Neighbours,
    NeighboursAhead,
    window,
)
from index.search.passage_rank import Candidate, RankedPassage

WHOLE_SECTION = 3000
"""Characters up to which a section is returned whole: about 480 words, two full passages."""

NEAR_DUPLICATE = 0.9
"""Share of common words from which two passages say the same."""

MAY_DIFFER = 0.3
"""Share of the words as they are written that may differ where the terms are nearly the same:
several times what may differ of the terms, since `runs` and `running` are one term."""

SHORT = 8
"""So many may differ besides, as those of two very short passages do."""


@dataclass(frozen=True)
class Merger:
    """Makes hits of ranked passages; no two of them hold the same passage."""

    catalog: ManyNeighbours

    def hits(
        self,
        ranked: Sequence[RankedPassage],
        source_of: Callable[[Passage], Source | None],
        limit: int,
    ) -> list[Hit]:
        """Return up to `limit` hits, best first; what has no source any more is left out."""
        hits: list[Hit] = []
        neighbours = NeighboursAhead(self.catalog, (each.passage for each in ranked[:limit]))
        for each in ranked:
            if len(hits) == limit:
                break
            if not _shown(each.passage, hits) and (source := source_of(each.passage)) is not None:
                hits.append(_hit(Candidate.of(each, source), ranked, hits, neighbours))
        return hits


def _hit(
    candidate: Candidate,
    ranked: Sequence[RankedPassage],
    before: Sequence[Hit],
    neighbours: Neighbours,
) -> Hit:
    """Return a candidate as a hit, with its section or its best found neighbour."""
    section = section_around(candidate, neighbours, WHOLE_SECTION)
    run = section or _with_neighbour(candidate.passage, ranked)
    run = _unshown(run, candidate.passage, before)
    return Hit(
        passage=join(run, candidate.source),
        source=candidate.source,
        dense_rank=candidate.dense_rank,
        lexical_rank=candidate.lexical_rank,
        score=candidate.score,
    )


def section_around(
    candidate: Candidate, neighbours: Neighbours, limit: int
) -> list[Passage] | None:
    """Return the widest section around a passage of at most `limit` characters, if any is."""
    passage, reach = candidate.passage, REACH
    while True:
        around = neighbours.outline(*window(passage, reach))
        before = [other for other in reversed(around) if other.ordinal < passage.ordinal]
        after = [other for other in around if other.ordinal > passage.ordinal]
        for depth in range(len(passage.heading) + 1):
            run = _run_under(before, passage, after, depth)
            if _length(run) > limit:
                continue
            if _reaches_edge(run, passage, reach):
                break  # short so far, and perhaps longer than what was looked at
            if len(run) > 1:
                return _whole(run, candidate, neighbours)
        else:
            return None
        reach *= 2


def _whole(
    run: Sequence[PassageOutline | Passage], candidate: Candidate, neighbours: Neighbours
) -> list[Passage] | None:
    """Return the passages of a run; None where the document was replaced in between."""
    found = neighbours.passages_of(candidate.source, run[0].ordinal, run[-1].ordinal)
    is_there = len(found) == len(run) and candidate.passage.id in {each.id for each in found}
    return found if is_there else None


def _length(run: Sequence[PassageOutline | Passage]) -> int:
    return run[-1].end - run[0].start


def _reaches_edge(run: Sequence[PassageOutline | Passage], passage: Passage, reach: int) -> bool:
    """Say whether a run may go on beyond the neighbours that were looked at."""
    first, last = run[0].ordinal, run[-1].ordinal
    return 0 < first == passage.ordinal - reach or last == passage.ordinal + reach


def fold_duplicates(ranked: Sequence[RankedPassage], flags: WordFlags) -> list[RankedPassage]:
    """Keep the best of passages that say the same in nearly the same words and the same numbers.

    `flags` are those that their words set (`JoinedPassages.word_flags`), in the same order.
    """
    dropped: set[int] = set()
    words = [each.words for each in ranked]
    for at, other in _perhaps_alike(flags):
        if (
            at not in dropped
            and other not in dropped
            and _are_same(words[at].all, words[other].all)
        ):
            dropped.add(at)
    return [candidate for at, candidate in enumerate(ranked) if at not in dropped]


def _perhaps_alike(flags: WordFlags) -> Iterator[tuple[int, int]]:
    """Yield the places of every two that may say the same, the later first, in order.

    Told by their words as they are written, of which more differ than of their terms.
    """
    common = flags @ flags.T
    sizes = common.diagonal()
    together = np.add.outer(sizes, sizes)
    later, earlier = np.nonzero(together - 2 * common <= MAY_DIFFER * together + SHORT)
    for at, other in zip(later.tolist(), earlier.tolist(), strict=True):
        if other < at:
            yield at, other


def join(passages: Sequence[Passage], source: Source) -> Passage:
    """Return neighbouring passages of one source as one, verbatim, under the headings of all."""
    first, last = passages[0], passages[-1]
    if first is last:
        return first
    return first.model_copy(
        update={
            "end": last.end,
            "text": source.text[first.start : last.end],
            "heading": _shared([passage.heading for passage in passages]),
            "sentences": tuple(s for passage in passages for s in passage.sentences),
            "kind": first.kind if all(p.kind == first.kind for p in passages) else "paragraph",
        }
    )


def _run_under(
    before: Sequence[PassageOutline],
    passage: Passage,
    after: Sequence[PassageOutline],
    depth: int,
) -> list[PassageOutline | Passage]:
    """Return the unbroken run of passages that share the first `depth` headings of `passage`.

    `before` and `after` are its neighbours, the nearest first.
    """
    above = passage.heading[:depth]

    def shares(other: PassageOutline) -> bool:
        return other.heading[:depth] == above

    reached = list(takewhile(shares, before))
    return [*reversed(reached), passage, *takewhile(shares, after)]


def _shared(headings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the headings, outermost first, that stand above all."""
    levels = takewhile(lambda names: len(set(names)) == 1, zip(*headings, strict=False))
    return tuple(names[0] for names in levels)


def stands_in(passage: Passage, source: Source) -> bool:
    """Say whether a passage was cut from this version: a document may change between two reads."""
    return source.text[passage.start : passage.end] == passage.text


def _with_neighbour(passage: Passage, ranked: Sequence[RankedPassage]) -> list[Passage]:
    """Return a passage with the better one of its neighbours that were found, in order."""
    source, beside = passage.source_id, (passage.ordinal - 1, passage.ordinal + 1)
    for other in [candidate.passage for candidate in ranked]:
        is_beside = other.ordinal in beside and other.source_id == source
        if is_beside and other.heading == passage.heading:
            return sorted([passage, other], key=attrgetter("start"))
    return [passage]


def _unshown(run: Sequence[Passage], passage: Passage, before: Sequence[Hit]) -> list[Passage]:
    """Return the unbroken part of a run around a passage that no hit before shows."""
    shown = [other.ordinal for other in run if _shown(other, before)]
    first = max((at for at in shown if at < passage.ordinal), default=-1)
    last = min((at for at in shown if at > passage.ordinal), default=run[-1].ordinal + 1)
    return [other for other in run if first < other.ordinal < last]


def _are_same(a: Set[str], b: Set[str]) -> bool:
    """Say whether two passages have nearly the same words, and the same numbers."""
    if not a or not b:
        return False
    shared = len(a & b)
    if shared < NEAR_DUPLICATE * (len(a) + len(b) - shared):
        return False
    # A fee, a date or a version that differs is what the reader must see.
    return not any(term[:1].isdigit() for term in a ^ b)


def _shown(passage: Passage, hits: Sequence[Hit]) -> bool:
    """Say whether a hit holds the passage."""
    return any(
        hit.source.id == passage.source_id
        and hit.passage.start <= passage.start
        and passage.end <= hit.passage.end
        for hit in hits
    )
