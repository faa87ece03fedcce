"""Gather once what the choices behind an answer are fitted on, set by set.

    python -m benchmarks.gathered_answers gather SETS HOMES FOLDS OUT [--quick]
    python -m benchmarks.gathered_answers fit OUT [--quick] [--write]

`gather` asks every question that may be fitted on, those to real documents of a selector that has
not seen their set (FOLDS, see `benchmarks.fit`), and writes one file for each set; a set that has
its file is left out, so that it can be stopped. `fit` fits confidence and how much is quoted from
the files, on three quarters of the real sets at a time for what it reports, and prints what would
come of each threshold.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fit_answers import (
    CONVERSATIONS,
    MODELS,
    REPORTED,
    Asked,
    Look,
    judged,
    kept_variants,
)
from benchmarks.fit_parts import DEPTHS, Looking, Part, Work, parts, real_parts, repeat
from benchmarks.held_answers import alternatives, held
from benchmarks.linear import fit_logistic, matrix, write
from bot.answering.extractive import answer_weights
from bot.answering.extractive.answer_weights import QUOTES_HOLD, QUOTES_MOSTLY
from bot.answering.extractive.selected_passages import closest_passages
from bot.answering.extractive.sufficient_quotes import BREVITY, extent_features, extents
from bot.evaluation.metrics import auroc
from index.search.linear_model import LinearModel, logistic
from index.store.catalog import Catalog
from training.held_out import FOLDS, fold_of

SURE_DECAY = 20.0
WIKI_QUESTIONS = 120
"""Of squadshifts_newwiki, whose texts are nothing like those of teams."""

Row = dict[str, Any]


def gathered(work: Work, part: Part) -> Iterator[Row]:
    """Yield what confidence and quotes are computed from, for each question of a part."""
    pick: LinearModel = getattr(answer_weights, MODELS[work.looking][0])
    known = alternatives(work.sets / part.name) if part.name.startswith("real/") else {}
    for number, (question, corpus, picker, findings) in enumerate(work.each(part)):
        look = Look(picker, work.selector(corpus), question, DEPTHS[work.looking])
        for asked in kept_variants(look, findings, part, number):
            row = judged(asked, pick)
            found: Row = {
                "qid": row.qid,
                "answerable": row.answerable,
                "few": row.few,
                "sure": dict(row.features),
            }
            if question.qid in known and not row.few:
                found |= _quotes(asked, corpus.catalog, known[question.qid])
            yield found


def _quotes(asked: Asked, catalog: Catalog, answers: Sequence[Mapping[str, Any]]) -> Row:
    """Return every way of quoting, and whether what is shown as unsure holds the answer."""
    ways = []
    for extent in extents(asked.quoted, catalog):
        texts = [(q.selected.candidate.source, q.selected.passage, t) for q, t in extent.texts]
        whole, mostly = held(texts, answers)
        features = dict(extent_features(extent, asked.selected))
        ways.append({"features": features, "whole": whole, "mostly": whole and mostly})
    shown: list[bool] = []
    sources = {each.candidate.source.id: each for each in asked.selected}
    picks = closest_passages(asked.selected, catalog)
    for count in range(1, len(picks) + 1):
        texts = []
        for pick in picks[:count]:
            span = pick.evidence
            of = sources[span.source_id]
            text = of.candidate.source.text[span.start : span.end]
            texts.append((of.candidate.source, of.passage, text))
        shown.append(held(texts, answers)[0])
    return {"ways": ways, "shown": shown}


def gather(work: Work, out: Path) -> None:
    """Write the files of the sets that lack them."""
    out.mkdir(parents=True, exist_ok=True)
    known = REPORTED | {CONVERSATIONS}
    every = parts(work.sets, WIKI_QUESTIONS, unread=True)
    used = [*real_parts(work.sets), *(part for part in every if part.name in known)]
    for part in used:
        path = out / f"{Path(part.name).name}{'' if part.fitted else '.held_out'}.jsonl"
        if path.exists():
            continue
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as lines:
            head = {"name": part.name, "fitted": part.fitted, "repeat": repeat(part)}
            lines.write(json.dumps(head) + "\n")
            for row in gathered(work, part):
                lines.write(json.dumps(row) + "\n")
        partial.replace(path)
        print(path.name, flush=True)


@dataclass(frozen=True)
class Gathered:
    """One file of what was gathered."""

    name: str
    fitted: bool
    repeat: int
    rows: Sequence[Row]

    @property
    def is_real(self) -> bool:
        """Whether it is a set of real documents."""
        return self.name.startswith("real/")


def read(folder: Path) -> list[Gathered]:
    """Read the files of a folder."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        head, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found.append(Gathered(head["name"], head["fitted"], head["repeat"], rows))
    return found


