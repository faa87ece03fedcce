"""Quotations made from real documents: as an editor sets them, altered, and absent."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.schema import Source
from index.text.readable_markdown import markup_of, read_characters

NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w,]|\.\d)")
_NEGATION = re.compile(r"\b(?:not|never|cannot|no)\b ", re.IGNORECASE)
_VERB = re.compile(r"\b(is|are|can|may|must|should|will|shall|does|do|have|has)\b (?!not\b)")
_DUTY = re.compile(r"\b(must|shall|may|should|can)\b")
_OTHER_DUTY = {"must": "may", "shall": "may", "may": "must", "should": "must", "can": "must"}
_LONG_WORD = re.compile(r"\b[a-z]{5,}\b")


@dataclass(frozen=True)
class Made:
    """A quotation, and what ought to be said of it."""

    text: str
    kind: str
    """How it was made."""
    expected: str
    """verbatim, altering, altered or absent."""


def stretches(sources: Sequence[Source], count: int, draw: random.Random) -> Iterator[str]:
    """Yield stretches of the sources as they are read, from three words to eighty."""
    texts = [read_characters(s.text, markup_of(s.uri, s.mime))[0] for s in sources]
    texts = [text for text in texts if len(text.split()) > 200]
    for number in range(count):
        text = draw.choice(texts)
        words = list(re.finditer(r"\S+", text))
        size = (3, 5, 8, 12, 20, 40, 80)[number % 7]
        first = draw.randrange(len(words) - size)
        found = text[words[first].start() : words[first + size - 1].end()]
        if "[" in found or ">" in found:
            continue  # what stands in brackets is the editor's in a quotation
        if len(re.findall(r"[^\W\d_]{2,}", found)) >= min(3, size):
            yield found


EDITORS: dict[str, Callable[[str], str]] = {
    "as it stands": lambda text: text,
    "on one line": lambda text: " ".join(text.split()),
    "wrapped anew": lambda text: re.sub(r" +", "\n> ", text),
    "typographic marks": lambda text: (
        text.replace("'", "\u2019").replace(" - ", " \u2014 ").replace('"', "\u201d")
    ),
    "first letter": lambda text: text[:1].swapcase() + text[1:],
    "emphasised": lambda text: re.sub(r"(?<=\s)([A-Za-z]{6,})(?=\s)", r"**\1**", text, count=1),
    "final stop": lambda text: f"\u2026 {text.rstrip('.,;:!?')} \u2026",
}
"""What an editor may do to a quotation."""


def shortened(text: str, draw: random.Random) -> str | None:
    """Return a quotation with some words left out where that leaves the sense alone."""
    words = text.split()
    if len(words) < 12:
        return None
    first = draw.randrange(4, len(words) - 6)
    left = words[first : first + 3]
    plain = all(re.fullmatch(r"[a-z]+", word) for word in left)
    if not plain or any(re.search(r"^(?:no|not|nor|never|without|cannot|un.*)$", w) for w in left):
        return None
    return " ".join([*words[:first], "[...]", *words[first + 3 :]])


def altered(text: str, draw: random.Random, other: str) -> Iterator[Made]:
    """Yield a quotation changed by each edit that it has a place for."""
    if numbers := list(NUMBER.finditer(text)):
        found = draw.choice(numbers)
        new = str(int(found[0]) + draw.choice((1, 7, 10)))
        yield Made(_put(text, found, new), "number changed", "altering")
    if (negation := _NEGATION.search(text)) and negation.start():
        yield Made(_put(text, negation, ""), "negation dropped", "altering")
    if verb := _VERB.search(text):
        yield Made(_put(text, verb, f"{verb[1]} not "), "negation added", "altering")
    if duty := _DUTY.search(text):
        yield Made(_put(text, duty, _OTHER_DUTY[duty[1]]), "must for may", "altering")
    words = text.split()
    inner = text[len(words[0]) : len(text) - len(words[-1])] if len(words) > 4 else ""
    long = [one for one in _LONG_WORD.finditer(text) if len(words[0]) < one.start()]
    long = [one for one in long if one.end() < len(words[0]) + len(inner)]
    if not long:
        return
    found, strange = draw.choice(long), draw.choice(_LONG_WORD.findall(other) or ["basalt"])
    if strange != found[0]:
        yield Made(_put(text, found, strange), "word replaced", "altered")
        yield Made(_put(text, found, f"{found[0]} {strange}"), "word added", "altered")
    yield Made(re.sub(r"\s+", " ", _put(text, found, "")), "word dropped", "altered")


def _put(text: str, found: re.Match[str], new: str) -> str:
    return text[: found.start()] + new + text[found.end() :]
