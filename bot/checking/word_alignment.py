"""Where in a stretch of a source the words of a quotation stand, or most of them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import NamedTuple

from bot.checking.compared_words import Word
from bot.checking.quotation_parts import Joint, Part
from index.text.words import STOP_WORDS

MOST_ELIDED = 400
"""Words that an elision may stand for; parts further apart are no longer one quotation."""

MOST_REPLACED = 12
"""Words that an insertion in brackets may stand for."""

_REACH: dict[Joint, int] = {
    "start": 0,
    "capital": 0,
    "inserted": MOST_REPLACED,
    "elided": MOST_ELIDED,
}
_LIGHT, _HEAVY = 0.35, 1.0
"""What a function word and any other word count for."""
_DIAGONALS = 3
_MOST_WORDS = 4_000
_MOST_VOTES = 20_000
_MOST_PAIRS = 400_000
"""Pairs of equal words; laying more of them side by side takes seconds, and no prose has them."""


class Run(NamedTuple):
    """A run of words of the source, half open."""

    first: int
    last: int


class Step(NamedTuple):
    """A run of the quotation's words, and one of the source's that stands in its place."""

    is_same: bool
    quoted: Run
    sourced: Run


@dataclass(frozen=True)
class NearRun:
    """The stretch of a source that is most like a part of a quotation."""

    run: Run
    steps: tuple[Step, ...]
    """From its first word to its last; the quotation's words as they are in the part."""
    likeness: float
    """From 0 to 1: the weight of what both have."""


