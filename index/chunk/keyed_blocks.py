"""Structure of JSON, YAML, TOML and XML: what stands under each key, headed by the path to it.

A small object is quoted whole, with its key. Of a larger one each member is, below the path to it:
a value without its path would not say of what it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from index.chunk.blocks import Block, Piece, Role
from index.chunk.key_members import Member, MembersOf
from index.text.layout import folded
from index.text.sentences import trim

_UNIT = 160
"""Characters up to which an object is quoted together with its key and all that it holds."""
_PROSE = 200
"""Characters of a value from which it is cut into sentences."""
_DEEPEST = 12
"""How many keys lead to a block; what is deeper is part of it."""
_LONGEST_KEY = 80
_OPENING = re.compile(
    r"""\s*(?:(?:"(?:[^"\\\n]|\\.){1,200}+"|[\w.-]{1,200}+)\s*[:=]\s*)?["']{1,3}|\s*<[^<>]{1,400}>"""
)
"""A key with the quotation mark of its value, or a tag."""
_CLOSING = re.compile(r"""["']{1,3}\s*,?\s*\Z|</[^<>]{1,60}>\s*\Z""")
_REMARKS = ("#", "//", "/*", "<!--")


class KeyedParser:
    """Finds the blocks of structured data."""

    def __init__(self, text: str, members: MembersOf) -> None:
        self._text = text
        self._members = members
        self._heads: list[Piece] = []
        """Keys of what is told below, which wait for the first of it."""

    def blocks(self) -> list[Block]:
        """Return the blocks of the whole text, each below the path to it."""
        return list(self._inside("", "", (0, len(self._text)), 0))

    def _inside(self, about: str, path: str, body: tuple[int, int], depth: int) -> Iterator[Block]:
        """Yield the blocks of the members in a stretch, small neighbours in one."""
        beside: list[Member] = []
        for member in self._members(self._text, *body):
            small = member.end - member.start <= _UNIT and not member.about
            if member.body is None or small or depth >= _DEEPEST:
                beside.append(member)
                continue
            yield from self._block(about, path, beside)
            beside = []
            self._heads += self._head(member.start, member.body[0])
            inner = _path(path, member.key)
            yield from self._inside(member.about or about, inner, member.body, depth + 1)
        yield from self._block(about, path, beside)

    def _block(self, about: str, path: str, members: Sequence[Member]) -> Iterator[Block]:
        """Yield members as one block below its path."""
        groups = [pieces for each in members if (pieces := self._pieces(each))]
        if groups:
            groups[0] = [*self._heads, *groups[0]]
            self._heads = []
            yield Block("heading", (), 1, about)
            yield Block("heading", (), 2 if about else 1, path)
            yield Block("code", tuple(map(tuple, groups)))

    def _head(self, start: int, end: int) -> Iterator[Piece]:
        """Yield a key that is told below; with a comment above it, it can be quoted."""
        remark = self._text[start:end].lstrip().startswith(_REMARKS)
        return self._piece(start, end, "unit" if remark else "heading")

    def _pieces(self, member: Member) -> list[Piece]:
        """Return what is quoted of a member: all of it, or the sentences of a long value."""
        start, end = member.start, member.end
        if member.body is not None or end - start <= _PROSE:
            return list(self._piece(start, end, "unit"))
        if opening := _OPENING.match(self._text, start, end):
            # Inside quotation marks, no sentence would be found.
            start = opening.end()
            tail = max(start, end - _LONGEST_KEY)
            closing = _CLOSING.search(self._text, tail, end)
            end = closing.start() if closing else end
        return list(self._piece(start, end, "prose"))

    def _piece(self, start: int, end: int, role: Role) -> Iterator[Piece]:
        """Yield a stretch with the indentation of its first line, if it has words."""
        if span := trim(self._text, start, end):
            line = self._text.rfind("\n", 0, span[0]) + 1
            indented = not self._text[line : span[0]].strip(" \t")
            if any(map(str.isalnum, self._text[slice(*span)])):
                yield Piece(line if indented else span[0], span[1], "code", role)


def _path(above: str, key: str) -> str:
    """Return the path to a key: `services.web`, `users[3].name`."""
    key = folded(key)[:_LONGEST_KEY]
    if not above or not key or key.startswith("["):
        return above + key
    return f"{above}.{key}"
