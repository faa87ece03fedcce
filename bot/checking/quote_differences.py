"""What a quotation says otherwise than the source, and how much that weighs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import get_args

from bot.answering.generative.support_check import OPPOSITES
from bot.checking.compared_words import Word, compared_words
from bot.checking.schema import DifferenceSort, QuoteDifference
from index.text.english import AMOUNTS
from index.text.words import stem

_NEGATIONS = frozenset(
    """no not never none nobody nothing neither nor cannot without unable nowhere nicht kein keine
    keiner keinen keinem nie niemals nichts ohne weder ne pas jamais sans aucun aucune rien non
    sin nunca ni nada senza mai niet geen nooit zonder""".split()  # noqa: SIM905 - as in index.text.words
)
_OBLIGATIONS = frozenset(
    """must shall should may might can could will would ought need needs required require requires
    optional mandatory recommended permitted allowed forbidden prohibited muss müssen soll sollen
    darf dürfen kann können doit doivent peut peuvent debe deben puede pueden""".split()  # noqa: SIM905
)
_LIMITS = frozenset(
    """only unless except until all every each any some most few fewer many more less least always
    often sometimes rarely seldom hardly barely up under over before after if nur außer alle jede
    jeder jedes immer bis seulement sauf tous toutes toujours solo excepto todos siempre""".split()  # noqa: SIM905
)
_ORDINALS = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth".split()  # noqa: SIM905
)
_AMOUNTS = frozenset(AMOUNTS.split()) | _ORDINALS
_MEASURES = frozenset("%‰$€£¥¢°<>≤≥≠=+±×÷^*~")
_OPPOSED = {(stem(one), stem(other)) for one, other in OPPOSITES}
_SORTS = {sort: place for place, sort in enumerate(get_args(DifferenceSort))}
_WORDS = "\u201c{}\u201d"


def weightiest_first(differences: Sequence[QuoteDifference]) -> tuple[QuoteDifference, ...]:
    """Return differences in the order in which they are told."""
    return tuple(sorted(differences, key=lambda each: _SORTS[each.sort]))


def word_difference(
    quoted: Sequence[Word], sourced: Sequence[Word], show: Callable[[Sequence[Word], bool], str]
) -> QuoteDifference:
    """Say what it means that the quotation has some words and the source others.

    `show` prints words of the quotation, or of the source.
    """
    return QuoteDifference(
        change="changed" if quoted and sourced else "added" if quoted else "missing",
        sort=_sort(quoted, sourced),
        quoted=show(quoted, False),
        sourced=show(sourced, True),
    )


def has_negation(words: Sequence[Word]) -> bool:
    """Say whether one of some words denies."""
    return any(is_negation(word.key) for word in words)


def is_negation(key: str) -> bool:
    """Say whether a word in small letters denies."""
    return key in _NEGATIONS or key.endswith("n't")


def is_number(word: Word) -> bool:
    """Say whether a word is a number or says how many."""
    return word.key in _AMOUNTS or any(sign.isdigit() for sign in word.key)


def told(difference: QuoteDifference) -> str:
    """Return a difference as part of a sentence, without a full stop."""
    quoted, sourced = _WORDS.format(difference.quoted), _WORDS.format(difference.sourced)
    if difference.sort == "punctuation":
        return f"punctuation: {quoted} for {sourced}"
    if difference.change == "missing":
        denied = [word.form for word in compared_words(difference.sourced) if is_negation(word.key)]
        if difference.sort == "negation" and difference.sourced != denied[0]:
            return f"{_WORDS.format(denied[0])} is left out, in {sourced}"
        return f"{sourced} is missing"
    if difference.change == "added":
        return f"{quoted} is added"
    return f"{quoted} where the source has {sourced}"


def _sort(quoted: Sequence[Word], sourced: Sequence[Word]) -> DifferenceSort:
    sides = [{word.key for word in side} for side in (quoted, sourced)]
    tests: tuple[tuple[DifferenceSort, Callable[[str], bool]], ...] = (
        ("negation", is_negation),
        ("number", _counts),
        ("obligation", _OBLIGATIONS.__contains__),
        ("limit", _LIMITS.__contains__),
    )
    sorts: list[DifferenceSort] = [
        sort
        for sort, test in tests
        if {key for key in sides[0] if test(key)} != {key for key in sides[1] if test(key)}
    ]
    if not sorts and _are_opposed(*sides):
        sorts.append("opposite")
    if sorts:
        return min(sorts, key=_SORTS.__getitem__)
    if _is_spelling(quoted, sourced):
        return "spelling"
    names = [word for side in (quoted, sourced) for word in side if word.form[:1].isupper()]
    return "name" if names else "word"


def _counts(key: str) -> bool:
    return key in _MEASURES or key in _AMOUNTS or any(sign.isdigit() for sign in key)


def _are_opposed(quoted: set[str], sourced: set[str]) -> bool:
    here, there = {stem(key) for key in quoted}, {stem(key) for key in sourced}
    if any((one, other) in _OPPOSED for one in here for other in there):
        return True
    return any(_denies(one, other) for one in quoted for other in sourced)


def _denies(one: str, other: str) -> bool:
    """Say whether one of two words is the other with a denying beginning or ending."""
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return False
    starts = ("un", "in", "im", "ir", "il", "non", "dis")
    begun = any(long == start + short for start in starts)
    return begun or (long.endswith("less") and short.endswith("ful") and long[:-4] == short[:-3])


def _is_spelling(quoted: Sequence[Word], sourced: Sequence[Word]) -> bool:
    one, other = ("".join(word.key for word in side) for side in (quoted, sourced))
    if not one or not other or re.search(r"\d", one + other):
        return False
    if one == other:
        return True
    return len(quoted) == len(sourced) == 1 and _similar(one, other)


def _similar(one: str, other: str) -> bool:
    """Say whether two words are one, written in two ways: `colour` and `color`."""
    if min(len(one), len(other)) < 5:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.88
