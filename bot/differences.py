"""Sources that give different values for the same thing are named, not chosen between."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.answer_type import answer_type
from bot.schema import Draft
from index.schema import Source
from index.words import content_terms

_VALUE = re.compile(r"\d[\d,.:]*\d|\d")
_VALUED = frozenset({"when", "count", "duration", "cost"})

SAME_THING = 0.5
"""Share of common content words, numbers aside, from which two quotes speak of the same thing."""


def difference(question: str, draft: Draft, lookup: Callable[[str], Source]) -> str | None:
    """Return a sentence that names sources whose quotes differ in their numbers, or None."""
    if answer_type(question) not in _VALUED:
        return None
    quotes = []
    for part in draft.parts:
        for pick in part.picks:
            source = lookup(pick.evidence.source_id)
            quotes.append((source, source.text[pick.evidence.start : pick.evidence.end]))
    for at, (source, quote) in enumerate(quotes):
        for other, second in quotes[at + 1 :]:
            if source.id != other.id and _differ(quote, second):
                return f"The sources differ: {_dated(source)} and {_dated(other)}."
    return None


def _differ(one: str, other: str) -> bool:
    values, others = set(_VALUE.findall(one)), set(_VALUE.findall(other))
    if not values or not others or values & others:
        return False
    words, more = _words(one), _words(other)
    return bool(words) and len(words & more) >= SAME_THING * min(len(words), len(more))


def _words(text: str) -> set[str]:
    return {term for term in content_terms(text) if not term[:1].isdigit()}


def _dated(source: Source) -> str:
    when = f", {source.modified:%d %B %Y}" if source.modified else ""
    return f"“{source.title}”{when}"
