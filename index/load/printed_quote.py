"""Where a page prints a quote: its words among those of the page, sign by sign.

The canonical text of a page leaves out running lines, puts divided words together and tables into
rows, so it is not what stands in the file. Compared are signs (`index.load.printed_signs`), then
the hyphens between them, which only the end of a line may add. What cannot be told from another
place of the page is not found: a wrong mark is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from index.load.printed_signs import lines_of, signs_of, words_of

_CONTEXT = 2_000
"""Signs before and after a quote that are compared to tell places apart."""

_CERTAIN = 24
"""Signs of a quote that hardly stand elsewhere by chance."""

_LEAD = 12
"""Signs of context by which one place has to be better than the next."""

_SKIPPED = 40
"""Printed lines that may stand in the midst of a quote: a running head, a note, a figure."""

_LEAST = 4
"""Signs with which a quote goes on behind lines that are not of it, at least."""

_PLACES = 200
"""Places of a quote that are compared; more is no quote but a letter."""

Places: TypeAlias = tuple[int, ...]
"""Of each sign of a quote, its place in the text of the page."""


@dataclass(frozen=True)
class _Stretch:
    """Signs of the canonical text, from one to before another."""

    start: int
    end: int


class QuoteSearch:
    """Finds quotes of one page among what is printed on it."""

    def __init__(self, written: str, printed: str) -> None:
        """`written` is the canonical text of the page, `printed` what stands in the file."""
        self._text = written
        self._written = signs_of(written, is_ours=True)
        self._printed = signs_of(printed)
        self._lines = tuple(lines_of(self._printed))
        self.is_repeated = False
        """Whether the last quote was not found because the page says it more than once."""

    def find(self, start: int, end: int) -> dict[int, int] | None:
        """Return where each character of a stretch of the canonical text is printed.

        Blanks are left out, as are hyphens. None where it is not printed so, or several times.
        """
        self.is_repeated = False
        whole = _Stretch(*self._written.of(start, end))
        if whole.start == whole.end:
            return None
        found = self._found(whole)
        if found is None and not self.is_repeated:
            found = self._by_lines(start, end)
        signs = range(whole.start, whole.end)
        if found is None or len(found) != len(signs):
            return None
        at = self._printed.at
        return {self._written.at[n]: at[place] for n, place in zip(signs, found, strict=True)}

    def _found(self, part: _Stretch) -> Places | None:
        """Return the printed signs of a part of the page that is printed in one go."""
        places = self._chosen(part, list(self._in_one_go(part)))
        if places is None and not self.is_repeated:
            places = self._chosen(part, list(self._around_lines(part)))
        return places

    def _in_one_go(self, part: _Stretch) -> Iterator[Places]:
        key = self._written.key[part.start : part.end]
        for first in _all_of(key, self._printed.key):
            if self._fits(part, first):
                yield tuple(range(first, first + len(key)))

    def _fits(self, part: _Stretch, first: int) -> bool:
        """Say whether words begin and end at a place as they are written, with their hyphens."""
        last = first + part.end - part.start - 1
        if self._written.begins_word(part.start) and not self._printed.begins_word(first):
            return False
        if self._written.ends_word(part.end - 1) and not self._printed.ends_word(last):
            return False
        return self._has_hyphens(part, tuple(range(first, last + 1)))

    def _has_hyphens(self, part: _Stretch, places: Places) -> bool:
        written, printed = self._written.hyphens, self._printed.hyphens
        if not (written or printed):
            return True
        for number in range(1, len(places)):
            here, there = part.start + number, places[number]
            if here in written:
                if there not in printed:
                    return False
            elif not printed.get(there, True):
                return False
        return True

    def _around_lines(self, part: _Stretch) -> Iterator[Places]:
        """Yield places where whole printed lines stand in the midst that are not of the quote."""
        key = self._written.key[part.start : part.end]
        head = key[: min(len(key), 8)]
        for first in _all_of(head, self._printed.key):
            if self._written.begins_word(part.start) and not self._printed.begins_word(first):
                continue
            places = self._followed(key, first)
            if places is None or not self._has_hyphens(part, places):
                continue
            if self._written.ends_word(part.end - 1) and not self._printed.ends_word(places[-1]):
                continue
            yield places

    def _followed(self, key: str, first: int) -> Places | None:
        """Follow a quote from its first sign, line by line."""
        number = bisect_left(self._lines, (first + 1, 0)) - 1
        places: list[int] = []
        here = first
        while True:
            end = self._lines[number][1]
            taken = min(len(key) - len(places), end - here)
            if self._printed.key[here : here + taken] != key[len(places) : len(places) + taken]:
                return None
            places += range(here, here + taken)
            if len(places) == len(key):
                return tuple(places)
            going_on = self._next_line(key[len(places) :], number)
            if going_on is None:
                return None
            number, here = going_on, self._lines[going_on][0]

    def _next_line(self, rest: str, number: int) -> int | None:
        """Return the next line that goes on with `rest`."""
        for other in range(number + 1, min(number + 1 + _SKIPPED, len(self._lines))):
            start, end = self._lines[other]
            taken = min(len(rest), end - start)
            if other > number + 1 and taken < _LEAST:
                continue  # a sign or two may begin any line
            if self._printed.key[start : start + taken] == rest[:taken]:
                return other
        return None

    def _chosen(self, part: _Stretch, found: Sequence[Places]) -> Places | None:
        """Return the one place that is meant; notes when several are as likely."""
        if not found:
            return None
        scores = [self._shared(part, places) for places in found]
        alike = self._alike(part)
        if len(found) == 1:
            needed = 0 if part.end - part.start >= _CERTAIN else 6
            needed = _LEAD if len(alike) > 1 else needed  # the others stand in a field, say
            return found[0] if scores[0] >= min(needed, self._around(part)) else None
        if len(alike) == len(found) and scores[number := alike.index(part.start)] == max(scores):
            return found[number]
        *_, second, best = sorted(scores)
        if best >= second + _LEAD:
            return found[scores.index(best)]
        self.is_repeated = True
        return None

    def _around(self, part: _Stretch) -> int:
        """Return how many signs the page has besides a part of it."""
        return len(self._written.key) - (part.end - part.start)

    def _alike(self, part: _Stretch) -> list[int]:
        """Return where the canonical text says the same, in words as whole."""
        size = part.end - part.start
        return [
            first
            for first in _all_of(self._written.key[part.start : part.end], self._written.key)
            if first == part.start
            or (
                self._written.begins_word(part.start) <= self._written.begins_word(first)
                and self._written.ends_word(part.end - 1)
                <= self._written.ends_word(first + size - 1)
            )
        ]

    def _shared(self, part: _Stretch, places: Places) -> int:
        """Return how many signs around a place are those around the quote."""
        written, printed = self._written.key, self._printed.key
        before = _common(
            written[max(0, part.start - _CONTEXT) : part.start][::-1],
            printed[max(0, places[0] - _CONTEXT) : places[0]][::-1],
        )
        behind = places[-1] + 1
        after = _common(
            written[part.end : part.end + _CONTEXT], printed[behind : behind + _CONTEXT]
        )
        return before + after

    def _by_lines(self, start: int, end: int) -> Places | None:
        """Return the places of a quote whose lines, rows of a table say, are printed apart."""
        found: list[int] = []
        for line in re.finditer(r"[^\n]+", self._text[start:end]):
            part = _Stretch(*self._written.of(start + line.start(), start + line.end()))
            if part.start == part.end:
                continue
            places = self._found(part)
            if places is None and not self.is_repeated and line[0].lstrip().startswith("|"):
                places = self._row(start + line.start(), start + line.end())
            if places is None:
                return None
            found += places
        return tuple(found) if len(set(found)) == len(found) else None

    def _row(self, start: int, end: int) -> Places | None:
        """Return the places of a row of a table whose cells take several printed lines.

        These words, and no other ones, stand together there.
        """
        row = words_of(self._written, start, end)
        wanted = Counter(word for word, _ in row)
        if len(row) < 2 or not wanted:
            return None
        windows = list(_windows(self._printed_words, [word for word, _ in row], wanted))
        if len(windows) != 1:
            self.is_repeated = len(windows) > 1
            return None
        (first,) = windows
        there: dict[str, list[int]] = {}
        for word, sign in self._printed_words[first : first + len(row)]:
            there.setdefault(word, []).append(sign)
        places: list[int] = []
        for word, _ in row:
            sign = there[word].pop(0)
            places += range(sign, sign + len(word))
        return tuple(places)

    @cached_property
    def _printed_words(self) -> list[tuple[str, int]]:
        return words_of(self._printed, 0, len(self._printed.text))


def _windows(
    words: Sequence[tuple[str, int]], row: Sequence[str], wanted: Counter[str]
) -> Iterator[int]:
    """Yield where as many words as a row has are the words of the row, in whatever order."""
    lacking, wrong = dict(wanted), len(wanted)
    size = len(row)

    def change(word: str, by: int) -> int:
        if word not in lacking:
            return 0
        before = lacking[word] == 0
        lacking[word] += by
        return int(before) - int(lacking[word] == 0)

    for number, (word, _) in enumerate(words):
        wrong += change(word, -1)
        if number >= size:
            wrong += change(words[number - size][0], 1)
        if number >= size - 1 and wrong == 0:
            yield number - size + 1


def _all_of(key: str, text: str) -> Iterator[int]:
    """Yield where a key stands in a text, as often as is looked at."""
    at = text.find(key)
    for _ in range(_PLACES):
        if at < 0:
            return
        yield at
        at = text.find(key, at + 1)


def _common(one: str, other: str) -> int:
    """Return how many signs two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
