"""Whether the sentences that a statement cites say what it says, without another model call.

The evidence is what is cited; the context is what a reader sees around it (the passage, its title
and headings, the question), where names may come from that the evidence calls "he" or "it". A
statement is compared with both by its words, names, numbers and negations, and by the cosine
between its embedding and the evidence's. A small logistic model makes one probability of it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import TypeVar

from index.words import STOP_WORDS, content_terms, stem, terms

T = TypeVar("T")

_NUMBER = re.compile(r"(?<![\w.])\d[\d,\u202f\u00a0]*(?:\.\d+)?")
_NAME = re.compile(r"\b[A-Z][\w\u2019'-]*")
_NEGATION = re.compile(
    r"\b(?:not?|never|none|nobody|nothing|neither|nor|without|cannot|can't|\w+n[\u2019']t|"
    r"fail(?:s|ed)? to|refus(?:es|ed) to|unable|lacks?|lacked)\b",
    re.IGNORECASE,
)
_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty"""
_TENS = {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100"}
_WORD_NUMBERS = {word: str(value) for value, word in enumerate(_UNITS.split())} | _TENS
_PAIRS = """increase decrease, rise fall, more less, before after, first last, above below,
allow forbid, allow prohibit, accept reject, win lose, won lost, higher lower, larger smaller,
always never, best worst, begin end, start end, enable disable, include exclude, all none,
public private, legal illegal, possible impossible, true false, require forbid, support oppose,
north south, east west, open closed, early late, minimum maximum, mandatory optional,
older younger, longer shorter, gain loss, most fewest, highest lowest, largest smallest"""
_OPPOSITES = {
    (stem(one), stem(other))
    for pair in _PAIRS.split(",")
    for one, other in (pair.split(), pair.split()[::-1])
}


@dataclass(frozen=True)
class Features:
    """How a statement compares with what it cites; shares are 0 to 1."""

    cosine: float
    """Between the embeddings of statement and evidence; 0 where there is no embedding."""
    words: float
    """Share of the statement's content words that the evidence has."""
    context_words: float
    """Share of its content words that evidence or context have."""
    pairs: float
    """Share of its neighbouring word pairs that the evidence has."""
    names: float
    """Share of its names that the evidence lacks."""
    strange_names: float
    """Share of its names that evidence and context lack."""
    numbers: float
    """Share of its numbers that the evidence lacks."""
    negation: float
    """1 when one of the two is negated and the other is not."""
    opposites: float
    """1 when one says a word and the other only its opposite."""


@dataclass(frozen=True)
class Logistic:
    """A logistic model over Features."""

    intercept: float
    weights: tuple[float, ...]
    """One for each field of Features, in order."""

    def probability(self, features: Features) -> float:
        """Return the probability that the evidence backs the statement."""
        values = zip(self.weights, astuple(features), strict=True)
        score = self.intercept + sum(weight * value for weight, value in values)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


WITH_COSINE = Logistic(intercept=-3.0, weights=(3.0, 3.0, 2.0, 1.0, -1.0, -2.0, -4.0, -3.0, -1.0))
WITHOUT_COSINE = Logistic(
    intercept=-2.0, weights=(0.0, 4.0, 2.0, 1.0, -1.0, -2.0, -4.0, -3.0, -1.0)
)
THRESHOLD = 0.5


def compare(
    statement: str, evidence: str, context: str = "", *, cosine: float | None = None
) -> Features:
    """Compare a statement with the text it cites and the text around it."""
    said, shown = content_terms(statement), set(content_terms(evidence))
    around = shown | set(content_terms(context))
    names = _names(statement)
    return Features(
        cosine=cosine or 0.0,
        words=_share(said, shown),
        context_words=_share(said, around),
        pairs=_share(_pairs(statement), set(_pairs(evidence))),
        names=1 - _share(names, shown),
        strange_names=1 - _share(names, around),
        numbers=1 - _share(_numbers(statement), set(_numbers(evidence))),
        negation=float(_negated(statement, evidence)),
        opposites=float(_opposed(set(terms(statement)), set(terms(evidence)))),
    )


def supported(
    statement: str, evidence: str, context: str = "", *, cosine: float | None = None
) -> float:
    """Return the probability that `evidence` backs `statement`.

    `cosine` is that of their embeddings; without it another fit is used.
    """
    model = WITHOUT_COSINE if cosine is None else WITH_COSINE
    return model.probability(compare(statement, evidence, context, cosine=cosine))


def overlap(statement: str, evidence: str) -> float:
    """Return the share of a statement's content words that the evidence has, 0 to 1."""
    return _share(content_terms(statement), set(content_terms(evidence)), empty=0.0)


def _share(wanted: Iterable[T], there: set[T], *, empty: float = 1.0) -> float:
    counted = Counter(wanted)
    total = sum(counted.values())
    if not total:
        return empty
    return sum(count for item, count in counted.items() if item in there) / total


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(pairwise(content_terms(text)))


def _names(text: str) -> list[str]:
    """Return the terms of capitalised words, but not of a common word that starts the text."""
    found: list[str] = []
    for name in _NAME.finditer(text):
        starts = not text[: name.start()].strip(" \"'\u201c\u2018(") or text[
            : name.start()
        ].rstrip().endswith((".", "!", "?", ":"))
        if starts and name[0].casefold() in STOP_WORDS:
            continue
        found += content_terms(name[0])
    return found


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text in digits, without separators."""
    digits = [re.sub(r"[,\u202f\u00a0]", "", found).rstrip(".") for found in _NUMBER.findall(text)]
    words = [
        _WORD_NUMBERS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORD_NUMBERS
    ]
    return digits + [word for word in words if word != "1"]


def _negated(statement: str, evidence: str) -> bool:
    return bool(_NEGATION.search(statement)) != bool(_NEGATION.search(evidence))


def _opposed(said: set[str], shown: set[str]) -> bool:
    """Say whether the statement has a word, and the evidence only its opposite."""
    return any(
        one in said and one not in shown and other in shown and other not in said
        for one, other in _OPPOSITES
    )
