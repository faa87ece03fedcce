"""Fit the order of sentences, and the confidence, for one way of looking at sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from benchmarks.corpus import Question
from benchmarks.fit_parts import (
    DEPTHS,
    Looking,
    Part,
    Work,
    holds_gold,
    parts,
    real_parts,
    repeat,
)
from benchmarks.linear import Choice, fit_choice, fit_logistic, matrix
from bot.answering.extractive import answer_weights
from bot.answering.extractive.answer_weights import FIRST_PICK
from bot.answering.extractive.confidence import confidence_features, selection_features
from bot.answering.extractive.scored_sentences import ScoredSentence, SentenceScorer
from bot.answering.extractive.selected_passages import (
    CLOSE,
    Depth,
    SelectedPassage,
    selected_passages,
)
from bot.answering.extractive.sufficient_quotes import QuotedPassage, quoted_passages
from bot.evaluation.metrics import auroc, false_rate_at, hits_at, holds_answer, is_gold, normalised
from index.embed.inputs import digest_of
from index.protocols import EmbeddingInput, Selection, Selector
from index.search.linear_model import LinearModel, logistic
from index.search.passage_rank import Candidate
from index.search.searcher import Findings, nearest_cosines

FIRST = [*FIRST_PICK.weights]
"""The features, as they stand in the weights."""

MODELS: dict[Looking, tuple[str, str]] = {
    "embedded": ("PICK", "CONFIDENCE"),
    "matched": ("PICK_MATCHED", "CONFIDENCE_MATCHED"),
    "read": ("PICK_WITH_READER", "CONFIDENCE_WITH_READER"),
    "selected": ("PICK_WITH_READER", "CONFIDENCE_SELECTED"),
    "judged quickly": ("PICK", "CONFIDENCE_JUDGED_QUICKLY"),
}
"""The two models of each way of looking at sentences, by the names of their weights.

