"""Fit the order of sentences, and the confidence, for one way of looking at sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.corpus import Question
from benchmarks.fit_parts import Looking, Part, Work, holds_gold, parts, repeat
from benchmarks.linear import Choice, fit_choice, fit_logistic, matrix
from bot.confidence import confidence_features
from bot.metrics import auroc, false_rate_at, hits_at, holds_answer, is_gold
from bot.picking import Picker, Sentence
from index import calibration
from index.calibration import FIRST_PICK, LinearModel
from index.ranking import Candidate
from index.search import Findings, nearest_cosines

FIRST = [*FIRST_PICK.weights]
"""The features, as they stand in the calibration."""

MODELS: dict[Looking, tuple[str, str]] = {
    "embedded": ("PICK", "CONFIDENCE"),
    "matched": ("PICK_MATCHED", "CONFIDENCE_MATCHED"),
    "read": ("PICK_WITH_READER", "CONFIDENCE_WITH_READER"),
}
"""The two models of each way of looking at sentences, by their names in the calibration."""

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
    weighed = [a for part, found in data if part.fitted for a in found * repeat(part)]
    pick_name, sure_name = MODELS[work.looking]
    pick = _fit_pick(fitted, [*getattr(calibration, pick_name).weights])
    sure = _fit_sure(weighed, pick, [*getattr(calibration, sure_name).weights])
    for part, found in data:
        _report(part, found, pick, sure)
    _cross_validate([*data], pick, [*sure.weights])
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
    question: Question, picker: Picker, findings: Findings, answerable: bool
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


def _fit_sure(fitted: Sequence[Asked], pick: LinearModel, names: Sequence[str]) -> LinearModel:
    rows = [_sure_features(a, pick) for a in fitted]
    labels = np.array([float(a.answerable) for a in fitted])
    return fit_logistic(matrix(rows, names), labels, names, decay=SURE_DECAY)


def _cross_validate(
    data: Sequence[tuple[Part, Sequence[Asked]]], pick: LinearModel, names: Sequence[str]
) -> None:
    """Print the mean over random halves of clapnq_dev, each scored by a fit on the other half.

    One fixed half of about 130 and 130 questions is known to two digits only.
    """
    of_clapnq = [a for part, found in data if part.name == "clapnq_dev" for a in found]
    others = [a for part, found in data if part.fitted and part.name != "clapnq_dev" for a in found]
    weight = max(repeat(part) for part, _ in data)
    qids = sorted({asked.qid for asked in of_clapnq})
    figures: list[tuple[float, float]] = []
    for seed in range(CROSSED):
        drawn = np.random.default_rng(seed).permutation(qids)
        for half in (set(drawn[0::2]), set(drawn[1::2])):
            fitted = [a for a in of_clapnq if a.qid in half]
            sure = _fit_sure([*others, *fitted * weight], pick, names)
            rest = [a for a in of_clapnq if a.qid not in half and not a.few]
            figures.append(_discrimination(rest, pick, sure))
    mean, spread = np.mean(figures, axis=0), np.std(figures, axis=0)
    print(
        f"{'clapnq_dev':20} {len(figures)} random halves, not fitted on: "
        f"AUROC {mean[0]:.3f} (sd {spread[0]:.3f}), "
        f"false answers at 80 % recall {mean[1]:.3f} (sd {spread[1]:.3f})"
    )


def _discrimination(
    found: Sequence[Asked], pick: LinearModel, sure: LinearModel
) -> tuple[float, float]:
    """Return AUROC, and the false answers at 80 % recall."""
    scored = [(sure.value(_sure_features(a, pick)), a.answerable) for a in found]
    yes = [value for value, label in scored if label]
    no = [value for value, label in scored if not label]
    return auroc(yes, no) or 0.0, false_rate_at(yes, no, 0.8) or 0.0


def _sure_features(asked: Asked, pick: LinearModel) -> dict[str, float]:
    ordered = [sentence for sentence, _ in asked.ordered_by(pick)]
    # With the reader, what words put first is for the model of the sentences not read to say.
    best = None if "read" in ordered[0].features else ordered[0]
    return confidence_features(asked.findings, ordered, best)


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


def _answers(question: Question, sentence: Sentence) -> bool:
    if question.gold_sentences:
        return any(is_gold(sentence.text, gold) for gold in question.gold_sentences)
    return holds_answer(sentence.text, question.answers)


def _kept(findings: Findings, keep: Callable[[Candidate], bool]) -> Findings:
    """Return the findings as they were over a part of the collection."""
    kept = tuple(c for c in findings.ranked if keep(c))
    return Findings(findings.query, kept, findings.hits, nearest_cosines(kept))
