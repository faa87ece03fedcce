"""Structure of source code: functions and classes with their comments, by the lines they stand on.

What a person looks for is one function, so that each is a block of its own under the names of what
holds it. Comments and the texts that document a function are cut into sentences, all other lines
are quoted one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from index.chunk.blocks import Block, Group, Lines, Piece
from index.chunk.grammars import syntax_tree
from index.chunk.node_kinds import FUNCTIONS, HOLDERS, IMPORTS, WRAPPERS

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNED = frozenset(
    {"arrow_function", "function_expression", "function", "lambda", "function_definition"}
)
_NAMES = re.compile(r"identifier$|^name$|^constant$|^word$|function_name|simple_name|_type$")
_REMARK = re.compile(r"comment|^attribute_item$|^annotation$|^attribute_list$")
_ELIXIR = frozenset({"def", "defp", "defmacro", "defmacrop", "defmodule", "defprotocol", "defimpl"})
_DOC_STRING = re.compile(r'\s*[rRuUbB]{0,2}("""|\'\'\')')
_COMMENT_LINE = re.compile(r"\s*(?:#(?!\[)|//|/\*|\*|--|;;|<#|\.(?=SYNOPSIS|DESCRIPTION|EXAMPLE))")
_CLOSING = frozenset({"", "end", "}", "};", "})", "});", ")", "]", "fi", "done", "esac", "endif"})
"""Lines that only close something."""
_DEEPEST = 12
"""How many things that hold others are looked into."""
_WHOLE = 800
"""Characters up to which what holds functions is one block with them."""


@dataclass(frozen=True, slots=True)
class _Definition:
    """Lines on which something with a name is defined."""

    path: tuple[str, ...]
    first: int
    stop: int


class _Waiting(NamedTuple):
    """A node to look into."""

    node: Node
    path: tuple[str, ...]
    depth: int
    remark: int = -1
    """The line on which comments above it begin."""
    last: int = -2
    """The line on which they end."""


