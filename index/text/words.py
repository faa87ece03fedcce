"""The words of a text, as lexical search and the extractive engine compare them.

A word is lower-cased, freed of accents and stemmed (English). An identifier counts both whole,
without its hyphens and underscores, and by its parts, so that `get_user_name`, `getUserName` and
"user name" meet. Scripts written without spaces give pairs of characters, and single ones where one
may be a word.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import Stemmer

LONGEST_TERM = 64
"""Longer terms (encoded data, hashes of hashes) are cut here: nobody types them."""

_LONGEST_KEPT = 40
"""Characters without a space of which the terms are remembered."""

_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u00ad\u200c\u200d\u2060"
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_SPELT = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0eff"
    "\u1000-\u1049\u104c-\u109f\u1780-\u17d3\u17d7\u17dc\u17dd"
)
"""Thai, Lao, Burmese and Khmer with their marks, which Python takes for no letters: scripts without
spaces in which a single character is a sound, not a word."""
_LETTER = rf"(?:[^\W_]|[{_MARKS}{_INDIC}{_SPELT}])"
_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w|,\d)"
    rf"|{_LETTER}+(?:(?:_+|[-\u2010\u2011.'’/\\@&+]|:(?://|:)?){_LETTER}+)*(?:\+\+|\#)?"
)
_UNSPACED = re.compile(
    f"[{_SPELT}\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_SPELT_CHARACTER = re.compile(f"[{_SPELT}]")
_DROPPED = re.compile(f"[{_MARKS}]")
_POSSESSIVE = re.compile(r"['’][sS]$")
_APOSTROPHES = re.compile("['’]")
_LETTERS = re.compile(r"[^\W\d_]")
_JOINERS = re.compile("[-_\u2010\u2011]+")
_PARTS = re.compile(r"\d+(?:\.\d+)*|[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+")
_EDGES = ".,;:!?()[]{}<>*\"'`“”‘’…–—"
"""What surrounds words and is part of no token where no letter follows."""
_PATH = re.compile(r"[/\\:@&+]+")
_SINGLE_CASE = re.compile(rf"[A-Z]?(?:[^\W\dA-Z_]|[{_INDIC}])+|[A-Z]+s?")
_FOLDED = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "Æ": "AE"}
    | {"œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS"}
)

STOP_WORDS: frozenset[str] = frozenset(
    """a about above after again against all also am an and any are arent as at be because been
    before being below between both but by can cannot cant could couldnt did didnt do does doesnt
    doing dont down during each else ever few for from further had hadnt has hasnt have havent
    having he hed hell her here hers herself hes him himself his how hows i id if ill im in into is
    isnt it itd itll its itself ive just let lets me might more most must mustnt my myself no nor
    not of off on once only or other ought our ours ourselves out over own please same shall shant
    she shed shell shes should shouldnt so some such than that thats the their theirs them
    themselves then there theres these they theyd theyll theyre theyve this those through to too
    under until up upon us very was wasnt we wed well were werent weve what whats when whens where
    wheres whether which while who whom whos whose why whys will with wont would wouldnt yet you
    youd youll your youre yours yourself yourselves youve""".split()  # noqa: SIM905 - a list of 180 quoted words is harder to read
)
"""English function words, lower-cased, without apostrophes and not stemmed."""

_stemmer = Stemmer.Stemmer("english", 0)
_stemming = threading.Lock()


def terms(text: str) -> list[str]:
    """Return the terms of `text` in reading order, those of an identifier next to each other."""
    words = text.split()  # no term holds white space
    if max(map(len, words), default=0) > _LONGEST_KEPT:
        return [term for token in _TOKEN.findall(text) for term in _terms(token)]
    return list(chain.from_iterable(map(_terms_between_spaces, words)))


def terms_of_word(word: str) -> Sequence[str]:
    """Return the terms of what stands between two spaces, as `terms` does."""
    return terms(word) if len(word) > _LONGEST_KEPT else _terms_between_spaces(word)


def content_terms(text: str) -> list[str]:
    """Return the terms of `text` without function words; capitals such as WHO or IT stay."""
    if text.isupper():
        text = text.lower()
    return [term for token in _TOKEN.findall(text) for term in _content(token)]


def stem(word: str) -> str:
    """Return the stem of one lower-cased word."""
    with _stemming:  # PyStemmer is not safe to call from several threads
        return str(_stemmer.stemWord(word))


def stems(words: Sequence[str]) -> list[str]:
    """Return the stems of lower-cased words, in order; three times as fast as one by one."""
    with _stemming:
        found: list[str] = _stemmer.stemWords(list(words))
    return found


STOP_STEMS = frozenset(stems(sorted(STOP_WORDS)))


def unstemmed_prefix(term: str) -> str:
    """Return what every lower-cased ASCII word with this term has in it.

    A stem is the beginning of its word, but for its last letters: `skies` gives `sky`, `hoping`
    gives `hope`, `capability` gives `capabl`, and `lying` gives `lie`.
    """
    if len(term) < 3:
        return term
    return term[:-2] if term.endswith("ie") else term[:-1] if term[-1] in "eily" else term


def _fold(token: str) -> str:
    """Drop accents and compatibility forms, keep case."""
    if token.isascii():
        return token
    decomposed = unicodedata.normalize("NFKD", token.translate(_FOLDED))
    composed = unicodedata.normalize("NFC", _DROPPED.sub("", decomposed))
    return "".join(composed.split())  # some ligatures decompose into several words


@lru_cache(maxsize=1 << 16)
def _terms_between_spaces(word: str) -> tuple[str, ...]:
    """Return the terms of what stands between two spaces; most of it is met again and again.

    What is met first is mostly a plain word, which needs none of the rules for the others.
    """
    bare = word.strip(_EDGES)
    if bare.isascii() and bare.isalpha() and _is_of_one_case(bare):
        return (stem(bare[:LONGEST_TERM].lower()),)
    return tuple(term for token in _TOKEN.findall(word) for term in _terms(token))


def _is_of_one_case(word: str) -> bool:
    """Say whether no capital divides a word, other than the first."""
    return word.isupper() or word.islower() or word[1:].islower()


@lru_cache(maxsize=1 << 16)
def _terms(token: str) -> tuple[str, ...]:
    """Return the terms of one token, each once."""
    return tuple(dict.fromkeys(term for _, term in _forms(token) if term))


@lru_cache(maxsize=1 << 14)
def _content(token: str) -> tuple[str, ...]:
    """Return the terms of one token that are not function words."""
    if len(token) > 1 and token.isupper():
        return _terms(token)
    found = (term for surface, term in _forms(token) if term and surface not in STOP_WORDS)
    return tuple(dict.fromkeys(found))


def _forms(token: str) -> list[tuple[str, str]]:
    """Return (surface, term) pairs of one token: the whole first, then its parts."""
    folded = _POSSESSIVE.sub("", _fold(token))
    if _APOSTROPHES.search(folded):
        folded = _APOSTROPHES.sub("", folded).lower()
    if _UNSPACED.search(folded):
        return _unspaced(folded)
    if folded[:1].isdigit() and "," in folded:
        folded = folded.replace(",", "")
    if _SINGLE_CASE.fullmatch(folded):
        return [_form(folded)]
    return _identifier(folded)


def _form(part: str) -> tuple[str, str]:
    """Return the lower-cased surface and the term of a word, a number or a whole identifier."""
    bare = part if part and not _LETTERS.search(part) else _JOINERS.sub("", part)
    surface = bare.casefold()[:LONGEST_TERM]
    return surface, stem(surface) if surface.isalpha() else surface


def _identifier(token: str) -> list[tuple[str, str]]:
    """Return the forms of an identifier, a path, a version or a hyphenated word."""
    wholes = [token]
    for component in _PATH.split(token):
        wholes += [component, *(name for name in component.split(".") if _JOINERS.search(name))]
    parts = [*wholes[1:], *_PARTS.findall(token)]
    long = [part for part in parts if len(part) > 1 or part.isdigit()]
    return [_form(part) for part in dict.fromkeys([token, *long])]


def _unspaced(token: str) -> list[tuple[str, str]]:
    """Return pairs and characters of the stretches without spaces, and the words around them."""
    found: list[tuple[str, str]] = []
    position = 0
    for run in _UNSPACED.finditer(token):
        if position < run.start():
            found += _forms(token[position : run.start()])
        single = [each for each in run[0] if len(run[0]) == 1 or not _SPELT_CHARACTER.match(each)]
        found += [(character, character) for character in single]
        found += [(pair, pair) for pair in map("".join, zip(run[0], run[0][1:], strict=False))]
        position = run.end()
    return found + (_forms(token[position:]) if position < len(token) else [])
