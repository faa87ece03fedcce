"""Training examples of the selector: a question, some passages, and what of each belongs.

Rows come from `benchmarks.selection_rows`. Nothing here needs torch.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.held_out import fold_of
from training.inputs import CLS, SEP, Pieces, pieces_of, with_mark

QUESTION_PIECES, CONTEXT_PIECES, LIMIT = 48, 36, 288
"""As `index.embed.selector` lays a row out."""

PASSAGES = 6
"""Passages of one question that are compared: up to three that answer, and the nearest others."""

MOST_GOLD = 3
HIDDEN = 0.25
"""Share of the answerable questions that are shown without what answers them."""

SHOWN_WITHOUT = 0.5
"""Share of the passages that answer which are shown once more, without the sentences that do."""
LEAST_LEFT = 8
"""Words that must be left of them."""

CUT_SHORT = 0.35
"""Share of the passages of which only some sentences are shown."""

REWORDED = 0.5
"""Share of the questions asked in another wording, where somebody wrote one."""

PARTLY = 0.6
"""Weight of a passage that holds half of the answer, for each whole share of it."""

LEAST_PART = 0.3
LEAST_WORDS = 4
"""Word pieces of a sentence that belong, from which the whole sentence does."""

_OPENINGS = (
    *("hi, ", "hey all, ", "quick question: ", "hello! ", "sorry if this was asked before, "),
    *("so i was wondering, ", "can someone tell me "),
)
_CLOSINGS = (" thanks!", " thx", " cheers", " please", " (new here)", " asking for a friend")
_SMALL_WORDS = (
    "a an the is are was were do does did i we you my our your to of in on for it this that be can "
    "could should would will what which how when where who why if there me us have has am with at"
)
_LEFT_OUT = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class Judged:
    """One row of the model and what it should say."""

    ids: NDArray[np.int64]
    question_length: int
    text_start: int
    weight: float
    """How far the passage answers, 0 to 1."""
    belongs: NDArray[np.float32]
    """For each piece of the text, whether it belongs to the answer."""
    sentences: tuple[tuple[int, int, float], ...]
    """First piece of the row and the one behind the last of each sentence, and whether it does."""


def read_rows(path: Path, *, without_fold: int | None = None) -> list[dict[str, Any]]:
    """Read the rows that have passages, without the sets of one fold (`training.held_out`)."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    names = {row["set"] for row in rows}
    kept = {name for name in names if without_fold is None or fold_of(name, names) != without_fold}
    return [row for row in rows if row["passages"] and row["set"] in kept]


