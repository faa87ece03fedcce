"""The words that a misspelt one may stand for.

People leave out a letter, exchange two, double a letter or do not, write one too many, and take
one for another that sounds alike or lies beside it. Other exchanges of letters turn one word into
another more often than they mend one, so they are not among the edits; nor is one of the first
letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise, product
from string import ascii_lowercase

SLIP = 1.0
"""How likely a letter doubled or not, or two exchanged, is beside the other edits."""
OTHER_LETTER = 0.5
"""How likely a letter left out, added or confused is."""

CONFUSED_FROM, ADDED_FROM = 6, 7
"""Letters from which a word may have a confused letter, and one too many that is not double.

In shorter words either makes another one: "rota" and "rote", "typos" and "types", "gist", "git".
"""

REPLACED_FROM = 8
"""Letters from which a letter behind the fourth may stand for any other: a word of that length has
few neighbours. With 8 and more, 42 instead of 30 of 100 random replacements are mended."""

_VOWELS = "aeiouy"
_ALIKE = (_VOWELS, "csz", "ckqx", "dt", "mn", "fv", "gj", "bpv")
"""Letters that are taken for each other by ear."""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""A letter is mistyped for its neighbour in a row."""
_NEVER_DOUBLE = frozenset("ahijkquvwxy")
_MOST_DOUBLINGS = 2
"""Letters doubled or not that count as one edit: in "comitee" it is both."""


def _confused() -> dict[str, frozenset[str]]:
    """Return the letters that each letter is taken for."""
    pairs = {pair for group in _ALIKE for pair in combinations(group, 2)}
    pairs |= {pair for row in _ROWS for pair in pairwise(row)}
    return {
        letter: frozenset(other for pair in pairs if letter in pair for other in pair) - {letter}
        for letter in ascii_lowercase
    }


_CONFUSED = _confused()


def edits(word: str) -> dict[str, float]:
    """Return what one edit makes of a lower-cased word, and how likely each is."""
    found = dict.fromkeys(_with_letter_left_out(word), OTHER_LETTER)
    if len(word) >= CONFUSED_FROM:
        found |= dict.fromkeys(_with_letter_confused(word), OTHER_LETTER)
    if len(word) >= ADDED_FROM:
        found |= dict.fromkeys(_with_letter_added(word), OTHER_LETTER)
    found |= dict.fromkeys(_with_letters_exchanged(word), SLIP)
    found |= dict.fromkeys(_with_letters_doubled(word), SLIP)
    found.pop(word, None)
    return found


def _with_letter_left_out(word: str) -> Iterator[str]:
    for at in range(1, len(word) + 1):
        for letter in ascii_lowercase:
            yield f"{word[:at]}{letter}{word[at:]}"


def _with_letter_confused(word: str) -> Iterator[str]:
    """Yield the word with one letter replaced; a vowel at its end makes another form of it."""
    for at in range(1, len(word)):
        if at + 1 == len(word) and word[at] in _VOWELS:
            continue
        confused = sorted(_CONFUSED.get(word[at], ()))
        for letter in ascii_lowercase if len(word) >= REPLACED_FROM and at >= 4 else confused:
            yield f"{word[:at]}{letter}{word[at + 1 :]}"


def _with_letter_added(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        yield f"{word[:at]}{word[at + 1 :]}"


def _with_letters_exchanged(word: str) -> Iterator[str]:
    for at in range(1, len(word) - 1):
        yield f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _with_letters_doubled(word: str) -> Iterator[str]:
    """Yield the word with one or two letters doubled that are not, or single that are double.

    A letter written three times or more, as in "pleeease", may be meant either way.
    """
    runs = _runs(word)
    doubtful = [at for at, run in enumerate(runs) if run not in _NEVER_DOUBLE]
    for count in range(1, _MOST_DOUBLINGS + 1):
        for places in combinations(doubtful, count):
            forms = (
                [size * run[0] for size in (1, 2) if size != len(run)] if at in places else [run]
                for at, run in enumerate(runs)
            )
            yield from map("".join, product(*forms))


def _runs(word: str) -> list[str]:
    """Return a word cut into runs of one letter each."""
    runs: list[str] = []
    for letter in word:
        if runs and runs[-1][0] == letter:
            runs[-1] += letter
        else:
            runs.append(letter)
    return runs


_SUFFIXES = (
    ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ing", ""),
    ("ing", "e"), ("ily", "y"), ("ly", ""), ("ier", "y"), ("er", ""), ("er", "e"), ("ers", ""),
    ("ers", "e"), ("iest", "y"), ("est", ""), ("est", "e"), ("or", ""), ("or", "e"), ("ness", ""),
    ("less", ""),
)  # fmt: skip
"""Endings of English, with what stands for each in the base."""
_SHORTEST_BASE = 3


def bases(word: str) -> frozenset[str]:
    """Return the words that a lower-cased word may be an inflection of, itself among them."""
    found = {word}
    for suffix, put in _SUFFIXES:
        rest = word.removesuffix(suffix)
        if rest == word or len(rest) < _SHORTEST_BASE:
            continue
        found.add(rest + put)
        if not put and rest[-1] == rest[-2] != rest[-3]:
            found.add(rest[:-1])
    return frozenset(found)
