"""A question back, when a question is too bare to tell which of several things it is about."""

from __future__ import annotations

from collections.abc import Iterator

from bot.answering.extractive.question_type import AnswerType, answer_type, fits
from bot.answering.extractive.scored_sentences import mark_of, text_of
from bot.answering.source_differences import words_but_numbers
from bot.schema import Pick
from index.schema import Span
from index.search.passage_rank import Candidate
from index.search.searcher import Findings
from index.text.mentions import named, own_terms
from index.text.words import content_terms

MOST_READINGS = 3

CLOSE_VALUE = 1.5
"""How far below the best passage another reading's ranking value may lie."""

CLOSE_WHEN_EMPTY = 9.0
"""That distance for a question without a word of its own: its words say nothing of any passage."""

SAME_STATEMENT = 0.8
"""Share of common words, numbers aside, from which two sentences are versions of one."""

_LONGEST: dict[AnswerType, int] = {
    "count": 1, "duration": 1, "cost": 1, "when": 1, "where": 1, "who": 1, "how": 0, "why": 0
}  # fmt: skip
"""Words of its own that a question of each type may have and still be bare."""


def readings(question: str, findings: Findings) -> list[tuple[str, Pick]]:
    """Return the different strong readings of a bare question by name; empty when it is clear.

    A reading is a section with a sentence of the form asked for: "How long does it take?" and
    three sections that each say how long something takes.
    """
    kind, own = answer_type(question), own_terms(question)
    if len(own) > _LONGEST.get(kind, -1) or named(question) or not findings.ranked:
        return []
    asked = frozenset(own or content_terms(question))
    best = findings.ranked[0].value
    found: dict[tuple[str, tuple[str, ...]], tuple[Candidate, Span]] = {}
    for candidate in findings.ranked[:8]:
        if best - candidate.value > (CLOSE_VALUE if own else CLOSE_WHEN_EMPTY):
            break
        span = next(_answers(kind, asked, candidate), None)
        if span and not any(_same_statement(candidate, span, *other) for other in found.values()):
            found.setdefault((candidate.source.id, candidate.passage.heading), (candidate, span))
    if len(found) < 2:
        return []
    return _by_name(list(found.values())[:MOST_READINGS])


def _answers(kind: AnswerType, asked: frozenset[str], candidate: Candidate) -> Iterator[Span]:
    """Yield the sentences that have the form asked for and a word of the question."""
    passage = candidate.passage
    for span, words in zip(passage.sentences, candidate.words.sentences, strict=False):
        text = text_of(passage, span)
        if asked & words and fits(kind, text) == 1.0:
            yield Span(start=span.start + mark_of(passage, text), end=span.end)


def _same_statement(one: Candidate, span: Span, other: Candidate, second: Span) -> bool:
    """Say whether two documents make one statement, be it with other numbers."""
    if one.source.id == other.source.id:
        return False
    words = words_but_numbers(span.of(one.source.text))
    more = words_but_numbers(second.of(other.source.text))
    return len(words & more) >= SAME_STATEMENT * len(words | more)


def _by_name(found: list[tuple[Candidate, Span]]) -> list[tuple[str, Pick]]:
    """Name each reading by its heading; by its document too where headings are the same."""
    headings = [candidate.passage.heading[-1:] for candidate, _ in found]
    named = []
    for (candidate, span), heading in zip(found, headings, strict=True):
        alone = bool(heading) and headings.count(heading) == 1
        name = " › ".join(heading if alone else (candidate.source.title, *heading)).rstrip("?")
        named.append((name, Pick.of(candidate.source, span)))
    return named
