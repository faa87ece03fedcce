"""Paragraphs of a shape as lines of lists and as prose, by what the shape and its models say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from index.load.composed_text import as_words

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"

_BULLETS = (f"{A}buChar", f"{A}buBlip", f"{A}buAutoNum", f"{A}buNone")
_SPACES = {f"{A}br": "\n", f"{A}tab": "\t"}
_INDENT = "   "


class ListLook(NamedTuple):
    """Where to look for the mark of a paragraph that says nothing itself, the nearest first."""

    styles: tuple[Any, ...] = ()

    def bullet(self, paragraph: Any, level: int) -> Any | None:
        """Return the element that says which mark a paragraph has; None where nothing does."""
        own = paragraph.find(f"{A}pPr")
        named = [own, *(style.find(f"{A}lvl{level + 1}pPr") for style in self.styles)]
        found = (_mark(each) for each in named if each is not None)
        return next((mark for mark in found if mark is not None), None)


def _mark(properties: Any) -> Any | None:
    return next((each for each in properties if each.tag in _BULLETS), None)


def listed_paragraphs(body: Any, look: ListLook) -> Iterator[str]:
    """Yield the paragraphs of a text body, those of one list together."""
    items: list[str] = []
    counts: dict[int, int] = {}
    for paragraph in body.iterfind(f"{A}p"):
        words = _words(paragraph)
        if not words.strip():
            continue
        own = paragraph.find(f"{A}pPr")
        level = min(_level(own), 8)
        bullet = look.bullet(paragraph, level)
        if bullet is None or bullet.tag == f"{A}buNone":
            yield "\n".join(items)
            items, counts = [], {}
            yield as_words(words)
            continue
        counts = {deep: count for deep, count in counts.items() if deep <= level}
        mark = "- "
        if bullet.tag == f"{A}buAutoNum":
            first = int(bullet.get("startAt", "1")) if bullet.get("startAt", "1").isdigit() else 1
            counts[level] = counts.get(level, first - 1) + 1
            mark = numbered_mark(counts[level], bullet.get("type", "arabicPeriod"))
        items.append(f"{_INDENT * level}{mark}{' '.join(words.split())}")
    yield "\n".join(items)


def _level(properties: Any | None) -> int:
    stated = "0" if properties is None else properties.get("lvl", "0")
    return int(stated) if stated.isdigit() else 0


def numbered_mark(number: int, kind: str) -> str:
    """Return the mark of an item that is numbered: in figures as Markdown has it, else a dash."""
    if kind.startswith("arabic"):
        return f"{number}. "
    if kind.startswith("alpha"):
        letters = in_letters(number)
        return f"- {letters.upper() if 'Uc' in kind else letters}) "
    if kind.startswith("roman"):
        figures = in_roman(number)
        return f"- {figures if 'Uc' in kind else figures.lower()}. "
    return f"{number}. "


def in_letters(number: int) -> str:
    """Return a, b, …, z, aa, bb, … as office programs count."""
    repeated, letter = divmod(max(number, 1) - 1, 26)
    return chr(ord("a") + letter) * (min(repeated, 20) + 1)


def in_roman(number: int) -> str:
    """Return a number in Roman figures."""
    figures = ""
    values = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
    signs = ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I")
    if not 0 < number < 4000:
        return str(number)
    for value, sign in zip(values, signs, strict=True):
        count, number = divmod(number, value)
        figures += sign * count
    return figures


def _words(paragraph: Any) -> str:
    """Return the words of a paragraph with its line breaks."""
    parts = (
        _SPACES.get(element.tag, element.text or "")
        for element in paragraph.iter(f"{A}t", *_SPACES)
    )
    return "".join(parts).replace("\v", "\n")
