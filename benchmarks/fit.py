"""Fit the coefficients of ranking and answers on the development sets, and report on the rest.

    python -m benchmarks.fit rank|answers SETS HOMES [--looking matched] [--write]

SETS is the folder of question sets, HOMES one with an index for each (`benchmarks.index_sets`).
Passages are fitted on `split: train` of squadshifts_newwiki, sentences and confidence on those of
its articles that the reader was not trained on, both also on every second question of clapnq_dev
(passages: and mtrag_human). Reported on: the others. With `--looking selected`, real documents
are fitted on too; `--folds` is a folder of selectors of which each has not seen a quarter of them
(`python -m training.selector --without-fold 0 --out FOLDER/fold0.safetensors`, and so on).
How much is quoted is fitted by `benchmarks.gathered_answers`, with the confidence of the selector.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.fit_answers import MODELS, answers
from benchmarks.fit_parts import Work
from benchmarks.fit_rank import rank
from benchmarks.linear import write
from index.search.linear_model import LinearModel

STAGES: dict[str, Callable[[Work, int], dict[str, LinearModel]]] = {
    "rank": rank,
    "answers": answers,
}


def main() -> None:
    """Fit one stage and print, or write, its models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("sets", type=Path)
    parser.add_argument("homes", type=Path)
    parser.add_argument("--count", type=int, default=700, help="questions of each big part")
    parser.add_argument("--looking", choices=MODELS, default="matched")
    parser.add_argument("--folds", type=Path, help="selectors that have not seen a part each")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for name, model in STAGES[given.stage](
        Work(given.sets, given.homes, given.looking, given.folds), given.count
    ).items():
        print(name, {key: round(value, 3) for key, value in model.weights.items()}, model.offset)
        if given.write:
            write(name, model)


if __name__ == "__main__":
    main()
