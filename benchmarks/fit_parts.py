"""What the coefficients are fitted and reported on: parts of the sets, and what search finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from benchmarks.corpus import (
    COLLECTION,
    Corpus,
    Question,
    document_questions,
    opened,
    questions,
    sample,
)
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.answering.extractive.selected_passages import CLOSE, QUICK, Depth
from bot.conversation.follow_ups import resolve
from bot.evaluation.metrics import is_gold
from index.embed.reader import open_reader
from index.embed.selector import open_selector
from index.protocols import Selector
from index.search.passage_rank import Candidate
from index.search.searcher import Findings
from training.held_out import fold_of, held_out

Looking = Literal["embedded", "matched", "read", "selected", "judged quickly"]
"""How closely sentences are looked at; the last is the small selector alone."""

DEPTHS: Mapping[str, Depth] = {"selected": CLOSE, "judged quickly": QUICK}
"""How many passages a selector judges."""


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
    folds: Path | None = None
    """Selectors each trained without one part of the real sets, `fold0.safetensors` and so on."""

    def each(self, part: Part) -> Iterator[tuple[Question, Corpus, SentenceScorer, Findings]]:
        """Yield what search finds for each question."""
        with opened(self.homes / part.name.removeprefix("real/")) as corpus:
            picker = self._picker(corpus)
            for question in part.questions:
                text = resolve(question.text, question.history).question
                text = corpus.searcher.spelled(text, collections=[COLLECTION])
                found = corpus.searcher.find(text, collections=[COLLECTION], asked=question.text)
                yield question, corpus, picker, found

    def selector(self, corpus: Corpus) -> Selector | None:
        """Open the selector where it is asked for; of a real set, one that has not seen it."""
        if self.looking not in DEPTHS:
            return None
        small = self.looking == "judged quickly"
        name, names = corpus.home.name, real_names(self.sets)
        if self.folds is None or name not in names:
            return _selector_at(corpus.home, small=small)
        adapter = self.folds / f"fold{fold_of(name, names)}.safetensors"
        return _selector_at(corpus.home, adapter=adapter, small=small)

    def _picker(self, corpus: Corpus) -> SentenceScorer:
        if self.looking == "embedded":
            return SentenceScorer(corpus.embedder)
        if self.looking == "judged quickly":
            return SentenceScorer(None)
        reads = self.looking in ("read", "selected")
        reader = open_reader(corpus.home, threads=1) if reads else None
        return SentenceScorer(corpus.embedder, corpus.embedder, reader)


_selector_at = lru_cache(maxsize=1)(partial(open_selector, threads=1))


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


def real_parts(sets: Path) -> list[Part]:
    """Return the sets of real documents that may be fitted on.

    The selector was trained on them all, and tells their near misses too well for that: they are
    judged by the selectors of `Work.folds`.
    """
    return [
        Part(f"real/{name}", _real_questions(sets / "real" / name), True)
        for name in real_names(sets)
    ]


def real_names(sets: Path) -> list[str]:
    """Return the names of the sets of real documents that may be fitted on."""
    found = (path.parent.name for path in (sets / "real").glob("*/questions.jsonl"))
    return sorted(name for name in found if name.endswith("1") or name.startswith("t"))


def _real_questions(folder: Path) -> list[Question]:
    files = sorted(folder.glob("questions*.jsonl"))
    return [question for file in files for question in document_questions(file)]


def holds_gold(question: Question, candidate: Candidate) -> bool:
    """Say whether a passage is gold, or a piece of a gold passage longer than it."""
    text = candidate.passage.text
    return candidate.source.uri in question.gold_documents and any(
        is_gold(text, gold) or text.strip() in gold for gold in question.gold_passages
    )


def repeat(part: Part) -> int:
    """Weigh the small sets up."""
    return {"clapnq_dev": 2, "mtrag_human": 3}.get(part.name, 1)
