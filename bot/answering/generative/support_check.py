"""Whether the sentences that a statement cites say what it says, without another model call.

The evidence is what is cited. Names may also come from the topic (the question, the title, the
headings) where the evidence says "he" or "it", less readily from the passage around it. A
statement is compared by its words, names, numbers and negations, and by the cosine between its
embedding and the evidence's. A small logistic model makes one probability of it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TypeVar

from index.text.english import NAME, NEGATIONS, NUMBERS, one_of
from index.text.words import STOP_WORDS, content_terms, stem, terms

T = TypeVar("T")

_NUMBER = re.compile(r"(?<![\w.])\d[\d,\u202f\u00a0]*(?:\.\d+)?")
_TOKEN = re.compile(r"\d[\d,.]*\d|\w+(?:['\u2019-]\w+)*|[.,;:()]")
_NAME = re.compile(NAME)
_NEGATION = re.compile(
    rf"\b(?:{one_of(NEGATIONS)}|without|fail(?:s|ed)? to|refus(?:es|ed) to|unable|lacks?|lacked)\b",
    re.IGNORECASE,
)
_WORD_NUMBERS = {word: str(value) for word, value in NUMBERS.items()}
_PAIRS = """increase decrease, rise fall, more less, before after, first last, above below,
allow forbid, allow prohibit, accept reject, win lose, won lost, higher lower, larger smaller,
always never, best worst, begin end, start end, enable disable, include exclude, all none,
public private, legal illegal, possible impossible, true false, require forbid, support oppose,
north south, east west, open closed, early late, minimum maximum, mandatory optional,
older younger, longer shorter, gain loss, most fewest, highest lowest, largest smallest"""
OPPOSITES = tuple(
    (one, other) for pair in _PAIRS.split(",") for one, other in (pair.split(), pair.split()[::-1])
)
"""Words of which one denies the other, both ways round."""
_OPPOSITE_STEMS = {(stem(one), stem(other)) for one, other in OPPOSITES}


_LINKING = """according additionally also although because besides both especially finally first
furthermore generally hence however including instead likewise meanwhile moreover namely
nevertheless overall respectively second since similarly specifically therefore though thus
whereas while yes"""
_REPORTING = "say says said state states stated mention mentions mentioned report reports reported"
_OPENERS = STOP_WORDS | set(_LINKING.split())
_FILLERS = {stem(word) for word in f"{_LINKING} {_REPORTING}".split()}
"""Words with which prose connects and attributes what others said."""


@dataclass(frozen=True)
class Features:
    """How a statement compares with what it cites; shares are 0 to 1, flags 0 or 1."""

    cosine: float
    """Between the embeddings of statement and evidence; 0 where there is no embedding."""
    words: float
    """Share of the statement's content words that the evidence has."""
    context_words: float
    """Share of its content words that evidence, topic or passage have."""
    pairs: float
    """Share of its neighbouring word pairs that the evidence has."""
    absent_name: float
    """Whether a name stands neither in the evidence nor in the topic."""
    strange_name: float
    """Whether a name stands in none of evidence, topic and passage."""
    absent_number: float
    """Whether a number stands neither in the evidence nor in the topic."""
    strange_number: float
    """Whether a number stands in none of evidence, topic and passage."""
    replaced: float
    """Whether, word for word, a name or number stands where the evidence has another one."""
    negation: float
    """Whether one of the two is negated and the other is not."""
    denied: float
    """Whether a word is negated in one and not in the other."""
    opposites: float
    """Whether one says a word and the other only its opposite."""


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


# Fitted by `python -m benchmarks.support SETS --statements 900` on one half of ClapNQ and
# SQuADShifts; `docs/support-check.md` has what it keeps and drops on the other half.
WITH_COSINE = Logistic(
    intercept=-8.46,
    weights=(1.03, 5.69, 6.39, -1.08, -3.41, 0.05, -3.78, -1.19, -1.49, -1.69, -3.25, -4.85),
)
WITHOUT_COSINE = Logistic(
    intercept=-8.02,
    weights=(0.0, 6.05, 6.33, -0.85, -3.4, 0.02, -3.72, -1.2, -1.51, -1.72, -3.27, -4.8),
)
THRESHOLD = 0.5
"""Below it a statement counts as unsupported."""


