"""Every fitted coefficient, in one place, with where it comes from.

Written by `python -m benchmarks.fit` from the development sets (articles of the training half of
squadshifts_newwiki, every second question of clapnq_dev and, for passages, mtrag_human; figures on
the other halves in `docs/evaluation.md`): passages first, then sentences and confidence for those
only embedded, compared word by word, and read. Features are described where they are computed. A
model is a weighted sum of features plus an offset; `logistic` makes it a probability.
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
        "passage_cosine": 9,
        "best_sentence": 7.819,
        "best_two": 2.653,
        "sentence_coverage": 3.184,
        "passage_coverage": 3.279,
        "title_coverage": 0.4407,
        "pairs": 2.105,
        "length": -0.01855,
        "agreement": 2.245,
    },
    offset=0,
)
"""Orders passages; `passage_cosine` is set by hand (`benchmarks.fit_rank.BY_HAND` says why)."""

PASSAGE_SCORE = LinearModel(
    {
        "rank": 0.4411,
    },
    offset=-9.08,
)
"""Turns the ranking value into the log-odds that the passage answers."""

FIRST_PICK = LinearModel(
    {
        "pooled": 6.14,
        "coverage": 1.841,
        "titled_coverage": 4.291,
        "pairs": 2.281,
        "type": 1.179,
        "passage_gap": 0.186,
        "rank": -0.3832,
        "first": 0.2257,
        "short": -1.044,
        "length": -0.03403,
    },
    offset=0,
)
"""Chooses which sentences are embedded on their own."""

PICK = LinearModel(
    {
        "own": 5.235,
        "pooled": 2.222,
        "coverage": 0.008,
        "titled_coverage": 5.114,
        "pairs": 2.238,
        "type": 1.263,
        "passage_gap": 0.192,
        "rank": -0.375,
        "first": 0.134,
        "short": -1.135,
        "length": 0.225,
    },
    offset=0,
)
"""Orders sentences that were only embedded: where another model embeds, and none is read with."""

PICK_MATCHED = LinearModel(
    {
        "own": 2.973,
        "pooled": 1.853,
        "coverage": 1.104,
        "titled_coverage": 0.608,
        "pairs": 1.408,
        "type": 1.063,
        "passage_gap": 0.1441,
        "rank": -0.2108,
        "first": 0.3088,
        "short": -0.8339,
        "length": -0.1362,
        "titled": -1.786,
        "met": 1.32,
        "least": 3.919,
        "every": 8.397,
        "title_met": 0.8704,
        "passage_met": 3.662,
        "centred": 0.3855,
    },
    offset=0,
)
"""Orders sentences that were compared word by word."""

PICK_WITH_READER = LinearModel(
    {
        "own": 3.349,
        "pooled": 1.128,
        "coverage": -0.001999,
        "titled_coverage": 0.4487,
        "pairs": 1.185,
        "type": 0.6638,
        "passage_gap": 0.1306,
        "rank": -0.04214,
        "first": 0.04195,
        "short": -0.7199,
        "length": 0.09162,
        "titled": -1.294,
        "met": -0.4534,
        "least": 2.139,
        "every": 7.107,
        "title_met": 2.258,
        "passage_met": 1.284,
        "centred": -1.421,
        "read": 0.09659,
        "read_gap": 0.2327,
    },
    offset=0,
)
"""Orders sentences that were compared word by word and read."""

CONFIDENCE = LinearModel(
    {
        "pooled": 3.972,
        "pooled_mean": 0.313,
        "gap": 0.81,
        "few": 0.153,
        "rank": 3.494,
        "title_coverage": -2.875,
        "terms": -1.308,
        "residual": 1.063,
        "rarity": 2.207,
        "exact": -0.782,
    },
    offset=-9.079,
)
"""Log-odds that the sources answer, without a reader."""

CONFIDENCE_MATCHED = LinearModel(
    {
        "pooled": 3.957,
        "pooled_mean": 2.774,
        "gap": 1.194,
        "few": 0.1665,
        "rank": 1.699,
        "terms": -1.247,
        "rarity": 2.718,
        "exact": -1.016,
        "centred_mean": -2.951,
        "every": 3.336,
        "rarest": 0.8591,
        "title_met": -4.228,
        "passage_met": 4.251,
        "beyond": 4.147,
    },
    offset=-12.57,
)
"""Log-odds that the sources answer, for sentences that were compared word by word."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "pooled": 4.309,
        "pooled_mean": 3.796,
        "gap": 1.474,
        "few": 0.1565,
        "rank": 0.9806,
        "terms": -1.078,
        "rarity": 2.106,
        "exact": -0.8436,
        "centred_mean": -2.056,
        "rarest": 1.079,
        "title_met": -2.587,
        "beyond": 3.827,
        "read_second": -0.5672,
        "read_passage": 1.05,
        "read_spread": 2.983,
        "read_first": 1.063,
    },
    offset=-8.739,
)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.4
"""Confidence from which an answer is given; chosen on `tests/sample_questions.jsonl`."""
