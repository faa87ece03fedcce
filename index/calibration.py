"""Every fitted coefficient, in one place, with where it comes from.

Written by `python -m benchmarks.fit` from the development sets (the training half of
squadshifts_newwiki, every second question of clapnq_dev and mtrag_human; figures on the other
halves in `docs/evaluation.md`). `FIRST_PICK`, `PICK` and `CONFIDENCE` are of an earlier fit, over
what words alone had found. Features are described where they are computed. A model is a
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
"""Orders passages; `passage_cosine` is set by hand (`benchmarks.fit.BY_HAND` says why)."""

PASSAGE_SCORE = LinearModel(
    {
        "rank": 0.4411,
    },
    offset=-9.08,
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
        "own": 3.14,
        "pooled": 2.12,
        "coverage": 1.421,
        "titled_coverage": 0.305,
        "pairs": 1.212,
        "type": 0.948,
        "passage_gap": 0.196,
        "rank": -0.255,
        "first": 0.263,
        "short": -0.95,
        "length": 0.053,
        "titled": -0.779,
        "met": 2.734,
        "least": 3.329,
        "centred": 4.032,
    },
    offset=0,
)
"""Orders sentences that were compared word by word."""

PICK_WITH_READER = LinearModel(
    {
        "own": 2.101,
        "pooled": 1.72,
        "coverage": -0.06879,
        "titled_coverage": 0.8878,
        "pairs": 1.199,
        "type": 0.6517,
        "passage_gap": 0.1653,
        "rank": -0.04418,
        "first": 0.07826,
        "short": -0.8303,
        "length": 0.08145,
        "titled": 0.228,
        "met": 0.4663,
        "least": 3.047,
        "centred": 2.324,
        "read": 0.1042,
        "read_gap": 0.2124,
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
        "pooled": 1.337,
        "pooled_mean": 2.145,
        "gap": 0.841,
        "few": 0.097,
        "rank": 2.799,
        "title_coverage": -3.951,
        "terms": -1.086,
        "residual": -0.349,
        "titled": 0.086,
        "titled_top": 0.607,
        "titled_mean": 1.876,
        "met": 0.224,
        "met_top": 5.292,
        "met_mean": -2.695,
        "least": -0.84,
        "least_top": 3.869,
        "least_mean": -2.576,
        "centred": 0.058,
        "centred_top": 4.271,
        "centred_mean": -4.177,
        "type": -0.286,
    },
    offset=-8.949,
)
"""Log-odds that the sources answer, for sentences that were compared word by word."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "pooled": 3.629,
        "pooled_mean": 3.841,
        "gap": 1.465,
        "few": 0.4033,
        "rank": 1.567,
        "title_coverage": -2.611,
        "terms": -1.494,
        "residual": -0.5054,
        "titled": -2.685,
        "titled_top": 3.29,
        "titled_mean": 1.678,
        "met": 1.542,
        "met_top": 2.38,
        "met_mean": -2.893,
        "least": -0.1878,
        "least_top": 3.317,
        "least_mean": -3.029,
        "centred": 0.01399,
        "centred_top": 2.514,
        "centred_mean": -3.741,
        "type": -0.6702,
        "read": 0.3258,
        "read_top": 1.517,
        "read_all": 0,
        "read_second": 0,
    },
    offset=-6.718,
)
"""Log-odds that the sources answer, with a reader."""

ANSWERED = 0.45
"""Confidence from which an answer is given; chosen on `tests/sample_questions.jsonl`."""
