"""What each part of an answer adds: `python -m benchmarks.ablations SETS HOMES FOLDS`.

SETS holds `real/NAME` (documents and questions) and the scorer of these sets, `real/score.py`;
HOMES their indexes, made where they are missing; FOLDS selectors that have not seen a part of the
sets each (as for `benchmarks.fit`). Every part is switched off on its own, everything else stays:
confidence is not fitted anew. No language model, one core, some minutes a row.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from benchmarks.corpus import COLLECTION
from benchmarks.fit_parts import real_names
from bot.answering.extractive.sufficient_quotes import extents
from bot.app import App, open_app
from bot.conversation.plain_turns import turn_of_text
from bot.evaluation.metrics import auroc
from bot.json_shapes.answer_shapes import AnswerShape
from bot.schema import Scope
from bot.settings import load_settings
from index.embed.selector import open_selector
from index.library import open_library
from training.held_out import fold_of

SOME = ("gm1", "ta2", "tb3", "tc2", "td2", "te2")
EXTRACTIVE = "bot.answering.extractive"
OPEN = "index.embed.selector.open_selector"


@dataclass(frozen=True)
class Ablation:
    """One part, and how to do without it."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, Any] = field(default_factory=dict)
    """What stands in the place of what, by its dotted name."""


ABLATIONS = (
    Ablation("everything"),
    Ablation("without the selector (fast)", {"QUOTH_QUALITY": "fast"}),
    Ablation("without the reader", {"QUOTH_READER": "off"}),
    Ablation(
        "the best passage quoted, in part",
        instead={
            f"{EXTRACTIVE}.sufficient_quotes.extents": lambda quoted, _: islice(extents(quoted), 1)
        },
    ),
    Ablation(
        "sentences without what they lean on",
        instead={
            f"{EXTRACTIVE}.quoted_statements._standing": lambda _, statement: statement.span,
            f"{EXTRACTIVE}.quoted_statements._with_leads": lambda _, chosen: list(chosen),
            f"{EXTRACTIVE}.quoted_statements._with_steps": lambda _, __, chosen: list(chosen),
            f"{EXTRACTIVE}.quoted_statements._with_replies": lambda _, __, chosen: list(chosen),
            f"{EXTRACTIVE}.quoted_statements.turning_heading": lambda _, __: None,
        },
    ),
    Ablation(
        "six passages judged, never twelve",
        instead={f"{EXTRACTIVE}.selected_passages.JUDGED": 6},
    ),
    Ablation(
        "misspelt words left as they are",
        instead={"index.search.searcher.Searcher.spelled": lambda _, text, **__: text},
    ),
    Ablation(
        "overviews not told from structure",
        instead={f"{EXTRACTIVE}.extractor.Extractor._overview": lambda _, __, ___: ()},
    ),
    Ablation(
        "cited sections not preferred",
        instead={"bot.answering.evidence.cited_sections": lambda _: []},
    ),
)


@dataclass
class Score:
    """What became of the questions, and how sure Quoth was of each."""

    counts: Counter[str] = field(default_factory=Counter)
    sure: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    words: int = 0

    def row(self) -> str:
        """Return the shares as they stand in a row of the table."""
        answered = self.counts["answerable"]
        shares = [self.counts[name] / answered for name in ("usable", "clean", "shown", "wrong")]
        shares.append(self.counts["false"] / self.counts["unanswerable"])
        told = "  ".join(
            f"{share:.3f}" for share in [*shares, auroc(self.sure[True], self.sure[False])]
        )
        return f"{told}  {self.words / answered:5.0f}"


def scorer(sets: Path) -> ModuleType:
    """Load the scorer that lies beside the sets."""
    spec = importlib.util.spec_from_file_location("real_score", sets / "real" / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def count_answers(app: App, judge: ModuleType, rows: Sequence[Any], score: Score) -> None:
    """Answer the questions of one set and count what becomes of them."""
    for row in rows:
        history = [turn_of_text(turn["role"], turn["text"]) for turn in row.get("history", [])]
        scope = Scope(collections=(COLLECTION,))
        answer = await app.answerer.answer(row["question"], scope=scope, history=history)
        payload = AnswerShape.of(answer).payload()
        shown = payload["citations"] or payload["nearest"][:3]
        found = _verdicts(judge, row, shown, claimed=answer.claims)
        score.counts.update(found)
        score.sure[row["answerable"]].append(answer.confidence)
        if row["answerable"]:
            score.words += sum(len(each["quote"].split()) for each in shown)


def _verdicts(judge: ModuleType, row: Any, shown: Sequence[Any], *, claimed: bool) -> Iterator[str]:
    if not row["answerable"]:
        yield "unanswerable"
        if claimed:
            yield "false"
        return
    recall, precision = judge.judge(row, shown)
    whole = recall >= 0.8
    yield "answerable"
    if whole:
        yield "shown"
    if claimed:
        yield "usable" if whole else "wrong"
    if claimed and whole and precision >= 0.5:
        yield "clean"


def _settings(folder: Path, home: Path, more: Mapping[str, str]) -> dict[str, str]:
    given = {"QUOTH_HOME": str(home), "QUOTH_DOCUMENTS": str(folder / "documents")}
    return {**given, "QUOTH_THREADS": "1", **more}


async def scored(given: argparse.Namespace, ablation: Ablation) -> Score:
    """Return what becomes of the questions of some sets without one part."""
    sets, homes, names = given.sets, given.homes, given.names
    judge, score = scorer(sets), Score()
    for name in names:
        folder = sets / "real" / name
        settings = load_settings(_settings(folder, homes / name, ablation.settings), Path.cwd())
        if not (homes / name).exists():
            with open_library(settings.index) as library:
                library.sync(COLLECTION)
        lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        adapter = given.folds / f"fold{fold_of(name, real_names(sets))}.safetensors"
        with ExitStack() as off:
            off.enter_context(patch(OPEN, partial(open_selector, adapter=adapter)))
            for place, instead in ablation.instead.items():
                off.enter_context(patch(place, instead))
            async with open_app(settings) as app:
                await count_answers(app, judge, [json.loads(line) for line in lines], score)
    return score


def main() -> None:
    """Print a row for everything, and one for each part that is left out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("homes", type=Path)
    parser.add_argument("folds", type=Path)
    parser.add_argument("--sets", dest="names", nargs="+", default=list(SOME))
    given = parser.parse_args()
    print(f"{'':38} usable  clean  shown  wrong  false  AUROC  words", flush=True)
    for ablation in ABLATIONS:
        score = asyncio.run(scored(given, ablation))
        print(f"{ablation.name:38} {score.row()}", flush=True)


if __name__ == "__main__":
    main()
