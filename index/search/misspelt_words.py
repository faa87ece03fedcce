"""Misspelt words of a question, corrected by the words of the documents that it is asked of.

A word is misspelt when no passage has it, in no inflection, and English does not know it either;
what English knows is told by the word pieces of an embedding model, which has common words whole.
It is corrected when one edit makes a word of the documents of it, and of one such word clearly
more than of any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from index.search.word_edits import SLIP, bases, edits
from index.text.words import STOP_WORDS, stems

MOST_MISSPELT = 5
"""A question with more unknown words is in another language than the documents."""

CLEARER = 3.0
"""How many times likelier than every other word the one must be that is meant."""

NAME_PASSAGES = 10
"""Passages that must hold what a capitalised word inside a sentence is corrected to."""

MOST_CANDIDATES = 4
"""Words of the documents that are looked at closely, the likeliest ones."""

SAMPLE = 20
"""Passages in which a form of a word is looked for."""

KEPT = 4
"""First letters that are mostly right. The documents' words that begin with them are listed at
once: among 100,000 words that takes 0.1 to 0.7 ms, and looking up one edit 0.01 ms."""

_WORD = re.compile(
    r"(?<![\w@#/\\.:`-])(?<!\w['’])[A-Za-z]{4,24}(?![\w@#/\\:`-]|\.\w|['’](?![sS]\b)\w)"
)
"""A word of letters that is no part of an identifier, a path, an address or a compound; of less
than four letters, every word is one edit away from too many others."""
_CODE = re.compile(r"`[^`]*`")
_LETTERS = re.compile("[a-z]+")
_SENTENCE_ENDS = frozenset(".?!:;\"“”'‘’([{*>")


class Vocabulary(Protocol):
    """What the words of collections are asked for."""

    def passage_counts(self, collections: Sequence[str], terms: Sequence[str]) -> Mapping[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        ...

    def terms_beginning(self, collections: Sequence[str], start: str) -> Mapping[str, int]:
        """Return the terms that begin with `start`, with how many passages hold each."""
        ...

    def texts_with(self, collections: Sequence[str], term: str, limit: int) -> Sequence[str]:
        """Return the texts of up to `limit` passages that hold a term, their headings included."""
        ...


@runtime_checkable
class WordPieceCounter(Protocol):
    """A model whose word pieces are the common words of English, and parts of the others."""

    def count_word_pieces(self, texts: Sequence[str]) -> list[int]:
        """Return how many word pieces each text has."""
        ...


@dataclass(frozen=True)
class Speller:
    """Corrects questions; safe to use from several threads."""

    vocabulary: Vocabulary
    pieces: WordPieceCounter

    def corrected(self, question: str, collections: Sequence[str]) -> str:
        """Return a question with its misspelt words corrected; the same when there is none."""
        places = list(_places(question))
        words = dict.fromkeys(place[0].lower() for place in places)
        misspelt = self._misspelt([word for word in words if word not in STOP_WORDS], collections)
        if len(misspelt) > MOST_MISSPELT:
            return question
        meant = {word: self._meant(word, collections) for word in misspelt}
        return _replaced(question, places, meant)

    def _misspelt(self, words: Sequence[str], collections: Sequence[str]) -> list[str]:
        """Return the words that neither the documents nor English have."""
        by_word = dict(zip(words, stems(words), strict=True))
        held = self.vocabulary.passage_counts(collections, list(by_word.values()))
        absent = [word for word, term in by_word.items() if not held.get(term)]
        inflected = {word: bases(word) for word in absent}
        common = self._common(base for found in inflected.values() for base in found)
        return [word for word in absent if not inflected[word] & common]

    def _common(self, words: Iterable[str]) -> set[str]:
        """Return the common words of English among `words`."""
        tried = list(words)
        counts = self.pieces.count_word_pieces(tried)
        return {word for word, count in zip(tried, counts, strict=True) if count == 1}

    def _meant(self, word: str, collections: Sequence[str]) -> _Meant | None:
        """Return the word of the documents that is clearly meant.

        The likeliest edits come first; what they find is not compared with the others.
        """
        first: dict[str, float] = {}
        rest: dict[str, float] = {}
        for form, share in edits(word).items():
            early = share == SLIP or form.startswith(word[:KEPT])
            (first if early else rest)[form] = share
        found = self._found(word, first, collections) or self._found(word, rest, collections)
        if not found or (len(found) > 1 and found[0].likelihood < CLEARER * found[1].likelihood):
            return None
        return found[0]

    def _found(
        self, word: str, likely: Mapping[str, float], collections: Sequence[str]
    ) -> list[_Meant]:
        """Return the words of the documents among the edits of a word, the likeliest first."""
        forms = sorted(likely, key=lambda form: (form[-1] != word[-1], -likely[form], form))
        by_term: dict[str, list[str]] = {}
        for form, term in zip(forms, stems(forms), strict=True):
            by_term.setdefault(term, []).append(form)
        held = self._held(by_term, word[:KEPT], collections)
        worth = {term: held[term] * max(likely[form] for form in by_term[term]) for term in held}
        ranked = sorted(worth, key=lambda term: (-worth[term], term))[:MOST_CANDIDATES]
        written = ((term, self._written(term, by_term[term], collections)) for term in ranked)
        return [_Meant(form, held[term], worth[term]) for term, form in written if form]

    def _held(self, terms: Iterable[str], start: str, collections: Sequence[str]) -> dict[str, int]:
        """Return how many passages hold each of the terms that any holds."""
        behind = {term for term in terms if term.startswith(start)}
        others = [term for term in terms if term not in behind]
        listed = self.vocabulary.terms_beginning(collections, start) if behind else {}
        held = {term: count for term, count in listed.items() if term in behind}
        return held | dict(self.vocabulary.passage_counts(collections, others))

    def _written(self, term: str, forms: Sequence[str], collections: Sequence[str]) -> str | None:
        """Return the first form of a term that is a word: one of English or of the documents.

        The documents have the term, but perhaps in another form, and most forms are no words.
        """
        common = self._common(forms)
        if forms[0] in common:
            return forms[0]
        texts = self.vocabulary.texts_with(collections, term, SAMPLE)
        known = common.union(*(_LETTERS.findall(text.lower()) for text in texts))
        return next((form for form in forms if form in known), None)


@dataclass(frozen=True)
class _Meant:
    """What a misspelt word may stand for."""

    form: str
    passages: int
    likelihood: float
    """Only its ratio to that of others means something."""


def _places(question: str) -> Iterator[re.Match[str]]:
    """Yield the words that may be misspelt; acronyms, CamelCase and code are left alone."""
    code = [found.span() for found in _CODE.finditer(question)]
    for found in _WORD.finditer(question):
        inside = any(start <= found.start() < end for start, end in code)
        if found[0][1:].islower() and not inside:
            yield found


def _replaced(
    question: str, places: Sequence[re.Match[str]], meant: Mapping[str, _Meant | None]
) -> str:
    """Return a question with what is meant in the place of each word."""
    parts, end = [], 0
    for place in places:
        found = meant.get(place[0].lower())
        if found is None or (_is_name(place, question) and found.passages < NAME_PASSAGES):
            continue
        form = found.form.capitalize() if place[0][0].isupper() else found.form
        parts += [question[end : place.start()], form]
        end = place.end()
    return "".join((*parts, question[end:]))


def _is_name(place: re.Match[str], question: str) -> bool:
    """Say whether a word is capitalised though it does not begin a sentence."""
    before = question[: place.start()].rstrip()
    return place[0][0].isupper() and bool(before) and before[-1] not in _SENTENCE_ENDS
