"""The fitted coefficients that order passages, with where they come from.

Written by `python -m benchmarks.fit rank` from the development sets (articles of the training half
of squadshifts_newwiki, every second question of clapnq_dev and of mtrag_human; figures on the other
halves in `docs/evaluation.md`). The features are described in `index.search.passage_rank`.
"""

from __future__ import annotations

from index.search.linear_model import LinearModel

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
