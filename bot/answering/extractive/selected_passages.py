"""The passages that may answer, as the selector judges them.

`docs/evaluation.md` says how the numbers below were chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.answering.extractive.scored_sentences import ScoredSentence
from bot.answering.extractive.standing_units import below_heading
from bot.answering.extractive.surrounding_section import Stretch, section_around
from bot.answering.extractive.turning_headings import with_turning_heading
from bot.schema import Pick
from index.embed.inputs import embedding_input
from index.protocols import Selection, Selector
from index.schema import Passage, Span
from index.search.neighbours_ahead import Neighbours
from index.search.passage_rank import Candidate


@dataclass(frozen=True)
class Depth:
    """Passages that are judged: more of them where none of the first is likely to answer."""

    at_first: int
    at_most: int


CLOSE, QUICK = Depth(6, 12), Depth(4, 8)

LIKELY = 0.0
"""Log-odds from which a passage is likely to."""

SEARCH_WEIGHT = 0.4
"""How much of a passage's ranking value counts beside its log-odds."""

WORDS_WEIGHT = 0.2
"""How much of a sentence's own value, by words and by the reader, counts beside its log-odds."""

MOST_PASSAGES = 3
"""Passages quoted in one answer."""

MOST_CLOSEST, NEAR_CLOSEST = 4, 4.0
"""Passages shown where nothing is claimed, and how far below the first's value they may lie."""


@dataclass(frozen=True)
class SelectedPassage:
    """One passage with the log-odds that it answers, and that each of its sentences belongs."""

    candidate: Candidate
    rank: int
    """Position in the search, from 0."""
    answers: float
    sentences: tuple[float, ...]
    weighed: tuple[float, ...]
    """The log-odds of its sentences, less what else speaks against each."""

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return self.candidate.passage

    @property
    def value(self) -> float:
        """What orders passages: the selector's log-odds, and a little of the search's value."""
        return self.answers + SEARCH_WEIGHT * self.candidate.value


def selected_passages(
    selector: Selector,
    question: str,
    ranked: Sequence[Candidate],
    sentences: Sequence[ScoredSentence] = (),
    depth: Depth = CLOSE,
) -> list[SelectedPassage]:
    """Judge the best passages of a search; return them best first.

    `sentences` are those of the passages as they were scored otherwise.
    """
    found = _judged(selector, question, ranked[: depth.at_first])
    if all(each.answers < LIKELY for each in found):
        found += _judged(selector, question, ranked[depth.at_first : depth.at_most])
    values = {(each.candidate.passage.id, each.index): each.value for each in sentences}
    selected = [
        SelectedPassage(
            candidate,
            rank,
            selection.answers,
            selection.sentences,
            _weighed(candidate, selection.sentences, values),
        )
        for rank, (candidate, selection) in enumerate(zip(ranked, found, strict=False))
    ]
    return sorted(selected, key=lambda each: -each.value)


def _judged(selector: Selector, question: str, ranked: Sequence[Candidate]) -> list[Selection]:
    texts = [embedding_input(each.source, each.passage) for each in ranked]
    return selector.select(question, texts) if texts else []


def _weighed(
    candidate: Candidate, odds: Sequence[float], values: Mapping[tuple[str, int], float]
) -> tuple[float, ...]:
    """Return log-odds less what each sentence's value lacks to the best one of the passage.

    A sentence without a value lacks as much as the worst one that has it.
    """
    own = [values.get((candidate.passage.id, at)) for at in range(len(odds))]
    known = [value for value in own if value is not None]
    if not known:
        return tuple(odds)
    best, worst = max(known), min(known)
    return tuple(
        each + WORDS_WEIGHT * ((worst if value is None else value) - best)
        for each, value in zip(odds, own, strict=True)
    )


def closest_passages(
    selected: Sequence[SelectedPassage], neighbours: Neighbours | None = None
) -> list[Pick]:
    """Return the best passages: the first with its section, and what lies near it."""
    best = selected[0]
    near = [each for each in selected if best.value - each.value <= NEAR_CLOSEST]
    section: Stretch = (best.passage,)
    if neighbours:
        section = section_around(best.passage, best.candidate.source, neighbours)
    shown = {each.id for each in section}
    others = [each for each in near if each.passage.id not in shown][: MOST_CLOSEST - 1]
    return [whole_stretch(best, section), *map(whole_passage, others)]


def whole_passage(selected: SelectedPassage) -> Pick:
    """Return a passage with the sentence marked that answers best.

    It begins below its heading, unless that turns what it says.
    """
    return whole_stretch(selected, (selected.passage,))


def whole_stretch(selected: SelectedPassage, stretch: Stretch) -> Pick:
    """Return a passage with what stands around it, as `whole_passage` does."""
    passage, source = selected.passage, selected.candidate.source
    first, last = stretch[0], stretch[-1]
    start = first.start + len(first.text) - len(first.text.lstrip())
    end = last.start + len(last.text.rstrip())
    below = below_heading(first, Span(start=start, end=min(end, first.end)))
    span = with_turning_heading(source, Span(start=below.start, end=end))
    best = max(range(len(selected.weighed)), key=selected.weighed.__getitem__, default=None)
    marked = None if best is None else passage.sentences[best]
    return Pick.of(source, span, None if marked == span else marked)
