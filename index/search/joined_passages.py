"""The texts of passages laid behind one another, so that a question is looked for in all at once.

Some sixty passages are compared with a question, and hold a handful of its words in thousands. So
only words that may have one of its terms are looked at; which those are is told by bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from string import ascii_letters, digits

import numpy as np
import numpy.typing as npt

from index.text.words import STOP_STEMS, terms, terms_of_word, unstemmed_prefix

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
WordFlags = npt.NDArray[np.float32]
"""0 or 1, shape (passages, flags)."""

_SPACE, _APART, _IN_WORD, _LEAD = 1, 2, 4, 8
"""What a byte of UTF-8 may be: a space, or a control character, which end words; of a word whose
terms may begin otherwise than what is written; of a letter or a digit; the first of a character of
three bytes or more, mostly of no alphabet."""


def _kinds() -> bytes:
    """Return what every byte is."""
    letters = {*(digits + ascii_letters).encode(), *range(0x80, 0x100)}
    apart = {*b"-_'", *range(0x80, 0x100)}
    return bytes(
        (_SPACE if byte <= ord(" ") else 0)
        | (_APART if byte in apart else 0)
        | (_IN_WORD if byte in letters else 0)
        | (_LEAD if byte >= 0xE0 else 0)
        for byte in range(256)
    )


_KINDS = _kinds()

_DIGIT = np.zeros(256, dtype=np.bool_)
_DIGIT[[*digits.encode()]] = True

_ASCII_LETTER = np.zeros(256, dtype=np.bool_)
_ASCII_LETTER[[*ascii_letters.encode()]] = True

_FLAGS = 512
"""Several times the words of a passage."""

_MARK = 0xE2
"""Begins quotation marks, dashes and other signs, of three bytes each."""


NO_FLAGS: WordFlags = np.zeros((0, _FLAGS), dtype=np.float32)
"""Those of no passage."""


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
    """All parts in UTF-8, a space before and behind each, and one more at the end."""
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
            data=b" ".join([b"", *encoded, b" "]),
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
        """Return how many words the sentences of each passage have together.

        A word is a run of letters and digits, or one character of a script without spaces.
        """
        words = self._words_of_parts
        return np.add.reduceat(words[self.is_sentence], self.first_sentence)

    def word_flags(self) -> WordFlags:
        """Return flags, 0 or 1, that the words of each passage and its columns set.

        A word sets one by its first three bytes, which it mostly has in common with its stem.
        Shape (passages, flags).
        """
        passage_of = np.repeat(
            np.arange(len(self.first)), np.diff(self.first, append=len(self.parts))
        )
        passage_of[self.first] = -1  # what stands above is no matter
        numbers = np.repeat(passage_of, self._words_of_parts)
        inside, at = self._has(_IN_WORD), self._words
        long = inside[at + 1] & inside[at + 2] & (numbers >= 0)
        at, numbers = at[long], numbers[long]
        codes = self._codes
        flags = np.zeros((len(self.first), _FLAGS), dtype=np.float32)
        beginnings = (codes[at].astype(np.int64) * 31 + codes[at + 1]) * 31 + codes[at + 2]
        flags[numbers, beginnings % _FLAGS] = 1
        return flags

    def _parts_with(self, sought: Sequence[str]) -> Flags:
        """Say which parts hold which terms, shape (terms, parts)."""
        begins, words = self._words_to_look_at(sought)
        numbers = {term: number for number, term in enumerate(sought)}
        terms_in = {
            word: [numbers[term] for term in terms_of_word(word.decode()) if term in numbers]
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
        codes, spaces = self._codes, self._spaces
        commas = np.flatnonzero(codes == ord(","))
        at = [np.flatnonzero(self._has(_APART)), commas[_DIGIT[codes[commas + 1]]]]
        prefixes = {unstemmed_prefix(term).encode() for term in sought}
        at += [self._beginnings(prefix) for prefix in prefixes]
        is_sought = np.zeros(len(spaces), dtype=np.bool_)
        is_sought[np.searchsorted(spaces, np.concatenate(at))] = True
        words = np.flatnonzero(is_sought)
        begins, ends = spaces[words - 1] + 1, spaces[words]
        data = self.data
        return begins, [data[i:j] for i, j in zip(begins.tolist(), ends.tolist(), strict=True)]

    def _beginnings(self, prefix: bytes) -> Numbers:
        """Return where a term may begin with this: with a small letter never behind another one."""
        at = _places(prefix, self._lowered)
        if not prefix[:1].isalpha():
            return at
        is_capital = self._written[at] != self._codes[at]
        found: Numbers = at[is_capital | ~_ASCII_LETTER[self._codes[at - 1]]]
        return found

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
    def _written(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, dtype=np.uint8)

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self._lowered, dtype=np.uint8)

    @cached_property
    def _kinds(self) -> npt.NDArray[np.uint8]:
        """What each byte is."""
        kinds = np.frombuffer(bytearray(self.data.translate(_KINDS)), dtype=np.uint8)
        marks = np.flatnonzero(self._codes == _MARK)
        kinds[marks] = kinds[marks + 1] = kinds[marks + 2] = _APART
        return kinds

    def _has(self, kind: int) -> Flags:
        """Say of each byte whether it is of a kind."""
        found: Flags = (self._kinds & kind) != 0
        return found

    @cached_property
    def _spaces(self) -> Numbers:
        """Where words end, and before the first one."""
        return np.flatnonzero(self._has(_SPACE))

    @cached_property
    def _words(self) -> Numbers:
        """Where words begin, as they are counted."""
        inside = self._has(_IN_WORD)
        starts = inside.copy()
        starts[1:] &= ~inside[:-1] | self._has(_LEAD)[1:]
        return np.flatnonzero(starts)

    @cached_property
    def _words_of_parts(self) -> Numbers:
        """How many words each part has, shape (parts,)."""
        return np.diff(np.searchsorted(self._words, self.begins), append=len(self._words))


def content_pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return neighbouring terms, function words left out."""
    return pairwise([word for word in words if word not in STOP_STEMS])


def _places(sought: bytes, data: bytes) -> Numbers:
    """Return where some bytes stand, those apart that begin within others."""
    before = data.split(sought)[:-1]
    return np.cumsum([len(each) + len(sought) for each in before], dtype=np.int64) - len(sought)
