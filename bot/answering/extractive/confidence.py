"""How likely it is that the sources answer: features of what was found, and a fitted model.

The weights, and how they were fitted, stand in `answer_weights` beside this; the figures in
`docs/evaluation.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.answering.extractive.answer_weights import (
    CONFIDENCE,
    CONFIDENCE_MATCHED,
    CONFIDENCE_WITH_READER,
)
from bot.answering.extractive.question_type import answer_type
from bot.answering.extractive.scored_sentences import UNREAD, ScoredSentence, by_words
from bot.answering.extractive.selected_passages import SelectedPassage
from bot.answering.extractive.sufficient_quotes import QuotedPassage
from index.search.linear_model import LinearModel, logistic
from index.search.passage_rank import Candidate, Query
from index.search.searcher import Findings

FEW_SOURCES = 4
"""Sources below which how far the best stands out says nothing: a folder of one or two."""

_EXACT = frozenset({"count", "duration", "cost", "when"})
"""Types of question whose one right value is missing more often than reasons or meanings."""


def selection_confidence(
    model: LinearModel,
    findings: Findings,
    sentences: Sequence[ScoredSentence],
    selected: Sequence[SelectedPassage],
    quoted: Sequence[QuotedPassage],
) -> float:
    """Return the calibrated probability that passages answer which a selector has judged."""
    features = confidence_features(findings, sentences) | selection_features(selected, quoted)
    return logistic(model.value(features))


def confidence(findings: Findings, sentences: Sequence[ScoredSentence]) -> float:
    """Return the calibrated probability that what was found answers, without a selector."""
    if not findings.ranked or not sentences:
        return 0.0
    model = _model(sentences[0])
    value = model.value(confidence_features(findings, sentences))
    if findings.spoken is not None:
        # What is carried over may drown a question that stood alone well enough.
        spoken = [replace(s, features=s.spoken or s.features) for s in sentences]
        as_spoken = _as_spoken(findings, findings.spoken)
        value = max(value, model.value(confidence_features(as_spoken, spoken)))
    return logistic(value)


def _as_spoken(findings: Findings, query: Query) -> Findings:
    """Return the findings as those of the follow-up as it was asked."""
    ranked = tuple(replace(c, values=c.values[1:]) for c in findings.ranked)
    return replace(findings, query=query, spoken=None, ranked=ranked)


def _model(sentence: ScoredSentence) -> LinearModel:
    """Return the model for how closely the sentences were looked at."""
    if "read" in sentence.features:
        return CONFIDENCE_WITH_READER
    return CONFIDENCE_MATCHED if "met" in sentence.features else CONFIDENCE


def confidence_features(
    findings: Findings, sentences: Sequence[ScoredSentence], best: ScoredSentence | None = None
) -> dict[str, float]:
    """Return what tells an answer from a page that only looks right.

    `best` is the sentence that words put first; found among `sentences` where it is not given.
    """
    first = sentences[0].features
    found = _of_search(findings, sentences) | _of_question(findings.query)
    if "met" in first:
        found |= _of_words(sentences, best or by_words(sentences))
    if "read" in first:
        found |= _of_reading(sentences)
    return found


def _of_search(findings: Findings, sentences: Sequence[ScoredSentence]) -> dict[str, float]:
    """Return how near the best passages and sentences are, and how far they stand out."""
    query, ranked, cosines = findings.query, findings.ranked, findings.cosines
    few = len(cosines) < FEW_SOURCES
    pooled = sorted((s.features["pooled"] for s in sentences), reverse=True)[:3]
    return {
        "pooled": pooled[0],
        "pooled_mean": sum(pooled) / len(pooled),
        "gap": 0.0 if few else cosines[0] - sum(cosines[1:6]) / len(cosines[1:6]),
        "few": float(few),
        "rank": max(candidate.values[0] for candidate in ranked) / 10,
        "residual": max(_beyond_title(query, c) for c in ranked[:5]),
        "title_coverage": query.coverage(sentences[0].candidate.words.title),
    }


def _of_question(query: Query) -> dict[str, float]:
    """Return what the question itself tells."""
    kind = answer_type(query.text)
    return {
        "terms": min(len(query.terms), 12) / 6,
        "rarity": query.rarity,
        "exact": float(kind in _EXACT),
    }


def _of_words(sentences: Sequence[ScoredSentence], best: ScoredSentence) -> dict[str, float]:
    """Return how fully the words of the question are met, in and beyond what the title says."""
    centred = sorted((s.features["centred"] for s in sentences), reverse=True)[:3]
    names = ("every", "rarest", "title_met", "passage_met", "beyond")
    found = {name: best.features[name] for name in names}
    return found | {"centred_mean": sum(centred) / len(centred)}


def _of_reading(sentences: Sequence[ScoredSentence]) -> dict[str, float]:
    """Return how sure the reader is of the passages.

    `read_spread` is high where no one span carries the answer: long answers have many.
    """
    best = sentences[0].features
    passages: dict[str, float] = {}
    points: dict[str, float] = {}
    for sentence in sentences:
        id, features = sentence.candidate.passage.id, sentence.features
        passages[id] = features["read_passage"]
        points[id] = max(points.get(id, UNREAD), features["read"])
    first = min(sentences, key=lambda sentence: sentence.rank)
    second = sorted(points.values(), reverse=True)[1:2] or [UNREAD]
    return {
        "read_second": second[0] / 10,
        "read_passage": max(passages.values()) / 10,
        "read_first": passages[first.candidate.passage.id] / 10,
        "read_spread": (best["read_passage"] - best["read"]) / 10,
    }


def selection_features(
    selected: Sequence[SelectedPassage], quoted: Sequence[QuotedPassage]
) -> dict[str, float]:
    """Return how sure the selector is that a passage answers, and what is quoted of it.

    `judged_any` is the log-odds that one of them does, as the selector was trained to give it.
    """
    odds = sorted((each.answers for each in selected), reverse=True)
    best = max(selected, key=lambda each: each.answers)
    top = max(best.sentences, default=0.0)
    return {
        "judged_any": math.log(sum(math.exp(min(o, 50.0)) for o in odds)) / 5,
        "judged_best": odds[0] / 5,
        "judged_gap": min(odds[0] - odds[1], 6.0) / 5 if len(odds) > 1 else 0.0,
        "judged_sentence": top / 5,
        "judged_quotes": max((each.answers for each in quoted), default=odds[0]) / 5,
        "judged_first": next(e.answers for e in selected if e.rank == 0) / 5,
    }


def _beyond_title(query: Query, candidate: Candidate) -> float:
    """Return the coverage of what the question asks beyond the title's words."""
    title, words = candidate.words.title, candidate.words.all | candidate.words.heading
    rest = {term: weight for term, weight in query.weights.items() if term not in title}
    total = sum(rest.values())
    if not total:
        return 0.8
    return sum(weight for term, weight in rest.items() if term in words) / total
