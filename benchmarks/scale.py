"""What a home of many passages takes: disk by file and table, search by stage, a first question.

Documents are shuffled real sentences of question sets, and their vectors are made up by a random
projection of their words, so that only writing and searching are measured. MiniLM embeds every
question besides, for its time.

    python -m benchmarks.scale build SETS HOME --passages 100000
    python -m benchmarks.scale disk HOME
    python -m benchmarks.scale search HOME SETS

SETS is a folder of question sets (`NAME/docs.jsonl` and `NAME/questions.jsonl`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.corpus import COLLECTION
from bot.evaluation.metrics import percentile
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.embed.minilm import open_minilm
from index.protocols import EmbeddingInput, PassageVectors, Vectors
from index.search.searcher import Searcher
from index.store.catalog import Catalog
from index.store.fresh_vectors import FreshVectors
from index.sync.synchroniser import Synchroniser

DIMENSION = 384
PASSAGES_OF_DOCUMENT = 20
CHARACTERS_OF_PASSAGE = 660
QUESTIONS = 200
UNCOUNTED = 20


class MadeUp:
    """A random projection of words: much faster than a model, and near is what shares words."""

    model = "made-up"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape (texts, dimension)."""
        return np.stack([self._vector(text) for text in texts])

    def embed_passages(self, passages: Sequence[EmbeddingInput]) -> list[PassageVectors]:
        """Embed passages and their sentences."""
        return [
            PassageVectors(
                self._vector(each.text),
                np.stack([self._vector(span.of(each.text)) for span in each.sentences]),
            )
            for each in passages
        ]

    def _vector(self, text: str) -> Vectors:
        words = re.findall(r"\w+", text.lower()) or [""]
        total: Vectors = np.sum([self._direction(word) for word in words], axis=0)
        total /= np.linalg.norm(total)
        return total

    def _direction(self, word: str) -> Vectors:
        if word not in self._known:
            seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
            made = np.random.default_rng(seed).standard_normal(DIMENSION)
            self._known[word] = made.astype(np.float32)
        return self._known[word]


class Timed:
    """Passes every call on, and adds up the processor time of the calls of each name."""

    def __init__(self, inner: object, spent: Counter[str], stages: dict[str, str]) -> None:
        self._inner, self._spent, self._stages = inner, spent, stages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def timed(*args: object, **named: object) -> object:
            began = time.process_time()
            try:
                return found(*args, **named)
            finally:
                stage = self._stages.get(name, self._stages["*"])
                self._spent[stage] += int(1e6 * (time.process_time() - began))

        return timed


class RealQuestions(MadeUp):
    """Takes the time of MiniLM for a question, and gives the made-up vector."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._minilm = open_minilm(home, threads=1)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed questions."""
        self._minilm.embed(texts)
        return super().embed(texts)


