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


def packed(instances: Instances) -> Iterator[tuple[str, PackedPostings]]:
    """Yield the rows of a segment, by term and passage."""
    terms, passages = instances.terms, instances.passages
    if not len(terms):
        return
    is_new = np.r_[True, (terms[1:] != terms[:-1]) | (passages[1:] != passages[:-1])]
    of_posting = np.flatnonzero(is_new)
    in_text = np.add.reduceat(instances.in_text, of_posting)
    in_title = np.diff(np.r_[of_posting, len(terms)]) - in_text
    rows, row_terms = _rows(terms, terms[of_posting], len(instances.vocabulary))
    numbers = passages[of_posting]
    firsts, held = numbers[rows[:-1]], np.diff(rows)
    gaps = np.diff(numbers, prepend=0)
    gaps[rows[:-1]] = 0
    packed_rows = map(
        PackedPostings,
        firsts.tolist(),
        held.tolist(),
        _narrow(gaps, rows),
        _narrow_halves(in_title, in_text, rows),
        _narrow(instances.places, np.r_[of_posting, len(terms)][rows]),
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
    steps, _ = _unpacked([row.passages for row in rows], sizes)
    passed = np.cumsum(steps)
    begun = np.array([row.first for row in rows], np.int64) - passed[np.cumsum(sizes) - sizes]
    counts, widths = _unpacked([row.counts for row in rows], sizes)
    half = 4 * widths
    return Postings(passed + np.repeat(begun, sizes), counts >> half, counts & ((1 << half) - 1))


def joined(rows: Sequence[tuple[str, PackedPostings]], numbers: Numbers) -> Instances:
    """Return the instances of several segments as those of one.

    `rows` are by term, and those of a term by passage, whose numbers count through all segments.
    `numbers` tells the new number of each passage, -1 where it is left out, shape (passages,).
    """
    if not rows:
        return instances_of([])
    packed_rows = [row for _, row in rows]
    found = postings_of(packed_rows)
    often = found.in_title + found.in_text
    of_row = _sums(often, [row.held for row in packed_rows])
    vocabulary = list(dict.fromkeys(term for term, _ in rows))
    by_term = {term: number for number, term in enumerate(vocabulary)}
    terms = np.repeat(np.array([by_term[term] for term, _ in rows], np.int64), of_row)
    passages = numbers[np.repeat(found.passages, often)]
    in_text = counted_up(often) >= np.repeat(found.in_title, often)
    places, _ = _unpacked([row.places for row in packed_rows], of_row)
    stay = passages >= 0
    is_held = np.bincount(terms[stay], minlength=len(vocabulary)) > 0
    return Instances(
        list(compress(vocabulary, is_held)),
        (np.cumsum(is_held) - 1)[terms[stay]],
        passages[stay],
        in_text[stay].astype(np.int64),
        places[stay],
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


def unpacked_numbers(blobs: Sequence[bytes], sizes: Sequence[int]) -> Numbers:
    """Return the numbers of such bytes, one behind the other."""
    return _unpacked(blobs, np.array(sizes, np.int64))[0]


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
