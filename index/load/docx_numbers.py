"""The numbers that Word prints before headings and the items of lists, computed as it does."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from index.load.docx_styles import Styles, W, figure
from index.load.list_lines import number_label

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")


class _Level(NamedTuple):
    """How one level of a numbering counts."""

    start: int = 1
    kind: str = "decimal"
    text: str = ""
    restarts: bool = True


class _Numbering(NamedTuple):
    """The levels of a numbering, and the count that it shares with others."""

    shared: str
    levels: tuple[_Level, ...]
    starts: dict[int, int]
    """Where this one begins anew, by level."""


class Numbers:
    """Counts on from paragraph to paragraph."""

    def __init__(self, root: Any | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, Any] = {}
        self._instances: dict[str, Any] = {}
        self._known: dict[str, _Numbering | None] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        for element in () if root is None else root:
            if element.tag == f"{W}abstractNum":
                self._abstract[element.get(f"{W}abstractNumId", "")] = element
            elif element.tag == f"{W}num":
                self._instances[element.get(f"{W}numId", "")] = element

    def label(self, id: str, level: int) -> str | None:
        """Count one paragraph; returns its number, "" for a bullet, None where none is printed."""
        found, level = self._numbering(id), min(level, _LEVELS - 1)
        if found is None:
            return None
        counts = self._counts.setdefault(found.shared, [None] * _LEVELS)
        if level in found.starts and (id, level) not in self._begun:
            self._begun.add((id, level))
            counts[level] = found.starts[level] - 1
        before = counts[level]
        counts[level] = found.levels[level].start if before is None else before + 1
        for deeper in range(level + 1, _LEVELS):
            if found.levels[deeper].restarts:
                counts[deeper] = None
        if found.levels[level].kind == "bullet":
            return ""
        return self._printed(found, counts, level)

    @staticmethod
    def _printed(found: _Numbering, counts: list[int | None], level: int) -> str | None:
        def one(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            count = counts[place]
            number = found.levels[place].start if count is None else count
            return number_label(number, found.levels[place].kind)

        shown = _PLACE.sub(one, found.levels[level].text).strip()
        return shown or None

    def _numbering(self, id: str) -> _Numbering | None:
        if id not in self._known:
            self._known[id] = self._made(id)
        return self._known[id]

    def _made(self, id: str, deep: int = 0) -> _Numbering | None:
        instance = self._instances.get(id)
        abstract_id = None if instance is None else _value(instance, "abstractNumId")
        abstract = self._abstract.get(abstract_id or "")
        if instance is None or abstract is None:
            return None
        if link := _value(abstract, "numStyleLink"):
            linked = self._styles.named(link).number
            return self._made(linked[0], deep + 1) if linked and deep < _LEVELS else None
        levels = [_Level()] * _LEVELS
        starts: dict[int, int] = {}
        for element in (
            *abstract.iterfind(f"{W}lvl"),
            *instance.iterfind(f"{W}lvlOverride/{W}lvl"),
        ):
            place = figure(element.get(f"{W}ilvl"))
            if place is not None and place < _LEVELS:
                levels[place] = _level(element)
        for element in instance.iterfind(f"{W}lvlOverride"):
            place, start = figure(element.get(f"{W}ilvl")), figure(_value(element, "startOverride"))
            if place is not None and place < _LEVELS and start is not None:
                starts[place] = start
        return _Numbering(abstract_id or "", tuple(levels), starts)


def _level(element: Any) -> _Level:
    start = figure(_value(element, "start"))
    return _Level(
        start=1 if start is None else start,
        kind=_value(element, "numFmt") or "decimal",
        text=_value(element, "lvlText") or "",
        restarts=_value(element, "lvlRestart") != "0",
    )


def _value(element: Any, name: str) -> str | None:
    found = element.find(f"{W}{name}")
    value: str | None = None if found is None else found.get(f"{W}val")
    return value
