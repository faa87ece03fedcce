"""Sentences of a stretch of text, as exact spans.

The segmenter only says where to cut: it reads a copy of the text of the same length, its cuts are
offsets into that copy, and spans are made by trimming between cuts. Whatever it answers, a span
is a span of the text that was given.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, pairwise

_WORD_CHARACTER = re.compile(r"\w")
_SPACE = re.compile(r"\s")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 8_000
# Wider than `index.text.list_marks`: initials of names are cut off too.
_ENUMERATOR = re.compile(r"\W{0,2}(?:\d{1,3}|[a-zA-Z]|[ivx]{2,4})[.)]")

_LONGEST_ENUMERATOR = 7

_FUNCTION_WORDS = {
    "en": "the and of to in is that was for with are this from which",
    "de": "der die und das ist nicht ein eine mit von den dem auf für",
    "fr": "le les et est une des dans pour que qui sur avec pas au",
    "es": "el los las y es una que del por para con como pero se",
    "it": "il gli di è una che della per con sono non nel dei",
    "pt": "os uma que do da em para com não dos por mais ao",
    "nl": "het een van en is dat niet op te voor met zijn aan",
    "pl": "i w na nie się że jest do to jak przez dla od",
    "ru": "и в не на что с по как это из для от он",
}
"""Frequent words per language whose abbreviations the segmenter knows."""
_LANGUAGES_OF = {
    word: [code for code, words in _FUNCTION_WORDS.items() if word in words.split()]
    for words in _FUNCTION_WORDS.values()
    for word in words.split()
}
_GREEK = re.compile("[\u0370-\u03ff]")

_WINDOW = 4_000
"""Characters given to the segmenter at a time, which takes the square of them for some: longer
than any paragraph that is written for people."""

_OPEN_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:approx|ca|incl|resp|est|min|max|nos|figs?|eqs?|secs?|chs?|arts?|pp?|pag|vol|"
    r"\d+\s?[ap]\.m|vs|cf|рис|стр|см)\.\s+$",
    re.IGNORECASE,
)
"""Abbreviations that a number or a small letter follows; the segmenter knows most, not all."""


def language_of(text: str) -> str:
    """Guess the language of `text` from its frequent words; English when nothing speaks for one."""
    sample = text[:_SAMPLE]
    if len(_GREEK.findall(sample)) * 4 > len(sample):
        return "el"
    votes: Counter[str] = Counter()
    for word, count in Counter(_WORD.findall(sample.lower())).items():
        for code in _LANGUAGES_OF.get(word, ()):
            votes[code] += count
    return max(votes, key=lambda code: (votes[code], code == "en"), default="en")


def sentence_spans(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    """Return the sentences of `text[start:end]`, trimmed; only white space is in none of them."""
    cuts = [start, *_joined(text, start, _cuts(text[start:end], language)), end]
    spans: list[tuple[int, int]] = []
    joins = False
    for left, right in pairwise(cuts):
        span = trim(text, left, right)
        if span is None:
            continue
        wordless = not has_words(text, *span)
        if spans and (joins or wordless):
            joins = wordless and joins and not _is_enumerator(text, *spans[-1])
            spans[-1] = (spans[-1][0], span[1])
        else:
            joins = wordless
            spans.append(span)
        joins = joins or _is_enumerator(text, *spans[-1])
    return spans


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return `start:end` of `text` without white space at either end; None when all is blank."""
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    length = len(part.strip())
    return (start + left, start + left + length) if length else None


def _is_enumerator(text: str, start: int, end: int) -> bool:
    """Say whether `text[start:end]` is no sentence but the number of an item."""
    return end - start <= _LONGEST_ENUMERATOR and bool(_ENUMERATOR.fullmatch(text, start, end))


def has_words(text: str, start: int, end: int) -> bool:
    """Say whether a letter or a digit stands in `text[start:end]`."""
    return _WORD_CHARACTER.search(text, start, end) is not None


def _cuts(part: str, language: str) -> Iterator[int]:
    """Yield the offsets inside `part` where the segmenter ends a sentence."""
    import sentencex

    # sentencex 1.0.32 panics on white space of several bytes and cuts at carriage returns.
    plain = _SURROGATE.sub("\ufffd", _SPACE.sub(" ", part))
    for start in _windows(plain, lambda window: sentencex.segment(language, window)):
        if 0 < start < len(part):
            yield start


def _windows(text: str, segment: Callable[[str], Iterable[str]]) -> Iterator[int]:
    """Yield where the segmenter ends sentences, which takes it far too long for a long text."""
    start = 0
    while start < len(text):
        window = text[start : start + _WINDOW]
        ends = [start + end for end in accumulate(map(len, segment(window)))]
        if start + len(window) < len(text):
            ends.pop()  # how the last sentence ends, the next window tells
        yield from ends
        start = ends[-1] if ends and ends[-1] > start else start + len(window)


def _joined(text: str, start: int, cuts: Iterable[int]) -> Iterator[int]:
    """Yield the cuts as offsets of `text`, without those behind an abbreviation that goes on."""
    for cut in cuts:
        at = start + cut
        following = text[at : at + 1]
        goes_on = following.islower() or following.isdigit()
        if not (goes_on and _OPEN_ABBREVIATION.search(text, max(start, at - 16), at)):
            yield at
