"""Passages found for questions of other languages, with minilm and with multilingual.

`python -m benchmarks.multilingual measure REAL HOMES SET...` indexes the documents of each set
(`REAL/SET/documents`) with both models into `HOMES`, and asks each question of
`translated_questions.jsonl` in its four languages and in English. A hit is a passage that holds at
least half of a gold span.

`python -m benchmarks.multilingual centre HOME` writes the mean vector that the vectors of
multilingual are freed of, measured on the texts of `tests/index/text/questions_by_language.txt`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.corpus import COLLECTION
from bot.settings import Settings, load_settings
from index.embed.multilingual import CENTRE, open_multilingual
from index.embed.onnx_graph import WIDTH
from index.library import Library, open_library
from index.protocols import EmbeddingInput, Vectors
from index.search.passage_rank import Candidate

TRANSLATED = Path(__file__).with_name("translated_questions.jsonl")
SAMPLES = Path(__file__).parents[1] / "tests" / "index" / "text" / "questions_by_language.txt"
MODELS = ("minilm", "multilingual")
DEPTHS = (1, 3, 8)


@dataclass(frozen=True)
class Asked:
    """One question in one language, with the spans that answer it."""

    qid: str
    language: str
    text: str
    gold: tuple[tuple[str, str], ...]
    """File and span."""


def asked(real: Path, name: str) -> Iterator[Asked]:
    """Yield the translated questions of a set, and the English ones they were made of."""
    lines = (real / name / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    originals = {line["qid"]: line for line in map(json.loads, lines)}
    rows = [json.loads(line) for line in TRANSLATED.read_text(encoding="utf-8").splitlines()]
    ours = [row for row in rows if row["qid"] in originals]
    for qid in dict.fromkeys(row["qid"] for row in ours):
        english = {"qid": qid, "language": "English", "question": originals[qid]["question"]}
        for row in (english, *(each for each in ours if each["qid"] == qid)):
            answers = originals[qid]["answers"]
            gold = [(each["file"], span) for each in answers for span in each["spans"]]
            yield Asked(qid, row["language"], row["question"], tuple(gold))


def is_gold(candidate: Candidate, gold: Sequence[tuple[str, str]]) -> bool:
    """Say whether a passage holds at least half of a gold span."""
    return any(file == candidate.source.uri and _holds(candidate, span) for file, span in gold)


def _holds(candidate: Candidate, span: str) -> bool:
    text, passage = candidate.source.text, candidate.passage
    start = text.find(span)
    if start < 0:
        return " ".join(span.split()) in " ".join(passage.text.split())
    end = start + len(span)
    shared = min(end, passage.end) - max(start, passage.start)
    return 2 * shared >= len(span)


def settings_of(real: Path, homes: Path, name: str, model: str) -> Settings:
    """Return the settings of one set's index with one model."""
    given = {
        "QUOTH_HOME": str(homes / f"{name}-{model}"),
        "QUOTH_DOCUMENTS": str(real / name / "documents"),
        "QUOTH_EMBEDDINGS": model,
        "QUOTH_THREADS": "1",
    }
    return load_settings(given, Path.cwd())


def rank_of(library: Library, question: Asked) -> int:
    """Return at which place the first gold passage stands, 0 where it is not found."""
    ranked = library.searcher.find(question.text, collections=[COLLECTION]).ranked
    places = (n for n, each in enumerate(ranked, start=1) if is_gold(each, question.gold))
    return next(places, 0)


def measure(real: Path, homes: Path, names: Sequence[str]) -> None:
    """Print, by language and model, the share of questions with a gold passage among the first."""
    ranks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name in names:
        for model in MODELS:
            with open_library(settings_of(real, homes, name, model).index) as library:
                library.sync(COLLECTION)
                for question in asked(real, name):
                    ranks[question.language, model].append(rank_of(library, question))
    print(f"{'language':<10} {'model':<13} {'n':>4}  " + "  ".join(f"@{d:<3}" for d in DEPTHS))
    for (language, model), places in sorted(ranks.items()):
        shares = [sum(0 < place <= depth for place in places) / len(places) for depth in DEPTHS]
        print(
            f"{language:<10} {model:<13} {len(places):>4}  " + "  ".join(f"{s:.2f}" for s in shares)
        )


def centre(home: Path) -> Vectors:
    """Return the mean vector of texts in fourteen languages, each language weighing alike."""
    embedder = open_multilingual(home, centre=np.zeros(WIDTH, dtype=np.float32))
    by_language: dict[str, list[EmbeddingInput]] = defaultdict(list)
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        language, text = line.split("\t")
        by_language[language].append(EmbeddingInput(context="", text=text))
    means = [
        np.mean([each.passage for each in embedder.embed_passages(texts)], axis=0)
        for texts in by_language.values()
    ]
    found: Vectors = np.mean(means, axis=0).astype(np.float32)
    return found


def main() -> None:
    """Measure, or write the centre."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measuring = commands.add_parser("measure")
    measuring.add_argument("real", type=Path)
    measuring.add_argument("homes", type=Path)
    measuring.add_argument("sets", nargs="+")
    commands.add_parser("centre").add_argument("home", type=Path)
    given = parser.parse_args()
    if given.command == "centre":
        np.save(CENTRE, centre(given.home))
    else:
        measure(given.real, given.homes, given.sets)


if __name__ == "__main__":
    main()
