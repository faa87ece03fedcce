"""txtai: hybrid search, by meaning and by words, with the texts kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.contender import RESULTS, WORDS_OF_PASSAGE, made_up_vector, model_folder


class TxtaiContender:
    """`Embeddings(hybrid=True, content=True)`; passages are paragraphs packed to a length."""

    def __init__(self, home: Path) -> None:
        from txtai import Embeddings

        self._home = home / "index"
        self._model: Any = Embeddings(path=str(model_folder()), hybrid=True, content=True)
        if self._home.exists():
            self._model.load(str(self._home))

    def index(self, folder: Path) -> int:
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
        self._model.index([passage for text in texts for passage in packed(text)])
        return self._saved()

    def fill(self, passages: Sequence[str]) -> int:
        import numpy as np
        from txtai import Embeddings

        filled: Any = Embeddings(
            method="external",
            transform=lambda texts: np.array([made_up_vector(t) for t in texts], dtype="float32"),
            hybrid=True,
            content=True,
        )
        filled.index(passages)
        # Opened again, it embeds questions as an index of real texts does.
        filled.config |= {"path": str(model_folder()), "method": "transformers"}
        filled.config.pop("transform", None)
        self._model = filled
        return self._saved()

    def search(self, question: str) -> int:
        return len(self._model.search(question, RESULTS))

    def _saved(self) -> int:
        self._model.save(str(self._home))
        return int(self._model.count())


def packed(text: str) -> list[str]:
    """Cut a text into passages of paragraphs, none of many more words than a passage has."""
    passages: list[list[str]] = [[]]
    for paragraph in text.split("\n\n"):
        for start in range(0, len(words := paragraph.split()), WORDS_OF_PASSAGE):
            some = words[start : start + WORDS_OF_PASSAGE]
            if len(passages[-1]) + len(some) > WORDS_OF_PASSAGE:
                passages.append([])
            passages[-1] += some
    return [" ".join(words) for words in passages if words]
