"""A development set opened as the product opens documents: real catalog, Chroma and MiniLM."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.schema import Turn
from index.embed.minilm import MiniLM, open_minilm
from index.search.searcher import Searcher
from index.store.catalog import Catalog
from index.store.chroma_vectors import ChromaVectors

COLLECTION = "documents"


@dataclass(frozen=True)
class Question:
    """One line of a question file."""

    qid: str
    text: str
    history: tuple[Turn, ...]
    answers: tuple[str, ...]
    gold_passages: tuple[str, ...]
    gold_documents: tuple[str, ...]
    answerable: bool
    split: str | None
    gold_sentences: tuple[str, ...]
    verbatim: bool = False
    """Whether the answers are spans of the documents, of several sentences perhaps."""


@dataclass(frozen=True)
class Corpus:
    """An indexed set."""

    searcher: Searcher
    catalog: Catalog
    embedder: MiniLM
    home: Path


@contextmanager
def opened(home: Path) -> Iterator[Corpus]:
    """Open an index that `quoth add` or `benchmarks.index_sets` made."""
    embedder = open_minilm(home, threads=1)
    catalog = Catalog(home)
    vectors = ChromaVectors(home, current=catalog.chroma_name)
    try:
        searcher = Searcher(catalog=catalog, vectors=vectors, embedder=embedder)
        yield Corpus(searcher, catalog, embedder, home)
    finally:
        vectors.close()
        catalog.close()


def questions(path: Path) -> list[Question]:
    """Read a question file."""
    with path.open(encoding="utf-8") as lines:
        return [_question(json.loads(line)) for line in lines]


def document_questions(path: Path) -> list[Question]:
    """Read the questions of a set of documents, whose answers are spans of files."""
    with path.open(encoding="utf-8") as lines:
        return [
            _question(
                line
                | {"answers": [span for each in line["answers"] for span in each["spans"]]}
                | {"gold_doc_ids": [each["file"] for each in line["answers"]], "verbatim": True}
            )
            for line in map(json.loads, lines)
        ]


def sample(found: Sequence[Question], count: int) -> list[Question]:
    """Return `count` questions, the same ones every time, spread over the file."""
    step = max(1.0, len(found) / count)
    return [found[int(at * step)] for at in range(min(count, len(found)))]


def _question(line: dict[str, Any]) -> Question:
    return Question(
        qid=line["qid"],
        text=line["question"],
        history=tuple(
            Turn(role="user" if t["role"] == "user" else "assistant", text=t["text"])
            for t in line.get("history", [])
        ),
        answers=tuple(line.get("answers") or ()),
        gold_passages=tuple(line.get("gold_passages") or ()),
        gold_documents=tuple(line.get("gold_doc_ids") or ()),
        answerable=bool(line.get("answerable", True)),
        split=line.get("split"),
        gold_sentences=tuple(line.get("gold_sentences") or ()),
        verbatim=bool(line.get("verbatim", False)),
    )
