"""The texts of passages laid behind one another, so that a question is looked for in all at once.

Some sixty passages are compared with a question, and hold a handful of its words in thousands. So
only words that may have one of its terms are looked at; which those are is told by bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from index.text.words import STOP_STEMS, terms, unstemmed_prefix

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SPACE = 0x20
"""What ends a word: the space, and the control characters before it."""

_APART = np.zeros(256, dtype=np.bool_)
"""Bytes of words whose terms may begin otherwise than what is written."""
_APART[[*b"-_'", *range(0x80, 0x100)]] = True

_DIGIT = np.zeros(256, dtype=np.bool_)
_DIGIT[[*b"0123456789"]] = True

_IN_WORD = np.zeros(256, dtype=np.bool_)
_IN_WORD[[*b"0123456789abcdefghijklmnopqrstuvwxyz", *range(0x80, 0x100)]] = True


_FLAGS = 512
"""Several times the words of a passage."""

_LEAD = 0xE0
"""Bytes from here on begin a character of three bytes or more: mostly of no alphabet."""

_MARK = 0xE2
"""Begins quotation marks, dashes and other signs, of three bytes each."""


@dataclass(frozen=True)
class PassageParts:
    """The stretches of one passage that words are looked for in."""

    above: str
    """Title and headings."""
    columns: str
    """The header row that rows are read under."""
    sentences: Sequence[str]
    """At least one."""


@dataclass(frozen=True)
class FoundTerms:
    """Which passages and which of their sentences hold which terms of a question."""

    above: Flags
    """In title and headings, shape (terms, passages)."""
    sentences: Flags
    """In sentences, rows also by their columns, shape (terms, sentences)."""
    pairs: Numbers
    """How many of the pairs are neighbours in a sentence, shape (passages,)."""


@dataclass(frozen=True)
class JoinedPassages:
    """The parts of some passages behind one another; everything is numbered through from 0."""

    parts: Sequence[str]
    first: Numbers
    """The part of each passage that its own begin with, shape (passages,)."""
    data: bytes
    """All parts in UTF-8, a space before and behind each."""
    begins: Numbers
    """Where each part begins in `data`, shape (parts,)."""
    is_sentence: Flags
    """Shape (parts,)."""
    passage_of: Numbers
    """The passage of each sentence, shape (sentences,)."""
    first_sentence: Numbers
    """The first sentence of each passage, shape (passages,)."""

    @classmethod
    def of(cls, passages: Sequence[PassageParts]) -> JoinedPassages:
        """Lay the parts of one passage or more behind one another."""
        parts = [part for each in passages for part in (each.above, each.columns, *each.sentences)]
        encoded = [part.encode("utf-8", "replace") for part in parts]
        counts = np.array([len(each.sentences) for each in passages])
        first = (counts + 2).cumsum() - counts - 2
        is_sentence = np.ones(len(parts), dtype=np.bool_)
        is_sentence[first] = is_sentence[first + 1] = False
        return cls(
            parts=parts,
            first=first,
            data=b" ".join([b"", *encoded, b""]),
            begins=np.array([0, *map(len, encoded[:-1])]).cumsum() + np.arange(1, len(parts) + 1),
            is_sentence=is_sentence,
            passage_of=np.repeat(np.arange(len(passages)), counts),
            first_sentence=counts.cumsum() - counts,
        )

    def found(self, sought: Sequence[str], pairs: Sequence[tuple[str, str]]) -> FoundTerms:
        """Look for terms, and for neighbours among the content terms of a sentence."""
        holds = self._parts_with(sought)
        columns = holds[:, self.first + 1]
        return FoundTerms(
            above=holds[:, self.first],
            sentences=holds[:, self.is_sentence] | columns[:, self.passage_of],
            pairs=self._pairs(pairs, dict(zip(sought, holds & self.is_sentence, strict=True))),
        )

    def lengths(self) -> Numbers:
        """Return how many words the sentences of each passage have together."""
        starts = np.flatnonzero(_word_starts(self._codes))
        words = np.diff(np.searchsorted(starts, self.begins), append=len(starts))
        return np.add.reduceat(words[self.is_sentence], self.first_sentence)

    def _parts_with(self, sought: Sequence[str]) -> Flags:
        """Say which parts hold which terms, shape (terms, parts)."""
        begins, words = self._words_to_look_at(sought)
        numbers = {term: number for number, term in enumerate(sought)}
        terms_in = {
            word: [numbers[term] for term in terms(word.decode()) if term in numbers]
            for word in set(words)
        }
        found = [terms_in[word] for word in words]
        parts = np.searchsorted(self.begins, begins, side="right") - 1
        holds = np.zeros((len(sought), len(self.parts)), dtype=np.bool_)
        holds[[*chain.from_iterable(found)], np.repeat(parts, [*map(len, found)])] = True
        return holds

    def _words_to_look_at(self, sought: Sequence[str]) -> tuple[Numbers, list[bytes]]:
        """Return what stands between two spaces and may have a term, and where each begins.

        A word of ASCII letters and digits has a term only if it holds what the term begins with;
        others (accents, hyphens, commas between digits) are looked at whatever they hold.
        """
        lowered, codes, spaces = self._lowered, self._codes, self._spaces
        commas = np.flatnonzero(codes == ord(","))
        at = [np.flatnonzero(_APART[codes]), commas[_DIGIT[codes[commas + 1]]]]
        prefixes = {unstemmed_prefix(term).encode() for term in sought}
        at += [_places(prefix, lowered) for prefix in prefixes]
        is_sought = np.zeros(len(spaces), dtype=np.bool_)
        is_sought[np.searchsorted(spaces, np.concatenate(at))] = True
        words = np.flatnonzero(is_sought)
        begins, ends = spaces[words - 1] + 1, spaces[words]
        data = self.data
        return begins, [data[i:j] for i, j in zip(begins.tolist(), ends.tolist(), strict=True)]

    def _pairs(self, pairs: Sequence[tuple[str, str]], holds: dict[str, Flags]) -> Numbers:
        """Count in each passage the pairs that are neighbours in any sentence."""
        counts = np.zeros(len(self.first), dtype=np.int64)
        near: dict[int, set[tuple[str, str]]] = {}
        for pair in pairs:
            both = np.flatnonzero(holds[pair[0]] & holds[pair[1]]).tolist()
            for part in both:
                if part not in near:
                    near[part] = set(content_pairs(terms(self.parts[part])))
            found = [part for part in both if pair in near[part]]
            counts[np.searchsorted(self.first, found, side="right") - 1] += 1  # each passage once
        return counts

    @cached_property
    def _lowered(self) -> bytes:
        """The data with ASCII letters in lower case, so that every byte stays where it is."""
        return self.data.lower()

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self._lowered, dtype=np.uint8)

    @cached_property
    def _spaces(self) -> Numbers:
        """Where words end, and before the first one."""
        return np.flatnonzero(self._codes <= _SPACE)


def content_pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return neighbouring terms, function words left out."""
    return pairwise([word for word in words if word not in STOP_STEMS])


