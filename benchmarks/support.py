"""Labelled pairs of statement and evidence: fits the support check, then measures it.

Supported statements are the reference answers of ClapNQ with the gold sentences they restate,
statements made of a question and its answer (SQuADShifts), and gold sentences rewritten by rule.
From each, unsupported ones are made: a swapped number, a swapped name, a negation, an opposite
word, other evidence (another sentence of the passage, another document) and a sentence grown by
something that the evidence does not say. Documents are halved by a hash of their id: fitted on one
half, reported on the other. The coefficients printed stand in
`bot/answering/generative/support_check.py`.

    python -m benchmarks.support SETS --statements 900
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.support_pairs import Pair, build
from bot.answering.generative.support_check import (
    THRESHOLD,
    WITH_COSINE,
    WITHOUT_COSINE,
    Features,
    Logistic,
    compare,
)
from bot.evaluation.metrics import auroc
from index.embed.minilm import open_minilm

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Fit on one half, report on the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("evals", type=Path, help="folder with clapnq_dev and squadshifts_newwiki")
    parser.add_argument("--home", type=Path, default=Path(".quoth"), help="where MiniLM is cached")
    parser.add_argument("--statements", type=int, default=900, help="supported ones, at most")
    options = parser.parse_args()
    pairs = build(options.evals, options.statements, random.Random(20250301))
    features = measured(pairs, options.home)
    for name, uses_cosine, current in (
        ("with embeddings", True, WITH_COSINE),
        ("without embeddings", False, WITHOUT_COSINE),
    ):
        table = np.array([astuple(one) for one in features])
        if not uses_cosine:
            table[:, 0] = 0
        model = fit(table[halves(pairs) == 0], labels(pairs)[halves(pairs) == 0])
        print(f"\n{name}: fitted {rounded(model)}")
        report(model, table, pairs, 1, "fitted on the first half")
        report(current, table, pairs, 1, "in bot/answering/generative/support_check.py")


def measured(pairs: Sequence[Pair], home: Path) -> list[Features]:
    """Compare every pair, with the cosine of MiniLM's embeddings."""
    texts = sorted({text for pair in pairs for text in (pair.statement, pair.evidence)})
    model = open_minilm(home)
    blocks = [model.embed(texts[at : at + 256]) for at in range(0, len(texts), 256)]
    place = {text: at for at, text in enumerate(texts)}
    vectors = np.concatenate(blocks)
    return [
        compare(
            pair.statement,
            pair.evidence,
            topic=pair.topic,
            passage=pair.passage,
            cosine=float(vectors[place[pair.statement]] @ vectors[place[pair.evidence]]),
        )
        for pair in pairs
    ]


def halves(pairs: Sequence[Pair]) -> npt.NDArray[np.int64]:
    return np.array([pair.half for pair in pairs])


def labels(pairs: Sequence[Pair]) -> Floats:
    return np.array([float(pair.supported) for pair in pairs])


def fit(table: Floats, wanted: Floats, ridge: float = 1.0) -> Logistic:
    """Fit by Newton's method; both labels weigh the same in all."""
    design = np.hstack([np.ones((len(table), 1)), table])
    share = wanted.mean()
    weight = np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    penalty = np.diag([0.0] + [ridge] * table.shape[1])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (wanted - chance)) - penalty @ beta
        curve = (design * (weight * chance * (1 - chance))[:, None]).T @ design + penalty
        beta += np.linalg.solve(curve + 1e-9 * np.eye(len(beta)), gradient)
    return Logistic(intercept=float(beta[0]), weights=tuple(map(float, beta[1:])))


def rounded(model: Logistic) -> Logistic:
    return Logistic(round(model.intercept, 2), tuple(round(one, 2) for one in model.weights))


def report(model: Logistic, table: Floats, pairs: Sequence[Pair], half: int, title: str) -> None:
    """Print how many of each kind pass, and precision and recall of what is kept and dropped."""
    names = [one.name for one in fields(Features)]
    chances = np.array(
        [model.probability(Features(**dict(zip(names, row, strict=True)))) for row in table]
    )
    here, true = halves(pairs) == half, labels(pairs) > 0
    shown = halves(pairs) >= half
    print(f"\n{title}, threshold {THRESHOLD}: {int(here.sum())} pairs of the other half")
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        chosen = shown & np.array([pair.kind == kind for pair in pairs])
        kept = float((chances[chosen] >= THRESHOLD).mean())
        print(f"  {kind:<20} n {int(chosen.sum()):>5}   kept {kept:6.1%}   dropped {1 - kept:6.1%}")
    kept = here & (chances >= THRESHOLD)
    recall = float((kept & true).sum() / (here & true).sum())
    leaked = float((kept & ~true).sum() / (here & ~true).sum())
    print(f"  as many supported as not: precision of what is kept {recall / (recall + leaked):.1%}")
    area = auroc([*chances[here & true]], [*chances[here & ~true]])
    print(f"  recall {recall:.1%}, AUROC {area:.3f}")


if __name__ == "__main__":
    main()