class SourceParser:
    """Finds the functions and classes in source code, and what stands between them."""

    def __init__(self, lines: Lines, language: str) -> None:
        self._lines = lines
        self._language = language

    def blocks(self) -> list[Block]:
        """Return a block for each definition under its names, and for what is outside of them."""
        tree = syntax_tree(self._lines.text, self._language)
        if tree is None:
            return list(self._in_order((), ()))
        imports = [
            (child.start_point[0], child.end_point[0] + (child.end_point[1] > 0))
            for child in tree.root_node.children
            if child.type in IMPORTS
        ]
        return list(self._in_order(list(self._definitions(tree.root_node)), imports))

    def _in_order(
        self, found: Sequence[_Definition], imports: Iterable[tuple[int, int]]
    ) -> Iterator[Block]:
        """Yield the blocks of definitions; what stands in one outside of others belongs to it.

        Lines that only name what is used from elsewhere are in none.
        """
        owners = [0] * len(self._lines)
        for first, stop in imports:
            owners[first:stop] = [-1] * (stop - first)
        for number, each in enumerate(found, start=1):  # the inner ones come last
            owners[each.first : each.stop] = [number] * (each.stop - each.first)
        for owner, group in groupby(range(len(owners)), key=owners.__getitem__):
            lines = list(group)
            first, stop = self._lines.trimmed(lines[0], lines[-1] + 1)
            if owner >= 0 and not set(self._lines.stripped[first:stop]) <= _CLOSING:
                path = found[owner - 1].path if owner else ()
                yield from _entered(path)
                yield Block("code", tuple(self._groups(first, stop)))

    def _definitions(self, root: Node) -> Iterator[_Definition]:
        """Yield definitions, each before those inside it."""
        waiting = [_Waiting(root, (), 0)]
        while waiting:
            node, path, depth, remark, last = waiting.pop()
            inside: list[_Waiting] = []
            for child in node.children:
                first, end = child.start_point[0], child.end_point[0]
                if _REMARK.search(child.type) or self._is_attribute(child):
                    remark = remark if remark >= 0 and first <= last + 1 else first
                    last = end
                    continue
                begin = remark if remark >= 0 and first <= last + 1 else first
                above, remark = remark, -1
                name, held = self._named(child)
                if name:
                    inner = (*path, name)
                    stop = end + (child.end_point[1] > 0)
                    yield _Definition(inner, begin, max(stop, first + 1))
                    if held and depth < _DEEPEST and self._is_long(begin, stop):
                        inside.append(_Waiting(held, inner, depth + 1))
                elif depth < _DEEPEST and (child.type in WRAPPERS or self._opens(child)):
                    inside.append(_Waiting(child, path, depth + 1, above, last))
            waiting += reversed(inside)

    def _is_long(self, first: int, stop: int) -> bool:
        return sum(len(line) for line in self._lines.raw[first:stop]) > _WHOLE

    def _is_attribute(self, node: Node) -> bool:
        """Say whether a node tells of the definition below it, as `@doc` does in Elixir."""
        said = self._language == "elixir" and node.type == "unary_operator"
        return said and not _text(node).startswith("@moduledoc")

    def _opens(self, node: Node) -> bool:
        """Say whether a call may hold definitions: in Elixir everything is a call."""
        return self._language == "elixir" and node.type in ("call", "do_block")

    def _named(self, node: Node) -> tuple[str, Node | None]:
        """Return the name of what a node defines, and what of it may hold other definitions."""
        kind = node.type
        if kind in FUNCTIONS:
            return self._name(node), None
        if kind in HOLDERS:
            if kind.endswith("_specifier") and node.child_by_field_name("body") is None:
                return "", None
            return self._name(node), node
        if kind in ("decorated_definition", "export_statement", "template_declaration"):
            found = (self._named(child) for child in node.named_children)
            return next((each for each in found if each[0]), ("", None))
        if kind in ("lexical_declaration", "variable_declaration", "declaration"):
            return self._assigned(node), None
        if kind == "call" and self._language == "elixir":
            return self._elixir(node)
        return "", None

    def _name(self, node: Node) -> str:
        """Return the name of a definition; of a method that stands alone, with its type."""
        owner = node.child_by_field_name("receiver")
        named = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        if node.type == "impl_item":
            parts = (node.child_by_field_name("trait"), node.child_by_field_name("type"))
            return " for ".join(_text(part) for part in parts if part)
        for _ in range(_DEEPEST):
            deeper = named.child_by_field_name("declarator") if named else None
            if deeper is None:
                break
            named = deeper
        if named is None:
            named = _first_name(node)
        name = _text(named) if named else ""
        if owner and self._language == "go":
            return f"{_text(owner).strip('()').split()[-1].strip('*')}.{name}"
        return name

    def _assigned(self, node: Node) -> str:
        """Return the name of the only variable that a statement gives a function to."""
        named = [child for child in node.named_children if child.type == "variable_declarator"]
        if len(named) != 1:
            return ""
        value = named[0].child_by_field_name("value")
        name = named[0].child_by_field_name("name")
        return _text(name) if value and name and value.type in _ASSIGNED else ""

    def _elixir(self, node: Node) -> tuple[str, Node | None]:
        target = node.child_by_field_name("target")
        word = _text(target) if target else ""
        if word not in _ELIXIR:
            return "", None
        arguments = next((c for c in node.named_children if c.type == "arguments"), None)
        name = re.match(r"[\w.!?]+", _text(arguments)) if arguments else None
        holds = word in ("defmodule", "defprotocol", "defimpl")
        return (name[0] if name else ""), node if holds else None

    def _groups(self, first: int, stop: int) -> Iterator[Group]:
        """Yield stretches between blank lines, comments as prose and code line by line."""
        remarks = self._remarks(first, stop)
        for begin, end in self._lines.stanzas(first, stop):
            pieces: list[Piece] = []
            for remark, group in groupby(range(begin, end), key=remarks.__contains__):
                run = list(group)
                if remark:
                    pieces.append(self._lines.piece(run[0], run[-1] + 1, "code", "prose"))
                else:
                    pieces += (self._line(line) for line in run)
            yield tuple(pieces)

    def _line(self, line: int) -> Piece:
        """Return a line with its indentation, by which people read code."""
        start, end = self._lines.span(line, line + 1)
        indent = len(self._lines.raw[line]) - len(self._lines.raw[line].lstrip())
        return Piece(start - indent, end, "code", "unit")

    def _remarks(self, first: int, stop: int) -> set[int]:
        """Return the lines that are comments, or text that documents what it stands in."""
        found: set[int] = set()
        quote = ""
        for line in range(first, stop):
            text = self._lines.stripped[line]
            if quote:
                found.add(line)
                quote = "" if quote in text else quote
            elif self._language == "python" and (opened := _DOC_STRING.match(text)):
                found.add(line)
                quote = "" if text.count(opened[1]) > 1 else opened[1]
            elif _COMMENT_LINE.match(text):
                found.add(line)
        return found


def _entered(path: Sequence[str]) -> Iterator[Block]:
    """Yield the headings of a path, which are not in the text; of none, what leaves the last."""
    for level, name in enumerate(path or ("",), start=1):
        yield Block("heading", (), level, name)


def _first_name(node: Node) -> Node | None:
    """Return the first part of a node that is a name."""
    named = node.named_children
    found = next((child for child in named if _NAMES.search(child.type)), None)
    if found is None and named and node.type in ("type_declaration", "type_definition"):
        return named[0].child_by_field_name("name") or _first_name(named[0])
    return found


def _text(node: Node) -> str:
    text = node.text or b""
    return " ".join(text[:200].decode("utf-8", "replace").split())