def word_flags(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return flags, 0 or 1, that the words of each text set; shape (texts, flags).

    A word sets one by its first three bytes, which it mostly has in common with its stem.
    """
    encoded = [text.encode("utf-8", "replace").lower() for text in texts]
    codes = np.frombuffer(b" ".join([*encoded, b"  "]), dtype=np.uint8)
    inside = _in_words(codes)
    starts = _word_starts(codes)
    starts[:-2] &= inside[1:-1] & inside[2:]
    at = np.flatnonzero(starts)
    counts = np.searchsorted(at, np.cumsum([len(each) + 1 for each in encoded]))
    numbers = (codes[at].astype(np.int64) * 31 + codes[at + 1]) * 31 + codes[at + 2]
    flags = np.zeros((len(texts), _FLAGS), dtype=np.float32)
    flags[np.repeat(np.arange(len(texts)), np.diff(counts, prepend=0)), numbers % _FLAGS] = 1
    return flags


def _in_words(codes: npt.NDArray[np.uint8]) -> Flags:
    """Say of each byte of lower-cased UTF-8 whether it is of a letter or a digit."""
    inside = _IN_WORD[codes]
    marks = np.flatnonzero(codes == _MARK)
    inside[marks] = inside[marks + 1] = inside[marks + 2] = False
    return inside


def _word_starts(codes: npt.NDArray[np.uint8]) -> Flags:
    """Say of each byte of lower-cased UTF-8 whether a word begins with it.

    A word is a run of letters and digits, or one character of a script without spaces.
    """
    inside = _in_words(codes)
    starts = inside.copy()
    starts[1:] &= ~inside[:-1] | (codes[1:] >= _LEAD)
    return starts


def _places(sought: bytes, data: bytes) -> Numbers:
    """Return where some bytes stand, those apart that begin within others."""
    before = data.split(sought)[:-1]
    return np.cumsum([len(each) + len(sought) for each in before], dtype=np.int64) - len(sought)