def sentences_of(sets: Path) -> list[str]:
    """Return the sentences of the documents of all sets."""
    found: list[str] = []
    for file in sorted(sets.glob("*/docs.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            found += re.findall(r"[A-Z][^.!?\n]{20,280}[.!?](?=\s|$)", json.loads(line)["text"])
    return list(dict.fromkeys(found))


def documents(sentences: Sequence[str], passages: int) -> Iterator[str]:
    """Yield texts of shuffled sentences, of about so many passages in all."""
    rng = random.Random(0)
    for number in range(passages // PASSAGES_OF_DOCUMENT):
        parts = []
        for at in range(PASSAGES_OF_DOCUMENT):
            said: list[str] = []
            while sum(map(len, said)) < CHARACTERS_OF_PASSAGE:
                said.append(rng.choice(sentences))
            parts.append(f"## Part {at} of {rng.choice(sentences)[:40]}\n\n{' '.join(said)}\n")
        yield f"# Paper {number}\n\n" + "\n".join(parts)


def build(sets: Path, home: Path, passages: int) -> None:
    """Build a home beside the documents that it holds, and print what that took."""
    folder = home.with_name(f"{home.name}-documents")
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(documents(sentences_of(sets), passages)):
        (folder / f"{number:06}.md").write_text(text, encoding="utf-8")
    began, clock = time.process_time(), time.perf_counter()
    with closing(Catalog(home)) as catalog:
        vectors = FreshVectors(catalog, home, url=None)
        writer = Synchroniser(
            catalog, vectors, MadeUp(), chunk=lambda source: chunk(source, ChunkConfig())
        )
        writer.sync_folder(COLLECTION, folder)
        count = catalog.passage_count(COLLECTION)
        vectors.close()
    print(
        f"{count} passages: {1000 * (time.process_time() - began) / count:.2f} ms of a processor "
        f"each, {time.perf_counter() - clock:.0f} s"
    )


def disk(home: Path) -> None:
    """Print bytes by file, by table of SQLite's, and against what cannot be less."""
    sizes = {path: path.stat().st_size for path in sorted(home.rglob("*")) if path.is_file()}
    models = sum(size for path, size in sizes.items() if "models" in path.parts)
    for path, size in sizes.items():
        if size > 1e5 and "models" not in path.parts:
            print(f"{size / 1e6:9.1f} MB  {path.relative_to(home)}")
        if path.suffix in (".sqlite", ".sqlite3") and size > 1e5:
            for table, taken in _tables(path)[:8]:
                print(f"{'':12}{taken / 1e6:9.1f} MB  {table}")
    total = sum(sizes.values()) - models
    with closing(Catalog(home)) as catalog:
        passages = catalog.passage_count(COLLECTION)
        (ids,) = zip(*catalog.rows("SELECT id FROM sources"), strict=True)
        texts = sum(len(catalog.source(id).text.encode()) for id in ids)
        ((of_passages, of_sentences),) = catalog.rows(
            "SELECT sum(length(vector)), sum(length(sentences)) FROM vector_file.vectors"
        )
    packed = of_passages + of_sentences  # 2 bytes a number, and 1
    given = 4 * (of_passages // 2 + of_sentences)
    print(
        f"{total / 1e6:9.1f} MB  home without models ({models / 1e6:.1f} MB), {passages} passages\n"
        f"{texts / 1e6:9.1f} MB  texts of the documents in UTF-8, each once\n"
        f"{given / 1e6:9.1f} MB  vectors that are kept, each once, as the model gives them: "
        "4 bytes a number\n"
        f"{total / (texts + given):9.2f}     times both is the home\n"
        f"{packed / 1e6:9.1f} MB  the same vectors packed: 2 bytes a number of a passage, "
        "1 of a sentence\n"
        f"{total / (texts + packed):9.2f}     times the texts and these is the home"
    )


def _tables(path: Path) -> list[tuple[str, int]]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return file.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"
            ).fetchall()
    except sqlite3.Error as error:
        return [(str(error), 0)]


def questions_of(sets: Path) -> list[str]:
    """Return questions of all sets, the same ones every time."""
    found = []
    for file in sorted(sets.glob("*/questions.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()
        found += [str(json.loads(line)["question"]) for line in lines[:: max(1, len(lines) // 200)]]
    random.Random(1).shuffle(found)
    return found[: QUESTIONS + UNCOUNTED]


def search(home: Path, sets: Path) -> None:
    """Print the processor's milliseconds of a search by stage, and the memory held then."""
    spent: Counter[str] = Counter()
    stages: dict[str, list[float]] = {}
    with closing(Catalog(home)) as catalog:
        vectors = FreshVectors(catalog, home, url=None)
        searcher = Searcher(
            catalog=Timed(
                catalog, spent, {"match": "words", "frequencies": "rarity", "*": "fetch"}
            ),
            vectors=Timed(vectors, spent, {"*": "dense"}),
            embedder=Timed(RealQuestions(home), spent, {"*": "embed"}),
        )
        found = []
        for number, question in enumerate(questions_of(sets)):
            spent.clear()
            began, processor = time.perf_counter(), time.process_time()
            hits = searcher.search(question, collections=[COLLECTION])
            clock = 1e3 * (time.perf_counter() - began)
            took = 1e3 * (time.process_time() - processor)
            found.append([hit.passage.id for hit in hits])
            if number < UNCOUNTED:
                continue
            parts = {name: micros / 1e3 for name, micros in spent.items()}
            parts |= {"rank": took - sum(parts.values()), "whole": took, "clock": clock}
            for name, milliseconds in parts.items():
                stages.setdefault(name, []).append(milliseconds)
        vectors.close()
    for name, each in stages.items():
        p50, p95, p99 = (percentile(each, share) for share in (0.5, 0.95, 0.99))
        print(f"{name:10} p50 {p50:7.1f}  p95 {p95:7.1f}  p99 {p99:7.1f} ms")
    digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()[:12]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{memory:.0f} MB at most; hits {digest}")


def main() -> None:
    """Build a home, or measure one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    steps = parser.add_subparsers(required=True)
    commands: dict[str, tuple[Callable[..., None], Sequence[str]]] = {
        "build": (build, ("sets", "home")),
        "disk": (disk, ("home",)),
        "search": (search, ("home", "sets")),
    }
    for name, (run, places) in commands.items():
        step = steps.add_parser(name)
        step.set_defaults(run=run)
        for place in places:
            step.add_argument(place, type=Path)
        if run is build:
            step.add_argument("--passages", type=int, default=1000)
    given = vars(parser.parse_args())
    given.pop("run")(**given)


if __name__ == "__main__":
    main()
