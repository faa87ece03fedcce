"""Sentences, items, rows and lines of code as units with a size, none larger than a passage.

A unit larger than the budget is cut at clauses, else at white space, else between characters, into
parts of about the same size.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

from index.chunk.blocks import Block, Piece, Role
from index.schema import PassageKind, Source
from index.text.sentences import has_words, language_of, sentence_spans, trim
from index.text.token_estimate import TokenCounter

_CHARACTERS_PER_TOKEN = 16
"""A text never counts as fewer word pieces than this: to a tokenizer a page of base64 is one word
it does not know, and a passage must still be short enough to show."""
_MAX_ITEM = 300
"""Characters beyond which an item of a list is quoted by its sentences."""
_BATCH = 4096
"""Stretches whose word pieces are counted together."""
_BATCH_CHARACTERS = 100_000
"""The same, for longer ones."""

_CLAUSE_END = re.compile(
    r"(?<=[;:,.!?)\]”])\s+|(?<!\s)\s++(?=[–—(\[“])|\n+|(?<=[、，；：。！？])(?!\s)"
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch that no passage boundary cuts."""

    start: int
    end: int
    kind: PassageKind
    role: Role
    cost: int
    """Word pieces."""
    page: int | None


class Measurer:
    """Cuts the blocks of one source into units and counts their word pieces in batches."""

    def __init__(self, source: Source, budget: int, count_tokens: TokenCounter) -> None:
        self._text = source.text
        self._language = language_of(source.text)
        self._pages = [page.start for page in source.pages]
        self._budget = budget
        self._count = count_tokens

    def measured(self, blocks: Sequence[Block]) -> Iterator[tuple[Block, list[list[Unit]]]]:
        """Yield the blocks with their groups as units, in order."""
        for first in range(0, len(blocks), _BATCH):
            yield from self._batch(blocks[first : first + _BATCH])

    def _batch(self, blocks: Sequence[Block]) -> Iterator[tuple[Block, list[list[Unit]]]]:
        pieces = [[tuple(self._refined(group)) for group in block.groups] for block in blocks]
        spans = ((p.start, p.end) for groups in pieces for group in groups for p in group)
        costs = (cost for _, cost in self._with_costs(spans))
        for block, groups in zip(blocks, pieces, strict=True):
            yield block, [[u for p in g for u in self._units(p, next(costs))] for g in groups]

    def _refined(self, group: Sequence[Piece]) -> Iterator[Piece]:
        """Yield the pieces of a group with prose and long items cut into sentences."""
        for piece in group:
            long_item = piece.kind == "list" and piece.end - piece.start > _MAX_ITEM
            if piece.role == "prose" or long_item:
                for start, end in sentence_spans(
                    self._text, piece.start, piece.end, self._language
                ):
                    role: Role = "unit" if has_words(self._text, start, end) else "frame"
                    yield Piece(start, end, piece.kind, role)
            else:
                yield piece

    def _units(self, piece: Piece, cost: int) -> Iterator[Unit]:
        """Yield a piece as one unit, or as several when it is over the budget."""
        parts = [(piece.start, piece.end, cost)]
        if cost > self._budget:
            parts = list(self._parts(piece.start, piece.end))
        for start, end, size in parts:
            page = bisect_right(self._pages, start) or None
            yield Unit(start, end, piece.kind, piece.role, size, page)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield `start:end` in parts within the budget: (start, end, cost)."""
        starts, ends, costs = array("q"), array("q"), array("q")
        for atom in self._atoms(start, end):
            for values, value in zip((starts, ends, costs), atom, strict=True):
                values.append(value)
        for first, stop in balanced(costs, self._budget):
            yield starts[first], ends[stop - 1], sum(costs[first:stop])

    def _atoms(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield clauses, of a long clause the words, of a long word the parts."""
        for clause in self._measured_parts(_CLAUSE_END, start, end):
            if clause[2] <= self._budget:
                yield clause
                continue
            for word in self._measured_parts(_SPACE, clause[0], clause[1]):
                if word[2] <= self._budget:
                    yield word
                else:
                    yield from self._fragments(word[0], word[1])

    def _measured_parts(
        self, boundary: re.Pattern[str], start: int, end: int
    ) -> Iterator[tuple[int, int, int]]:
        """Return the trimmed parts of `start:end` between boundaries with their costs."""
        found = (match.end() for match in boundary.finditer(self._text, start, end))
        cuts = pairwise(chain([start], found, [end]))
        spans = (span for left, right in cuts if (span := trim(self._text, left, right)))
        return ((*span, cost) for span, cost in self._with_costs(spans))

    def _fragments(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield halves of halves of an unbroken word, each as costly as a whole passage.

        Side by side, fragments may have more word pieces than each on its own, so none is joined.
        """
        small = end - start <= self._budget * _CHARACTERS_PER_TOKEN
        if end - start < 2 or (small and self._costs([(start, end)])[0] <= self._budget):
            yield start, end, self._budget
            return
        middle = self._between_characters((start + end) // 2, end)
        yield from self._fragments(start, middle)
        yield from self._fragments(middle, end)

    def _between_characters(self, offset: int, end: int) -> int:
        """Move `offset` behind accents and joiners that belong to the character before it."""
        moved = offset
        while moved < min(offset + 8, end) and unicodedata.category(self._text[moved])[0] in "MC":
            moved += 1
        return moved if moved < end else offset

    def _with_costs(
        self, spans: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], int]]:
        """Yield spans with their word pieces."""
        waiting = iter(spans)
        while some := list(islice(waiting, _BATCH)):
            yield from zip(some, self._costs(some), strict=True)

    def _costs(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Return the word pieces of each span, at least one for every few characters.

        Of a span that is too long by its characters, no more is said than that.
        """
        costs = [-(-(end - start) // _CHARACTERS_PER_TOKEN) for start, end in spans]
        short = [number for number, cost in enumerate(costs) if cost <= self._budget]
        for some in self._counted_together(short, spans):
            texts = [self._text[slice(*spans[number])] for number in some]
            for number, count in zip(some, self._count(texts), strict=True):
                costs[number] = max(costs[number], count)
        return costs

    def _counted_together(
        self, numbers: Sequence[int], spans: Sequence[tuple[int, int]]
    ) -> Iterator[list[int]]:
        """Yield the numbers of spans in batches: a tokenizer holds a hundred bytes for a piece."""
        batch: list[int] = []
        characters = 0
        for number in numbers:
            start, end = spans[number]
            batch.append(number)
            characters += end - start
            if len(batch) == _BATCH or characters >= _BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
        if batch:
            yield batch


def balanced(costs: Sequence[int], budget: int) -> list[tuple[int, int]]:
    """Return ranges of `costs` that each sum to at most `budget`: as few as can be, about equal.

    A single cost above the budget gets a range of its own.
    """
    fewest = _filled(costs, budget)
    low, high = max(sum(costs) // max(len(fewest), 1), 1), budget
    while low < high:
        middle = (low + high) // 2
        if len(_filled(costs, middle)) <= len(fewest):
            high = middle
        else:
            low = middle + 1
    return _filled(costs, high)


def _filled(costs: Sequence[int], capacity: int) -> list[tuple[int, int]]:
    """Return ranges of `costs`, each filled up to `capacity` from the left."""
    found: list[tuple[int, int]] = []
    first, total = 0, 0
    for number, cost in enumerate(costs):
        if number > first and total + cost > capacity:
            found.append((first, number))
            first, total = number, 0
        total += cost
    if costs:
        found.append((first, len(costs)))
    return found
