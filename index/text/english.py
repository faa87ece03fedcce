"""The closed classes of English words and the forms of names, once for all who look for them.

Words stand in strings, parted by blanks; `one_of` makes a pattern of them. Who takes only part of
a class says why.
"""

from __future__ import annotations

QUESTION_WORDS = "who whom whose what when where why how which"

AUXILIARIES = "is are was were do does did has have can could should will"
"""Verbs with which a question begins, and a second one inside a sentence."""

OPENING_VERBS = f"{AUXILIARIES} had would may must"
"""Verbs with which a question begins. Inside a sentence "had" and "would" tell more than they ask,
May is a month, and "must and must not" one rule."""

PERSONAL = "he she it they"
OBJECTS = "him her them"
POSSESSIVES = "his her hers its their theirs"
DEMONSTRATIVES = "this that these those"

NEGATIONS = r"no not never none nobody nothing neither nor cannot \w+n[’']t"

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
"""A pattern for the names of the months, in lower case."""

SHORT_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec"
"""Behind these a full stop does not end a sentence."""

WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
NUMBERS = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}
"""The words that are a number on their own."""

AMOUNTS = f"{_UNITS} {_TENS} dozen thousand million billion half third quarter twice once several"
"""The words that say how many."""

_CAPITALISED = r"[A-Z][\w’'-]*"
NAME = rf"\b{_CAPITALISED}(?: {_CAPITALISED})*"
"""A run of capitalised words."""

NAME_OF_PARTS = rf"\b{_CAPITALISED}(?: (?:(?:of|the|de|van|von|for|and) )?{_CAPITALISED})*"
"""A name with the small words inside it: "Bank of America"."""

NAME_IN_SENTENCE = (
    r"(?<=[a-z,;:)(“\"'‘] )[A-Z][\w.’'-]+"
    r"|^[A-Z][\w.’'-]+ (?:(?:of|de|van|von) )?[A-Z][\w.’'-]+"
)
"""A name that is not merely the first word of a sentence; initials belong to it."""

NAME_OF_PERSON = r"[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*)+|(?<=[\w,;:”\"] )[A-Z][a-z][\w’'-]+"
"""Two capitalised words or more, or one inside a sentence that is no abbreviation."""


def one_of(*classes: str) -> str:
    """Return a pattern for any word of `classes`."""
    return f"(?:{'|'.join(' '.join(classes).split())})"
