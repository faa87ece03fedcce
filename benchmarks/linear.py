"""Fitting small linear models (`index.search.linear_model`), with NumPy alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.search.linear_model import LinearModel

Matrix = npt.NDArray[np.float64]
WEIGHTS = tuple(
    map(Path, ("index/search/ranking_weights.py", "bot/answering/extractive/answer_weights.py"))
)
"""The modules that hold fitted coefficients."""


@dataclass(frozen=True)
class Choice:
    """The candidates of one question: features, shape (n, features), and which are right."""

    features: Matrix
    right: Matrix


def matrix(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Matrix:
    """Return features by name as rows."""
    return np.array([[row.get(name, 0.0) for name in names] for row in rows], dtype=np.float64)


def fit_choice(
    choices: Sequence[Choice], names: Sequence[str], *, steps: int = 600, decay: float = 1e-3
) -> LinearModel:
    """Fit weights so that the right candidates of each question get the softmax's mass (Adam)."""
    kept = [c for c in choices if c.right.any() and not c.right.all()]
    every = np.concatenate([c.features for c in kept])
    scale = every.std(axis=0) + 1e-9
    features = [c.features / scale for c in kept]
    right = [c.right for c in kept]
    weights = np.zeros(len(names))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        gradient = decay * weights
        for rows, labels in zip(features, right, strict=True):
            chances = _softmax(rows @ weights)
            wanted = chances * labels
            gradient += rows.T @ (chances - wanted / max(wanted.sum(), 1e-12)) / len(kept)
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        rate = 0.05 * (1 - step / (steps + 1))
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return _model(names, weights / scale, 0.0)


def fit_logistic(
    features: Matrix, labels: Matrix, names: Sequence[str], *, decay: float = 3.0
) -> LinearModel:
    """Fit log-odds by Newton's method with an L2 penalty on standardised weights."""
    centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.c_[(features - centre) / scale, np.ones(len(features))]
    penalty = np.full(rows.shape[1], decay)
    penalty[-1] = 0.0
    weights = np.zeros(rows.shape[1])
    for _ in range(40):
        chances = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (chances - labels) + penalty * weights
        curve = (rows * (chances * (1 - chances))[:, None]).T @ rows + np.diag(penalty + 1e-9)
        weights -= np.linalg.solve(curve, gradient)
    slopes = weights[:-1] / scale
    return _model(names, slopes, float(weights[-1] - slopes @ centre))


def write(name: str, model: LinearModel) -> None:
    """Replace the model called `name` in the module that holds its weights."""
    body = "".join(f'        "{key}": {value:.4g},\n' for key, value in model.weights.items())
    block = f"{name} = LinearModel(\n    {{\n{body}    }},\n    offset={model.offset:.4g},\n)\n"
    pattern = re.compile(rf"^{name} = LinearModel\(.*?\n?\)\n", re.MULTILINE | re.DOTALL)
    texts = {path: path.read_text(encoding="utf-8") for path in WEIGHTS}
    holding = [path for path, text in texts.items() if len(pattern.findall(text)) == 1]
    if len(holding) != 1:
        raise ValueError(f"{name} stands once in {len(holding)} of {len(WEIGHTS)} modules")
    [path] = holding
    path.write_text(pattern.sub(block, texts[path]), encoding="utf-8")


def _model(names: Sequence[str], weights: Matrix, offset: float) -> LinearModel:
    return LinearModel(dict(zip(names, weights.tolist(), strict=True)), offset)


def _softmax(values: Matrix) -> Matrix:
    powers = np.exp(values - values.max())
    result: Matrix = powers / powers.sum()
    return result
