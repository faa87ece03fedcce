"""Parts, styles and numberings of an OpenDocument file."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from index.errors import LoadError
from index.load.dates import in_utc
from index.load.list_lines import number_label
from index.load.office_package import PROTECTED, OfficePackage
from index.load.office_properties import stated_title

_BASE = "{urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE = f"{_BASE}office:1.0}}", f"{_BASE}text:1.0}}", f"{_BASE}table:1.0}}"
DRAW, STYLE = f"{_BASE}drawing:1.0}}", f"{_BASE}style:1.0}}"
PRESENTATION = f"{_BASE}presentation:1.0}}"
SVG = f"{_BASE}svg-compatible:1.0}}"
_META = "{http://purl.org/dc/elements/1.1/}"

_DEEPEST = 32
"""Styles that one may come from, one from the other, before it is no longer followed."""
_FORMATS = {
    "1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman",
}  # fmt: skip


class OpenDocument:
    """A text, a sheet or a presentation; raises LoadError where it cannot be read."""

    def __init__(self, data: bytes, name: str, *, newer: str) -> None:
        package = OfficePackage(data, name, newer=newer)
        manifest = package.read("META-INF/manifest.xml") or b""
        if b"encryption-data" in manifest:
            raise LoadError(name, PROTECTED)
        content = package.tree("content.xml")
        body = None if content is None else content.find(f"{OFFICE}body")
        if body is None or not len(body):
            raise LoadError(name, "It is a ZIP archive, but no office document; save it again.")
        self.body = body[0]
        self.styles = OdfStyles(package.tree("styles.xml"), content)
        meta = package.tree("meta.xml")
        self.title = stated_title(_of_meta(meta, "title"))
        self.modified: datetime | None = in_utc(_of_meta(meta, "date"))


def _of_meta(meta: Any | None, name: str) -> str:
    found = None if meta is None else next(meta.iter(f"{_META}{name}"), None)
    return "" if found is None else found.text or ""


class _Level(NamedTuple):
    """How one level of a list is marked."""

    kind: str = "bullet"
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1
    """How many levels the number has."""


class OdfStyles:
    """The styles of a document, its own behind those of its template."""

    def __init__(self, *roots: Any | None) -> None:
        self._styles: dict[str, list[Any]] = {}
        self._lists: dict[str, dict[int, _Level]] = {}
        self.outline: dict[int, _Level] = {}
        for root in roots:
            for element in () if root is None else root.iter(f"{STYLE}style"):
                self._styles.setdefault(element.get(f"{STYLE}name", ""), []).append(element)
            for element in () if root is None else root.iter(f"{TEXT}list-style"):
                self._lists[element.get(f"{STYLE}name", "")] = _levels(element)
            for element in () if root is None else root.iter(f"{TEXT}outline-style"):
                self.outline = _levels(element)

    def chain(self, name: str | None) -> list[Any]:
        """Return a style and what it comes from, the nearest first."""
        found: list[Any] = []
        while name in self._styles and len(found) < _DEEPEST:
            element = self._styles[name][-1]
            found.append(element)
            name = element.get(f"{STYLE}parent-style-name")
        return found

    def hides(self, name: str | None) -> bool:
        """Say whether text of this style is not shown."""
        for element in self.chain(name):
            properties = element.find(f"{STYLE}text-properties")
            shown = None if properties is None else properties.get(f"{TEXT}display")
            if shown is not None:
                return bool(shown == "none")
        return False

    def is_named(self, name: str | None, wanted: str) -> bool:
        """Say whether a style is called so, or comes from one that is."""
        return any(element.get(f"{STYLE}name") == wanted for element in self.chain(name))

    def property(self, name: str | None, group: str, wanted: str) -> str | None:
        """Return what a style says, in `group`, of `wanted`."""
        for element in self.chain(name):
            properties = element.find(f"{STYLE}{group}")
            value: str | None = None if properties is None else properties.get(wanted)
            if value is not None:
                return value
        return None

    def list_of(self, name: str | None) -> str | None:
        """Return the style of lists that a style of paragraphs asks for."""
        found = (element.get(f"{STYLE}list-style-name") for element in self.chain(name))
        return next(filter(None, found), None)

    def levels(self, name: str | None) -> dict[int, _Level]:
        """Return how the levels of a list are marked, from 1."""
        return self._lists.get(name or "", {})


def _levels(element: Any) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for level in element:
        stated = level.get(f"{TEXT}level", "")
        if not stated.isdecimal() or not isinstance(level.tag, str):
            continue
        kind = _FORMATS.get(level.get(f"{STYLE}num-format", ""), "none")
        found[int(stated)] = _Level(
            kind="bullet" if level.tag.endswith("-bullet") else kind,
            before=level.get(f"{STYLE}num-prefix", ""),
            after=level.get(f"{STYLE}num-suffix", ""),
            start=_count(level.get(f"{TEXT}start-value"), 1),
            shown=_count(level.get(f"{TEXT}display-levels"), 1),
        )
    return found


def _count(text: str | None, otherwise: int) -> int:
    return (
        int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else otherwise
    )


class Counter:
    """Counts the items of a list, or the headings of a document."""

    def __init__(self, levels: dict[int, _Level]) -> None:
        self._levels = levels
        self._counts: dict[int, int] = {}

    def label(self, level: int, start: str | None = None) -> str:
        """Count one; returns its number as it is printed, "" for a bullet or none."""
        look = self._levels.get(level, _Level())
        self._counts = {deep: count for deep, count in self._counts.items() if deep <= level}
        self._counts[level] = _count(start, self._counts.get(level, look.start - 1) + 1)
        if look.kind in ("bullet", "none"):
            return ""
        first = max(level - look.shown + 1, 1)
        numbers = (
            number_label(
                self._counts.get(each, self._levels.get(each, _Level()).start),
                self._levels.get(each, look).kind,
            )
            for each in range(first, level + 1)
        )
        return f"{look.before}{'.'.join(filter(None, numbers))}{look.after}".strip()
