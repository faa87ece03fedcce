"""What a text mentions: names, values, and the words that say what it is about."""

from __future__ import annotations

import re

from index.text.english import NAME_OF_PARTS
from index.text.words import content_terms

_NAME = re.compile(NAME_OF_PARTS)
_MARKED = re.compile(r"\"[^\"]{2,}\"|“[^”]{2,}”|`[^`]+`")
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_][\w’'-]*")
_VALUE = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*\w*")
_EMPTY = frozenset(
    content_terms(
        "tell give explain describe mean meant know need want find say think show question answer "
        "thing something anything way kind sort lot example please help good best better many much "
        "long happen happened use used make made get got go going come came take took work works "
        "really every may"
    )
)


def own_terms(question: str) -> list[str]:
    """Return the words that say what a question is about, without empty verbs."""
    return [term for term in content_terms(question) if term not in _EMPTY]


def named(question: str) -> bool:
    """Say whether a name, a phrase in quotation marks or code stands in a question."""
    return bool(names(question) or _MARKED.search(question))


def names(text: str) -> list[str]:
    """Return runs of capitalised words that do not merely start a sentence."""
    found = []
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip()
        name = match[0]
        if not before or before[-1] in '.!?:"“':
            first, _, rest = name.partition(" ")
            name = name if first.isupper() and len(first) > 1 else rest
        if name and content_terms(name):
            found.append(name)
    return list(dict.fromkeys(found))


def nouns(text: str) -> list[str]:
    """Return the content words of a question, in order, without empty verbs."""
    words = [word for word in _WORD.findall(text) if content_terms(word)]
    return [word for word in words if not set(content_terms(word)) <= _EMPTY]


def values(text: str) -> list[str]:
    """Return the numbers of a text: years, versions, amounts, with what is written to them."""
    return _VALUE.findall(text)
