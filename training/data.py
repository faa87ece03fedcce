"""Training examples: answered questions, mined unanswerable pairs, passage windows."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.bm25 import Bm25, words_of
from training.inputs import (
    Example,
    Pieces,
    assemble,
    passage_room,
    pieces_of,
    question_ids,
    title_ids,
)

SENTENCE_START = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n+")
UNANSWERABLE_SHARE = 0.4
RANDOM_NEGATIVES = 0.12
TITLE_DROPPED = 0.2
MINING_DEPTH = 40
HARDEST = 5
# Prose facts are what the reader is for: they get the larger share and a second pass with
# other windows and negatives; reviews, posts and policies fill the rest.
PROSE_SETS = ("newwiki", "covidqa")
PROSE_SHARE = 0.6
PROSE_PASSES = 2
FILLING_SETS = {"reddit": 0.5, "amazon": 0.3, "policyqa": 0.2}
# Most inputs are kept short for speed; the longer ones teach the later positions.
LIMITS = (144, 240)
LIMIT_SHARES = (0.7, 0.3)


def sentence_starts(text: str) -> list[int]:
    """Return the character positions at which sentences start, the first being 0."""
    found = (match.end() for match in SENTENCE_START.finditer(text))
    return [0, *(at for at in found if 0 < at < len(text))]


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
    """A question with a passage to read; `answered` tells whether it is its own passage."""

    question: Question
    passage: int
    answered: bool


def load(folder: Path) -> tuple[dict[int, Passage], list[Question]]:
    """Read passages.jsonl and questions.jsonl of a folder."""
    passages: dict[int, Passage] = {}
    with (folder / "passages.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            passages[row["id"]] = Passage(row["id"], row["set"], row["title"] or "", row["text"])
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    questions = [Question(r["passage"], r["question"], r["start"], r["answer"]) for r in rows]
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

    def __init__(self, passages: dict[int, Passage], rng: random.Random) -> None:
        self._passages = passages
        self._rng = rng
        self._keys: dict[str, list[int]] = {}
        for passage in passages.values():
            self._keys.setdefault(passage.set_name, []).append(passage.key)
        self._plain = {key: " ".join(words_of(p.text)) for key, p in passages.items()}
        self._index = {
            name: Bm25([f"{passages[key].title} {passages[key].text}" for key in keys])
            for name, keys in self._keys.items()
        }

    def find(self, question: Question) -> int | None:
        """Return the key of a passage without the answer, or None if there is none."""
        own = self._passages[question.passage]
        keys = self._keys[own.set_name]
        if self._rng.random() < RANDOM_NEGATIVES:
            candidates = self._rng.sample(keys, min(len(keys), HARDEST))
        else:
            ranking = self._index[own.set_name].ranking(question.text, MINING_DEPTH)
            candidates = [keys[position] for position in ranking]
        answer = " ".join(words_of(question.answer))
        lacking = [
            key
            for key in candidates
            if key != own.key and f" {answer} " not in f" {self._plain[key]} "
        ]
        if self._rng.random() < 0.5:
            same = [key for key in lacking if self._passages[key].title == own.title]
            lacking = same or lacking
        return self._rng.choice(lacking[:HARDEST]) if lacking else None


def pair_up(
    passages: dict[int, Passage], questions: list[Question], rng: random.Random
) -> list[Pair]:
    """Pair every question with its passage and a share of them with one lacking the answer."""
    miner = NegativeMiner(passages, rng)
    chance = UNANSWERABLE_SHARE / (1.0 - UNANSWERABLE_SHARE)
    pairs = [Pair(question, question.passage, True) for question in questions]
    for question in questions:
        if rng.random() < chance:
            negative = miner.find(question)
            if negative is not None:
                pairs.append(Pair(question, negative, False))
    rng.shuffle(pairs)
    return pairs


class ExampleMaker:
    """Turn pairs into token rows, cutting long passages to a window."""

    def __init__(
        self, tokenizer: Tokenizer, passages: dict[int, Passage], rng: random.Random
    ) -> None:
        self._tokenizer = tokenizer
        self._passages = passages
        self._rng = rng
        self._cache: dict[int, tuple[Pieces, NDArray[np.int64], list[int]]] = {}

    def _read(self, key: int) -> tuple[Pieces, NDArray[np.int64], list[int]]:
        """Return pieces, title ids and the pieces at which sentences start."""
        if key not in self._cache:
            passage = self._passages[key]
            pieces = pieces_of(self._tokenizer, passage.text)
            first = np.searchsorted(pieces.offsets[:, 0], sentence_starts(passage.text))
            sentences = sorted({int(at) for at in first if at < len(pieces.ids)})
            self._cache[key] = (pieces, title_ids(self._tokenizer, passage.title), sentences)
        return self._cache[key]

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

    def make(self, pair: Pair) -> Example | None:
        """Build the row of a pair, or None when its answer does not fit into a window."""
        pieces, title, cuts = self._read(pair.passage)
        if self._rng.random() < TITLE_DROPPED:
            title = title[:0]
        question = question_ids(self._tokenizer, pair.question.text)
        room = passage_room(question, title, self._rng.choices(LIMITS, LIMIT_SHARES)[0])
        span: tuple[int, int] | None = None
        if pair.answered:
            begin, end = pair.question.start, pair.question.start + len(pair.question.answer)
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


def training_examples(
    folder: Path, tokenizer: Tokenizer, count: int, seed: int, epoch: int
) -> list[Example]:
    """Make about `count` examples; questions depend on the seed, windows also on the epoch."""
    passages, questions = load(folder)
    answered = round(count * (1.0 - UNANSWERABLE_SHARE))
    chosen = choose_questions(passages, questions, answered, random.Random(seed))
    rng = random.Random(seed * 1000 + epoch)
    maker = ExampleMaker(tokenizer, passages, rng)
    made = (maker.make(pair) for pair in pair_up(passages, chosen, rng))
    return [example for example in made if example is not None]


def batches_by_length(
    examples: list[Example], size: int, rng: random.Random
) -> list[list[Example]]:
    """Group shuffled examples into batches of similar length, in random order."""
    chunk = size * 64
    batches: list[list[Example]] = []
    for begin in range(0, len(examples), chunk):
        near = sorted(examples[begin : begin + chunk], key=lambda example: len(example.ids))
        groups = [near[at : at + size] for at in range(0, len(near), size)]
        rng.shuffle(groups)
        batches += groups
    return batches
