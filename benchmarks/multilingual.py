"""Passages found for questions of other languages, with minilm and with multilingual.

`python -m benchmarks.multilingual measure REAL HOMES SET...` indexes the documents of each set
(`REAL/SET/documents`) with both models into `HOMES`, and asks each question of
`translated_questions.jsonl` in its four languages and in English. A hit is a passage that holds at
least half of a gold span.

`... quotes REAL HOMES SET...` asks for answers over what `measure` indexed, and counts how often a
quote holds at least half of a gold span (right), by whether it is claimed.

`python -m benchmarks.multilingual centre HOME` writes the mean vector that the vectors of
multilingual are freed of, measured on the texts of `tests/index/text/questions_by_language.txt`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.corpus import COLLECTION
from bot.app import open_app
from bot.schema import Scope
from bot.settings import Settings, load_settings
from index.embed.multilingual import CENTRE, open_multilingual
from index.embed.onnx_graph import WIDTH
from index.library import Library, open_library
from index.protocols import EmbeddingInput, Vectors
from index.schema import Source

TRANSLATED = Path(__file__).with_name("translated_questions.jsonl")
SAMPLES = Path(__file__).parents[1] / "tests" / "index" / "text" / "questions_by_language.txt"
MODELS = ("minilm", "multilingual")
DEPTHS = (1, 3, 8)
SCOPE = Scope(collections=(COLLECTION,))


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


def is_gold(source: Source, start: int, end: int, gold: Sequence[tuple[str, str]]) -> bool:
    """Say whether a stretch of a source holds at least half of a gold span."""
    return any(file == source.uri and _holds(source.text, start, end, span) for file, span in gold)


def _holds(text: str, start: int, end: int, span: str) -> bool:
    first = text.find(span)
    if first < 0:
        return " ".join(span.split()) in " ".join(text[start:end].split())
    shared = min(first + len(span), end) - max(first, start)
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
    found = [is_gold(c.source, c.passage.start, c.passage.end, question.gold) for c in ranked]
    return found.index(True) + 1 if True in found else 0


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


async def quotes(real: Path, homes: Path, names: Sequence[str]) -> None:
    """Print, by model and language, what becomes of questions when they are answered."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for name in names:
        for model in MODELS:
            async with open_app(settings_of(real, homes, name, model)) as app:
                for question in asked(real, name):
                    answer = await app.answerer.answer(question.text, scope=SCOPE)
                    right = any(
                        is_gold(
                            app.library.source(each.evidence.source_id),
                            each.evidence.start,
                            each.evidence.end,
                            question.gold,
                        )
                        for each in answer.citations
                    )
                    what = "claimed" if answer.claims else answer.status
                    outcome = f"{what}, {'right' if right else 'wrong'}"
                    counts[question.language, model][outcome] += 1
    for (language, model), found in sorted(counts.items()):
        told = ";  ".join(f"{outcome} {count}" for outcome, count in sorted(found.items()))
        print(f"{language:<10} {model:<13} {told}")


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
    for name in ("measure", "quotes"):
        command = commands.add_parser(name)
        command.add_argument("real", type=Path)
        command.add_argument("homes", type=Path)
        command.add_argument("sets", nargs="+")
    commands.add_parser("centre").add_argument("home", type=Path)
    given = parser.parse_args()
    if given.command == "centre":
        np.save(CENTRE, centre(given.home))
    elif given.command == "quotes":
        asyncio.run(quotes(given.real, given.homes, given.sets))
    else:
        measure(given.real, given.homes, given.sets)


if __name__ == "__main__":
    main()
