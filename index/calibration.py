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
        "own": 3.004,
        "pooled": 1.855,
        "coverage": 1.091,
        "titled_coverage": 0.6202,
        "pairs": 1.393,
        "type": 1.063,
        "passage_gap": 0.1444,
        "rank": -0.2106,
        "first": 0.3124,
        "short": -0.8323,
        "length": -0.1422,
        "titled": -1.651,
        "met": 1.358,
        "least": 3.913,
        "every": 8.419,
        "title_met": 0.3095,
        "passage_met": 3.697,
        "centred": 0.3677,
    },
    offset=0,
)
"""Orders sentences that were compared word by word."""

PICK_WITH_READER = LinearModel(
    {
        "own": 3.454,
        "pooled": 1.149,
        "coverage": -0.02963,
        "titled_coverage": 0.4957,
        "pairs": 1.129,
        "type": 0.662,
        "passage_gap": 0.1315,
        "rank": -0.03643,
        "first": 0.06097,
        "short": -0.7143,
        "length": 0.07023,
        "titled": -1.078,
        "met": -0.3224,
        "least": 2.135,
        "every": 7.148,
        "title_met": 1.248,
        "passage_met": 1.401,
        "centred": -1.452,
        "read": 0.09591,
        "read_gap": 0.2315,
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
        "pooled": 3.787,
        "pooled_mean": 2.784,
        "gap": 1.265,
        "few": 0.1907,
        "rank": 1.702,
        "terms": -1.219,
        "rarity": 2.665,
        "exact": -0.9756,
        "centred_mean": -2.597,
        "every": 3.483,
        "rarest": 0.8626,
        "title_met": -4.226,
        "passage_met": 4.261,
        "beyond": 3.892,
    },
    offset=-12.7,
)
"""Log-odds that the sources answer, for sentences that were compared word by word."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "pooled": 4.22,
        "pooled_mean": 3.772,
        "gap": 1.539,
        "few": 0.1865,
        "rank": 1.008,
        "terms": -1.071,
        "rarity": 2.108,
        "exact": -0.805,
        "centred_mean": -1.701,
        "rarest": 1.111,
        "title_met": -2.681,
        "beyond": 3.66,
        "read_second": -0.579,
        "read_passage": 1.019,
        "read_spread": 2.527,
        "read_first": 1.066,
    },
    offset=-8.843,
)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.4
"""Confidence from which an answer is given; chosen on `tests/sample_questions.jsonl`."""
