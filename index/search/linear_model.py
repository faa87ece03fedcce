"""Small linear models: a weighted sum of features plus an offset, and its probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


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

    def values(self, features: Mapping[str, Values]) -> Values:
        """Return the weighted sums of many at once; every feature has to be there."""
        total = sum(weight * features[name] for name, weight in self.weights.items())
        return np.asarray(self.offset + total)


def logistic(value: float) -> float:
    """Return the probability for log-odds, safe for any finite value."""
    if value >= 0:
        return 1 / (1 + math.exp(-min(value, 60.0)))
    odds = math.exp(max(value, -60.0))
    return odds / (1 + odds)
