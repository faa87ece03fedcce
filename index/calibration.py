"""Every fitted coefficient, in one place, with where it comes from.

Written by `python -m benchmarks.fit` from the development sets (the training half of
squadshifts_newwiki, every second question of clapnq_dev and mtrag_human; figures on the other
halves in `docs/evaluation.md`). Features are described where they are computed. A model is a
weighted sum of features plus an offset; `logistic` makes it a probability.
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
"""Orders passages. The fit gave 1.6 for `passage_cosine`; 5.5 costs short facts nothing and finds
more in conversations (nDCG@10 .647 to .657 on mtrag_human)."""

PASSAGE_SCORE = LinearModel(
    {
        "rank": 0.4502,
    },
    offset=-8.417,
)
"""Turns the ranking value into the log-odds that the passage answers."""

FIRST_PICK = LinearModel(
    {
        "pooled": 6.173,
        "coverage": 2.06,
        "titled_coverage": 3.266,
        "pairs": 1.692,
        "type": 1.151,
        "passage_gap": 0.2079,
        "rank": -0.4845,
        "first": 0.5339,
        "short": -1.44,
        "length": 0.3367,
    },
    offset=0,
)
"""Chooses which sentences are embedded on their own."""

PICK = LinearModel(
    {
        "own": 4.139,
        "pooled": 3.027,
        "coverage": 0.1867,
        "titled_coverage": 4.263,
        "pairs": 1.668,
        "type": 1.222,
        "passage_gap": 0.2152,
        "rank": -0.4937,
        "first": 0.4458,
        "short": -1.617,
        "length": 0.5043,
    },
    offset=0,
)
"""Orders sentences that were only embedded: where another model embeds, and none is read with."""

PICK_MATCHED = LinearModel(
    {
        "own": 3.28,
        "pooled": 2.342,
        "coverage": 1.296,
        "titled_coverage": 0.4625,
        "pairs": 1.267,
        "type": 0.971,
        "passage_gap": 0.2067,
        "rank": -0.2165,
        "first": 0.2622,
        "short": -0.9751,
        "length": 0.05493,
        "titled": -0.6521,
        "met": 2.626,
        "least": 3.317,
        "centred": 3.931,
    },
    offset=0,
)
"""Orders sentences that were compared word by word."""

PICK_WITH_READER = LinearModel(
    {
        "own": 2.493,
        "pooled": 1.751,
        "coverage": -0.6425,
        "titled_coverage": 1.865,
        "pairs": 1.303,
        "type": 0.4886,
        "passage_gap": 0.1794,
        "rank": -0.34,
        "first": -0.04812,
        "short": -0.9133,
        "length": 0.3488,
        "read": 0.1434,
        "read_gap": 0.2596,
    },
    offset=0,
)
"""Orders sentences that were compared word by word and read."""

CONFIDENCE = LinearModel(
    {
        "pooled": 3.681,
        "pooled_mean": 3.617,
        "gap": 0.2993,
        "few": 0.2219,
        "rank": 3.416,
        "title_coverage": -3.948,
        "terms": -1.432,
        "residual": 1.083,
    },
    offset=-7.762,
)
"""Log-odds that the sources answer, without a reader."""

CONFIDENCE_MATCHED = LinearModel(
    {
        "pooled": 1.602,
        "pooled_mean": 2.356,
        "gap": 1.237,
        "few": 0.3086,
        "rank": 2.445,
        "title_coverage": -3.651,
        "terms": -1.112,
        "residual": -0.265,
        "titled": -0.05152,
        "titled_top": 0.6798,
        "titled_mean": 2.648,
        "met": 1.723,
        "met_top": 4.557,
        "met_mean": -3.444,
        "least": -0.9889,
        "least_top": 3.976,
        "least_mean": -2.545,
        "centred": 1.385,
        "centred_top": 2.931,
        "centred_mean": -4.303,
        "type": 0.1,
    },
    offset=-8.923,
)
"""Log-odds that the sources answer, for sentences that were compared word by word."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "pooled": 6.32,
        "pooled_mean": 6.443,
        "gap": 1.435,
        "few": 0.5183,
        "title_coverage": -3.13,
        "terms": -1.666,
        "residual_sentence": 0.7081,
        "read": 1.054,
        "read_top": 1.205,
    },
    offset=-5.167,
)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.4
"""Confidence from which an answer is given."""
