"""Measure a reader: python -m training.evaluate --base MODEL_DIR --adapter FILE --evals DIR."""

import argparse
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.bm25 import Bm25, words_of
from training.data import sentence_starts
from training.embedder import Embedder
from training.reading import PassageReader, Span

ARTICLES = {"a", "an", "the"}
PASSAGES = 5
BEST_SENTENCES = 3
NO_SPAN = -1e9


def normal(text: str) -> str:
    """Return the words of a text without articles, for comparing answers."""
    return " ".join(word for word in words_of(text) if word not in ARTICLES)


def holds(text: str, answers: Sequence[str]) -> bool:
    """Tell whether a text contains one of the answers as whole words."""
    padded = f" {normal(text)} "
    return any(f" {normal(answer)} " in padded for answer in answers if normal(answer))


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Return the character ranges of a text's sentences."""
    starts = sentence_starts(text)
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a positive scores above a negative, ties counting half."""
    above = np.subtract.outer(np.array(positive), np.array(negative))
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class SentenceCosine:
    """Cosine of a question with sentences, whose vectors are kept."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, Any] = {}

    def scores(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Return one cosine per sentence."""
        new = [text for text in dict.fromkeys(sentences) if text not in self._kept]
        self._kept.update(zip(new, self._embedder.vectors(new), strict=True))
        asked = self._embedder.vectors([question])[0]
        return [float(asked @ self._kept[text]) for text in sentences]


def sentence_scores(spans: Sequence[Span], sentences: Sequence[tuple[int, int]]) -> list[float]:
    """Return the best score of a span starting in each sentence."""
    return [
        max((span.score for span in spans if begin <= span.begin < end), default=NO_SPAN)
        for begin, end in sentences
    ]


def first_and_three(scores: Sequence[float], held: Sequence[bool]) -> tuple[bool, bool]:
    """Tell whether the best sentence, and one of the best three, holds an answer."""
    order = np.argsort(-np.array(scores), kind="stable")[:BEST_SENTENCES]
    return bool(held[order[0]]), any(held[at] for at in order)


@dataclass(frozen=True)
class Task:
    """A question with the passages to read, (title, text) each, the first one being gold."""

    question: str
    answers: list[str]
    passages: list[tuple[str, str]]


def span_tasks(folder: Path, count: int) -> list[Task]:
    """Join questions of the dev half with their paragraph and the best retrieved others."""
    docs = read_lines(folder / "docs.jsonl")
    titled = [
        (doc["title"], part.strip())
        for doc in docs
        for part in re.split(r"\n+", doc["text"])
        if part.strip()
    ]
    index = Bm25([f"{title} {text}" for title, text in titled])
    title_of = {doc["doc_id"]: doc["title"] for doc in docs}
    questions = [q for q in read_lines(folder / "questions.jsonl") if q["split"] == "dev"]
    tasks = []
    for question in random.Random(0).sample(questions, min(count, len(questions))):
        gold = (title_of[question["gold_doc_ids"][0]], question["gold_passages"][0].strip())
        ranked = [titled[at] for at in index.ranking(question["question"], PASSAGES + 1)]
        others = [other for other in ranked if other[1] != gold[1]]
        passages = [gold, *others][:PASSAGES]
        tasks.append(Task(question["question"], question["answers"], passages))
    return tasks


def judge(task: Task, spans: list[list[Span]], cosine: SentenceCosine) -> dict[str, float]:
    """Compare the reader's and the cosine's choices with the accepted answers."""
    best = [max(found, key=lambda span: span.score) for found in spans]
    chosen = max(range(len(best)), key=lambda at: best[at].score)
    answer = task.passages[chosen][1][best[chosen].begin : best[chosen].end]
    parts: list[str] = []
    read: list[float] = []
    for (_, text), found in zip(task.passages, spans, strict=True):
        ranges = sentences_of(text)
        parts += [text[begin:end] for begin, end in ranges]
        read += sentence_scores(found, ranges)
    held = [holds(part, task.answers) for part in parts]
    by_reader = first_and_three(read, held)
    by_cosine = first_and_three(cosine.scores(task.question, parts), held)
    return {
        "span exact": float(normal(answer) in {normal(known) for known in task.answers}),
        "span contains answer": float(holds(answer, task.answers)),
        "gold passage chosen": float(chosen == 0),
        "sentence, reader": float(by_reader[0]),
        "sentence, cosine": float(by_cosine[0]),
        "one of three, reader": float(by_reader[1]),
        "one of three, cosine": float(by_cosine[1]),
    }


def measure_spans(
    folder: Path, reader: PassageReader, cosine: SentenceCosine, count: int
) -> dict[str, float]:
    """Read five paragraphs for each of `count` questions and average the judgements."""
    rows: list[dict[str, float]] = []
    gold: list[float] = []
    lacking: list[float] = []
    for task in span_tasks(folder, count):
        spans = reader.spans(task.question, task.passages)
        rows.append(judge(task, spans, cosine))
        scores = [max(span.score for span in found) for found in spans]
        gold.append(scores[0])
        for score, (_, text) in zip(scores[1:], task.passages[1:], strict=True):
            if not holds(text, task.answers):
                lacking.append(score)
    figures = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    figures["AUROC gold or lacking, reader"] = auroc(gold, lacking)
    return figures


def measure_answerable(
    folder: Path, reader: PassageReader, embedder: Embedder, count: int
) -> dict[str, float]:
    """Tell answerable questions with their page from unanswerable ones with a near page."""
    docs = {doc["doc_id"]: doc for doc in read_lines(folder / "docs.jsonl")}
    questions = read_lines(folder / "questions.jsonl")
    picked = random.Random(0).sample(questions, min(count, len(questions)))
    scores: dict[str, dict[bool, list[float]]] = {
        name: {True: [], False: []} for name in ("reader", "cosine")
    }
    for question in picked:
        answerable = bool(question["answerable"])
        wanted = question["gold_doc_ids"] if answerable else question["near_doc_ids"]
        if not wanted:
            continue
        doc = docs[wanted[0]]
        spans = reader.spans(question["question"], [(doc["title"], doc["text"])])[0]
        scores["reader"][answerable].append(max(span.score for span in spans))
        asked, page = embedder.vectors([question["question"], f"{doc['title']}. {doc['text']}"])
        scores["cosine"][answerable].append(float(asked @ page))
    figures = {
        f"AUROC answerable, {name}": auroc(by[True], by[False]) for name, by in scores.items()
    }
    spread = {name: float(np.std(by[True] + by[False])) for name, by in scores.items()}
    both = {
        answerable: [
            read / spread["reader"] + near / spread["cosine"]
            for read, near in zip(
                scores["reader"][answerable], scores["cosine"][answerable], strict=True
            )
        ]
        for answerable in (True, False)
    }
    figures["AUROC answerable, both"] = auroc(both[True], both[False])
    return figures


def main() -> None:
    """Print the figures of an adapter as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--evals", type=Path, default=Path("../shared/evals"))
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    reader = PassageReader(arguments.base, arguments.adapter)
    embedder = Embedder(arguments.base)
    newwiki = measure_spans(
        arguments.evals / "squadshifts_newwiki",
        reader,
        SentenceCosine(embedder),
        arguments.questions,
    )
    clapnq = measure_answerable(
        arguments.evals / "clapnq_dev", reader, embedder, arguments.questions
    )
    figures = {"squadshifts_newwiki": newwiki, "clapnq_dev": clapnq}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
