"""Rows of the selector from the reader's examples: python -m training.short_answers EXAMPLES OUT.

EXAMPLES is a folder with passages.jsonl and questions.jsonl, as the reader is trained on. They
are of other subjects and other wording than the documents of teams, and shown beside those.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.bm25 import Bm25, words_of
from training.data import Passage, Question, choose_questions, erased, load, sentence_starts

QUESTIONS = 1200
ERASED = 0.3
"""Share of the questions whose passage is shown without the sentences that answer."""
NEAR = 10
"""Passages of the same set that are shown beside, nearest by their words."""


def rows(folder: Path, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield one row for each of `count` questions, in the form of `benchmarks.selection_rows`."""
    passages, questions = load(folder)
    keys: dict[str, list[int]] = {}
    for passage in passages.values():
        keys.setdefault(passage.set_name, []).append(passage.key)
    indexes = {
        name: Bm25([f"{passages[key].title} {passages[key].text}" for key in members])
        for name, members in keys.items()
    }
    for question in choose_questions(passages, questions, count, rng):
        own = passages[question.passage]
        near = indexes[own.set_name].ranking(question.text, 2 * NEAR)
        others = [passages[keys[own.set_name][at]] for at in near]
        answer = " ".join(words_of(question.answer))
        lacking = [
            other
            for other in others
            if other.key != own.key and f" {answer} " not in f" {' '.join(words_of(other.text))} "
        ]
        text = erased(own, question) if rng.random() < ERASED else None
        first = _passage(own, text or own.text, None if text else question)
        yield {
            "set": own.set_name,
            "question": question.text,
            "answerable": text is None,
            "passages": [first, *(_passage(other, other.text, None) for other in lacking[:NEAR])],
        }


def _passage(passage: Passage, text: str, question: Question | None) -> dict[str, Any]:
    """Return a passage, of which the sentences that hold the answer belong to it."""
    starts = sentence_starts(text)
    sentences = list(zip(starts, [*starts[1:], len(text)], strict=True))
    gold: list[tuple[int, int]] = []
    if question is not None:
        first, last = question.start, question.start + len(question.answer)
        gold = [(begin, end) for begin, end in sentences if begin < last and end > first]
    found = float(bool(gold))
    return {
        "context": passage.title,
        "text": text,
        "sentences": sentences,
        "gold": gold,
        "recall": found,
        "part": found,
    }


def main() -> None:
    """Write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with given.out.open("w", encoding="utf-8") as out:
        for row in rows(given.examples, given.questions, random.Random(given.seed)):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
