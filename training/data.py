"""Training examples: answered questions, mined unanswerable pairs, passage windows."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.bm25 import Bm25, words_of
from training.held_out import held_out
from training.inputs import (
    Example,
    assemble,
    passage_room,
    pieces_of,
    question_ids,
    title_ids,
)

SENTENCE_START = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n+")
# Of the questions that get a row without an answer: a passage that search finds for them, or
# their own passage without the sentences that answer, which looks right in every other way.
MINED_SHARE = 0.65
ERASED_SHARE = 0.35
RANDOM_NEGATIVES = 0.08
TITLE_DROPPED = 0.2
# People who search leave the question mark out; nearly every question here has one.
MARK_DROPPED = 0.5
MINING_DEPTH = 40
HARDEST = 5
# Prose facts are what the reader is for: they get the larger share and further passes with
# other windows and negatives; reviews, posts and policies fill the rest.
PROSE_SETS = ("newwiki", "covidqa")
PROSE_SHARE = 0.5
PROSE_PASSES = 3
FILLING_SETS = {"reddit": 0.4, "amazon": 0.35, "policyqa": 0.25}
# Most inputs are kept short for speed; the longer ones teach the later positions.
LIMITS = (144, 240)
LIMIT_SHARES = (0.6, 0.4)


def sentence_starts(text: str) -> list[int]:
    """Return the character positions at which sentences start, the first being 0."""
    found = (match.end() for match in SENTENCE_START.finditer(text))
    return [0, *(at for at in found if 0 < at < len(text))]


class Embedder(Protocol):
    """What finds texts by meaning: `training.embedder.Embedder`."""

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, width)."""


@dataclass(frozen=True)
class Passage:
    """A passage of a training set."""

    key: int
    set_name: str
    title: str
    text: str


@dataclass(frozen=True)
class Question:
    """A question whose answer starts at character `start` of its passage."""

    passage: int
    text: str
    start: int
    answer: str


@dataclass(frozen=True)
class Pair:
    """A question with a text to read; `start` is where its answer starts there, if anywhere."""

    question: Question
    title: str
    text: str
    start: int | None