def compare(
    statement: str,
    evidence: str,
    *,
    topic: str = "",
    passage: str = "",
    cosine: float | None = None,
) -> Features:
    """Compare a statement with the text it cites and the text around it."""
    shown = set(content_terms(evidence))
    known = shown | set(content_terms(topic))
    around = known | set(content_terms(passage))
    names, numbers = set(_names(statement)), set(_numbers(statement))
    known_numbers = set(_numbers(f"{evidence} {topic}"))
    words = [word for word in content_terms(statement) if word not in _FILLERS]
    return Features(
        cosine=cosine or 0.0,
        words=_share(words, shown),
        context_words=_share(words, around),
        pairs=_share(pairwise(words), set(pairwise(content_terms(evidence)))),
        absent_name=float(not names <= known),
        strange_name=float(not names <= around),
        absent_number=float(not numbers <= known_numbers),
        strange_number=float(not numbers <= known_numbers | set(_numbers(passage))),
        replaced=float(_replaced(statement, evidence)),
        negation=float(bool(_NEGATION.search(statement)) != bool(_NEGATION.search(evidence))),
        denied=float(_denied(statement, evidence)),
        opposites=float(_opposed(set(terms(statement)), set(terms(evidence)))),
    )


def supported(
    statement: str,
    evidence: str,
    *,
    topic: str = "",
    passage: str = "",
    cosine: float | None = None,
) -> float:
    """Return the probability that `evidence` backs `statement`.

    `topic` is what both are about (question, title, headings), `passage` the text around the
    evidence. `cosine` is that of their embeddings; without it another fit is used.
    """
    model = WITHOUT_COSINE if cosine is None else WITH_COSINE
    return model.probability(
        compare(statement, evidence, topic=topic, passage=passage, cosine=cosine)
    )


def overlap(statement: str, evidence: str) -> float:
    """Return the share of a statement's content words that the evidence has, 0 to 1."""
    return _share(content_terms(statement), set(content_terms(evidence)), empty=0.0)


def _share(wanted: Iterable[T], there: set[T], *, empty: float = 1.0) -> float:
    counted = Counter(wanted)
    total = sum(counted.values())
    if not total:
        return empty
    return sum(count for item, count in counted.items() if item in there) / total


def _names(text: str) -> list[str]:
    """Return the terms of names: capitalised words, one that starts a sentence only in a row."""
    found: list[str] = []
    for name in _NAME.finditer(text):
        words = name[0].split()
        before = text[: name.start()].rstrip(" \"'\u201c\u2018(")
        starts = not before or before.endswith((".", "!", "?", ":"))
        if starts and (len(words) == 1 or words[0].casefold() in _OPENERS):
            words = words[1:]
        found += [term for word in words for term in content_terms(word)]
    return found


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text in digits, without separators."""
    digits = [re.sub(r"[,\u202f\u00a0]", "", found).rstrip(".") for found in _NUMBER.findall(text)]
    words = [
        _WORD_NUMBERS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORD_NUMBERS
    ]
    return digits + [word for word in words if word != "1"]


def _replaced(statement: str, evidence: str) -> bool:
    """Say whether the two, laid side by side, differ in a name or in a number."""
    said, shown = _TOKEN.findall(statement), _TOKEN.findall(evidence)
    lower = [_folded(token) for token in said], [_folded(token) for token in shown]
    there = [set(tokens) for tokens in lower]
    matcher = SequenceMatcher(None, lower[0], lower[1], autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind != "replace" or end - start > 4 or other_end - other_start > 6:
            continue
        new = {_sort(one) for one in said[start:end] if _folded(one) not in there[1]}
        old = {_sort(one) for one in shown[other_start:other_end] if _folded(one) not in there[0]}
        if (new & old) - {""}:
            return True
    return False


def _folded(token: str) -> str:
    """Return a token in small letters, a number in digits without separators."""
    folded = token.casefold()
    if folded[0].isdigit():
        return folded.replace(",", "").rstrip(".")
    return _WORD_NUMBERS.get(folded, folded)


def _sort(token: str) -> str:
    """Say whether a token is a number or a name, if either."""
    if token[0].isdigit() or token.casefold() in _WORD_NUMBERS:
        return "number"
    name = token[0].isupper() and token.casefold() not in STOP_WORDS
    return "name" if name else ""


def _denied(statement: str, evidence: str) -> bool:
    said, not_said = _sides(statement)
    shown, not_shown = _sides(evidence)
    return bool(not_said & (shown - not_shown) or not_shown & (said - not_said))


def _sides(text: str) -> tuple[set[str], set[str]]:
    """Return the content words that stand plainly, and those right behind a negation."""
    plain: set[str] = set()
    negated: set[str] = set()
    left = 0
    for token in _TOKEN.findall(text):
        if _NEGATION.fullmatch(token):
            left = 2
        elif not token[0].isalnum():
            left = 0
        else:
            found = content_terms(token)
            (negated if left else plain).update(found)
            left = max(0, left - 1) if found else left
    return plain, negated


def _opposed(said: set[str], shown: set[str]) -> bool:
    """Say whether the statement has a word, and the evidence only its opposite."""
    return any(
        one in said and one not in shown and other in shown and other not in said
        for one, other in _OPPOSITE_STEMS
    )
