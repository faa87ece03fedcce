"""What is quoted of the passages that may answer: as little as says what the whole passage says.

The selector judges what would be quoted of a passage as it judged the passage. Where that alone is
less likely to answer, something that belongs was left out, and the passage is quoted whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answering.extractive.quoted_statements import quoted_statements
from bot.answering.extractive.selected_passages import (
    MOST_PASSAGES,
    SelectedPassage,
    whole_passage,
)
from bot.schema import DraftPart
from index.embed.inputs import context_of
from index.protocols import EmbeddingInput, Selector
from index.schema import Passage, Span

SURE = 0.95
"""Confidence from which no more is quoted than what answers."""


@dataclass(frozen=True)
class Reach:
    """How much is quoted."""

    near: float
    """How far below the best passage's value another one may lie to be quoted with it."""
    lost: float
    """Log-odds by which what belongs may lie below its passage before that is quoted whole."""


NARROW, WIDE = Reach(near=0.3, lost=0.5), Reach(near=2.0, lost=0.1)
"""For an answer that is sure, and for one that is less so: what stands around may be missing."""


@dataclass(frozen=True)
class QuotedPassage:
    """What of one passage belongs, and how well it answers alone."""

    selected: SelectedPassage
    parts: tuple[DraftPart, ...]
    answers: float
    """Log-odds that the parts, without the rest of the passage, answer."""

    def sufficient(self, lost: float) -> tuple[DraftPart, ...]:
        """Return the parts or, where they answer less well than the passage, that as a whole."""
        if self.answers >= self.selected.answers - lost:
            return self.parts
        return (DraftPart(picks=(whole_passage(self.selected),)),)


def quoted_passages(
    selector: Selector,
    question: str,
    selected: Sequence[SelectedPassage],
    pointed: Mapping[str, Sequence[Span]] | None = None,
) -> list[QuotedPassage]:
    """Judge what would be quoted of the best passages, the best first.

    Those of one section stay in the order of their document. `pointed` are the spans at
    which a reader points, by the passage's id, the surest first.
    """
    best = selected[0].value
    near = [each for each in selected[:MOST_PASSAGES] if best - each.value <= WIDE.near]
    told = pointed or {}
    pairs = [
        (each, tuple(quoted_statements(each, told.get(each.passage.id, ()))))
        for each in _in_order(near)
    ]
    pairs = [(each, parts) for each, parts in pairs if parts]
    judged = selector.select(question, [_as_text(each, parts) for each, parts in pairs])
    return [
        QuotedPassage(each, parts, selection.answers)
        for (each, parts), selection in zip(pairs, judged, strict=True)
    ]


def sufficient_quotes(quoted: Sequence[QuotedPassage], sure: float) -> list[DraftPart]:
    """Return what is quoted in an answer of which Quoth is so sure, from 0 to 1."""
    reach = NARROW if sure >= SURE else WIDE
    best = max((each.selected.value for each in quoted), default=0.0)
    return [
        part
        for each in quoted
        if best - each.selected.value <= reach.near
        for part in each.sufficient(reach.lost)
    ]


def _as_text(selected: SelectedPassage, parts: Sequence[DraftPart]) -> EmbeddingInput:
    """Return what would be quoted as a text of its own, under what stands above the passage.

    Rows are read below the header of their table, which is named beside them.
    """
    passage = selected.passage
    spans = [pick.evidence for part in parts for pick in part.picks]
    texts = [passage.text[s.start - passage.start : s.end - passage.start] for s in spans]
    header = selected.candidate.words.header
    if header and header not in texts:
        texts = [header, *texts]
    context = context_of(selected.candidate.source, passage)
    return EmbeddingInput(context=context, text="\n".join(texts), sentences=())


def _in_order(near: Sequence[SelectedPassage]) -> list[SelectedPassage]:
    """Return passages as they were, but those of one section in the order of their document."""
    found: list[SelectedPassage] = []
    for each in near:
        later = (at for at, other in enumerate(found) if _follows(other.passage, each.passage))
        found.insert(next(later, len(found)), each)
    return found


def _follows(one: Passage, other: Passage) -> bool:
    """Say whether a passage stands below another in the same section."""
    places = [(each.source_id, each.heading) for each in (one, other)]
    return places[0] == places[1] and one.ordinal > other.ordinal