@dataclass(frozen=True)
class SourceWords:
    """The words of a stretch of a source, to be searched."""

    words: tuple[Word, ...]

    @cached_property
    def keys(self) -> list[str]:
        """Its words as they are looked for."""
        return [word.key for word in self.words]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, key in enumerate(self.keys):
            places[key].append(place)
        return dict(places)

    def has(self, key: str) -> bool:
        """Say whether a word stands anywhere in the stretch."""
        return key in self._places

    def exact_runs(self, parts: Sequence[Part]) -> Iterator[tuple[Run, ...]]:
        """Yield where all parts stand with every word in its place, each time a run a part."""
        for first in self._starts(parts[0].words):
            runs = [Run(first, first + len(parts[0].words))]
            for part in parts[1:]:
                following = self._next(part, runs[-1].last)
                if following is None:
                    break
                runs.append(following)
            else:
                yield tuple(runs)

    def _next(self, part: Part, behind: int) -> Run | None:
        size = len(part.words)
        for start in self._starts(part.words):
            if behind <= start <= behind + _REACH[part.joint]:
                return Run(start, start + size)
        return None

    def _starts(self, words: Sequence[Word]) -> Iterator[int]:
        """Yield where words stand, found by the one of them that is rarest here."""
        wanted = [word.key for word in words]
        counts = [len(self._places.get(key, ())) for key in wanted]
        if not wanted or not min(counts):
            return
        rarest = counts.index(min(counts))
        for place in self._places[wanted[rarest]]:
            start = place - rarest
            if start >= 0 and self.keys[start : start + len(wanted)] == wanted:
                yield start

    def nearest_run(self, words: Sequence[Word], within: Run | None = None) -> NearRun | None:
        """Return the stretch most like `words`; None where nothing of them stands there."""
        wanted = [word.key for word in words[:_MOST_WORDS]]
        limits = within or Run(0, len(self.words))
        found = [self._near(wanted, at, limits) for at in self._diagonals(wanted, limits)]
        return max(filter(None, found), key=lambda near: near.likeness, default=None)

    def _diagonals(self, wanted: Sequence[str], limits: Run) -> list[int]:
        """Return where the first word would stand by the places of most others."""
        width = max(4, len(wanted) // 4)
        votes: defaultdict[int, float] = defaultdict(float)
        weights = {key: weight_of(key) / len(self._places.get(key, "?")) ** 0.5 for key in wanted}
        times = Counter(wanted)
        for place, key in enumerate(wanted):
            there = self._places.get(key, ())
            if times[key] * len(there) > _MOST_VOTES:
                continue  # a word that is everywhere tells nothing
            for at in there:
                if limits.first <= at < limits.last:
                    bucket, weight = (at - place) // width, weights[key]
                    votes[bucket] += weight
                    votes[bucket + 1] += weight * 0.9
        best = sorted(votes, key=lambda bucket: (-votes[bucket], bucket))[:_DIAGONALS]
        return [bucket * width for bucket in best]

    def _near(self, wanted: Sequence[str], at: int, limits: Run) -> NearRun | None:
        slack = max(6, len(wanted) // 3)
        first = max(limits.first, at - slack)
        keys = self.keys[first : min(limits.last, at + len(wanted) + 2 * slack)]
        if _pairs(keys, wanted) > _MOST_PAIRS:
            return None
        matcher = SequenceMatcher(None, keys, wanted, autojunk=False)
        matched = [_Block(*block) for block in matcher.get_matching_blocks() if block.size]
        blocks = _without_strays(matched, keys)
        if not blocks:
            return None
        start, end = self._widened(blocks, len(wanted), first, limits)
        steps = tuple(_steps(blocks, len(wanted), first, start, end))
        same = sum(weight_of(keys[b.a + i]) for b in blocks for i in range(b.size))
        there = sum(map(weight_of, self.keys[start:end]))
        likeness = 2 * same / (there + sum(map(weight_of, wanted)))
        return NearRun(Run(start, end), steps, likeness)

    def _widened(
        self, blocks: Sequence[_Block], size: int, first: int, limits: Run
    ) -> tuple[int, int]:
        """Return the run with what stands in the place of the first and last words quoted.

        It does not leave the sentence.
        """
        start, end = first + blocks[0].a, first + blocks[-1].a + blocks[-1].size
        for _ in range(blocks[0].b):
            if start <= limits.first or self._ends_before(start):
                break
            start -= 1
        for _ in range(size - blocks[-1].b - blocks[-1].size):
            if end >= limits.last or self._ends_before(end):
                break
            end += 1
        return start, end

    def _ends_before(self, place: int) -> bool:
        """Say whether a sentence or a block ends before a word."""
        return ends_sentence(self.words[place]) if place < len(self.words) else True

    def sentence_start(self, place: int) -> int:
        """Return where the sentence begins that a word is in."""
        while place > 0 and not ends_sentence(self.words[place]):
            place -= 1
        return place


class _Block(NamedTuple):
    a: int
    b: int
    size: int


def ends_sentence(word: Word) -> bool:
    """Say whether a sentence or a block ended before a word."""
    if word.begins_block:
        return True
    starts = word.form[:1].isupper() or word.form[:1].isdigit()
    return starts and any(sign in word.gap for sign in ".!?")


def weight_of(key: str) -> float:
    """Return what a word counts for: function words say little."""
    return _LIGHT if key in STOP_WORDS or not key[-1:].isalnum() else _HEAVY


def _pairs(keys: Sequence[str], wanted: Sequence[str]) -> int:
    there = Counter(keys)
    return sum(count * there[key] for key, count in Counter(wanted).items())


def _without_strays(blocks: Sequence[_Block], keys: Sequence[str]) -> list[_Block]:
    """Leave out what matches far from the rest at either end: it belongs to another sentence."""
    kept = list(blocks)
    while len(kept) > 1 and _is_stray(kept[0], kept[1], keys):
        kept = kept[1:]
    while len(kept) > 1 and _is_stray(kept[-1], kept[-2], keys):
        kept = kept[:-1]
    return kept


def _is_stray(block: _Block, beside: _Block, keys: Sequence[str]) -> bool:
    left, right = sorted((block, beside))
    apart = right.a - left.a - left.size
    worth = sum(map(weight_of, keys[block.a : block.a + block.size]))
    between = sum(map(weight_of, keys[left.a + left.size : right.a]))
    inside = right.b - left.b - left.size
    return apart > inside + 1 and between > 1.5 * worth


def _steps(blocks: Sequence[_Block], size: int, first: int, start: int, end: int) -> Iterator[Step]:
    quoted, sourced = 0, start
    for block in blocks:
        here = first + block.a
        if quoted < block.b or sourced < here:
            yield Step(False, Run(quoted, block.b), Run(sourced, here))
        quoted, sourced = block.b + block.size, here + block.size
        yield Step(True, Run(block.b, quoted), Run(here, sourced))
    if quoted < size or sourced < end:
        yield Step(False, Run(quoted, size), Run(sourced, end))
