"""How well passages fit terms, and which fit best: BM25 over arrays, as `bm25()` of SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import numpy as np

from index.store.word_arrays import Numbers, Weights

_K1, _B, _LEAST_IDF = 1.2, 0.75, 1e-6
"""As in SQLite's `bm25()`."""

_GROUPED = 64
"""Passages of which only the best is looked at first."""


class BestPassages(NamedTuple):
    """Passages by their numbers, rising, and their scores."""

    passages: Numbers
    scores: Weights


def bm25_scores(
    found: Sequence[tuple[Numbers, Weights]], lengths: Numbers, whole: int, terms: int
) -> Weights:
    """Return the BM25 score of every passage, 0 where it holds nothing, shape (passages,).

    `found` has, for each term or run of terms, the passages that hold it, and how often they do;
    `lengths` are the terms of each passage. There are `whole` passages, with so many `terms`.
    """
    scores = np.zeros(len(lengths))
    by_length = np.arange(int(lengths.max(initial=0)) + 1)
    norms = _K1 * (1 - _B + _B * by_length / (max(terms, 1) / max(whole, 1)))
    for passages, often in found:
        idf = log((whole - len(passages) + 0.5) / (len(passages) + 0.5))
        share = (often * (_K1 + 1.0)) / (often + norms[lengths[passages]])
        scores[passages] += (idf if idf > 0 else _LEAST_IDF) * share
    return scores


def best_passages(scores: Weights, limit: int) -> BestPassages:
    """Return the best passages, and all that equal the last of them."""
    found = np.flatnonzero(scores >= _surely(scores, limit))
    its_scores = scores[found]
    if len(found) > limit:
        last = np.partition(its_scores, len(found) - limit)[len(found) - limit]
        stay = its_scores >= last
        return BestPassages(found[stay], its_scores[stay])
    return BestPassages(found, its_scores)


def _surely(scores: Weights, limit: int) -> float:
    """Return a score above 0 that at least `limit` passages have, or all that hold anything.

    It is one of the largest in as many groups of passages, which is quicker than to order them all.
    """
    groups = len(scores) // _GROUPED
    least = 0.0
    if groups > limit:
        largest = scores[: groups * _GROUPED].reshape(_GROUPED, groups).max(axis=0)
        least = float(np.partition(largest, groups - limit)[groups - limit])
    return least or float(np.nextafter(0.0, 1.0))
