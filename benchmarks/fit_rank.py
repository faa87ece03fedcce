"""Fit the order of passages, and the probability that one answers."""

from __future__ import annotations

import numpy as np

from benchmarks.corpus import Question
from benchmarks.fit_parts import Part, Work, holds_gold, parts, repeat
from benchmarks.linear import Choice, fit_choice, fit_logistic
from bot.evaluation.metrics import hits_at, ndcg
from index.search.linear_model import LinearModel
from index.search.passage_rank import passage_features
from index.search.ranking_weights import PASSAGE_RANK
from index.search.searcher import Findings

RANK = [*PASSAGE_RANK.weights]
"""The features, as they stand in the weights."""

BY_HAND = {"passage_cosine": 9.0}
"""Weights of passages that are not fitted: most fitted questions are short facts, whose words
decide. The fit gives 2.2; 9 costs them nothing (hits@1 .800 to .812 on 250 questions of the dev
half of squadshifts_newwiki) and finds more in conversations (hits@4 .851 to .881 on mtrag_human).
It was chosen on these very questions."""


def rank(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of passages and the probability that one answers."""
    data: list[tuple[Part, list[Choice]]] = []
    for part in parts(work.sets, count, unread=False):
        kept = [q for q in part.questions if q.answerable and q.gold_passages]
        choices = [_passages(q, f) for q, _, _, f in work.each(Part(part.name, kept, True))]
        data.append((part, choices))
    model = fit_choice([c for part, cs in data if part.fitted for c in cs * repeat(part)], RANK)
    model = LinearModel({**model.weights, **BY_HAND})
    weights = np.array(list(model.weights.values()))
    for part, choices in data:
        ordered = [c.right[np.argsort(-(c.features @ weights))].astype(bool) for c in choices]
        first = np.mean([hits_at(list(o), 1) for o in ordered])
        fourth = np.mean([hits_at(list(o), 4) for o in ordered])
        gain = np.mean([ndcg(list(o), max(1, int(o.sum()))) for o in ordered])
        print(f"{part.name:20} fitted={part.fitted!s:5} {first:.3f} {fourth:.3f} {gain:.3f}")
    fitted = [c for part, cs in data if part.fitted for c in cs]
    values = np.concatenate([c.features @ weights for c in fitted])[:, None]
    score = fit_logistic(values, np.concatenate([c.right for c in fitted]), ["rank"], decay=0.1)
    return {"PASSAGE_RANK": model, "PASSAGE_SCORE": score}


def _passages(question: Question, found: Findings) -> Choice:
    features = passage_features(found.query, found.ranked) if found.ranked else {}
    right = [float(holds_gold(question, c)) for c in found.ranked]
    rows = np.array([features[name] for name in RANK if features]).T.reshape(-1, len(RANK))
    return Choice(rows, np.array(right))
