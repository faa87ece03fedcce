"""A quotation in its parts: what stands between its elisions and its bracketed insertions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from bot.checking.compared_words import Word, compared_words

Joint: TypeAlias = Literal["start", "elided", "inserted", "capital"]
"""What parts a part from the one before: `[...]`, words in brackets, or `[T]` for `t`."""

_DOTS = r"(?:\u2026|(?:\.\s?){2,4}\.?)"
_JOINT = re.compile(
    rf"(?P<elided>[\[(]\s*{_DOTS}\s*[\])]|(?:\.\s?){{2,3}}\.|\u2026)"
    r"|(?P<capital>(?<!\w)\[(?=\w\]\w))"
    r"|(?P<inserted>\[(?!\^?\d+(?:\s*[,;\u2013-]\s*\d+)*\])[^\[\]\n]{1,120}\](?![(\[\w]))"
)
_LETTER_IN_BRACKETS = re.compile(r"(?<!\w)\[(\w)\](?=\w)")
_ENDING_IN_BRACKETS = re.compile(r"(?<=\w)\[\w{1,3}\]")


@dataclass(frozen=True)
class Part:
    """Words that must stand in the source one behind the other."""

    words: tuple[Word, ...]
    joint: Joint
    """What stands before them."""
    text: str
    """The words as they were given, which the index is asked for."""
    put: tuple[Word, ...] = ()
    """The words in brackets before them, which are the editor's."""
    put_behind: tuple[Word, ...] = ()
    """The same at the end of the quotation."""


def quotation_parts(quote: str, *, edited: bool) -> list[Part]:
    """Return the parts of a quotation; `edited` reads dots and brackets as an editor's.

    Otherwise they are taken for the source's own. Parts without words are left out.
    """
    if not edited:
        words = compared_words(quote)
        return [Part(tuple(words), "start", quote)] if words else []
    found: list[Part] = []
    put: tuple[Word, ...] = ()
    for joint, inserted, text in _pieces(_ENDING_IN_BRACKETS.sub("", quote)):
        put += tuple(compared_words(inserted))
        words = compared_words(text)
        if words:
            found.append(Part(tuple(words), joint if found else "start", text, put))
            put = ()
    if found and put:
        found[-1] = replace(found[-1], put_behind=put)
    return found


def is_edited(quote: str) -> bool:
    """Say whether a quotation has an elision, an insertion or a letter in brackets."""
    return bool(_JOINT.search(quote) or _ENDING_IN_BRACKETS.search(quote))


def _pieces(quote: str) -> Iterator[tuple[Joint, str, str]]:
    """Yield what stands before a piece, the words in brackets there, and the piece."""
    joint: Joint = "start"
    inserted, at = "", 0
    for mark in _JOINT.finditer(quote):
        yield joint, inserted, _LETTER_IN_BRACKETS.sub(r"\1", quote[at : mark.start()])
        inserted = (mark["inserted"] or "")[1:-1]
        joint = "elided" if mark["elided"] else "inserted" if mark["inserted"] else "capital"
        at = mark.start() if joint == "capital" else mark.end()
    yield joint, inserted, _LETTER_IN_BRACKETS.sub(r"\1", quote[at:])
