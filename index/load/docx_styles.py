"""What the styles of a Word document say of paragraphs and runs: headings, lists, hidden text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis"
    r"|заголовок|标题|標題|見出し)\s*([1-9])",
    re.IGNORECASE,
)
"""Names that programs give to styles of headings; Word itself writes the English ones."""

_LIST_NAME = re.compile(r"list (?:bullet|number) ([2-5])", re.IGNORECASE)
"""Styles whose items are set as deep as their name says, whatever the level of their numbering."""

_CONTENTS = re.compile(r"toc \d|contents \d|table of figures|index \d", re.IGNORECASE)
_DEEPEST = 64
"""Styles that one may be based on, one on the other, before it is no longer followed."""


@dataclass(frozen=True)
class Style:
    """What holds for what has a style, unless it says otherwise itself."""

    name: str = ""
    heading: int | None = None
    """Level from 1; 0 for the title of the document."""
    number: tuple[str, int] | None = None
    """Which numbering, and its level from 0."""
    depth: int = 0
    """How deep its items are set, where its name says so."""
    is_hidden: bool = False

    @property
    def is_contents(self) -> bool:
        """Whether it is of a table of contents, whose entries the headings repeat."""
        return _CONTENTS.match(self.name) is not None


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: Any | None) -> None:
        self._elements: dict[str, Any] = {}
        self._known: dict[str, Style] = {}
        self.default = ""
        for element in () if root is None else root.iterfind(f"{W}style"):
            id = element.get(f"{W}styleId", "")
            self._elements[id] = element
            if element.get(f"{W}type") == "paragraph" and is_on(element.get(f"{W}default", "0")):
                self.default = id

    def named(self, id: str | None) -> Style:
        """Return the style with this id, or one that says nothing."""
        found = self._known.get(id or "")
        if found is None:
            found = self._known[id or ""] = self._made(id or "")
        return found

    def _made(self, id: str) -> Style:
        """Put together what a style says, and what those say that it is based on."""
        heading, number, level, is_hidden = None, None, None, None
        name = _name(self._elements[id]) if id in self._elements else ""
        for element in self._chain(id):
            heading = heading_level(element) if heading is None else heading
            stated, deep = numbering(element.find(f"{W}pPr"))
            number = number or stated
            level = deep if level is None else level
            if is_hidden is None and (hides := element.find(f"{W}rPr/{W}vanish")) is not None:
                is_hidden = is_on(hides.get(f"{W}val", "1"))
        numbered = (number, level or 0) if number and number != "0" else None
        deep_name = _LIST_NAME.fullmatch(name)
        depth = int(deep_name[1]) - 1 if deep_name else 0
        return Style(name, heading, numbered, depth, bool(is_hidden))

    def _chain(self, id: str) -> list[Any]:
        """Return a style and what it is based on, the nearest first."""
        found: list[Any] = []
        while id in self._elements and len(found) < _DEEPEST:
            found.append(self._elements[id])
            based = self._elements[id].find(f"{W}basedOn")
            id = "" if based is None else based.get(f"{W}val", "")
        return found


def _name(element: Any) -> str:
    found = element.find(f"{W}name")
    return "" if found is None else found.get(f"{W}val", "")


def heading_level(element: Any) -> int | None:
    """Return the level that a style gives to headings; None where it makes none."""
    name = _name(element)
    if name.lower() == "title":
        return 0
    if found := _HEADING_NAME.fullmatch(name):
        return int(found[1])
    return outline_level(element.find(f"{W}pPr"))


def outline_level(properties: Any | None) -> int | None:
    """Return the level in the outline that paragraph properties state, from 1."""
    level = None if properties is None else properties.find(f"{W}outlineLvl")
    stated = figure(None if level is None else level.get(f"{W}val"))
    return None if stated is None or stated > 8 else stated + 1


def numbering(properties: Any | None) -> tuple[str | None, int | None]:
    """Return the numbering and the level that paragraph properties state, each where they do."""
    numbered = None if properties is None else properties.find(f"{W}numPr")
    if numbered is None:
        return None, None
    id, level = numbered.find(f"{W}numId"), numbered.find(f"{W}ilvl")
    return (
        None if id is None else id.get(f"{W}val"),
        None if level is None else figure(level.get(f"{W}val")),
    )


def figure(text: str | None) -> int | None:
    """Return a number of at most four digits; None for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 5 else None


def is_on(value: str) -> bool:
    """Say whether a property that is on or off is on."""
    return value not in ("0", "false", "off", "none")
