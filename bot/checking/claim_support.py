"""Whether the sources say what a sentence says in its own words, by the support check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.answering.citations import cite
from bot.answering.generative.support_check import (
    THRESHOLD,
    Features,
    compare,
    overlap,
    supported,
)
from bot.checking.schema import ClaimVerdict
from bot.schema import Citation, Scope
from index.errors import EmbeddingError
from index.library import Library
from index.schema import Span
from index.search.checked_question import LONGEST_QUESTION
from index.search.passage_rank import Candidate
from index.text.layout import folded
from index.text.readable_markdown import markup_of, read_characters

PASSAGES = 8
"""Passages whose sentences are looked at."""

EVIDENCES = 8
"""Sentences, and pairs of them, that are compared closely."""

LEAST_OVERLAP = 0.3
"""Below it no passage is near enough to be shown."""

_COMPARABLE = 0.6
"""Below it too few words are shared for a single one to be the reason."""


@dataclass(frozen=True)
class _Evidence:
    """Sentences of a passage that may back a claim."""

    candidate: Candidate
    span: Span
    text: str


class ClaimChecker:
    """Compares sentences with the nearest ones of the sources. Blocking."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def check(self, statement: str, scopes: Sequence[Scope]) -> ClaimVerdict:
        """Say whether the sources of some scopes back a statement; the best evidence decides.

        Raises StoreError when the index fails.
        """
        found = [each for scope in scopes for each in self._evidence(statement, scope)]
        found.sort(key=lambda each: -overlap(statement, each.text))
        near = found[:EVIDENCES]
        scored = zip(self._probabilities(statement, near), near, strict=True)
        best = max(scored, key=_worth, default=None)
        if best is None or overlap(statement, best[1].text) < LEAST_OVERLAP:
            return ClaimVerdict(
                statement=statement,
                supported=False,
                probability=best[0] if best else 0.0,
                summary="Nothing in the sources is near it.",
            )
        return _verdict(statement, *best)

    def _evidence(self, statement: str, scope: Scope) -> list[_Evidence]:
        ranked = self._library.searcher.find(
            statement[:LONGEST_QUESTION], collections=scope.collections, source=scope.source
        ).ranked
        found = []
        for candidate in ranked[:PASSAGES]:
            sentences = candidate.passage.sentences or (candidate.passage.span,)
            joined = [Span(start=one.start, end=two.end) for one, two in pairwise(sentences)]
            triples = zip(sentences, sentences[2:], strict=False)
            joined += [Span(start=one.start, end=three.end) for one, three in triples]
            found += [
                _Evidence(candidate, span, _read(candidate, span)) for span in (*sentences, *joined)
            ]
        return found

    def _probabilities(self, statement: str, near: Sequence[_Evidence]) -> list[float]:
        cosines = self._cosines([statement, *(each.text for each in near)]) if near else []
        return [
            supported(
                statement,
                each.text,
                topic=_topic(each.candidate),
                passage=each.candidate.passage.text,
                cosine=cosine,
            )
            for each, cosine in zip(near, cosines, strict=True)
        ]

    def _cosines(self, texts: Sequence[str]) -> Sequence[float | None]:
        """Return the cosine of the first text with each other, where there is a model."""
        embedder = self._library.models.embedder_if_any()
        if embedder is None:
            return [None] * (len(texts) - 1)
        try:
            vectors = embedder.embed(list(texts))
        except EmbeddingError:
            return [None] * (len(texts) - 1)
        return [float(cosine) for cosine in np.asarray(vectors[1:]) @ np.asarray(vectors[0])]


def _worth(scored: tuple[float, _Evidence]) -> tuple[bool, float]:
    """Order evidence: of what backs a statement the shortest, of what does not the likeliest."""
    probability, evidence = scored
    backs = probability >= THRESHOLD
    return backs, -len(evidence.text) if backs else probability


def _verdict(statement: str, probability: float, evidence: _Evidence) -> ClaimVerdict:
    citation = _citation(evidence)
    holds = probability >= THRESHOLD
    if holds:
        summary = f"Backed by {citation.link()}."
    else:
        features = compare(
            statement,
            evidence.text,
            topic=_topic(evidence.candidate),
            passage=evidence.candidate.passage.text,
        )
        summary = f"Not backed: {_reason(features)}. The nearest is {citation.link()}."
    return ClaimVerdict(
        statement=statement,
        supported=holds,
        probability=round(probability, 4),
        summary=summary,
        evidence=citation,
    )


def _reason(features: Features) -> str:
    """Say what weighs most against a statement."""
    reasons = (
        (features.negation or features.denied, "one of the two denies what the other says"),
        (features.opposites, "it says the opposite of a word of the source"),
        (features.absent_number, "a number is not in the source there"),
        (features.replaced, "a name or number stands where the source has another one"),
        (features.absent_name, "a name is not in the source there"),
    )
    said = "the sources do not say all of it"
    if features.words < _COMPARABLE:
        return said
    return next((reason for holds, reason in reasons if holds), said)


def _citation(evidence: _Evidence) -> Citation:
    candidate, span = evidence.candidate, evidence.span
    return cite(candidate.source, span.start, span.end, heading=candidate.passage.heading)


def _topic(candidate: Candidate) -> str:
    return " ".join((candidate.source.title, *candidate.passage.heading))


def _read(candidate: Candidate, span: Span) -> str:
    source = candidate.source
    shown, _ = read_characters(span.of(source.text), markup_of(source.uri, source.mime))
    return folded(shown)
