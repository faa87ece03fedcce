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
        "passage_cosine": 1.5,
        "best_sentence": 5.0,
        "best_two": 2.5,
        "sentence_coverage": 1.6,
        "passage_coverage": 3.2,
        "title_coverage": 0.3,
        "pairs": 0.9,
        "length": -0.4,
        "agreement": 1.9,
    }
)
"""Orders passages."""

PASSAGE_SCORE = LinearModel({"rank": 1.0}, offset=-9.0)
"""Turns the ranking value into the log-odds that the passage answers."""

FIRST_PICK = LinearModel(
    {
        "pooled": 4.0,
        "coverage": 1.5,
        "titled_coverage": 1.0,
        "pairs": 0.7,
        "type": 0.5,
        "passage_gap": 0.3,
        "short": -0.5,
        "asks": -1.0,
    }
)
"""Chooses which sentences are embedded on their own."""

PICK = LinearModel(
    {
        "pooled": 2.0,
        "own": 4.0,
        "coverage": 1.5,
        "titled_coverage": 1.0,
        "pairs": 0.7,
        "type": 0.8,
        "passage_gap": 0.4,
        "short": -0.5,
        "asks": -1.0,
    }
)
"""Orders sentences without a reader."""

PICK_WITH_READER = LinearModel({**PICK.weights, "read": 0.15, "read_gap": 0.35})
"""Orders sentences with a reader."""

CONFIDENCE = LinearModel(
    {"pooled": 6.0, "own_mean": 5.0, "gap": 8.0, "residual": 1.5, "rank": 0.1}, offset=-8.5
)
"""Log-odds that the sources answer, without a reader."""

CONFIDENCE_WITH_READER = LinearModel({**CONFIDENCE.weights, "read_top": 0.25}, offset=-8.0)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.5
"""Confidence from which an answer is given."""
