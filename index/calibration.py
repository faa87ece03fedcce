"""Every fitted coefficient, in one place, with where it comes from.

Written by `python -m benchmarks.fit` from the development sets; features are described where they
are computed. A model is a weighted sum of features plus an offset; `logistic` makes it a
probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LinearModel:
    """Weights by feature name, and an offset."""

    weights: Mapping[str, float]
    offset: float = 0.0

    def value(self, features: Mapping[str, float]) -> float:
        """Return the weighted sum; a feature that is absent counts as zero."""
        return self.offset + sum(
            weight * features.get(name, 0.0) for name, weight in self.weights.items()
        )


def logistic(value: float) -> float:
    """Return the probability for log-odds, safe for any finite value."""
    if value >= 0:
        return 1 / (1 + math.exp(-min(value, 60.0)))
    odds = math.exp(max(value, -60.0))
    return odds / (1 + odds)


PASSAGE_RANK = LinearModel(
    {
        "passage_cosine": 5.5,
        "best_sentence": 7.307,
        "best_two": 2.98,
        "sentence_coverage": 2.311,
        "passage_coverage": 3.029,
        "title_coverage": 0.3038,
        "pairs": 2.283,
        "length": 0.0182,
        "agreement": 3.463,
    },
    offset=0,
)
"""Orders passages."""

PASSAGE_SCORE = LinearModel(
    {
        "rank": 0.4502,
    },
    offset=-8.417,
)
"""Turns the ranking value into the log-odds that the passage answers."""

FIRST_PICK = LinearModel(
    {
        "pooled": 6.689,
        "coverage": 1.328,
        "titled_coverage": 4.441,
        "pairs": 1.568,
        "type": 0.906,
        "passage_gap": 0.803,
        "rank": -0.044,
        "first": 0.26,
        "short": -2.318,
        "length": 0.31,
    },
    offset=0,
)
"""Chooses which sentences are embedded on their own."""

PICK = LinearModel(
    {
        "own": 5.186,
        "pooled": 1.592,
        "coverage": -0.678,
        "titled_coverage": 5.56,
        "pairs": 1.703,
        "type": 1.045,
        "passage_gap": 0.833,
        "rank": -0.07,
        "first": 0.161,
        "short": -2.516,
        "length": 0.498,
    },
    offset=0,
)
"""Orders sentences without a reader."""

PICK_WITH_READER = LinearModel(
    {
        "own": 5.186,
        "pooled": 1.592,
        "coverage": -0.678,
        "titled_coverage": 5.56,
        "pairs": 1.703,
        "type": 1.045,
        "passage_gap": 0.833,
        "rank": -0.07,
        "first": 0.161,
        "short": -2.516,
        "length": 0.498,
        "read": 0.15,
        "read_gap": 0.35,
    },
    offset=0,
)
"""Orders sentences with a reader."""

CONFIDENCE = LinearModel(
    {
        "cosine": 0.5333,
        "pooled": 6.697,
        "own": 5.694,
        "own_mean": -2.656,
        "gap": -2.01,
        "few": -0.7425,
        "terms": -0.5489,
        "rank": 0.1429,
        "lead": 0.1207,
        "residual": 0.6851,
        "residual_sentence": 1.3,
    },
    offset=-7.724,
)
"""Log-odds that the sources answer, without a reader."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "cosine": 0.0,
        "pooled": 6.0,
        "own": 0.0,
        "own_mean": 5.0,
        "gap": 8.0,
        "few": 1.0,
        "terms": 0.0,
        "rank": 0.1,
        "lead": 0.0,
        "residual": 1.5,
        "residual_sentence": 0.0,
        "read": 0.0,
        "read_top": 0.25,
    },
    offset=-8,
)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.5
"""Confidence from which an answer is given."""
