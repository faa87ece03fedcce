"""Sentences, items, rows and lines of code as units with a size, none larger than a passage.

A unit larger than the budget is cut at clauses, else at white space, else between characters, into
parts of about the same size.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
        pieces = [[list(self._refined(group)) for group in block.groups] for block in blocks]
        costs = iter(self._costs([(p.start, p.end) for b in pieces for g in b for p in g]))
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
        atoms = list(self._atoms(start, end))
        for first, stop in balanced([cost for _, _, cost in atoms], self._budget):
            cost = sum(cost for _, _, cost in atoms[first:stop])
            yield atoms[first][0], atoms[stop - 1][1], cost

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
    ) -> list[tuple[int, int, int]]:
        """Return the trimmed parts of `start:end` between boundaries with their costs."""
        cuts = [start, *(m.end() for m in boundary.finditer(self._text, start, end)), end]
        spans = [span for left, right in pairwise(cuts) if (span := trim(self._text, left, right))]
        costs = self._costs(spans)
        return [(*span, cost) for span, cost in zip(spans, costs, strict=True)]

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

    def _costs(self, spans: Sequence[tuple[int, int]]) -> list[int]:
        """Return the word pieces of each span, at least one for every few characters."""
        if not spans:
            return []
        counts = self._count([self._text[start:end] for start, end in spans])
        return [
            max(count, -(-(end - start) // _CHARACTERS_PER_TOKEN))
            for count, (start, end) in zip(counts, spans, strict=True)
        ]


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
