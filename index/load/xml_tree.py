"""An XML document as a tree of elements, without what it would fetch or unfold.

No DTD and no other file is read. An entity is the text that the file itself gives it, or the
character that HTML and the ISO sets of DocBook call so; what it would take to know is noted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5
from typing import Any
from xml.parsers import expat

DEEPEST = 200
"""Elements inside one another whose structure is kept; below that, they are their words."""

# fmt: off
_KEPT = frozenset({
    "alt", "choice", "colname", "colspan", "conkeyref", "conref", "href", "id", "importance",
    "keyref", "linkend", "modified", "morerows", "nameend", "namest", "navtitle", "otherterm",
    "othertype", "processing-role", "rep", "rowspan", "spanname", "title", "type", "url",
})
# fmt: on
"""Attributes that mean something; a tree takes the square of their number for many."""

LINE = "quoth-line"
"""The attribute that says in which line an element begins."""

_ENTITY = re.compile(r"<!ENTITY\s{1,20}([\w.-]{1,100})\s{1,20}(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE = re.compile(r"&(#?[\w.-]{1,100});")
_TAG = re.compile(r"<[^<>]*>")
_DEEPEST_ENTITY = 20
"""Entities that stand in one another's values; more are a loop, or made to unfold."""

_UNFOLDS = "its entities unfold into more than it holds"


@dataclass(frozen=True)
class XmlTree:
    """What was read of a document; names are without their prefixes."""

    root: Any
    doctype: str
    """Public and system name of its DTD."""
    namespace: str
    """What the root's own elements are named by; empty without one."""
    included: tuple[str, ...]
    """Files whose text belongs into it, which are not read."""
    unknown: tuple[str, ...]
    """Entities that only other files could tell."""


class XmlDamage(Exception):
    """A file that is no well-formed XML, or would unfold into more than it holds."""


def xml_tree(text: str) -> XmlTree:
    """Read a document; raises XmlDamage with a reason."""
    reader = _Reader(text)
    try:
        return reader.read()
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise XmlDamage(f"its markup is not well formed ({error})") from None


def root_of(text: str) -> tuple[str, str, str]:
    """Return name and namespace of the outermost element and the DTD of a document, or blanks."""
    reader = _Reader(text, is_glance=True)
    try:
        reader.read()
    except _Seen:
        return reader.root_name, reader.namespace, reader.doctype
    except (XmlDamage, expat.ExpatError, ValueError, LookupError):
        return "", "", ""
    return "", "", ""


class _Seen(Exception):
    """Ends a glance at the outermost element."""


@dataclass
class _Reader:
    """Follows the elements of one document."""

    text: str
    is_glance: bool = False
    root_name: str = ""
    namespace: str = ""
    doctype: str = ""
    _depth: int = 0
    _entities: dict[str, str] = field(default_factory=dict)
    _meanings: dict[str, str] = field(default_factory=dict)
    _included: dict[str, None] = field(default_factory=dict)
    _unknown: dict[str, None] = field(default_factory=dict)
    _left: int = 0
    """Characters that entities may still stand for."""

    def read(self) -> XmlTree:
        """Read it all."""
        from lxml import etree  # type: ignore[import-untyped]

        self._builder = etree.TreeBuilder()
        self._data = self.text.encode("utf-8", "surrogatepass")
        self._left = len(self.text) + 10_000
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.UseForeignDTD(True)  # else an entity that no DTD declares would end the reading
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._begin_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words
        parser.DefaultHandler = _ignore  # so that entities are told instead of unfolded
        parser.SkippedEntityHandler = self._entity
        parser.ExternalEntityRefHandler = self._file
        parser.Parse(self._data, True)
        return XmlTree(
            self._builder.close(),
            self.doctype,
            self.namespace,
            tuple(self._included),
            tuple(self._unknown),
        )

    def _begin_doctype(self, name: str, system: str | None, public: str | None, _: bool) -> None:
        self.doctype = f"{public or ''} {system or ''}".strip()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._depth:
            self._begin(name, attributes)
        self._depth += 1
        if self._depth <= DEEPEST:
            held = {known: attributes[key] for key in attributes if (known := _local(key)) in _KEPT}
            held[LINE] = str(self._parser.CurrentLineNumber)
            self._builder.start(_local(name), held)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.root_name = _local(name)
        prefix = name.rpartition(":")[0]
        self.namespace = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
        if self.is_glance:
            raise _Seen
        head = self._data[: self._parser.CurrentByteIndex].decode("utf-8", "replace")
        for found in _ENTITY.finditer(head):
            self._entities.setdefault(found[1], found[2] or found[3] or "")

    def _end(self, name: str) -> None:
        if self._depth <= DEEPEST:
            self._builder.end(_local(name))
        self._depth -= 1

    def _words(self, words: str) -> None:
        if self._depth:
            self._builder.data(words)

    def _entity(self, name: str, is_parameter: bool) -> None:
        if is_parameter or not self._depth:
            return
        words = self._meaning(name, 0)
        self._left -= len(words)
        if self._left < 0:
            raise XmlDamage(_UNFOLDS)
        self._builder.data(words)

    def _meaning(self, name: str, depth: int) -> str:
        """Return what an entity that stands in `depth` others means."""
        if name in self._meanings:
            return self._meanings[name]
        value = self._entities.get(name)
        if value is None:
            if known := unescape(f"&{name};") if name[0] == "#" else html5.get(f"{name};"):
                return known
            self._unknown.setdefault(name)
            return f"[{name}]"
        if depth > _DEEPEST_ENTITY:
            raise XmlDamage(_UNFOLDS)
        self._meanings[name] = words = self._unfolded(_TAG.sub("", value), depth + 1)
        return words

    def _unfolded(self, value: str, depth: int) -> str:
        """Return a value with the meanings of its entities; raises XmlDamage above the limit."""
        words: list[str] = []
        at = length = 0
        for found in _REFERENCE.finditer(value):
            words += (value[at : found.start()], self._meaning(found[1], depth))
            length += len(words[-1])
            at = found.end()
            if length > self._left:
                raise XmlDamage(_UNFOLDS)
        return "".join((*words, value[at:]))

    def _file(
        self, context: str | None, _base: str | None, system: str | None, _: str | None
    ) -> int:
        """Name a file that belongs into it, and the entity that stands for it."""
        if system:
            self._included.setdefault(system)
        if context and self._depth:
            self._builder.data(f"[{context.rpartition(chr(12))[2]}]")
        return 1


def _ignore(_: str) -> None:
    """Pass over comments, declarations and the like."""


def _local(name: str) -> str:
    return name.rpartition(":")[2]