With the selector the order of sentences is that of the reader, and is not fitted again.
"""

REPORTED = frozenset({"squadshifts_newwiki", "clapnq_dev"})
"""The sets with labels for sentences and questions that have no answer."""

CONVERSATIONS = "mtrag_human"
"""Has too few questions without an answer to be reported on; what it claims falls without it."""

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
    selected: Sequence[SelectedPassage]
    """The passages as the selector judges them; none where it is not asked."""
    quoted: Sequence[QuotedPassage]
    """What would be quoted of them."""
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
    known = REPORTED | ({CONVERSATIONS} if work.looking in DEPTHS else set())
    used = [part for part in parts(work.sets, count, unread=True) if part.name in known]
    used += real_parts(work.sets)
    data = [(part, list(_asked(work, part))) for part in used]
    fitted = [a for part, found in data if part.fitted for a in found]
    pick_name, sure_name = MODELS[work.looking]
    pick: LinearModel = getattr(answer_weights, pick_name)
    if work.looking not in DEPTHS:
        pick = _fit_pick(fitted, [*pick.weights])
    told = [(part, [judged(asked, pick) for asked in found]) for part, found in data]
    names = [*getattr(answer_weights, sure_name).weights]
    sure = _fit_sure([j for p, found in told if p.fitted for j in found * repeat(p)], names)
    for (part, found), (_, rows) in zip(data, told, strict=True):
        _report(part, found, rows, pick, sure)
    _cross_validate(told, names)
    _reliability([j for part, rows in told if part.name.startswith("real/") for j in rows], sure)
    first = {"FIRST_PICK": _fit_pick(fitted, FIRST)} if work.looking == "embedded" else {}
    picks = {} if work.looking in DEPTHS else {pick_name: pick}
    return first | picks | {sure_name: sure}


def _asked(work: Work, part: Part) -> Iterator[Asked]:
    """Yield each question, over the whole set and over one document, and with the answer hidden."""
    for number, (question, corpus, picker, findings) in enumerate(work.each(part)):
        look = Look(picker, work.selector(corpus), question, DEPTHS.get(work.looking, CLOSE))
        yield from kept_variants(look, findings, part, number)


def kept_variants(look: Look, findings: Findings, part: Part, number: int) -> Iterator[Asked]:
    """Yield a question as it is asked, and for every second one of articles the answer hidden.

    Hidden is the whole article, and once more whatever in it holds an answer: its other paragraphs
    look right and do not say.
    """
    yield from look.variants(findings, look.question.answerable)
    if part.name == "squadshifts_newwiki" and number % 2:
        for keep in (_not_of_article, _without_answer):
            hidden = _kept(findings, partial(keep, look.question))
            yield from look.variants(hidden, False)


def _not_of_article(question: Question, candidate: Candidate) -> bool:
    return candidate.source.uri not in question.gold_documents


def _without_answer(question: Question, candidate: Candidate) -> bool:
    text = candidate.passage.text
    return not holds_gold(question, candidate) and not holds_answer(text, question.answers)


@dataclass(frozen=True)
class Look:
    """Everything that is looked at for one question, each passage judged once."""

    picker: SentenceScorer
    selector: Selector | None
    question: Question
    depth: Depth = CLOSE
    judged: dict[bytes, Selection] = field(default_factory=dict)
    """By the digest of what is judged."""

    def variants(self, findings: Findings, answerable: bool) -> Iterator[Asked]:
        """Yield what is known over all that was found, and over its best document alone."""
        asked = self._asked(findings, answerable, False)
        if asked is None:
            return
        yield asked
        only = findings.ranked[0].source.id
        alone = _kept(findings, lambda c: c.source.id == only)
        kept = [s for s in asked.sentences if s.candidate.source.id == only]
        if kept:
            right = [self._is_right(s, answerable) for s in kept]
            yield self._judged(alone, kept, right, answerable, few=True)

    def _asked(self, findings: Findings, answerable: bool, few: bool) -> Asked | None:
        sentences = self.picker.sentences(findings.query, findings.ranked)
        if not sentences:
            return None
        right = [self._is_right(s, answerable) for s in sentences]
        return self._judged(findings, sentences, right, answerable, few=few)

    def _judged(
        self,
        findings: Findings,
        sentences: list[ScoredSentence],
        right: list[bool],
        answerable: bool,
        *,
        few: bool,
    ) -> Asked:
        """Let the selector judge what was found, where there is one."""
        selected: list[SelectedPassage] = []
        quoted: list[QuotedPassage] = []
        if self.selector is not None:
            asked = findings.query.text
            selected = selected_passages(self, asked, findings.ranked, sentences, self.depth)
            quoted = quoted_passages(self, asked, selected)
        return Asked(
            self.question.qid, findings, sentences, selected, quoted, right, answerable, few
        )

    def _is_right(self, sentence: ScoredSentence, answerable: bool) -> bool:
        return answerable and _answers(self.question, sentence)

    def select(self, question: str, texts: Sequence[EmbeddingInput]) -> list[Selection]:
        """Judge what was not judged before; see `index.protocols.Selector`."""
        assert self.selector is not None
        new = {digest_of(text): text for text in texts}
        new = {name: text for name, text in new.items() if name not in self.judged}
        found = self.selector.select(question, list(new.values()))
        self.judged.update(zip(new, found, strict=True))
        return [self.judged[digest_of(text)] for text in texts]


def _fit_pick(fitted: Sequence[Asked], names: Sequence[str]) -> LinearModel:
    choices = [
        Choice(matrix([s.features for s in a.sentences], names), np.array(a.right, dtype=float))
        for a in fitted
        if a.answerable and not a.few
    ]
    return fit_choice(choices, names, decay=PICK_DECAY)


def judged(asked: Asked, pick: LinearModel) -> Judged:
    """Return what confidence is computed from."""
    ordered = [sentence for sentence, _ in asked.ordered_by(pick)]
    # With the reader, what words put first is for the model of the sentences not read to say.
    best = None if "read" in ordered[0].features else ordered[0]
    features = confidence_features(asked.findings, ordered, best)
    if asked.selected:
        features |= selection_features(asked.selected, asked.quoted)
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


def _reliability(found: Sequence[Judged], sure: LinearModel) -> None:
    """Print, for questions over whole sets of real documents, how often confidence is right."""
    told = [(logistic(sure.value(j.features)), j.answerable) for j in found if not j.few]
    for tenth in range(10):
        inside = [right for chance, right in told if tenth <= chance * 10 < tenth + 1]
        if inside:
            low, high = tenth / 10, (tenth + 1) / 10
            print(f"confidence {low} to {high}: {np.mean(inside):.2f} of {len(inside)}")


def _answers(question: Question, sentence: ScoredSentence) -> bool:
    if question.gold_sentences:
        return any(is_gold(sentence.text, gold) for gold in question.gold_sentences)
    if question.verbatim:
        return _of_span(sentence.text, question.answers)
    return holds_answer(sentence.text, question.answers)


def _of_span(text: str, spans: Sequence[str]) -> bool:
    """Say whether a sentence holds an answer, or is one of the sentences of one."""
    bare = normalised(text)
    parts = len(bare.split()) > 2 and any(bare in normalised(span) for span in spans)
    return parts or holds_answer(text, spans)


def _kept(findings: Findings, keep: Callable[[Candidate], bool]) -> Findings:
    """Return the findings as they were over a part of the collection."""
    kept = tuple(c for c in findings.ranked if keep(c))
    return Findings(findings.query, kept, findings.hits, nearest_cosines(kept))
