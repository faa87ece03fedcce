"""The terms of passages as arrays: how a segment of the index of words is packed and unpacked.

A segment numbers its passages from 0. A row of it tells of one term in which passages it stands,
how often in title and text of each, and at which places: three arrays of little-endian numbers
without sign, each as narrow as its largest number allows. A term that stands in many passages has
several rows, each of which fits on a page of SQLite's with others: what is larger would have pages
of its own, which are half empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.int64]
Weights: TypeAlias = npt.NDArray[np.float64]

MOST_IN_SEGMENT = 1 << 16
"""Passages of a segment."""

_ROW_BYTES = 920
"""Bytes of the arrays of a row: with its term, four rows make a page."""

_PLACE_BITS = 24
"""Room for the places of a title or a text."""


class PackedPostings(NamedTuple):
    """The arrays of a row."""

    first: int
    """The number of the first passage."""
    held: int
    """How many passages there are."""
    passages: bytes
    """How much further the number of each is than that of the one before; 0 for the first."""
    counts: bytes
    """Of each, how often title (upper half of a number) and text (lower half) hold the term."""
    places: bytes = b""
    """Of each, where in the title, then where in the text, the term stands."""


class Postings(NamedTuple):
    """Passages that hold a term, rising, shape (passages,)."""

    passages: Numbers
    in_title: Numbers
    in_text: Numbers


_NONE = Postings(*(np.empty(0, np.int64) for _ in Postings._fields))


class Instances(NamedTuple):
    """Every place of every term, ordered by term, passage, part and place; shape (instances,)."""

    vocabulary: Sequence[str]
    """The terms, each of which stands somewhere."""
    terms: Numbers
    """Which of the vocabulary stands there."""
    passages: Numbers
    in_text: Numbers
    """1 in the text, 0 in the title."""
    places: Numbers


def instances_of(passages: Sequence[tuple[str, str]]) -> Instances:
    """Return the instances of passages, by their prepared terms of title and text."""
    said: list[str] = []
    sizes: list[int] = []
    for title_and_text in passages:
        for prepared in title_and_text:
            terms = prepared.split()
            said += terms
            sizes.append(len(terms))
    vocabulary = sorted(set(said))
    numbers = {term: number for number, term in enumerate(vocabulary)}
    terms_said = np.fromiter(map(numbers.__getitem__, said), np.int64, len(said))
    of_part = np.array(sizes, np.int64)
    part = np.repeat(np.arange(len(sizes)), of_part)
    order = np.argsort(terms_said, kind="stable")
    return Instances(
        vocabulary, terms_said[order], part[order] >> 1, part[order] & 1, counted_up(of_part)[order]
    )


class Bundle(NamedTuple):
    """A small segment as a whole, its terms one behind the other in every array."""

    terms: str
    """Sorted, with spaces between them."""
    firsts: bytes
    """As `PackedPostings` has them, of each term."""
    held: bytes
    passages: bytes
    counts: bytes
    places: bytes

    def vocabulary(self) -> list[str]:
        """Return its terms, sorted."""
        return self.terms.split()

    def unpacked(self) -> tuple[Numbers, Postings, Numbers]:
        """Return how many passages hold each term, which ones, and at which places."""
        size = self.terms.count(" ") + 1
        firsts, held = unpacked_numbers([self.firsts, self.held], [size, size]).reshape(2, size)
        steps = unpacked_numbers([self.passages], [held.sum()])
        counts, widths = _unpacked([self.counts], np.array([len(steps)]))
        half = 4 * int(widths[0])
        in_title, in_text = counts >> half, counts & ((1 << half) - 1)
        passed = np.cumsum(steps)
        passages = passed + np.repeat(firsts - passed[np.cumsum(held) - held], held)
        places = unpacked_numbers([self.places], [(in_title + in_text).sum()])
        return held, Postings(passages, in_title, in_text), places

    def holding(self, numbers: Sequence[int], present: npt.NDArray[np.bool_] | None) -> list[int]:
        """Return how many passages hold terms, of those that are present if that is told."""
        if present is None:
            held = unpacked_numbers([self.held], [self.terms.count(" ") + 1])
            return [int(held[number]) for number in numbers]
        held, found, _ = self.unpacked()
        passed = np.cumsum(np.r_[0, present[found.passages]])
        ends = np.cumsum(held)
        return [int(passed[ends[at]] - passed[ends[at] - held[at]]) for at in numbers]

    def rows(self, numbers: Sequence[int], first: int) -> list[PackedPostings]:
        """Return the rows of terms by their places in the vocabulary; `first` as in a row."""
        if not numbers:
            return []
        held, found, _ = self.unpacked()
        ends = np.cumsum(held)
        often = np.cumsum(found.in_title + found.in_text)
        rows = []
        for number in numbers:
            its = slice(int(ends[number] - held[number]), int(ends[number]))
            stood = slice(int(often[its.start - 1]) if its.start else 0, int(often[its.stop - 1]))
            rows.append(
                PackedPostings(
                    first + int(found.passages[its.start]),
                    int(held[number]),
                    _part(self.passages, its, len(often)),
                    _part(self.counts, its, len(often)),
                    _part(self.places, stood, int(often[-1])),
                )
            )
        return rows


def _part(packed: bytes, part: slice, size: int) -> bytes:
    """Return a part of so many packed numbers."""
    width = len(packed) // size
    return packed[part.start * width : part.stop * width]


class _Arrays(NamedTuple):
    """Instances by posting: what rows are cut out of."""

    of_posting: Numbers
    """The first instance of each posting."""
    terms: Numbers
    numbers: Numbers
    in_title: Numbers
    in_text: Numbers

    def gaps(self, rows: Numbers) -> Numbers:
        """Return how much further each passage is than the one before in its row."""
        found = np.diff(self.numbers, prepend=0)
        found[rows] = 0
        return found


def _arrays(instances: Instances) -> _Arrays:
    terms, passages = instances.terms, instances.passages
    is_new = np.r_[True, (terms[1:] != terms[:-1]) | (passages[1:] != passages[:-1])]
    of_posting = np.flatnonzero(is_new)
    in_text = np.add.reduceat(instances.in_text, of_posting)
    in_title = np.diff(np.r_[of_posting, len(terms)]) - in_text
    return _Arrays(of_posting, terms[of_posting], passages[of_posting], in_title, in_text)


def bundled(instances: Instances) -> Bundle | None:
    """Return the instances of a small segment as a whole; None where there are none."""
    if not len(instances.terms):
        return None
    arrays = _arrays(instances)
    rows = np.searchsorted(arrays.terms, np.arange(len(instances.vocabulary) + 1))
    whole = np.array([0, len(arrays.numbers)])
    return Bundle(
        " ".join(instances.vocabulary),
        packed_numbers(arrays.numbers[rows[:-1]]),
        packed_numbers(np.diff(rows)),
        packed_numbers(arrays.gaps(rows[:-1])),
        next(_narrow_halves(arrays.in_title, arrays.in_text, whole)),
        packed_numbers(instances.places),
    )


def packed(instances: Instances) -> Iterator[tuple[str, PackedPostings]]:
    """Yield the rows of a segment, by term and passage."""
    if not len(instances.terms):
        return
    arrays = _arrays(instances)
    rows, row_terms = _rows(instances.terms, arrays.terms, len(instances.vocabulary))
    packed_rows = map(
        PackedPostings,
        arrays.numbers[rows[:-1]].tolist(),
        np.diff(rows).tolist(),
        _narrow(arrays.gaps(rows[:-1]), rows),
        _narrow_halves(arrays.in_title, arrays.in_text, rows),
        _narrow(instances.places, np.r_[arrays.of_posting, len(instances.terms)][rows]),
    )
    for term, row in zip(row_terms.tolist(), packed_rows, strict=True):
        yield instances.vocabulary[term], row


def _rows(terms: Numbers, of_postings: Numbers, vocabulary: int) -> tuple[Numbers, Numbers]:
    """Return where among the postings each row begins, and the last ends, and the term of each."""
    bounds = np.searchsorted(of_postings, np.arange(vocabulary + 1))
    held = np.diff(bounds)
    size = 3 * held + np.bincount(terms, minlength=vocabulary)
    rows_of = np.minimum(-(-size // _ROW_BYTES), held)
    row_terms = np.repeat(np.arange(vocabulary), rows_of)
    starts = bounds[row_terms] + counted_up(rows_of) * held[row_terms] // rows_of[row_terms]
    return np.r_[starts, len(of_postings)], row_terms


def postings_of(rows: Sequence[PackedPostings]) -> Postings:
    """Return the passages of rows, one row behind the other."""
    sizes = np.array([row.held for row in rows], np.int64)
    counts, widths = _unpacked([row.counts for row in rows], sizes)
    half = 4 * widths
    return Postings(_passages_of(rows), counts >> half, counts & ((1 << half) - 1))


def _passages_of(rows: Sequence[PackedPostings]) -> Numbers:
    """Return the passages of rows, one row behind the other."""
    sizes = np.array([row.held for row in rows], np.int64)
    steps, _ = _unpacked([row.passages for row in rows], sizes)
    passed = np.cumsum(steps)
    begun = np.array([row.first for row in rows], np.int64) - passed[np.cumsum(sizes) - sizes]
    found: Numbers = passed + np.repeat(begun, sizes)
    return found


def weighed_postings(
    rows: Sequence[PackedPostings], title_weight: float, text_weight: float
) -> tuple[Numbers, Weights]:
    """Return the passages of rows, and how often each holds the term, by where it stands there.

    Most rows have counts of a byte, of which there are few.
    """
    packed = [row.counts for row in rows]
    if any(len(counts) != row.held for counts, row in zip(packed, rows, strict=True)):
        held = postings_of(rows)
        return held.passages, held.in_title * title_weight + held.in_text * text_weight
    bytes_ = np.arange(256)
    often = (bytes_ >> 4) * title_weight + (bytes_ & 15) * text_weight
    return _passages_of(rows), often[np.frombuffer(b"".join(packed), np.uint8)]


def joined(
    rows: Sequence[tuple[str, PackedPostings]],
    bundles: Sequence[tuple[int, Bundle]],
    numbers: Numbers,
) -> Instances:
    """Return the instances of several segments as those of one.

    They are rows with their terms, whose passages are numbered through all segments, and bundles
    with the numbers of their first passages. `numbers` tells the new number of each passage, -1
    where it is left out, shape (passages,).
    """
    words = [term for term, _ in rows]
    sizes = [row.held for _, row in rows]
    parts = []
    if rows:
        packed_rows = [row for _, row in rows]
        found = postings_of(packed_rows)
        of_row = _sums(found.in_title + found.in_text, sizes)
        parts.append((*found, _unpacked([row.places for row in packed_rows], of_row)[0]))
    for first, bundle in bundles:
        held, found, places = bundle.unpacked()
        parts.append((found.passages + first, found.in_title, found.in_text, places))
        words += bundle.vocabulary()
        sizes += held.tolist()
    if not words:
        return instances_of([])
    passages, in_title, in_text, places = map(np.concatenate, zip(*parts, strict=True))
    often = in_title + in_text
    vocabulary = sorted(set(words))
    by_term = {term: number for number, term in enumerate(vocabulary)}
    of_words = np.fromiter(map(by_term.__getitem__, words), np.int64, len(words))
    terms = np.repeat(np.repeat(of_words, sizes), often)
    passages = numbers[np.repeat(passages, often)]
    is_text = counted_up(often) >= np.repeat(in_title, often)
    stay = np.flatnonzero(passages >= 0)
    order = stay[np.argsort(terms[stay] * len(numbers) + passages[stay], kind="stable")]
    is_held = np.bincount(terms[order], minlength=len(vocabulary)) > 0
    return Instances(
        list(compress(vocabulary, is_held)),
        (np.cumsum(is_held) - 1)[terms[order]],
        passages[order],
        is_text[order].astype(np.int64),
        places[order],
    )


def runs_of(terms: Sequence[Sequence[PackedPostings]], passages: int) -> tuple[Numbers, Numbers]:
    """Return which of so many passages hold a run of terms, and how often each does.

    `terms` has the rows of each term of the run, in order.
    """
    held = [postings_of(rows) if rows else _NONE for rows in terms]
    in_all = np.zeros(passages, np.int64)
    for each in held:
        in_all[each.passages] += 1
    wanted = in_all == len(terms)
    if not wanted.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found = _places(terms[0], held[0], wanted)
    for at, (rows, each) in enumerate(zip(terms[1:], held[1:], strict=True), start=1):
        both = np.concatenate((found, _places(rows, each, wanted) - at))
        both.sort(kind="stable")  # which only merges the two
        found = both[1:][both[1:] == both[:-1]]
    in_each = np.bincount(found >> _PLACE_BITS + 1, minlength=passages)
    holding = np.flatnonzero(in_each)
    return holding, in_each[holding]


def _places(
    rows: Sequence[PackedPostings], held: Postings, wanted: npt.NDArray[np.bool_]
) -> Numbers:
    """Return a number for each place of a term in some passages; the next place has the next one.

    Half of the room for a part is free before its first place, so that no run begins in another.
    """
    often = held.in_title + held.in_text
    some = np.flatnonzero(wanted[held.passages])
    in_each = often[some]
    nth = counted_up(in_each)
    places, _ = _unpacked([row.places for row in rows], _sums(often, [row.held for row in rows]))
    in_text = nth >= np.repeat(held.in_title[some], in_each)
    part = np.repeat(held.passages[some], in_each) << 1 | in_text
    its_places = places[np.repeat((np.cumsum(often) - often)[some], in_each) + nth]
    return part << _PLACE_BITS | its_places + (1 << _PLACE_BITS - 1)


def counted_up(sizes: Numbers) -> Numbers:
    """Return 0, 1, 2 and so on, begun anew for each size."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)


