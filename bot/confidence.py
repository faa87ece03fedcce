"""How likely it is that the sources answer: features of what was found, and a fitted model.

The figures behind the weights, and how they were fitted, stand in `index.calibration` and
`docs/evaluation.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.picking import MATCHED, UNREAD, Sentence
from index.calibration import (
    CONFIDENCE,
    CONFIDENCE_MATCHED,
    CONFIDENCE_WITH_READER,
    LinearModel,
    logistic,
)
from index.ranking import Candidate, Query
from index.search import Findings

FEW_SOURCES = 4
"""Sources below which how far the best stands out says nothing: a folder of one or two."""


def confidence(findings: Findings, sentences: Sequence[Sentence]) -> float:
    """Return the calibrated probability that the best sentence answers the question."""
    if not findings.ranked or not sentences:
        return 0.0
    model = _model(sentences[0])
    value = model.value(confidence_features(findings, sentences))
    if findings.spoken is not None:
        # What is carried over may drown a question that stood alone well enough.
        asked = replace(findings, query=findings.spoken, spoken=None)
        spoken = [replace(s, features=s.spoken or s.features) for s in sentences]
        value = max(value, model.value(confidence_features(asked, spoken)))
    return logistic(value)


def _model(sentence: Sentence) -> LinearModel:
    """Return the model for how closely the sentences were looked at."""
    if "read" in sentence.features:
        return CONFIDENCE_WITH_READER
    return CONFIDENCE_MATCHED if "met" in sentence.features else CONFIDENCE


def confidence_features(findings: Findings, sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return what tells an answer from a page that only looks right."""
    query, ranked, cosines = findings.query, findings.ranked, findings.cosines
    few = len(cosines) < FEW_SOURCES
    pooled = sorted((s.features["pooled"] for s in sentences), reverse=True)[:3]
    own = sorted((s.features["own"] for s in sentences), reverse=True)[:3]
    best = sentences[0]
    return {
        "pooled": pooled[0],
        "pooled_mean": sum(pooled) / len(pooled),
        "own": own[0],
        "own_mean": sum(own) / len(own),
        "gap": 0.0 if few else cosines[0] - sum(cosines[1:6]) / len(cosines[1:6]),
        "few": float(few),
        "rank": ranked[0].value / 10,
        "coverage": max(query.coverage(c.words.all | c.words.above) for c in ranked[:5]),
        "residual": max(_beyond_title(query, c) for c in ranked[:5]),
        "residual_sentence": _beyond_title_in(query, best),
        "title_coverage": query.coverage(best.candidate.words.title),
        "terms": min(len(query.terms), 12) / 6,
        "type": best.features["type"],
        "read": best.features.get("read", UNREAD) / 10,
        "read_top": max(s.features.get("read", UNREAD) for s in sentences) / 10,
    } | {name: value for matched in MATCHED for name, value in _summary(matched, sentences).items()}


def _readings(sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return what the reader says of the best sentence, of all, and of the second passage."""
    scores = [s.features.get("read", UNREAD) for s in sentences]
    passages: dict[str, float] = {}
    for sentence, score in zip(sentences, scores, strict=True):
        id = sentence.candidate.passage.id
        passages[id] = max(passages.get(id, UNREAD), score)
    second = sorted(passages.values(), reverse=True)[1:2] or [UNREAD]
    return {
        "read": scores[0] / 10,
        "read_top": max(scores) / 10,
        "read_all": math.log(sum(map(math.exp, scores))) / 10,
        "read_second": second[0] / 10,
    }


def _summary(matched: str, sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return a feature of the matcher for the best sentence, its highest and its mean of three."""
    values = sorted((s.features.get(matched, 0.0) for s in sentences), reverse=True)[:3]
    return {
        matched: sentences[0].features.get(matched, 0.0),
        f"{matched}_top": values[0],
        f"{matched}_mean": sum(values) / len(values),
    }


def _beyond_title(query: Query, candidate: Candidate) -> float:
    """Return the coverage of what the question asks beyond the title's words."""
    words = candidate.words
    return _residual(query, words.title, words.all | words.heading)


def _beyond_title_in(query: Query, sentence: Sentence) -> float:
    words = sentence.candidate.words
    return _residual(query, words.title, words.sentences[sentence.index] | words.heading)


def _residual(query: Query, title: frozenset[str], words: frozenset[str]) -> float:
    rest = {term: weight for term, weight in query.weights.items() if term not in title}
    total = sum(rest.values())
    if not total:
        return 0.8
    return sum(weight for term, weight in rest.items() if term in words) / total
