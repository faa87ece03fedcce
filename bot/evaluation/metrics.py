"""Measures of retrieval, answers and confidence, each a pure function of values.

A retrieved passage counts as gold when it contains a gold passage or at least 80 % of its words.
"""

from __future__ import annotations

import math
import re
import string
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

GOLD_SHARE = 0.8

_WORD = re.compile(r"[^\W_]+")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation + "“”‘’«»…–—")


def is_gold(text: str, gold: str) -> bool:
    """Say whether `text` contains `gold`, or at least 80 % of its words, each as often."""
    wanted = Counter(_WORD.findall(gold.lower()))
    if not wanted:
        return False
    if gold.strip() in text:
        return True
    found = wanted & Counter(_WORD.findall(text.lower()))
    return found.total() >= GOLD_SHARE * wanted.total()


def relevance(texts: Sequence[str], golds: Sequence[str]) -> list[bool]:
    """Say of each retrieved text whether it brings a gold passage no earlier one brought."""
    left = list(golds)
    found = []
    for text in texts:
        brought = [gold for gold in left if is_gold(text, gold)]
        left = [gold for gold in left if gold not in brought]
        found.append(bool(brought))
    return found


def hits_at(relevant: Sequence[bool], k: int) -> float:
    """Return 1 when one of the first `k` is relevant."""
    return float(any(relevant[:k]))


def reciprocal_rank(relevant: Sequence[bool], k: int = 10) -> float:
    """Return 1 / rank of the first relevant one among `k`, else 0."""
    return next((1 / rank for rank, hit in enumerate(relevant[:k], start=1) if hit), 0.0)


def ndcg(relevant: Sequence[bool], golds: int, k: int = 10) -> float:
    """Return the normalised discounted cumulative gain at `k` for `golds` gold passages."""
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(golds, k) + 1))
    gain = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(relevant[:k], start=1) if hit)
    return gain / ideal if ideal else 0.0


def normalised(text: str) -> str:
    """Return `text` lower-cased, without articles, punctuation and spare white space."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Say whether an accepted answer stands in `text`, normalised, at word boundaries."""
    padded = f" {normalised(text)} "
    wanted = [normalised(answer) for answer in answers]
    return any(answer and f" {answer} " in padded for answer in wanted)


def token_f1(text: str, answers: Sequence[str]) -> float:
    """Return the best F1 of words between `text` and an accepted answer."""
    return max((_f1(normalised(text).split(), normalised(a).split()) for a in answers), default=0.0)


def _f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    common = (Counter(found) & Counter(wanted)).total()
    return 2 * common / (len(found) + len(wanted)) if common else 0.0


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the chance that a positive scores above a negative; None without both."""
    if not positive or not negative:
        return None
    ordered = sorted(negative)
    wins = sum(bisect_left(ordered, p) + bisect_right(ordered, p) for p in positive)
    return wins / (2 * len(positive) * len(negative))


def false_rate_at(
    positive: Sequence[float], negative: Sequence[float], recall: float
) -> float | None:
    """Return the share of negatives at or above the threshold that keeps `recall` of positives."""
    if not positive or not negative:
        return None
    kept = max(1, math.ceil(recall * len(positive)))
    threshold = sorted(positive, reverse=True)[kept - 1]
    return sum(score >= threshold for score in negative) / len(negative)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of the values do not exceed; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, or None of nothing."""
    return sum(values) / len(values) if values else None
