"""Fit the coefficients of `index.calibration` on the development sets, and report on the rest.

    python -m benchmarks.fit rank|pick|confidence SETS HOMES [--reader] [--write]

SETS is the folder of question sets, HOMES one with an index for each (`benchmarks.index_sets`).
Fitted on: `split: train` of squadshifts_newwiki, every second question of clapnq_dev and
mtrag_human. Reported on: the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.corpus import COLLECTION, Corpus, Question, opened, questions, sample
from benchmarks.linear import Choice, fit_choice, fit_logistic, matrix, write
from bot.confidence import confidence_features
from bot.conversation import resolve
from bot.metrics import auroc, false_rate_at, hits_at, holds_answer, is_gold, ndcg
from bot.picking import Picker, Sentence
from index.calibration import (
    CONFIDENCE,
    CONFIDENCE_WITH_READER,
    FIRST_PICK,
    PASSAGE_RANK,
    PICK,
    PICK_WITH_READER,
    LinearModel,
)
from index.embed.reader import open_reader
from index.ranking import Candidate, passage_features
from index.search import Findings

RANK = [*PASSAGE_RANK.weights]
FIRST = [*FIRST_PICK.weights]
PICKED = [*PICK.weights]
READ = [*PICK_WITH_READER.weights]
SURE = [*CONFIDENCE.weights]
SURE_READ = [*CONFIDENCE_WITH_READER.weights]
"""The features of each model, as they stand in the calibration."""


@dataclass(frozen=True)
class Part:
    """Questions of one set, to fit on or to report on."""

    name: str
    questions: Sequence[Question]
    fitted: bool


@dataclass(frozen=True)
class Work:
    """Where sets and indexes are, and whether the reader reads."""

    sets: Path
    homes: Path
    reader: bool

    def each(self, part: Part) -> Iterator[tuple[Question, Corpus, Picker, Findings]]:
        """Yield what search finds for each question."""
        with opened(self.homes / part.name) as corpus:
            reader = open_reader(self.homes / part.name, threads=1) if self.reader else None
            picker = Picker(corpus.embedder, reader)
            for question in part.questions:
                text = resolve(question.text, question.history).question
                found = corpus.searcher.find(text, collections=[COLLECTION], asked=question.text)
                yield question, corpus, picker, found


def parts(sets: Path, count: int) -> list[Part]:
    """Return the parts of every set."""
    wiki = questions(sets / "squadshifts_newwiki" / "questions.jsonl")
    found = [
        Part("squadshifts_newwiki", sample([q for q in wiki if q.split == split], count), fitted)
        for split, fitted in (("train", True), ("dev", False))
    ]
    for name in ("clapnq_dev", "mtrag_human"):
        every = questions(sets / name / "questions.jsonl")
        found += [Part(name, every[0::2], True), Part(name, every[1::2], False)]
    return found


def rank(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of passages and the probability that one answers."""
    data: list[tuple[Part, list[Choice]]] = []
    for part in parts(work.sets, count):
        kept = [q for q in part.questions if q.answerable and q.gold_passages]
        choices = [_passages(q, f) for q, _, _, f in work.each(Part(part.name, kept, True))]
        data.append((part, choices))
    model = fit_choice([c for part, cs in data if part.fitted for c in cs * _repeat(part)], RANK)
    weights = np.array(list(model.weights.values()))
    for part, choices in data:
        ordered = [c.right[np.argsort(-(c.features @ weights))].astype(bool) for c in choices]
        first = np.mean([hits_at(list(o), 1) for o in ordered])
        fourth = np.mean([hits_at(list(o), 4) for o in ordered])
        gain = np.mean([ndcg(list(o), max(1, int(o.sum()))) for o in ordered])
        print(f"{part.name:20} fitted={part.fitted!s:5} {first:.3f} {fourth:.3f} {gain:.3f}")
    fitted = [c for part, cs in data if part.fitted for c in cs]
    values = np.concatenate([c.features @ weights for c in fitted])[:, None]
    score = fit_logistic(values, np.concatenate([c.right for c in fitted]), ["rank"], decay=0.1)
    return {"PASSAGE_RANK": model, "PASSAGE_SCORE": score}


