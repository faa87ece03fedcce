"""How much is quoted of the passages that may answer.

The best passage or some more, each in part or whole, or the best with its section: quoted is what
is likely to hold the whole answer and not much beside it. The selector judges the parts as it
judged their passages, so that what was left out of them shows. How the weights were fitted stands
in `docs/evaluation.md`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.answering.extractive.answer_weights import QUOTES_HOLD, QUOTES_MOSTLY
from bot.answering.extractive.quoted_statements import quoted_statements
from bot.answering.extractive.selected_passages import (
    MOST_PASSAGES,
    SelectedPassage,
    whole_passage,
    whole_stretch,
)
from bot.answering.extractive.surrounding_section import Stretch, stretches_around
from bot.schema import DraftPart
from index.embed.inputs import context_of
from index.protocols import EmbeddingInput, Selector
from index.schema import Passage, Span
from index.search.linear_model import logistic
from index.search.neighbours_ahead import Neighbours

NEAR = 2.5
"""How far below the best passage's value another one may lie to be quoted with it."""

BREVITY = 0.4
"""What it counts that at least half of what is quoted belongs, beside that the answer is whole.

Of .7 instead, .011 more of the answers are clean, and .022 more claimed ones lack a part."""

FARTHEST = 6.0
"""How far below the best passage the first one left out may lie, at most, to count more."""

LEAST_LOST, MOST_LOST = -1.0, 3.0
"""Bounds of the log-odds that parts lack to their passage."""

_BLANK = re.compile("[ \t\n]+")


@dataclass(frozen=True)
class QuotedPassage:
    """What of one passage belongs, and how well it answers alone."""

    selected: SelectedPassage
    parts: tuple[DraftPart, ...]
    answers: float
    """Log-odds that the parts, without the rest of the passage, answer."""

    @property
    def lost(self) -> float:
        """The log-odds that the parts lack to the whole passage."""
        return self.selected.answers - self.answers


@dataclass(frozen=True)
class Extent:
    """One way of quoting: some of the passages, in order, each in part or whole.

    Or one of them whole, with what stands around it in its section.
    """

    passages: tuple[QuotedPassage, ...]
    whole: bool
    around: Stretch = ()
    """The one passage and its neighbours, where they are quoted with it."""

    @property
    def parts(self) -> list[DraftPart]:
        """What is quoted."""
        return [part for each in self.passages for part in self._parts_of(each)]

    @property
    def ids(self) -> set[str]:
        """Ids of the passages that something is quoted of."""
        return {each.selected.passage.id for each in self.passages} | {p.id for p in self.around}

    @property
    def texts(self) -> Iterator[tuple[QuotedPassage, str]]:
        """Each span that is quoted, with the passage it is quoted of."""
        for each in self.passages:
            text = each.selected.candidate.source.text
            for part in self._parts_of(each):
                for span in (pick.evidence for pick in part.picks):
                    yield each, text[span.start : span.end]

    @property
    def words(self) -> int:
        """How many words are quoted."""
        return sum(len(text.split()) for _, text in self.texts)

    def _parts_of(self, quoted: QuotedPassage) -> tuple[DraftPart, ...]:
        if self.around:
            return (DraftPart(picks=(whole_stretch(quoted.selected, self.around),)),)
        if self.whole:
            return (DraftPart(picks=(whole_passage(quoted.selected),)),)
        return quoted.parts


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
    near = [each for each in selected[:MOST_PASSAGES] if best - each.value <= NEAR]
    told = pointed or {}
    pairs = [
        (each, tuple(quoted_statements(each, told.get(each.passage.id, ()))))
        for each in _in_order(near)
    ]
    pairs = [(each, parts) for each, parts in pairs if parts]
    texts = [_as_text(each, parts) for each, parts in pairs]
    cut = [at for at, (each, _) in enumerate(pairs) if not _is_whole(each, texts[at])]
    judged = selector.select(question, [texts[at] for at in cut])
    answers = {at: selection.answers for at, selection in zip(cut, judged, strict=True)}
    return [
        QuotedPassage(each, parts, answers.get(at, each.answers))
        for at, (each, parts) in enumerate(pairs)
    ]


def sufficient_quotes(
    selected: Sequence[SelectedPassage],
    quoted: Sequence[QuotedPassage],
    neighbours: Neighbours | None = None,
) -> list[DraftPart]:
    """Return what is quoted: of all extents the likeliest to be whole, and mostly the answer."""
    found = extents(quoted, neighbours)
    best = max(found, key=lambda each: _worth(each, selected), default=None)
    return best.parts if best is not None else []


def extents(
    quoted: Sequence[QuotedPassage], neighbours: Neighbours | None = None
) -> Iterator[Extent]:
    """Yield the ways of quoting the best passage, the best two, and so on, the shortest first.

    Then those of the best one with its `neighbours` in the section.
    """
    by_value = sorted(quoted, key=lambda each: -each.selected.value)
    for count in range(1, len(by_value) + 1):
        chosen = by_value[:count]
        for whole in (False, True):
            yield Extent(tuple(each for each in quoted if each in chosen), whole)
    if neighbours is None or not by_value:
        return
    best = by_value[0]
    found = best.selected.candidate
    for stretch in stretches_around(found.passage, found.source, neighbours):
        yield Extent((best,), whole=True, around=stretch)


def extent_features(extent: Extent, selected: Sequence[SelectedPassage]) -> Mapping[str, float]:
    """Return what tells whether an extent holds the answer, and little else."""
    passages, part, words = extent.passages, float(not extent.whole), extent.words
    ids, best = extent.ids, max(each.value for each in selected)
    left = (each.value - best for each in selected if each.passage.id not in ids)
    lost = max(each.lost for each in passages)
    full = sum(len(each.selected.passage.text.split()) for each in passages)
    any_does = _any(selected)
    inside = (each.answers for each in selected if each.passage.id in ids)
    return {
        "two": float(len(passages) == 2),
        "three": float(len(passages) == 3),
        "whole": 1.0 - part,
        "section": float(bool(extent.around)),
        "words": math.log1p(words),
        "mass": sum(math.exp(answers - any_does) for answers in inside),
        "next": max([-FARTHEST, *left]),
        "lost": part * min(max(lost, LEAST_LOST), MOST_LOST),
        "share": part * words / max(1, full),
    }


def _worth(extent: Extent, selected: Sequence[SelectedPassage]) -> float:
    features = extent_features(extent, selected)
    holds, mostly = (logistic(m.value(features)) for m in (QUOTES_HOLD, QUOTES_MOSTLY))
    return holds + BREVITY * mostly


def _any(selected: Sequence[SelectedPassage]) -> float:
    """Return the logarithm of the odds of all passages together with those of no answer, 1."""
    return math.log1p(sum(math.exp(min(each.answers, 30.0)) for each in selected))


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


def _is_whole(selected: SelectedPassage, quoted: EmbeddingInput) -> bool:
    """Say whether a text is that of the passage, which was judged already.

    Blanks and line ends count for nothing there.
    """
    whole, words = (_BLANK.split(text.strip()) for text in (selected.passage.text, quoted.text))
    return whole == words


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
