"""How two versions of a text differ, for people: stretches of lines, changed words marked. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, TypeAlias

ChangeKind: TypeAlias = Literal["same", "removed", "added"]

MOST_LINES = 3000
"""Changed lines of one version that are compared; comparing takes their square."""

MOST_STRETCHES = 30
_AROUND = 1
"""Lines shown above and below a change."""
_LONGEST = 6000
"""Characters of a stretch whose words are compared."""
_MOST_WORDS = 2500
"""Words, signs and blanks of a stretch that are compared."""
_MOST_PAIRS = 5 * _MOST_WORDS**2
"""Of all stretches together; one takes the product of its words in the worst case."""
_SHOWN = 1500
"""Characters shown of one part."""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


_Change: TypeAlias = tuple[int, int, int, int, int]
"""Offset in the older version, then the first line and the end in each version."""


class Part(NamedTuple):
    """Words that are in both versions, or in one."""

    kind: ChangeKind
    text: str


@dataclass(frozen=True)
class Stretch:
    """A place where two versions differ, with the lines around it."""

    start: int
    """Offset in the older version."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Difference:
    """All that differs."""

    stretches: tuple[Stretch, ...]
    is_whole: bool
    """Whether nothing was left out."""


def text_difference(old: str, new: str, near: int = 0) -> Difference:
    """Return where two versions differ; of too many places, those around the offset `near`."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    one, other = before[head : len(before) - tail], after[head : len(after) - tail]
    start = sum(map(len, before[:head]))
    is_whole = max(len(one), len(other)) <= MOST_LINES
    if not is_whole:
        first = _line_at(one, near - start)
        low = max(0, first - MOST_LINES // 2)
        start += sum(map(len, one[:low]))
        one, other = one[low : low + MOST_LINES], other[low : low + MOST_LINES]
        head += low
    found = _changes(one, other, start)
    if len(found) > MOST_STRETCHES:
        nearest = sorted(found, key=lambda each: abs(each[0] - near))[:MOST_STRETCHES]
        found, is_whole = sorted(nearest), False
    return Difference(tuple(_stretches(before, head, one, other, found)), is_whole)


def _changes(one: Sequence[str], other: Sequence[str], start: int) -> list[_Change]:
    """Return where lines differ, the first of which has the offset `start`."""
    offsets = [start]
    for line in one:
        offsets.append(offsets[-1] + len(line))
    codes = SequenceMatcher(None, one, other).get_opcodes()
    return [(offsets[code[1]], *code[1:]) for code in codes if code[0] != "equal"]


def _stretches(
    before: Sequence[str],
    head: int,
    one: Sequence[str],
    other: Sequence[str],
    changes: Sequence[_Change],
) -> Iterator[Stretch]:
    """Yield the changes of the lines from `head` on, word by word."""
    room = _MOST_PAIRS
    for start, i1, i2, j1, j2 in changes:
        above = before[max(0, head + i1 - _AROUND) : head + i1]
        below = before[head + i2 : head + i2 + _AROUND]
        old, new = "".join(one[i1:i2]), "".join(other[j1:j2])
        words = _compared(old, new, room)
        room -= len(words[0]) * len(words[1]) if words else 0
        changed = _words(*words) if words else (Part("removed", old), Part("added", new))
        around = ("".join(filter(str.strip, lines)) for lines in (above, below))
        before_it, after_it = (Part("same", text) for text in around)
        parts = [before_it, *changed, after_it]
        shown = tuple(Part(kind, _cut(text)) for kind, text in parts if text)
        yield Stretch(start, shown)


def _compared(old: str, new: str, room: int) -> tuple[list[str], list[str]] | None:
    """Return the words of a stretch; None where comparing them takes too long."""
    if max(len(old), len(new)) > _LONGEST:
        return None
    one, other = _WORDS.findall(old), _WORDS.findall(new)
    few = max(len(one), len(other)) <= _MOST_WORDS and len(one) * len(other) <= room
    return (one, other) if few else None


def _words(one: list[str], other: list[str]) -> Iterator[Part]:
    """Yield what became of a stretch, word by word where most of it stayed."""
    # Left to judge by itself what is too common to compare, which keeps it from taking minutes.
    matcher = SequenceMatcher(None, one, other)
    if matcher.ratio() < 0.4:
        yield from (Part("removed", "".join(one)), Part("added", "".join(other)))
        return
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield Part("same", "".join(one[i1:i2]))
        else:
            yield Part("removed", "".join(one[i1:i2]))
            yield Part("added", "".join(other[j1:j2]))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines two texts begin with together."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _line_at(lines: Sequence[str], offset: int) -> int:
    for at, line in enumerate(lines):
        offset -= len(line)
        if offset < 0:
            return at
    return max(0, len(lines) - 1)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} […] {text[-_SHOWN // 2 :]}"
