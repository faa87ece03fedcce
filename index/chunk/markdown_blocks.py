"""Structure of Markdown, and of the Markdown-like text that web pages are turned into.

markdown-it finds the blocks by their lines. What it drops (link definitions, nesting beyond its
limit) is kept as prose, so that the blocks hold everything in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from index.chunk.blocks import Block, BlockKind, Group, Lines, list_groups
from index.chunk.headings import Heading, looks_like_heading, plain_title
from index.chunk.markdown_outline import LEAVES, Structure, structures
from index.chunk.plain_text_blocks import PlainParser, Segment

if TYPE_CHECKING:
    from markdown_it.token import Token

_BOLD_LINE = re.compile(r"(\*\*|__)(?=\S)(?P<title>[^*_]+)(?<=\S)\1:?")
_BOLD_LEVEL = 7
"""A line in bold used as a heading stands below every real heading."""
_MAX_BOLD = 100
_KINDS: dict[str, BlockKind] = {
    "hr": "ruler",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
_LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


class MarkdownParser:
    """Finds the blocks of Markdown."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._plain = PlainParser(lines)

    def blocks(self) -> list[Block]:
        """Return the blocks of the whole text."""
        covered = bytearray(len(self._lines))
        blocks: list[Block] = []
        for structure in structures(self._lines):
            for first, stop, found in self._of(structure):
                covered[first:stop] = b"\1" * (stop - first)
                joined = structure.goes_on and _is_list(blocks[-1:]) and _is_list(found[:1])
                if joined:
                    whole = blocks[-1].groups + found[0].groups
                    blocks[-1:] = [replace(blocks[-1], groups=whole)]
                blocks.extend(found[joined:])
        blocks.extend(self._dropped(covered))
        blocks.sort(key=lambda block: block.start)
        return self._bold_headings(blocks)

    def _of(self, structure: Structure) -> Iterator[tuple[int, int, list[Block]]]:
        """Yield the ranges of lines of an outermost structure and their blocks."""
        token = structure.tokens[0]
        if token.type == "blockquote_open":
            for leaf in structure.tokens:
                if leaf.type in LEAVES and (found := self._trimmed(structure, leaf)):
                    yield *found, self._plain.prose(*found)
        elif found := self._trimmed(structure, token):
            yield *found, self._leaf(structure, *found)

    def _trimmed(self, structure: Structure, token: Token) -> tuple[int, int] | None:
        """Return the lines of a token without blank ones at either end, if any are left."""
        known = structure.lines_of(token)
        first, stop = self._lines.trimmed(*known) if known else (0, 0)
        return (first, stop) if first < stop else None

    def _leaf(self, structure: Structure, first: int, stop: int) -> list[Block]:
        token, lines = structure.tokens[0], self._lines
        if token.type in _LISTS:
            attached = first > 0 and bool(lines.stripped[first - 1])
            return [Block("list", self._items(structure, stop), attached=attached)]
        if token.type == "heading_open":
            words = structure.tokens[1].content
            title = plain_title(words) or lines.text[slice(*lines.span(first, stop))]
            heading = Heading(int(token.tag[1]), title)
            return [self._plain.block(Segment("heading", first, stop, heading=heading))]
        if kind := _KINDS.get(token.type):
            return [self._plain.block(Segment(kind, first, stop))]
        return self._plain.prose(first, stop)

    def _items(self, structure: Structure, stop: int) -> tuple[Group, ...]:
        """Return a list by its outermost items, each cut where a nested block begins."""
        starts: dict[int, bool] = {}
        for token in structure.tokens:
            known = structure.lines_of(token)
            if known is None or (token.type not in LEAVES and token.type != "list_item_open"):
                continue
            outer = token.type == "list_item_open" and token.level == 1
            if known[0] < stop and self._lines.stripped[known[0]]:
                starts[known[0]] = starts.get(known[0], False) or outer
        return list_groups(self._lines, starts, stop)

    def _dropped(self, covered: bytearray) -> Iterator[Block]:
        """Yield what no token covers as prose."""
        first = 0
        while (first := covered.find(b"\0", first)) >= 0:
            stop = covered.find(b"\1", first)
            stop = len(covered) if stop < 0 else stop
            yield from self._plain.prose(first, stop)
            first = stop

    def _bold_headings(self, blocks: list[Block]) -> list[Block]:
        """Turn paragraphs that are one short line in bold, with text below, into headings."""
        found: list[Block] = []
        for number, block in enumerate(blocks):
            below = blocks[number + 1].kind if number + 1 < len(blocks) else "ruler"
            title = None if below in ("heading", "ruler") else self._bold_title(block)
            if title is None:
                found.append(block)
            else:
                piece = replace(block.groups[0][0], role="heading")
                found.append(Block("heading", ((piece,),), _BOLD_LEVEL, title))
        return found

    def _bold_title(self, block: Block) -> str | None:
        if block.kind != "paragraph" or len(block.groups[0]) != 1:
            return None
        piece = block.groups[0][0]
        if piece.end - piece.start > _MAX_BOLD:
            return None
        match = _BOLD_LINE.fullmatch(self._lines.text[piece.start : piece.end])
        if match is None:
            return None
        title = match["title"].rstrip(":").strip()
        return title if looks_like_heading(title) else None


def _is_list(blocks: Sequence[Block]) -> bool:
    return any(block.kind == "list" for block in blocks)
