"""Records of an XML file, such as the entries of a feed: read along, without a tree or entities.

Expat holds no more than the record at hand, takes time by the length of the file, and is told to
stop at the first entity that a file declares, by which a small file could unfold into a large one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias
from xml.parsers import expat

from index.errors import LoadError

_DEEPEST = 200
"""Elements inside one another that are followed; markup of an article has some dozens."""


@dataclass
class XmlField:
    """One element of a record: its attributes and what it holds, markup inside it as markup."""

    attributes: Mapping[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return what it holds."""
        return "".join(self.parts).strip()


XmlRecord: TypeAlias = dict[str, list[XmlField]]
"""The elements of a record by their names, without prefixes and in lower case."""


@dataclass(frozen=True)
class XmlFile:
    """What was read of a file."""

    root: str
    """Name of its outermost element."""
    records: tuple[tuple[str, XmlRecord], ...]
    head: XmlRecord
    """What stands beside the records."""
    damage: str | None = None
    """What ended it early, if anything did."""


def read_xml(data: bytes, name: str, *, records: Collection[str], most: int) -> XmlFile:
    """Read up to `most` records by the names of their elements; raises LoadError for no XML."""
    reader = _Reader(frozenset(records), most)
    damage = None
    try:
        reader.parse(data)
    except _Stop as stop:
        damage = stop.reason
    except (expat.ExpatError, LookupError, ValueError) as error:
        damage = f"It is no valid XML ({error})."
    if reader.root is None:
        raise LoadError(name, damage or "It is empty.")
    return XmlFile(reader.root, tuple(reader.found), dict(reader.head), damage)


class _Stop(Exception):
    """Ends the reading; without a reason where enough was read."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason


class _Reader:
    """Follows the elements of one file."""

    def __init__(self, records: Collection[str], most: int) -> None:
        self.root: str | None = None
        self.found: list[tuple[str, XmlRecord]] = []
        self.head: XmlRecord = defaultdict(list)
        self._records = records
        self._most = most
        self._open: list[str] = []
        self._into: XmlRecord = self.head
        self._record_at = 0
        """How deep the record at hand stands; 0 outside of one."""
        self._field: XmlField | None = None
        self._field_at = 0

    def parse(self, data: bytes) -> None:
        """Read a file; raises _Stop or what expat raises."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _refuse
        parser.Parse(data, True)

    def _start(self, prefixed: str, attributes: dict[str, str]) -> None:
        name = prefixed.rpartition(":")[2].lower()
        self.root = self.root or name
        self._open.append(name)
        depth = len(self._open)
        if depth > _DEEPEST:
            raise _Stop("Its elements stand too deep inside one another.")
        if self._field is not None:
            shown = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
            self._field.parts.append(f"<{name}{shown}>")
        elif not self._record_at and name in self._records:
            self._begin(name, depth)
        elif self._record_at or (depth > 1 and name != "channel"):
            self._field, self._field_at = XmlField(attributes), depth
            self._into.setdefault(name, []).append(self._field)

    def _begin(self, name: str, depth: int) -> None:
        if len(self.found) >= self._most:
            raise _Stop
        self._into = {}
        self._record_at = depth
        self.found.append((name, self._into))

    def _end(self, _: str) -> None:
        depth = len(self._open)
        name = self._open.pop()
        if self._field is not None:
            if depth == self._field_at:
                self._field = None
            else:
                self._field.parts.append(f"</{name}>")
        elif depth == self._record_at:
            self._record_at, self._into = 0, self.head

    def _text(self, text: str) -> None:
        if self._field is not None:
            inside = len(self._open) > self._field_at
            self._field.parts.append(escape(text) if inside else text)


def _refuse(*_: object) -> None:
    raise _Stop("It is XML that declares entities, which are read of DocBook and DITA only.")
