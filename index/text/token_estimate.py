"""How many word pieces a text has, without a tokenizer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

TokenCounter: TypeAlias = Callable[[Sequence[str]], Sequence[int]]
"""Counts the word pieces of each text, without the marks a model puts around them."""

_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+")
_NUMBER = re.compile("[0-9]+")
_HANGUL = re.compile("[\uac00-\ud7a3]")

_COMMON, _SLOPE, _LONG, _LONG_SLOPE = 4, 0.1, 13, 0.4
_MAX_WORD = 64
_PIECES = [
    1 + _SLOPE * max(0, min(n, _LONG) - _COMMON) + _LONG_SLOPE * max(0, n - _LONG)
    for n in range(_MAX_WORD + 1)
]
"""Word pieces of a Latin word by its length."""


def estimate_tokens(texts: Sequence[str]) -> list[int]:
    """Estimate the MiniLM word pieces of each text, for English rather too many than too few.

    Over 2,400 English paragraphs the mean is 7 % above the tokenizer's count, and 98 % of them lie
    between 0.87 and 1.2 times it; German or French words may have half as many again. Every sign
    and every letter of other scripts counts as one piece, a Hangul syllable as three.
    """
    return [_estimate(text) for text in texts]


def _estimate(text: str) -> int:
    lengths = Counter(map(len, _LATIN.findall(text)))
    words = sum(_PIECES[min(length, _MAX_WORD)] * n for length, n in lengths.items())
    digits = [len(number) for number in _NUMBER.findall(text)]
    numbers = sum((length + 2) // 3 for length in digits)
    letters = sum(length * n for length, n in lengths.items())
    signs = sum(map(len, text.split())) - letters - sum(digits)
    hangul = 0 if text.isascii() else len(_HANGUL.findall(text))
    return int(words + numbers + signs + 2 * hangul + 0.999)
