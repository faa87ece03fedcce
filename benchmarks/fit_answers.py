"""Fit the order of sentences, and the confidence, for one way of looking at sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.corpus import Question
from benchmarks.fit_parts import Looking, Part, Work, holds_gold, parts, repeat
from benchmarks.linear import Choice, fit_choice, fit_logistic, matrix
from bot.answering.extractive import answer_weights
from bot.answering.extractive.answer_weights import FIRST_PICK
from bot.answering.extractive.confidence import confidence_features
from bot.answering.extractive.scored_sentences import ScoredSentence, SentenceScorer
from bot.evaluation.metrics import auroc, false_rate_at, hits_at, holds_answer, is_gold
from index.search.linear_model import LinearModel
from index.search.passage_rank import Candidate
from index.search.searcher import Findings, nearest_cosines

FIRST = [*FIRST_PICK.weights]
"""The features, as they stand in the weights."""

MODELS: dict[Looking, tuple[str, str]] = {
    "embedded": ("PICK", "CONFIDENCE"),
    "matched": ("PICK_MATCHED", "CONFIDENCE_MATCHED"),
    "read": ("PICK_WITH_READER", "CONFIDENCE_WITH_READER"),
}
"""The two models of each way of looking at sentences, by the names of their weights."""

REPORTED = frozenset({"squadshifts_newwiki", "clapnq_dev"})
"""The sets with labels for sentences and questions that have no answer."""

SURE_DECAY = 20.0
"""Between 3 and 30 the held-out figures hardly move."""

CROSSED = 8
"""How often clapnq_dev is halved at random."""

PICK_DECAY = 1e-2
"""Keeps rare features small: with a tenth of it the held-out sentences are no better."""


@dataclass(frozen=True)
class Asked:
    """One question with everything that was found for it, in one collection."""

    qid: str
    findings: Findings
    sentences: list[ScoredSentence]
    right: list[bool]
    """Whether each sentence answers."""
    answerable: bool
    few: bool
    """Whether the collection is one document."""

    def ordered_by(self, model: LinearModel) -> list[tuple[ScoredSentence, bool]]:
        """Return sentences and labels, best first."""
        pairs = zip(self.sentences, self.right, strict=True)
        return sorted(pairs, key=lambda pair: -model.value(pair[0].features))


@dataclass(frozen=True)
class Judged:
    """What confidence is computed from, for one question in one collection."""

    qid: str
    features: Mapping[str, float]
    answerable: bool
    few: bool


def answers(work: Work, count: int) -> dict[str, LinearModel]:
    """Fit the order of sentences and the confidence for one way of looking at sentences."""
    used = [part for part in parts(work.sets, count, unread=True) if part.name in REPORTED]
    data = [(part, list(_asked(work, part))) for part in used]
    fitted = [a for part, found in data if part.fitted for a in found]
    pick_name, sure_name = MODELS[work.looking]
    pick = _fit_pick(fitted, [*getattr(answer_weights, pick_name).weights])
    judged = [(part, [_judged(asked, pick) for asked in found]) for part, found in data]
    names = [*getattr(answer_weights, sure_name).weights]
    sure = _fit_sure([j for p, found in judged if p.fitted for j in found * repeat(p)], names)
    for (part, found), (_, rows) in zip(data, judged, strict=True):
        _report(part, found, rows, pick, sure)
    _cross_validate(judged, names)
    first = {"FIRST_PICK": _fit_pick(fitted, FIRST)} if work.looking == "embedded" else {}
    return first | {pick_name: pick, sure_name: sure}


def _asked(work: Work, part: Part) -> Iterator[Asked]:
    """Yield each question, over the whole set and over one document, and with the answer hidden.

    Hidden, for every second question, is the whole article, and once more whatever in it holds an
    answer: its other paragraphs look right and do not say.
    """
    for number, (question, _, picker, findings) in enumerate(work.each(part)):
        yield from _variants(question, picker, findings, question.answerable)
        if part.name == "squadshifts_newwiki" and number % 2:
            for keep in (_not_of_article, _without_answer):
                hidden = _kept(findings, partial(keep, question))
                yield from _variants(question, picker, hidden, False)


def _not_of_article(question: Question, candidate: Candidate) -> bool:
    return candidate.source.uri not in question.gold_documents


def _without_answer(question: Question, candidate: Candidate) -> bool:
    text = candidate.passage.text
    return not holds_gold(question, candidate) and not holds_answer(text, question.answers)


def _variants(
    question: Question, picker: SentenceScorer, findings: Findings, answerable: bool
) -> Iterator[Asked]:
    sentences = picker.sentences(findings.query, findings.ranked)
    if not sentences:
        return
    right = [answerable and _answers(question, s) for s in sentences]
    yield Asked(question.qid, findings, sentences, right, answerable, False)
    only = findings.ranked[0].source.id
    few = [n for n, s in enumerate(sentences) if s.candidate.source.id == only]
    alone = _kept(findings, lambda c: c.source.id == only)
    if few:
        kept = [sentences[n] for n in few]
        yield Asked(question.qid, alone, kept, [right[n] for n in few], answerable, True)


def _fit_pick(fitted: Sequence[Asked], names: Sequence[str]) -> LinearModel:
    choices = [
        Choice(matrix([s.features for s in a.sentences], names), np.array(a.right, dtype=float))
        for a in fitted
        if a.answerable and not a.few
    ]
    return fit_choice(choices, names, decay=PICK_DECAY)


def _judged(asked: Asked, pick: LinearModel) -> Judged:
    ordered = [sentence for sentence, _ in asked.ordered_by(pick)]
    # With the reader, what words put first is for the model of the sentences not read to say.
    best = None if "read" in ordered[0].features else ordered[0]
    features = confidence_features(asked.findings, ordered, best)
    return Judged(asked.qid, features, asked.answerable, asked.few)


def _fit_sure(fitted: Sequence[Judged], names: Sequence[str]) -> LinearModel:
    labels = np.array([float(judged.answerable) for judged in fitted])
    rows = matrix([judged.features for judged in fitted], names)
    return fit_logistic(rows, labels, names, decay=SURE_DECAY)


def _cross_validate(data: Sequence[tuple[Part, Sequence[Judged]]], names: Sequence[str]) -> None:
    """Print the mean over random halves of clapnq_dev, each scored by a fit on the other half.

    One fixed half of about 130 and 130 questions is known to two digits only.
    """
    halves = [(part, found) for part, found in data if part.name == "clapnq_dev"]
    of_clapnq = [judged for _, found in halves for judged in found]
    weight = repeat(halves[0][0])
    others = [j for p, found in data if p.fitted and p.name != "clapnq_dev" for j in found]
    qids = sorted({judged.qid for judged in of_clapnq})
    figures: list[tuple[float, float]] = []
    for seed in range(CROSSED):
        drawn = np.random.default_rng(seed).permutation(qids)
        for half in (set(drawn[0::2]), set(drawn[1::2])):
            fitted = [judged for judged in of_clapnq if judged.qid in half]
            sure = _fit_sure([*others, *fitted * weight], names)
            yes, no = _scores([j for j in of_clapnq if j.qid not in half and not j.few], sure)
            figures.append((auroc(yes, no) or 0, false_rate_at(yes, no, 0.8) or 0))
    mean, spread = np.mean(figures, axis=0), np.std(figures, axis=0)
    print(
        f"{'clapnq_dev':20} {len(figures)} random halves, not fitted on: "
        f"AUROC {mean[0]:.3f} (sd {spread[0]:.3f}), "
        f"false answers at 80 % recall {mean[1]:.3f} (sd {spread[1]:.3f})"
    )


def _scores(found: Sequence[Judged], sure: LinearModel) -> tuple[list[float], list[float]]:
    """Return the log-odds of answerable questions, and of the others."""
    yes = [sure.value(judged.features) for judged in found if judged.answerable]
    no = [sure.value(judged.features) for judged in found if not judged.answerable]
    return yes, no


def _report(
    part: Part,
    found: Sequence[Asked],
    judged: Sequence[Judged],
    pick: LinearModel,
    sure: LinearModel,
) -> None:
    """Print what the models achieve on one part."""
    kind = "fitted  " if part.fitted else "held out"
    ordered = [[r for _, r in a.ordered_by(pick)] for a in found if a.answerable and not a.few]
    first, three = (np.mean([hits_at(o, k) for o in ordered]) for k in (1, 3))
    print(f"{part.name:20} {kind} first {first:.3f} one of three {three:.3f}")
    for few in (False, True):
        yes, no = _scores([j for j in judged if j.few == few], sure)
        print(
            f"{'':20} {'one document' if few else 'whole set':12} AUROC {auroc(yes, no) or 0:.3f}, "
            f"false answers at 80 % recall {false_rate_at(yes, no, 0.8) or 0:.3f}, "
            f"above even odds {np.mean([v > 0 for v in no]):.3f} "
            f"with recall {np.mean([v > 0 for v in yes]):.3f}"
        )


def _answers(question: Question, sentence: ScoredSentence) -> bool:
    if question.gold_sentences:
        return any(is_gold(sentence.text, gold) for gold in question.gold_sentences)
    return holds_answer(sentence.text, question.answers)


def _kept(findings: Findings, keep: Callable[[Candidate], bool]) -> Findings:
    """Return the findings as they were over a part of the collection."""
    kept = tuple(c for c in findings.ranked if keep(c))
    return Findings(findings.query, kept, findings.hits, nearest_cosines(kept))