@dataclass(frozen=True)
class Models:
    """The three models that decide."""

    sure: LinearModel
    holds: LinearModel
    mostly: LinearModel


def fit(sets: Sequence[Gathered], looking: Looking) -> Models:
    """Fit the three models."""
    sure = [row for each in sets if each.fitted for row in each.rows for _ in range(each.repeat)]
    labels = np.array([float(row["answerable"]) for row in sure])
    names = [*getattr(answer_weights, MODELS[looking][1]).weights]
    ways = [
        way for each in sets if each.is_real for row in each.rows for way in row.get("ways", ())
    ]
    features = matrix([way["features"] for way in ways], [*QUOTES_HOLD.weights])
    holds, mostly = (np.array([float(way[k]) for way in ways]) for k in ("whole", "mostly"))
    return Models(
        fit_logistic(matrix([r["sure"] for r in sure], names), labels, names, decay=SURE_DECAY),
        fit_logistic(features, holds, [*QUOTES_HOLD.weights]),
        fit_logistic(features, mostly, [*QUOTES_MOSTLY.weights]),
    )


@dataclass(frozen=True)
class Outcome:
    """What would come of one question."""

    sure: float
    answerable: bool
    whole: bool
    mostly: bool
    shown: bool


def outcomes(models: Models, rows: Sequence[Row], brevity: float = BREVITY) -> Iterator[Outcome]:
    """Yield what would come of the questions of a set, over all that was found."""
    for row in rows:
        if row["few"]:
            continue
        sure = logistic(models.sure.value(row["sure"]))
        best, chosen = 0.0, None
        for way in row.get("ways", ()):
            holds = logistic(models.holds.value(way["features"]))
            worth = holds + brevity * logistic(models.mostly.value(way["features"]))
            if chosen is None or worth > best:
                best, chosen = worth, way
        yield Outcome(
            sure,
            row["answerable"],
            bool(chosen and chosen["whole"]),
            bool(chosen and chosen["mostly"]),
            bool(row.get("shown") and row["shown"][-1]),
        )


def crossed(sets: Sequence[Gathered], looking: Looking, brevity: float = BREVITY) -> list[Outcome]:
    """Return the outcomes of the real sets, each by models fitted without its quarter of them."""
    names = [Path(each.name).name for each in sets if each.is_real]
    found: list[Outcome] = []
    for fold in range(FOLDS):
        out = {name for name in names if fold_of(name, names) == fold}
        kept = [each for each in sets if Path(each.name).name not in out]
        models = fit(kept, looking)
        for each in sets:
            if each.is_real and Path(each.name).name in out:
                found += outcomes(models, each.rows, brevity)
    return found


def figures(found: Sequence[Outcome], threshold: float) -> dict[str, float]:
    """Return the figures of the scoring where all from `threshold` on are claimed."""
    yes = [each for each in found if each.answerable]
    no = [each for each in found if not each.answerable]
    claimed = [each for each in yes if each.sure >= threshold]
    usable = sum(each.whole for each in claimed)
    shown = usable + sum(each.shown for each in yes if each.sure < threshold)
    return {
        "usable": usable / len(yes),
        "clean": sum(each.mostly for each in claimed) / len(yes),
        "shown": shown / len(yes),
        "wrong": (len(claimed) - usable) / len(yes),
        "false": sum(each.sure >= threshold for each in no) / len(no),
        "auroc": auroc([e.sure for e in yes], [e.sure for e in no]) or 0.0,
    }


def main() -> None:
    """Gather, or fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    first = stages.add_parser("gather")
    for name in ("sets", "homes", "folds", "out"):
        first.add_argument(name, type=Path)
    second = stages.add_parser("fit")
    second.add_argument("out", type=Path)
    second.add_argument("--write", action="store_true")
    for stage in (first, second):
        stage.add_argument("--quick", action="store_true", help="of the small selector alone")
    given = parser.parse_args()
    looking: Looking = "judged quickly" if given.quick else "selected"
    if given.stage == "gather":
        gather(Work(given.sets, given.homes, looking, given.folds), given.out)
        return
    sets = read(given.out)
    for brevity in (0.2, 0.4, 0.7, 1.0):
        found = crossed(sets, looking, brevity)
        for threshold in (0.7, 0.74, 0.77, 0.8, 0.83, 0.86):
            told = figures(found, threshold)
            print(brevity, threshold, {key: round(value, 3) for key, value in told.items()})
    models = fit(sets, looking)
    for name, model in (
        (MODELS[looking][1], models.sure),
        *(() if given.quick else (("QUOTES_HOLD", models.holds), ("QUOTES_MOSTLY", models.mostly))),
    ):
        print(name, {key: round(value, 3) for key, value in model.weights.items()}, model.offset)
        if given.write:
            write(name, model)


if __name__ == "__main__":
    main()