def pick(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of sentences."""
    names = READ if work.reader else PICKED
    data: list[tuple[Part, list[tuple[list[Sentence], list[bool]]]]] = []
    for part in parts(work.sets, count)[:4]:
        rows = []
        for question, _, picker, found in work.each(
            Part(part.name, [q for q in part.questions if q.answerable], True)
        ):
            sentences = picker.sentences(found.query, found.ranked)
            rows.append((sentences, [_answers(question, s) for s in sentences]))
        data.append((part, rows))
    choices = [
        Choice(matrix([s.features for s in sentences], names), np.array(right, dtype=float))
        for part, rows in data
        if part.fitted
        for sentences, right in rows
        if sentences
    ]
    model = fit_choice(choices, names)
    for part, rows in data:
        ordered = [
            [
                r
                for _, r in sorted(
                    zip(sentences, right, strict=True),
                    key=lambda pair: -model.value(pair[0].features),
                )
            ]
            for sentences, right in rows
        ]
        first, three = (np.mean([hits_at(o, k) for o in ordered]) for k in (1, 3))
        print(f"{part.name:20} fitted={part.fitted!s:5} first {first:.3f} three {three:.3f}")
    if work.reader:
        return {"PICK_WITH_READER": model}
    before = [
        Choice(matrix([s.features for s in sentences], FIRST), np.array(right, dtype=float))
        for part, rows in data
        if part.fitted
        for sentences, right in rows
        if sentences
    ]
    return {"PICK": model, "FIRST_PICK": fit_choice(before, FIRST)}


def confidence(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the probability of an answer; unanswerable ones also by hiding the right article."""
    names = SURE_READ if work.reader else SURE
    rows: dict[tuple[str, bool], list[tuple[dict[str, float], bool]]] = {}
    for part in parts(work.sets, count // 2)[:4]:
        found = rows.setdefault((part.name, part.fitted), [])
        for question, _, picker, findings in work.each(part):
            found += [(f, question.answerable) for f in _confidences(picker, findings)]
            if part.name == "squadshifts_newwiki":
                hidden = _without(findings, question.gold_documents)
                found += [(f, False) for f in _confidences(picker, hidden)]
    fitted = [row for (_, fitted), found in rows.items() if fitted for row in found]
    labels = np.array([float(label) for _, label in fitted])
    model = fit_logistic(matrix([f for f, _ in fitted], names), labels, names)
    for (name, fitted_on), found in rows.items():
        for few in (False, True):
            kept = [row for row in found if bool(row[0]["few"]) == few]
            yes = [model.value(f) for f, label in kept if label]
            no = [model.value(f) for f, label in kept if not label]
            print(
                f"{name:20} fitted={fitted_on!s:5} one document={few!s:5} "
                f"AUROC {auroc(yes, no) or 0:.3f} "
                f"false answers at 80 % recall {false_rate_at(yes, no, 0.8) or 0:.3f}"
            )
    return {"CONFIDENCE_WITH_READER" if work.reader else "CONFIDENCE": model}


def _passages(question: Question, found: Findings) -> Choice:
    rows = [passage_features(found.query, c) for c in found.ranked]
    right = [float(_gold(question, c)) for c in found.ranked]
    return Choice(matrix(rows, RANK).reshape(-1, len(RANK)), np.array(right))


def _gold(question: Question, candidate: Candidate) -> bool:
    """Say whether a passage is gold, or a piece of a gold passage longer than it."""
    text = candidate.passage.text
    return candidate.source.uri in question.gold_documents and any(
        is_gold(text, gold) or text.strip() in gold for gold in question.gold_passages
    )


def _answers(question: Question, sentence: Sentence) -> bool:
    if question.gold_sentences:
        return any(is_gold(sentence.text, gold) for gold in question.gold_sentences)
    return holds_answer(sentence.text, question.answers)


def _confidences(picker: Picker, findings: Findings) -> list[dict[str, float]]:
    """Return the features over the whole set, and over a collection of the best document alone."""
    sentences = picker.sentences(findings.query, findings.ranked)
    if not sentences:
        return []
    only = findings.ranked[0].source.id
    ranked = [c for c in findings.ranked if c.source.id == only]
    few = [s for s in sentences if s.candidate.source.id == only]
    every = [confidence_features(findings.query, findings.ranked, sentences)]
    return every + ([confidence_features(findings.query, ranked, few)] if few else [])


def _without(findings: Findings, documents: Sequence[str]) -> Findings:
    kept = tuple(c for c in findings.ranked if c.source.uri not in documents)
    return Findings(findings.query, kept, findings.hits)


def _repeat(part: Part) -> int:
    """Weigh the small sets up."""
    return {"clapnq_dev": 2, "mtrag_human": 3}.get(part.name, 1)


STAGES: dict[str, Callable[[Work, int], dict[str, LinearModel]]] = {
    "rank": rank,
    "pick": pick,
    "confidence": confidence,
}


def main() -> None:
    """Fit one stage and print, or write, its models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("sets", type=Path)
    parser.add_argument("homes", type=Path)
    parser.add_argument("--count", type=int, default=700, help="questions of each big part")
    parser.add_argument("--reader", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for name, model in STAGES[given.stage](
        Work(given.sets, given.homes, given.reader), given.count
    ).items():
        print(name, {key: round(value, 3) for key, value in model.weights.items()}, model.offset)
        if given.write:
            write(name, model)


if __name__ == "__main__":
    main()
