"""Questions with known answers, asked of the product itself, and what came of them.

The measures are in `bot.evaluation.metrics`. Nothing here is random and nothing but latency depends
on the machine: the same index and the same questions give the same report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.evaluation.metrics import (
    auroc,
    false_rate_at,
    hits_at,
    holds_answer,
    is_gold,
    mean,
    ndcg,
    percentile,
    reciprocal_rank,
    relevance,
    token_f1,
)
from bot.evaluation.question_file import EvalQuestion
from bot.schema import Answer, Citation
from index.schema import Source

RECALL = 0.8
"""Answered-recall at which false answers are counted."""

LOWER_IS_BETTER = "false_answers"
"""How the names of measures begin of which less is better."""


class SourceLookup(Protocol):
    """Finds a source by collection and uri."""

    def find_source(self, collections: Sequence[str], name: str) -> Source:
        """Return the source; raises SourceNotFound."""
        ...


@dataclass(frozen=True)
class Outcome:
    """One question, its answer, and what each measure says of it."""

    question: EvalQuestion
    answer: Answer
    measures: Mapping[str, float]
    latency_ms: float

    @property
    def turn(self) -> int:
        """Which question of its conversation it is, from 1."""
        return 1 + sum(turn.role == "user" for turn in self.question.history)

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong, in words."""
        answered, answerable = self.answer.claims, self.question.answerable
        faults = {
            "a quote is not in its source": self.measures.get("citation_exact", 1.0) < 1,
            "nothing gold among ten": self.measures.get("hits@10", 1.0) < 1,
            "no accepted answer quoted": self.measures.get("any_quote", 1.0) < 1,
            "not answered": answerable and not answered,
            "answered, though the documents do not say": answered and not answerable,
        }
        return tuple(words for words, holds in faults.items() if holds)


@dataclass(frozen=True)
class Report:
    """What all outcomes come to."""

    questions: int
    metrics: Mapping[str, float]
    turns: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    failing: Sequence[tuple[str, str, tuple[str, ...]]] = ()


def measures(question: EvalQuestion, answer: Answer, sources: SourceLookup) -> dict[str, float]:
    """Return every measure that this question allows."""
    found = _retrieval(question, answer, sources)
    if answer.citations:
        found["citation_exact"] = float(all(_exact(c, sources) for c in answer.citations))
    if question.answerable and question.answers:
        found |= _quotes(question, answer)
    if question.answerable and question.gold_passages and answer.citations:
        inside = [
            any(_stands_in(c.quote, g) for g in question.gold_passages) for c in answer.citations
        ]
        found["citation_support"] = sum(inside) / len(inside)
    return found


def summary(outcomes: Sequence[Outcome]) -> Report:
    """Sum up outcomes."""
    metrics = _means(outcomes)
    positive = [o.answer.confidence for o in outcomes if o.question.answerable]
    negative = [o.answer.confidence for o in outcomes if not o.question.answerable]
    metrics |= _given(
        {
            "answered_recall": mean([_answered(o) for o in outcomes if o.question.answerable]),
            "false_answers": mean([_answered(o) for o in outcomes if not o.question.answerable]),
            "auroc": auroc(positive, negative),
            f"false_answers@{RECALL:.0%}": false_rate_at(positive, negative, RECALL),
        }
    )
    times = [outcome.latency_ms for outcome in outcomes]
    by_turn: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_turn.setdefault(outcome.turn, []).append(outcome)
    turns = {turn: _means(found) for turn, found in sorted(by_turn.items())}
    return Report(
        questions=len(outcomes),
        metrics=metrics,
        turns=turns if len(turns) > 1 else {},
        latency_ms={"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)},
        failing=[(o.question.qid, o.question.question, o.problems) for o in outcomes if o.problems],
    )


def missed(found: Report, wanted: Mapping[str, float]) -> list[str]:
    """Return a sentence for each metric that is worse than wanted, or was not measured."""
    sentences = []
    for name, bound in wanted.items():
        value = found.metrics.get(name)
        if value is None:
            sentences.append(f"{name} was not measured; it is one of {', '.join(found.metrics)}.")
        elif (value > bound) if name.startswith(LOWER_IS_BETTER) else (value < bound):
            sentences.append(f"{name} is {value:.3f}, wanted {bound:g}.")
    return sentences


def _retrieval(question: EvalQuestion, answer: Answer, sources: SourceLookup) -> dict[str, float]:
    """Measure the hits against gold passages or, where none are given, gold documents."""
    golds: Sequence[str] = question.gold_passages
    if golds:
        relevant = relevance(_hit_texts(answer, sources), golds)
    elif golds := tuple(dict.fromkeys(question.gold_doc_ids)):
        names = [hit.source for hit in answer.trace[:10]]
        relevant = [name in golds and name not in names[:at] for at, name in enumerate(names)]
    else:
        return {}
    return {f"hits@{k}": hits_at(relevant, k) for k in (1, 4, 5, 10)} | {
        "mrr@10": reciprocal_rank(relevant),
        "ndcg@10": ndcg(relevant, len(golds)),
    }


def _hit_texts(answer: Answer, sources: SourceLookup) -> list[str]:
    found = []
    for hit in answer.trace[:10]:
        source = sources.find_source([hit.collection], hit.source)
        found.append(source.text[hit.start : hit.end])
    return found


def _quotes(question: EvalQuestion, answer: Answer) -> dict[str, float]:
    quotes = [c.quote for c in answer.citations] or [c.quote for c in answer.nearest]
    held = [holds_answer(quote, question.answers) for quote in quotes]
    pointed = next((_highlighted(c) for c in answer.citations if c.highlight), None)
    found = {
        "first_quote": float(any(held[:1])),
        "first_three": float(any(held[:3])),
        "any_quote": float(any(held)),
        "token_f1": token_f1(" ".join(quotes[:1]), question.answers),
    }
    if pointed is not None:
        found["highlight"] = float(holds_answer(pointed, question.answers))
    return found


def _highlighted(citation: Citation) -> str:
    start, end = citation.highlight or (0, 0)
    return citation.quote[start:end]


def _exact(citation: Citation, sources: SourceLookup) -> bool:
    source = sources.find_source([citation.collection], citation.source)
    evidence = citation.evidence
    return source.text[evidence.start : evidence.end] == citation.quote


def _stands_in(quote: str, gold: str) -> bool:
    return quote.strip() in gold or is_gold(gold, quote)


def _answered(outcome: Outcome) -> float:
    return float(outcome.answer.claims)


def _means(outcomes: Iterable[Outcome]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for outcome in outcomes:
        for name, value in outcome.measures.items():
            values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}


def _given(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
