"""Sources that give different values for the same thing are named, not chosen between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations

from bot.answering.citations import source_as_quoted
from bot.answering.extractive.question_type import answer_type
from bot.schema import Draft
from index.schema import Source
from index.text.english import MONTH, NEGATIONS, NUMBERS, OPENING_VERBS, one_of
from index.text.words import STOP_WORDS, content_terms, stem

_VALUED = frozenset({"when", "count", "duration", "cost"})
_OPEN = frozenset({"definition", "other"})
_NUMBER = re.compile(
    r"(?P<sign>[$€£¥])?\s?(?P<number>\d[\d,.:]*\d|\d)\s*(?P<unit>[%$€£¥]|[^\W\d_]+)?"
)
# "One" is mostly a pronoun, and from twenty on a number may be of several words.
_SPELLED = {word: str(number) for word, number in NUMBERS.items() if 2 <= number < 20}
_SPELLED_NUMBER = re.compile(rf"\b(?:{'|'.join(_SPELLED)})\b", re.IGNORECASE)
_NEGATION = re.compile(rf"\b{one_of(NEGATIONS, 'forbidden prohibited')}\b", re.IGNORECASE)
_YES_OR_NO = re.compile(rf"\W*{one_of(OPENING_VERBS)}\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\W*(?:\w+ )?([A-Z][\w’'-]*) (\d[\d.]*)")
_THOUSANDS = re.compile(r",(?=\d{3}\b)")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\.?\s*$")
_MONTH = re.compile(MONTH)
_DATE = "date"

SAME_THING = 0.5
"""Share of common content words, numbers aside, from which two quotes speak of the same thing."""

SAME_STATEMENT = 0.75
"""That share where the question asks for no number, so that nothing else says what may differ."""


def difference(question: str, draft: Draft, lookup: Callable[[str], Source]) -> str | None:
    """Return a sentence that names sources whose quotes differ in their numbers, or None."""
    kind = answer_type(question)
    if kind not in _VALUED | _OPEN:
        return None
    quotes = list(_quotes(draft, lookup))
    asked = frozenset(content_terms(question))
    least = SAME_THING if kind in _VALUED else SAME_STATEMENT
    yes_or_no = bool(_YES_OR_NO.match(question))
    for (source, quote), (other, second) in combinations(quotes, 2):
        if source.id == other.id or not _same_thing(quote, second, least):
            continue
        if _numbered_apart(source.title, other.title):
            continue
        if _covered(asked, source, quote) != _covered(asked, other, second):
            continue
        if differ(quote, second) or (yes_or_no and _denies(quote, second)):
            return f"The sources differ: {_dated(source)} and {_dated(other)}."
    return None


def _denies(one: str, other: str) -> bool:
    """Say whether one text is negated and the other is not."""
    return bool(_NEGATION.search(one)) != bool(_NEGATION.search(other))


def _quotes(draft: Draft, lookup: Callable[[str], Source]) -> Iterator[tuple[Source, str]]:
    """Yield what is quoted of sources that are still as they were."""
    for evidence in (pick.evidence for part in draft.parts for pick in part.picks):
        if (source := source_as_quoted(evidence, lookup)) is not None:
            yield source, source.text[evidence.start : evidence.end]


def differ(one: str, other: str) -> bool:
    """Say whether two texts give different values of one unit: 10 euros and 12 euros."""
    values, others = _values(one), _values(other)
    shared = values.keys() & others.keys()
    telling = shared - {""} or shared
    return any(not values[unit] & others[unit] for unit in telling)


def _values(text: str) -> dict[str, set[str]]:
    """Return the numbers of a text by the word or sign that they count."""
    found: dict[str, set[str]] = {}
    text = _SPELLED_NUMBER.sub(lambda word: _SPELLED[word[0].lower()], text)
    for match in _NUMBER.finditer(text):
        number = _THOUSANDS.sub("", match["number"])
        before = _WORD_BEFORE.search(text, 0, match.start("number"))
        for unit, value in _measured(number, match, before[1] if before else ""):
            found.setdefault(unit, set()).add(value)
    return found


def _measured(number: str, match: re.Match[str], before: str) -> Iterator[tuple[str, str]]:
    """Yield the unit of a number with its value; of a day, the date."""
    unit = (match["sign"] or match["unit"] or "").lower()
    for month in (unit, before.lower()):
        if _MONTH.fullmatch(month) and number.isdigit() and int(number) <= 31:
            yield _DATE, f"{int(number)} {month[:3]}"
            return
    yield "" if unit in STOP_WORDS else stem(unit), number


def _same_thing(one: str, other: str, least: float) -> bool:
    words, more = words_but_numbers(one), words_but_numbers(other)
    if not words or _numbered_apart(one, other):
        return False
    return len(words & more) >= least * min(len(words), len(more))


def _numbered_apart(one: str, other: str) -> bool:
    """Say whether two quotes begin with two of a series: Orla 2.0 and Orla 2.1."""
    first, second = _NUMBERED.match(one), _NUMBERED.match(other)
    return bool(first and second and first[1] == second[1] and first[2] != second[2])


def words_but_numbers(text: str) -> set[str]:
    """Return the content words of a text without its numbers."""
    return {term for term in content_terms(text) if not term[:1].isdigit()}


def _covered(asked: frozenset[str], source: Source, quote: str) -> frozenset[str]:
    return asked.intersection(content_terms(f"{source.title} {quote}"))


def _dated(source: Source) -> str:
    when = f", {source.modified:%d %B %Y}" if source.modified else ""
    return f"“{source.title}”{when}"
