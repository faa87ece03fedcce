"""The members of mappings and lists in YAML, told by their indentation.

No tree is built: files with the marks of a template are read as well as those that are valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.chunk.key_members import Member, line_starts

_KEY = re.compile(
    r"""(?:\?[ ]+)?("(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'"""
    r"""|[^\s#\-\[\]{},"'&*!|>%@`:](?:[^:\n#]|:(?=\S)|(?<=\S)\#)*+"""
    r"""|-(?=\S)(?:[^:\n#]|:(?=\S)|(?<=\S)\#)*+|[*&]\w+[ ]*)[ ]*:(?=\s|$)[ ]*(.*)"""
)
_ITEM = re.compile(r"-(?:[ ]+|$)")
_SEVERAL_LINES = re.compile(r"(?:[&!]\S+[ ]*)*(?:#.*)?$")
"""What stands behind a key whose members stand below it: nothing, an anchor, a comment."""
_DOCUMENT = re.compile(r"^(?:---(?:[ \t].*)?|\.\.\.)$", re.MULTILINE)
_KIND = re.compile(r"^kind:[ ]*[\"']?([\w.-]{1,60})", re.MULTILINE)
_NAME = re.compile(
    r"^metadata:[ ]*\n(?:[ ]+.*\n|\n){0,20}?[ ]{1,4}name:[ ]*[\"']?([\w.-]{1,80})", re.MULTILINE
)


def yaml_members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the members of what is in a stretch; of a whole text, its documents."""
    if (start, end) == (0, len(text)) and (parts := list(_documents(text))):
        for first, stop in parts:
            yield Member("", first, stop, (first, stop), _resource(text[first:stop]))
        return
    yield from _members(text, start, end)


def _documents(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the documents of a text that has more than one."""
    marks = list(_DOCUMENT.finditer(text))
    if marks:
        starts = [0, *(mark.end() for mark in marks)]
        stops = [*(mark.start() for mark in marks), len(text)]
        for first, stop in zip(starts, stops, strict=True):
            if text[first:stop].strip():
                yield first, stop


def _resource(document: str) -> str:
    """Return kind and name of a document that states them, as Kubernetes has them."""
    kind, name = _KIND.search(document), _NAME.search(document)
    return f"{kind[1]} {name[1]}" if kind and name else ""


def _members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the members of the mapping or list in a stretch."""
    reader = _Reader(text)
    for first, stop in line_starts(text, start, end):
        line = text[first:stop]
        words = line.lstrip(" ")
        if words.strip() and (ended := reader.read(words, first + len(line) - len(words), stop)):
            yield ended
    if last := reader.rest(end):
        yield last


@dataclass
class _Reader:
    """Reads the lines of one mapping or list, and tells each member when the next one begins."""

    text: str
    depth: int = -1
    """Columns before the keys, or before the dashes of a list."""
    listed: bool = False
    number: int = 0
    begun: int = -1
    remark: int = -1
    """Where comments begin that belong to what follows."""
    last: int = -1
    key: str = ""
    body: int = -1

    def read(self, words: str, place: int, stop: int) -> Member | None:
        """Take up a line without its indentation; return the member that ended above it."""
        indent = place - (self.text.rfind("\n", 0, place) + 1)
        if words[0] == "#":
            if self.depth < 0 or indent <= self.depth:
                self.remark = place if self.remark < 0 else self.remark
            else:
                self.last = stop
            return None
        item = _ITEM.match(words)
        if self.depth < 0:
            self.depth, self.listed = indent, item is not None
        found = None if item else _KEY.match(words)
        ended = None
        if indent <= self.depth and (item if self.listed else found):
            ended = self._member()
            self._begin(place)
            if item:
                self.key, self.body = f"[{self.number}]", place + item.end()
                self.number += 1
            elif found:
                self.key = found[1].strip().strip("\"'")
                self.body = stop + 1 if _SEVERAL_LINES.match(found[2]) else -1
        elif self.begun < 0:
            self._begin(place)
        self.last, self.remark = stop, -1
        return ended

    def rest(self, end: int) -> Member | None:
        """Return the last member, or comments below which nothing stands."""
        if self.begun < 0 and self.remark >= 0:
            return Member("", self.remark, end)
        return self._member()

    def _begin(self, place: int) -> None:
        self.begun = self.remark if self.remark >= 0 else place
        self.key, self.body = "", -1

    def _member(self) -> Member | None:
        if self.begun < 0:
            return None
        body = (self.body, self.last) if 0 <= self.body < self.last else None
        return Member(self.key, self.begun, self.last, body)
