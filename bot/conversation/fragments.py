"""Follow-ups that name only what differs: "and 2.1?", "what about Europe?", "and from abroad?".

Such a fragment takes the place of its counterpart in the question before it, a name that of a
name, a version that of a version. What has no counterpart is left to `bot.conversation.follow_ups`.
"""

from __future__ import annotations

import re

from index.text.english import (
    AUXILIARIES,
    DEMONSTRATIVES,
    MONTH,
    OBJECTS,
    PERSONAL,
    QUESTION_WORDS,
    one_of,
)
from index.text.mentions import names, values
from index.text.words import content_terms

LONGEST_FRAGMENT = 4
"""Content words of a fragment; a longer one says more than a name."""

_PREPOSITIONS = (
    "in|on|at|for|from|to|with|by|under|without|after|before|during|per|outside|inside|within"
)
_CORRECTS = (
    r"(?:(?:no|sorry|actually)\b\W*)*i (?:mean|meant|was asking about)\b|no\b\W*not \w+ but\b"
)
_CORRECTION = re.compile(rf"\W*(?:{_CORRECTS})\W*", re.IGNORECASE)
_OPENING = re.compile(
    rf"\W*(?:(?:and|but|or|so|then|ok|okay)\b\W*)*(?:(?:what|how) (?:about|of)\b|{_CORRECTS}"
    r"|(?:and |is it )?(?:the )?same (?:for|with)\b|and\b|or\b)\W*(?:the |a |an |our |my )?",
    re.IGNORECASE,
)
# No possessives, modals nor months: "its members", "a must" and "in May" are phrases.
_VERBS = f"{AUXILIARIES} had would"
_WORDS_OF_CLAUSES = (QUESTION_WORDS, _VERBS, "if", DEMONSTRATIVES, PERSONAL, OBJECTS)
_CLAUSE = re.compile(rf"\b{one_of(*_WORDS_OF_CLAUSES)}\b", re.IGNORECASE)
_ATTRIBUTION = re.compile(
    r"\W*(?:and |but |so )*(?:who (?:said|says|told|wrote|claims?|claimed|stated|states|announced)"
    r"|says who|according to who)",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(rf"(?:{_PREPOSITIONS}) (?:the )?", re.IGNORECASE)
_MONTH_NAME = re.compile(MONTH, re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")


def asks_who_said(message: str) -> bool:
    """Say whether a message asks from whom something comes."""
    return bool(_ATTRIBUTION.match(message))


def without_correction(message: str) -> str:
    """Return a message without the words that only say that the last one was misunderstood."""
    rest = message[found.end() :] if (found := _CORRECTION.match(message)) else ""
    return rest or message


def fragment(message: str) -> str | None:
    """Return the name, value or phrase that a message consists of besides its opening words."""
    rest = phrase(message)
    if rest is None or _OPENING.match(message):
        return rest
    return rest if values(rest) == [rest] else None


def phrase(message: str) -> str | None:
    """Return what a message says behind its opening words when it is no clause, and short."""
    opening = _OPENING.match(message)
    rest = message[opening.end() if opening else 0 :].strip(" ?.!,")
    if not content_terms(rest) or len(content_terms(rest)) > LONGEST_FRAGMENT:
        return None
    return None if _CLAUSE.search(rest) else _POSSESSIVE.sub("", rest)


def completed(part: str, question: str) -> str | None:
    """Return `question` with `part` in the place of its counterpart; None when it has none."""
    bare = _PREPOSITION.sub("", part)
    for told, counterpart in ((part, _same_place), (bare, _same_value), (bare, _same_name)):
        place = counterpart(told, question)
        if place is not None:
            start, end = place
            return f"{question[:start]}{told}{question[end:]}"
    return None


def _same_place(part: str, question: str) -> tuple[int, int] | None:
    """Find what stands behind the preposition that `part` starts with."""
    preposition = part.split()[0].lower()
    if not re.fullmatch(_PREPOSITIONS, preposition):
        return None
    found = re.search(
        rf"\b{preposition} .*?(?=\s(?:{_PREPOSITIONS})\b|\s*[,?(]|$)", question, re.IGNORECASE
    )
    return found.span() if found else None


def _same_value(part: str, question: str) -> tuple[int, int] | None:
    """Find the number that is built like the one that `part` is."""
    if values(part) != [part]:
        return None
    alike = [value for value in values(question) if _shape(value) == _shape(part)]
    return _span(alike[-1], question) if alike else None


def _shape(value: str) -> tuple[int, bool]:
    return value.count("."), len(value) == 4


def _same_name(part: str, question: str) -> tuple[int, int] | None:
    """Find the one name that `part`, a name, can stand for."""
    if not part[0].isupper():
        return None
    month = bool(_MONTH_NAME.fullmatch(part))
    known = [n for n in names(question) if bool(_MONTH_NAME.fullmatch(n)) == month]
    long = [name for name in known if len(name.split()) == len(part.split())]
    chosen = known if len(known) == 1 else long
    if len(chosen) != 1 or chosen[0].casefold() == part.casefold():
        return None
    return _span(_POSSESSIVE.sub("", chosen[0]), question)


def _span(text: str, question: str) -> tuple[int, int]:
    start = question.rindex(text)
    return start, start + len(text)