def load(folder: Path) -> tuple[dict[int, Passage], list[Question]]:
    """Read passages.jsonl and questions.jsonl of a folder, without what is held out."""
    passages: dict[int, Passage] = {}
    with (folder / "passages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            passages[row["id"]] = Passage(row["id"], row["set"], row["title"] or "", row["text"])
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    kept_out = held_out(p.title for p in passages.values() if p.set_name == "newwiki")
    passages = {
        key: p for key, p in passages.items() if p.set_name != "newwiki" or p.title not in kept_out
    }
    questions = [
        Question(r["passage"], r["question"], r["start"], r["answer"])
        for r in rows
        if r["passage"] in passages
    ]
    return passages, questions


def choose_questions(
    passages: dict[int, Passage], questions: list[Question], count: int, rng: random.Random
) -> list[Question]:
    """Draw `count` questions, prose and the other sets in fixed shares."""
    by_set: dict[str, list[Question]] = {}
    for question in questions:
        by_set.setdefault(passages[question.passage].set_name, []).append(question)
    prose: list[Question] = []
    for _ in range(PROSE_PASSES):
        once = [question for name in PROSE_SETS for question in by_set.get(name, [])]
        rng.shuffle(once)
        prose += once
    chosen = prose[: round(count * PROSE_SHARE)]
    room = count - len(chosen)
    for name, share in FILLING_SETS.items():
        members = by_set.get(name, [])
        rng.shuffle(members)
        chosen += members[: round(room * share)]
    return chosen


class NegativeMiner:
    """Find passages of the same set that resemble a question but lack its answer."""

    def __init__(
        self, passages: dict[int, Passage], embedder: Embedder | None, rng: random.Random
    ) -> None:
        self._passages = passages
        self._embedder = embedder
        self._rng = rng
        self._keys: dict[str, list[int]] = {}
        for passage in passages.values():
            self._keys.setdefault(passage.set_name, []).append(passage.key)
        self._plain = {key: " ".join(words_of(p.text)) for key, p in passages.items()}
        self._index = {
            name: Bm25([f"{passages[key].title} {passages[key].text}" for key in keys])
            for name, keys in self._keys.items()
        }
        self._near: dict[Question, list[int]] = {}

    def prepare(self, questions: Sequence[Question]) -> None:
        """Find the passages nearest to each question by meaning, set by set."""
        if self._embedder is None:
            return
        for name, keys in self._keys.items():
            asked = [q for q in dict.fromkeys(questions) if self._set_of(q) == name]
            if not asked:
                continue
            texts = [f"{self._passages[key].title}. {self._passages[key].text}" for key in keys]
            near = self._embedder.vectors([q.text for q in asked]) @ self._embedder.vectors(texts).T
            order = np.argsort(-near, axis=1, kind="stable")[:, :MINING_DEPTH]
            self._near |= {
                q: [keys[at] for at in row] for q, row in zip(asked, order.tolist(), strict=True)
            }

    def _set_of(self, question: Question) -> str:
        return self._passages[question.passage].set_name

    def _candidates(self, question: Question) -> list[int]:
        """Return passages worth a look, by chance, by words or by meaning."""
        keys = self._keys[self._set_of(question)]
        if self._rng.random() < RANDOM_NEGATIVES:
            return self._rng.sample(keys, min(len(keys), HARDEST))
        if question in self._near and self._rng.random() < 0.5:
            return self._near[question]
        ranking = self._index[self._set_of(question)].ranking(question.text, MINING_DEPTH)
        return [keys[position] for position in ranking]

    def find(self, question: Question) -> Passage | None:
        """Return a passage without the answer, or None if there is none."""
        own = self._passages[question.passage]
        answer = " ".join(words_of(question.answer))
        lacking = [
            key
            for key in self._candidates(question)
            if key != own.key and f" {answer} " not in f" {self._plain[key]} "
        ]
        if self._rng.random() < 0.5:
            same = [key for key in lacking if self._passages[key].title == own.title]
            lacking = same or lacking
        return self._passages[self._rng.choice(lacking[:HARDEST])] if lacking else None


def erased(passage: Passage, question: Question) -> str | None:
    """Return the passage without the sentences that hold the answer; None if little is left."""
    starts = sentence_starts(passage.text)
    ranges = zip(starts, [*starts[1:], len(passage.text)], strict=True)
    first, last = question.start, question.start + len(question.answer)
    kept = [passage.text[a:b] for a, b in ranges if b <= first or a >= last]
    text = "".join(kept)
    answer = " ".join(words_of(question.answer))
    if len(kept) < 2 or f" {answer} " in f" {' '.join(words_of(text))} ":
        return None
    return text


def group_up(
    passages: dict[int, Passage],
    questions: list[Question],
    embedder: Embedder | None,
    rng: random.Random,
) -> list[list[Pair]]:
    """Put each question with its passage, and for a share of them with texts that lack the answer.

    The pairs of one question stay together: their scores are compared in training.
    """
    miner = NegativeMiner(passages, embedder, rng)
    miner.prepare(questions)
    groups = []
    for question in questions:
        own = passages[question.passage]
        group = [Pair(question, own.title, own.text, question.start)]
        if rng.random() < MINED_SHARE and (found := miner.find(question)) is not None:
            group.append(Pair(question, found.title, found.text, None))
        if rng.random() < ERASED_SHARE and (text := erased(own, question)) is not None:
            group.append(Pair(question, own.title, text, None))
        groups.append(group)
    rng.shuffle(groups)
    return groups


class ExampleMaker:
    """Turn pairs into token rows, cutting long texts to a window."""

    def __init__(self, tokenizer: Tokenizer, rng: random.Random) -> None:
        self._tokenizer = tokenizer
        self._rng = rng

    def _window_start(self, length: int, room: int, span: tuple[int, int], cuts: list[int]) -> int:
        """Return where a window of `room` pieces starts, at a sentence if one allows it."""
        if length <= room:
            return 0
        low, high = max(0, span[1] - room + 1), min(span[0], length - 1)
        fitting = [cut for cut in cuts if low <= cut <= high]
        # A start near the end would leave a stub, which only the answer's place may excuse.
        filled = [cut for cut in fitting if length - cut >= room // 2]
        if filled or fitting:
            return self._rng.choice(filled or fitting)
        return self._rng.randint(low, high)

    def group(self, pairs: Sequence[Pair]) -> list[Example]:
        """Build the rows of one question, none when its answer does not fit into a window."""
        limit = self._rng.choices(LIMITS, LIMIT_SHARES)[0]
        titled = self._rng.random() >= TITLE_DROPPED
        asked = pairs[0].question.text
        if self._rng.random() < MARK_DROPPED:
            asked = asked.rstrip(" ?")
        rows = [self._make(pair, asked, limit, titled) for pair in pairs]
        return [] if rows[0] is None else [row for row in rows if row is not None]

    def _make(self, pair: Pair, asked: str, limit: int, titled: bool) -> Example | None:
        """Build the row of a pair, or None when its answer does not fit into a window."""
        pieces = pieces_of(self._tokenizer, pair.text)
        first = np.searchsorted(pieces.offsets[:, 0], sentence_starts(pair.text))
        cuts = sorted({int(at) for at in first if at < len(pieces.ids)})
        title = title_ids(self._tokenizer, pair.title if titled else "")
        question = question_ids(self._tokenizer, asked)
        room = passage_room(question, title, limit)
        span: tuple[int, int] | None = None
        if pair.start is not None:
            begin, end = pair.start, pair.start + len(pair.question.answer)
            inside = (pieces.offsets[:, 1] > begin) & (pieces.offsets[:, 0] < end)
            where = np.flatnonzero(inside)
            if not len(where) or where[-1] - where[0] >= room:
                return None
            span = (int(where[0]), int(where[-1]))
        anywhere = self._rng.randrange(max(1, len(pieces.ids)))
        start = self._window_start(len(pieces.ids), room, span or (anywhere, anywhere), cuts)
        window = pieces.ids[start : start + room]
        answer = None if span is None else (span[0] - start, span[1] - start)
        return assemble(question, title, window, answer)


def training_groups(
    folder: Path,
    tokenizer: Tokenizer,
    count: int,
    *,
    embedder: Embedder | None = None,
    seed: int = 0,
    epoch: int = 0,
) -> list[list[Example]]:
    """Make the rows of `count` answered questions; windows depend on the epoch as well.

    Without an embedder, passages that lack the answer are found by words alone.
    """
    passages, questions = load(folder)
    chosen = choose_questions(passages, questions, count, random.Random(seed))
    rng = random.Random(seed * 1000 + epoch)
    maker = ExampleMaker(tokenizer, rng)
    made = (maker.group(pairs) for pairs in group_up(passages, chosen, embedder, rng))
    return [group for group in made if group]


def batches_by_length(
    groups: list[list[Example]], size: int, rng: random.Random
) -> list[list[list[Example]]]:
    """Put shuffled groups of similar length into batches of about `size` rows, in random order."""
    chunk = size * 32
    batches: list[list[list[Example]]] = []
    for begin in range(0, len(groups), chunk):
        near = sorted(groups[begin : begin + chunk], key=lambda g: max(len(e.ids) for e in g))
        packed: list[list[list[Example]]] = [[]]
        for group in near:
            if sum(map(len, packed[-1])) + len(group) > size:
                packed.append([])
            packed[-1].append(group)
        rng.shuffle(packed)
        batches += [batch for batch in packed if batch]
    return batches