def is_in(numbers: Numbers, some: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Return which of some numbers are among others."""
    others = np.array(sorted(some), np.int64)
    if not len(others):
        return np.zeros(len(numbers), np.bool_)
    at = np.minimum(np.searchsorted(others, numbers), len(others) - 1)
    found: npt.NDArray[np.bool_] = others[at] == numbers
    return found


def packed_numbers(numbers: Numbers) -> bytes:
    """Return numbers as bytes, as narrow as they can be."""
    return next(_narrow(numbers, np.array([0, len(numbers)]))) if len(numbers) else b""


def unpacked_numbers(blobs: Sequence[bytes], sizes: Sequence[int | np.int64]) -> Numbers:
    """Return the numbers of such bytes, one behind the other."""
    return _unpacked(blobs, np.array(sizes, np.int64))[0]


def numbers_at(packed: bytes, size: int, places: Numbers) -> Numbers:
    """Return some of `size` packed numbers by their places, without unpacking the others."""
    return np.frombuffer(packed, f"<u{len(packed) // size}")[places].astype(np.int64)


def _sums(numbers: Numbers, sizes: Sequence[int]) -> Numbers:
    """Return the sums of parts of an array that have these sizes, none of them 0."""
    return np.add.reduceat(numbers, np.cumsum([0, *sizes[:-1]]))


def _unpacked(blobs: Sequence[bytes], sizes: Numbers) -> tuple[Numbers, Numbers]:
    """Return the numbers of packed arrays, one behind the other, and the bytes that each has."""
    of_array = np.array([len(blob) for blob in blobs], np.int64) // np.maximum(sizes, 1)
    widths = np.repeat(of_array, sizes)
    if len(blobs) and (of_array == of_array[0]).all():
        whole = np.frombuffer(b"".join(blobs), f"<u{of_array[0]}")
        return whole.astype(np.int64), widths
    found = np.empty(len(widths), np.int64)
    for width in set(of_array.tolist()):
        some = [blob for blob, its in zip(blobs, of_array.tolist(), strict=True) if its == width]
        if width:
            found[widths == width] = np.frombuffer(b"".join(some), f"<u{width}")
    return found, widths


def _narrow(numbers: Numbers, bounds: Numbers) -> Iterator[bytes]:
    """Yield the parts of an array between bounds, each as narrow as it can be."""
    largest = np.maximum.reduceat(numbers, bounds[:-1])
    return _cut(
        dict.fromkeys((1, 2, 4, 8), numbers),
        bounds,
        np.select([largest < 1 << bits for bits in (8, 16, 32)], [1, 2, 4], 8),
    )


def _narrow_halves(upper: Numbers, lower: Numbers, bounds: Numbers) -> Iterator[bytes]:
    """Yield the parts of two arrays between bounds, as upper and lower halves of numbers."""
    largest = np.maximum.reduceat(np.maximum(upper, lower), bounds[:-1])
    return _cut(
        {width: upper << 4 * width | lower for width in (1, 2, 4, 8)},
        bounds,
        np.select([largest < 1 << bits for bits in (4, 8, 16)], [1, 2, 4], 8),
    )


def _cut(by_width: dict[int, Numbers], bounds: Numbers, widths: Numbers) -> Iterator[bytes]:
    used = {width: by_width[width].astype(f"<u{width}").tobytes() for width in set(widths.tolist())}
    ends: list[int] = bounds.tolist()
    for first, end, width in zip(ends, ends[1:], widths.tolist(), strict=False):
        yield used[width][first * width : end * width]