def add_rewordings(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Give rows the other wordings of their questions: lines of set, qid and `rewordings`."""
    with path.open(encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        known = {(each["set"], each["qid"]): each["rewordings"] for each in found}
    for row in rows:
        row["rewordings"] = known.get((row["set"], row.get("qid")), [])


def weight_of(passage: dict[str, Any]) -> float:
    """Return how far a passage answers: wholly, in part, or not at all."""
    if passage["recall"] >= 0.8:
        return 1.0
    partly = passage["gold"] and passage["part"] >= LEAST_PART
    return PARTLY * float(passage["part"]) if partly else 0.0


def chosen_passages(
    row: dict[str, Any], rng: random.Random
) -> tuple[Sequence[dict[str, Any]], Sequence[float]]:
    """Return the passages that a question is compared with, and how far each answers.

    The answer is hidden now and then: what is left looks right, and does not say. Some are cut
    to a few sentences, since what is quoted of a passage is judged as well.
    """
    gold = [p for p in row["passages"] if weight_of(p) > 0] if row["answerable"] else []
    around = [found for p in gold[:MOST_GOLD] if (found := without_answer(p)) is not None]
    others = [p for p in row["passages"] if not gold or weight_of(p) == 0]
    if gold and rng.random() < HIDDEN:
        others = [p for p in others if p["part"] < LEAST_PART / 2 and not p["gold"]]
        gold = []
    near = [p for p in around if rng.random() < SHOWN_WITHOUT]
    others = near + others[: PASSAGES + 2]
    left = PASSAGES - len(gold[:MOST_GOLD])
    if len(others) > left:
        others = others[: left - 2] + rng.sample(others[left - 2 :], 2)
    weights = [weight_of(p) for p in gold[:MOST_GOLD]] + [0.0] * len(others)
    chosen = gold[:MOST_GOLD] + others
    return [cut_short(p, rng) if rng.random() < CUT_SHORT else p for p in chosen], weights


def without_answer(passage: dict[str, Any]) -> dict[str, Any] | None:
    """Return a passage without the sentences that belong; None where next to nothing is left."""
    left = [at for at, each in enumerate(passage["sentences"]) if not _gold_in(passage, each)]
    found = excerpt(passage, left)
    return found if len(found["text"].split()) >= LEAST_LEFT else None


def cut_short(passage: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return some sentences of a passage: those that belong, or any, with up to two around."""
    spans = passage["sentences"]
    belong = [at for at, each in enumerate(spans) if _gold_in(passage, each)]
    if not belong and spans:
        belong = [rng.randrange(len(spans))]
    if not belong:
        return passage
    kept = set(belong)
    if rng.random() < 0.7:
        before, behind = rng.randint(0, 2), rng.randint(0, 2)
        kept = set(range(max(0, belong[0] - before), min(len(spans), belong[-1] + behind + 1)))
    return excerpt(passage, sorted(kept))


def excerpt(passage: dict[str, Any], kept: Sequence[int]) -> dict[str, Any]:
    """Return a passage of which only some sentences stand, those that followed others as before."""
    text, spans, gold = "", [], []
    for before, at in zip([None, *kept], kept, strict=False):
        first, stop = passage["sentences"][at]
        if before is not None:
            follows = before == at - 1
            text += passage["text"][passage["sentences"][before][1] : first] if follows else "\n"
        spans.append((len(text), len(text) + stop - first))
        gold += [
            (len(text) + max(one, first) - first, len(text) + min(two, stop) - first)
            for one, two in passage["gold"]
            if one < stop and two > first
        ]
        text += passage["text"][first:stop]
    return {**passage, "text": text, "sentences": spans, "gold": gold}


def _gold_in(passage: dict[str, Any], sentence: Sequence[int]) -> bool:
    return any(one < sentence[1] and two > sentence[0] for one, two in passage["gold"])


def asked_as(row: dict[str, Any], rng: random.Random) -> str:
    """Return the question of a row, or one of its rewordings, as people type it."""
    wordings = row.get("rewordings", [])
    if wordings and rng.random() < REWORDED:
        return reworded(rng.choice(wordings), rng)
    return reworded(row["question"], rng)


def reworded(question: str, rng: random.Random) -> str:
    """Return a question as people type it: misspelt, as keywords, chatty, or as it is."""
    kind = rng.random()
    if kind < 0.12:
        return misspelt(question, rng)
    if kind < 0.2:
        words = [word for word in question.rstrip("?").split() if word.lower() not in _LEFT_OUT]
        return " ".join(words).lower() if len(words) > 1 else question
    if kind < 0.3:
        opening = rng.choice(_OPENINGS) if rng.random() < 0.7 else ""
        closing = rng.choice(_CLOSINGS) if rng.random() < 0.6 else ""
        body = question[:1].lower() + question[1:] if opening else question
        return f"{opening}{body}{closing}"
    return question.lower().rstrip("?") if kind < 0.4 else question


def misspelt(question: str, rng: random.Random) -> str:
    """Return a question in which a letter or two are left out, doubled or swapped."""
    words = question.split()
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(words))
        word = words[at]
        if len(word) < 4:
            continue
        place = rng.randrange(1, len(word) - 1)
        before, letter, after = word[:place], word[place], word[place + 1 :]
        kind = rng.random()
        if kind < 0.35:
            words[at] = before + after
        elif kind < 0.75:
            words[at] = before + after[:1] + letter + after[1:]
        else:
            words[at] = before + letter * 2 + after
    return " ".join(words)


class Layout:
    """Lays rows out; the pieces of each passage are kept."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._kept: dict[tuple[str, str], tuple[NDArray[np.int64], Pieces]] = {}

    def row(self, question: str, passage: dict[str, Any], weight: float) -> Judged:
        """Lay out one passage for a question."""
        asked = pieces_of(self._tokenizer, with_mark(question)).ids[:QUESTION_PIECES]
        above, body = self._passage(passage)
        room = LIMIT - len(asked) - len(above) - 3
        offsets = body.offsets[:room]
        ids = np.concatenate([[CLS], asked, [SEP], above, body.ids[:room], [SEP]])
        start = len(asked) + len(above) + 2
        belongs = np.zeros(len(offsets), dtype=np.float32)
        for first, stop in passage["gold"] if weight else ():
            belongs[_inside(offsets, first, stop)] = 1.0
        sentences = []
        for first, stop in passage["sentences"]:
            places = np.flatnonzero(_inside(offsets, first, stop))
            if len(places):
                inside = belongs[places]
                gold = passage["gold"] if weight else ()
                whole = any(first <= one and two <= stop for one, two in gold)
                does = inside.sum() >= LEAST_WORDS or inside.mean() >= 0.5 or whole
                span = (start + int(places[0]), start + int(places[-1]) + 1)
                sentences.append((*span, float(does)))
        return Judged(ids.astype(np.int64), len(asked), start, weight, belongs, tuple(sentences))

    def _passage(self, passage: dict[str, Any]) -> tuple[NDArray[np.int64], Pieces]:
        key = passage["context"], passage["text"]
        if key not in self._kept:
            above = pieces_of(self._tokenizer, passage["context"]).ids[-CONTEXT_PIECES:]
            stop = pieces_of(self._tokenizer, ".").ids if len(above) else above
            body = pieces_of(self._tokenizer, passage["text"])
            self._kept[key] = np.concatenate([above, stop]), body
        return self._kept[key]


def _inside(offsets: NDArray[np.int64], first: int, stop: int) -> NDArray[np.bool_]:
    touched: NDArray[np.bool_] = (offsets[:, 0] < stop) & (offsets[:, 1] > first)
    return touched
