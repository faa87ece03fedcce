"""Paragraphs of a shape as lists and as prose, by what the shape and its models say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from index.load.composed_text import as_words
from index.load.list_lines import BULLET, ListLines, item_mark, number_label

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_BULLETS = (f"{A}buChar", f"{A}buBlip", f"{A}buAutoNum", f"{A}buNone")
_SPACES = {f"{A}br": "\n", f"{A}tab": "\t"}
_DEEPEST = 8
_KINDS = {"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman",
          "romanUc": "upperRoman"}  # fmt: skip


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
    items = ListLines()
    counts: dict[int, int] = {}
    for paragraph in body.iterfind(f"{A}p"):
        words = _words(paragraph)
        if not words.strip():
            continue
        level = _level(paragraph)
        bullet = look.bullet(paragraph, level)
        if bullet is None or bullet.tag == f"{A}buNone":
            yield items.taken()
            counts = {}
            yield as_words(words)
            continue
        counts = {deep: count for deep, count in counts.items() if deep <= level}
        mark = BULLET
        if bullet.tag == f"{A}buAutoNum":
            counts[level] = counts.get(level, _figure(bullet.get("startAt"), 1) - 1) + 1
            mark = _numbered(counts[level], bullet.get("type", ""))
        items.add(level, mark, words)
    yield items.taken()


def _level(paragraph: Any) -> int:
    own = paragraph.find(f"{A}pPr")
    return 0 if own is None else min(_figure(own.get("lvl"), 0), _DEEPEST)


def _figure(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() else otherwise


def _numbered(number: int, kind: str) -> str:
    """Return the mark of an item, as in `1. `, `- a) ` or `- (iv) `."""
    label = number_label(number, _KINDS.get(kind[:7], "decimal"))
    if kind.endswith("ParenBoth"):
        return item_mark(f"({label})")
    return item_mark(f"{label})" if kind.endswith("ParenR") else f"{label}.")


def _words(paragraph: Any) -> str:
    """Return the words of a paragraph with its line breaks."""
    parts = (
        _SPACES.get(element.tag, element.text or "")
        for element in paragraph.iter(f"{A}t", *_SPACES)
    )
    return "".join(parts).replace("\v", "\n")
