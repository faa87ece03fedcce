"""How likely it is that the sources answer: features of what was found, and a fitted model.

The figures behind the weights, and how they were fitted, stand in `index.calibration` and
`docs/evaluation.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.picking import UNREAD, Sentence
from index.calibration import CONFIDENCE, CONFIDENCE_WITH_READER, logistic
from index.ranking import Candidate, Query, sentence_cosines
from index.search import Findings

FEW = 8
"""Passages below which the distance to the others says nothing: a collection of one article."""

LEAD = 8.0
"""Lead of the best passage where fewer than five are worth anything."""


def confidence(findings: Findings, sentences: Sequence[Sentence]) -> float:
    """Return the calibrated probability that the best sentence answers the question."""
    if not findings.ranked or not sentences:
        return 0.0
    features = confidence_features(findings, sentences)
    model = CONFIDENCE_WITH_READER if "read" in sentences[0].features else CONFIDENCE
    return logistic(model.value(features))


def confidence_features(findings: Findings, sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return what tells an answer from a page that only looks right."""
    query, ranked, cosines = findings.query, findings.ranked, findings.cosines
    others = cosines[3:10]
    few = len(others) < FEW - 3
    pooled = [max(sentence_cosines(query, c), default=0.0) for c in ranked[:10]]
    own = sorted((s.features["own"] for s in sentences), reverse=True)[:3]
    best = sentences[0]
    return {
        "cosine": cosines[0],
        "pooled": max(pooled),
        "own": own[0],
        "own_mean": sum(own) / len(own),
        "gap": 0.0 if few else cosines[0] - sum(others) / len(others),
        "few": float(few),
        "rank": ranked[0].value,
        "lead": ranked[0].value - ranked[4].value if len(ranked) > 4 else LEAD,
        "coverage": max(query.coverage(c.words.all | c.words.title) for c in ranked[:5]),
        "residual": max(_beyond_title(query, c) for c in ranked[:5]),
        "residual_sentence": _beyond_title_in(query, best),
        "title_coverage": query.coverage(best.candidate.words.title),
        "terms": min(len(query.terms), 12) / 6,
        "type": best.features["type"],
        "read": best.features.get("read", 0.0),
        "read_top": max((s.features.get("read", UNREAD) for s in sentences), default=UNREAD),
    }


def _beyond_title(query: Query, candidate: Candidate) -> float:
    """Return the coverage of what the question asks beyond the title's words."""
    return _residual(query, candidate.words.title, candidate.words.all)


def _beyond_title_in(query: Query, sentence: Sentence) -> float:
    words = sentence.candidate.words
    return _residual(query, words.title, words.sentences[sentence.index])


def _residual(query: Query, title: frozenset[str], words: frozenset[str]) -> float:
    rest = {term: weight for term, weight in query.weights.items() if term not in title}
    total = sum(rest.values())
    if not total:
        return 0.8
    return sum(weight for term, weight in rest.items() if term in words) / total
